"""The garbage collector is asked to wait, and afterwards is as it was."""

import gc
from collections.abc import Iterator

import pytest

from elastic_mirror_policy._collector import SELDOM, collecting_seldom


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave the collector as it was found."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def fail_inside() -> None:
    """Fail where the collector waits."""
    with collecting_seldom():
        assert gc.get_threshold()[0] == SELDOM
        raise InterruptedError


def test_it_collects_seldom_in_the_block_and_as_before_after_it() -> None:
    """The setting belongs to the process, so it is given back, also after an error."""
    gc.set_threshold(700, 10, 10)

    with pytest.raises(InterruptedError):
        fail_inside()

    assert gc.get_threshold() == (700, 10, 10)


def test_the_last_block_to_end_gives_it_back() -> None:
    """Two blocks may overlap, in two threads, and end in any order."""
    gc.set_threshold(700, 10, 10)
    first, second = collecting_seldom(), collecting_seldom()
    first.__enter__()
    second.__enter__()

    first.__exit__(None, None, None)
    assert gc.get_threshold()[0] == SELDOM
    second.__exit__(None, None, None)
    assert gc.get_threshold() == (700, 10, 10)


@pytest.mark.parametrize("threshold", [0, 2 * SELDOM])
def test_a_process_that_collects_more_seldom_is_left_as_it_is(threshold: int) -> None:
    """Nobody's own choice is undone: not at all (0), or more seldom still."""
    gc.set_threshold(threshold, 10, 10)

    with collecting_seldom():
        assert gc.get_threshold()[0] == threshold
