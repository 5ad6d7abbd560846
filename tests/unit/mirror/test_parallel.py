"""Work in threads ends when one part of it fails, and tells how far it got."""

import threading

import pytest

from elastic_mirror_policy.mirror.parallel import for_each
from elastic_mirror_policy.mirror.progress import Meter, Progress


def nothing() -> None:
    """Abort nothing."""


def test_results_come_in_the_order_of_the_items() -> None:
    """Whoever finishes first."""
    assert for_each(str, range(20), parallel=4, abort=nothing) == [str(n) for n in range(20)]


def test_no_items_have_no_results() -> None:
    """Nothing to do is done at once."""
    assert for_each(str, [], parallel=4, abort=nothing) == []


def test_the_first_error_ends_the_work() -> None:
    """It is raised, what is under way is aborted, and what was not begun never is."""
    begun: list[int] = []
    aborted = threading.Event()

    def work(number: int) -> None:
        begun.append(number)
        if number == 1:
            raise ValueError("number one")
        aborted.wait()

    with pytest.raises(ValueError, match="number one"):
        for_each(work, range(100), parallel=2, abort=aborted.set)

    assert aborted.is_set()
    assert len(begun) < 10


def test_an_interrupt_ends_the_work() -> None:
    """Ctrl-C is not an error, and ends it all the same."""
    aborted = threading.Event()

    def work(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        for_each(work, [1], parallel=1, abort=aborted.set)

    assert aborted.is_set()


def test_a_meter_shows_items_and_bytes() -> None:
    """From the beginning, with each change."""
    shown: list[Progress] = []
    meter = Meter(shown.append, "artifacts", 2, 100)
    meter.add(size=60)
    meter.add(size=-60)
    meter.add(items=1, size=100)

    assert shown == [
        Progress("artifacts", 0, 2, 0, 100),
        Progress("artifacts", 0, 2, 60, 100),
        Progress("artifacts", 0, 2, 0, 100),
        Progress("artifacts", 1, 2, 100, 100),
    ]
