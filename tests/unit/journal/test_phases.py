"""Single values of a journal's lines are of the kind that they should be."""

import pytest

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.journal.phases import texts, whole_number


@pytest.mark.parametrize("value", [True, "1", 1.0, None, [1]])
def test_what_is_not_a_whole_number_is_refused(value: JsonValue) -> None:
    """A truth value counts as one in Python."""
    with pytest.raises(ValueError, match="not a whole number"):
        whole_number(value)


@pytest.mark.parametrize("value", ["text", None, {}, ["text", 1], [None]])
def test_what_is_not_a_list_of_texts_is_refused(value: JsonValue) -> None:
    """A single text would be taken letter by letter."""
    with pytest.raises(ValueError, match="not a list of texts"):
        texts(value)


def test_numbers_and_texts_are_taken_as_they_are() -> None:
    """Zero and nothing are values."""
    assert (whole_number(0), texts(["a", ""]), texts([])) == (0, ("a", ""), ())
