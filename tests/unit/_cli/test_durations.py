"""Spans of time and shares as options take them."""

import click
import pytest

from elastic_mirror_policy._cli.durations import Duration, Percent
from elastic_mirror_policy._time import seconds_of


@pytest.mark.parametrize("text", ["90", "30s", "2w", "1d", " 5m ", "0"])
def test_options_and_arguments_take_the_same_spans(text: str) -> None:
    """`--window`, `--wait` and `--gate-timeout` differ in what they limit, not in how they read."""
    assert Duration().convert(text, None, None) == seconds_of(text)


@pytest.mark.parametrize(
    ("text", "share"), [("95%", 95.0), ("100", 100.0), (" 0.001 % ", 0.001), ("99.5%", 99.5)]
)
def test_a_share_is_a_number_with_or_without_its_sign(text: str, share: float) -> None:
    """In percent."""
    assert Percent().convert(text, None, None) == share


@pytest.mark.parametrize("text", ["0%", "0", "100.001", "101", "-1%", "most", "", "%", "1e1"])
def test_a_share_of_nothing_or_of_more_than_all_is_refused(text: str) -> None:
    """A gate that asks for none would always open."""
    with pytest.raises(click.BadParameter, match="is not a share above 0% and up to 100%"):
        Percent().convert(text, None, None)
