"""Every code of a finding is documented, unique, and says what to do."""

import pytest

from elastic_mirror_policy.mirror.codes import FindingCode, Severity


@pytest.mark.parametrize("code", FindingCode)
def test_every_code_is_documented(code: FindingCode) -> None:
    """Its meaning is a sentence, and its severity says what it means for endpoints."""
    assert code.meaning.endswith((".", "?"))
    assert len(code.meaning) <= 100
    assert code.severity in Severity
    assert code.value == code.name.lower().replace("_", "-")


@pytest.mark.parametrize(
    "code", [c for c in FindingCode if c.severity in {Severity.ERROR, Severity.UNKNOWN}]
)
def test_whatever_stops_endpoints_comes_with_what_mends_it(code: FindingCode) -> None:
    """An operator is told what to do."""
    assert code.hint.endswith(".")


def test_codes_are_unique() -> None:
    """A code means one thing."""
    assert len({code.value for code in FindingCode}) == len(FindingCode.__members__)
