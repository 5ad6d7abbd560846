"""The package itself: what it offers, and what it says about anything else."""

import pytest

import elastic_mirror_policy


def test_every_public_name_is_listed_in_order() -> None:
    """The prompt of Python completes what `dir` gives."""
    listed = dir(elastic_mirror_policy)

    assert listed == sorted({*elastic_mirror_policy.__all__, "__version__"})


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    """As with any other module."""
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = getattr(elastic_mirror_policy, "nothing")  # noqa: B009 - mypy knows that it is missing
