"""Asked to stop once, and a second time."""

import pytest

from elastic_mirror_policy.rollout.interrupt import Pauses, StopFlag


class Interrupted(list[float]):
    """Waits for nothing, and is asked to stop while it does."""

    def __init__(self, stop: StopFlag, times: int) -> None:
        super().__init__()
        self._stop = stop
        self._times = times

    def __call__(self, seconds: float) -> None:
        """Note the seconds."""
        self.append(seconds)
        if len(self) <= self._times:
            self._stop.set()


@pytest.mark.parametrize(
    ("times", "slices", "at_once"), [(0, 6, False), (1, 6, False), (2, 2, True), (3, 2, True)]
)
def test_a_write_under_way_is_waited_for_until_somebody_insists(
    times: int, slices: int, *, at_once: bool
) -> None:
    """One request to stop is not enough to leave it."""
    stop = StopFlag()
    sleep = Interrupted(stop, times)

    stop.outlast(3.0, sleep)

    assert len(sleep) == slices
    assert stop.is_at_once is at_once


def test_every_other_wait_ends_with_the_first_request() -> None:
    """Soon, and not in the middle."""
    stop = StopFlag()
    sleep = Interrupted(stop, 1)
    pauses = Pauses(sleep)

    with pauses.end_with(stop):
        pauses(60.0)
    pauses(7.0)

    assert sleep == [0.5, 7.0]
    assert stop.is_set()
