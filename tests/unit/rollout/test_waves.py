"""Waves: which sizes there are, and which are refused."""

import pytest

from elastic_mirror_policy import ConfigurationError, Wave


@pytest.mark.parametrize("text", ["0", "0%", "101%", "-1", "1.5", "half", "", "%", "10 %", "1e3"])
def test_a_size_that_is_none_is_refused(text: str) -> None:
    """A wave of nothing would pass its gate with nothing written."""
    with pytest.raises(ConfigurationError, match="is not a wave") as caught:
        Wave(text)

    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "of", "size"),
    [
        ("1", 10, 1),
        (" 25 ", 10, 25),
        ("10%", 187, 19),
        ("100%", 3, 3),
        ("1%", 1, 1),
        ("REST", 7, 7),
    ],
)
def test_a_share_is_rounded_up_and_the_rest_is_everything(text: str, of: int, size: int) -> None:
    """So that the smallest share of the smallest estate is one policy."""
    assert Wave(text).size(of=of) == size
