"""Spans of time as options take them."""

import pytest

from elastic_mirror_policy._cli.durations import Duration
from elastic_mirror_policy._time import seconds_of


@pytest.mark.parametrize("text", ["90", "30s", "2w", "1d", " 5m ", "0"])
def test_options_and_arguments_take_the_same_spans(text: str) -> None:
    """`--window`, `--wait` and `--gate-timeout` differ in what they limit, not in how they read."""
    assert Duration().convert(text, None, None) == seconds_of(text)
