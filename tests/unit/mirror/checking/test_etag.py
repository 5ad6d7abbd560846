"""Which ETags an endpoint is known to accept."""

import pytest

from elastic_mirror_policy.mirror.checking.etag import ETagClass, classify


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ('"6b01c68f3f1"', ETagClass.GOOD),
        ('"0f343b0931126a20f133d67c2b018a3b"', ETagClass.GOOD),
        (' "660cbd80425b6" ', ETagClass.GOOD),
        ('"6b01c68f-3f1"', ETagClass.DASHED),
        ('"660cbd80425b6-gzip"', ETagClass.DASHED),
        ('W/"6b01-3f1"', ETagClass.DASHED),
        ("6b01-3f1", ETagClass.DASHED),
        ('W/"6b01c68f3f1"', ETagClass.WEAK),
        ("W/6b01", ETagClass.WEAK),
        ("6b01c68f3f1", ETagClass.UNQUOTED),
        ('"6b01', ETagClass.UNQUOTED),
        ('"a"b"', ETagClass.UNQUOTED),
        ('"abc+/="', ETagClass.UNUSUAL),
        ('"abc_d"', ETagClass.UNUSUAL),
        ('"ümlaut"', ETagClass.UNUSUAL),
        (None, ETagClass.ABSENT),
        ("", ETagClass.ABSENT),
        ("  ", ETagClass.ABSENT),
        ('""', ETagClass.ABSENT),
        ('W/""', ETagClass.ABSENT),
    ],
)
def test_etags_are_told_apart(value: str | None, seen: ETagClass) -> None:
    """Only quoted letters and digits are called good; a dash is the worst that is there."""
    assert classify(value) is seen
