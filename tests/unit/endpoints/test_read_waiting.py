"""Waiting until every endpoint is current, or the time is over."""

from collections.abc import Callable

import pytest
from support.endpoints import endpoint, report

from elastic_mirror_policy.endpoints.read import EndpointReport, wait_for_endpoints
from elastic_mirror_policy.errors import PermissionDeniedError, ServerError, TransportError

CURRENT = report(endpoint())
BEHIND = report(endpoint("behind"))
Look = EndpointReport | Exception


class Time:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.naps: list[float] = []

    def clock(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.naps.append(seconds)
        self.now += seconds


def reading(*looks: Look) -> Callable[[], EndpointReport]:
    """Return what gives one look after the other, and the last one for ever."""
    left = list(looks)

    def read() -> EndpointReport:
        look = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(look, Exception):
            raise look
        return look

    return read


def error(kind: type[ServerError | PermissionDeniedError], status: int) -> Exception:
    """Return what Kibana answered."""
    return kind("refused", status=status, method="GET", path="/")


def test_it_ends_with_the_first_report_that_is_all_current() -> None:
    """No look and no nap after that."""
    time = Time()
    found = wait_for_endpoints(
        reading(BEHIND, BEHIND, CURRENT), timeout=600, sleep=time.sleep, clock=time.clock
    )

    assert found is CURRENT
    assert time.naps == [60, 60]


def test_it_ends_when_the_time_is_over() -> None:
    """With a last look at the very end."""
    time = Time()
    found = wait_for_endpoints(
        reading(BEHIND), timeout=150, interval=60, sleep=time.sleep, clock=time.clock
    )

    assert found is BEHIND
    assert time.naps == [60, 60, 30]


def test_without_time_there_is_one_look() -> None:
    """That is what it does without waiting."""
    time = Time()

    assert wait_for_endpoints(reading(BEHIND), timeout=0, clock=time.clock) is BEHIND


def test_every_report_but_the_last_is_progress() -> None:
    """The last one is the result."""
    time = Time()
    seen: list[EndpointReport] = []
    wait_for_endpoints(
        reading(BEHIND, BEHIND, CURRENT),
        timeout=600,
        sleep=time.sleep,
        clock=time.clock,
        progress=seen.append,
    )

    assert seen == [BEHIND, BEHIND]


@pytest.mark.parametrize("passing", [TransportError("no answer"), error(ServerError, 503)])
def test_a_server_that_is_away_for_a_while_is_waited_for(passing: Exception) -> None:
    """Ninety minutes of waiting are not lost to one restart of Kibana."""
    time = Time()
    found = wait_for_endpoints(
        reading(BEHIND, passing, CURRENT), timeout=600, sleep=time.sleep, clock=time.clock
    )

    assert found is CURRENT


def test_a_server_that_stays_away_is_an_error() -> None:
    """An old report would not be the truth any more."""
    time = Time()

    with pytest.raises(TransportError):
        wait_for_endpoints(
            reading(BEHIND, TransportError("no answer")),
            timeout=100,
            sleep=time.sleep,
            clock=time.clock,
        )


def test_a_refusal_is_not_waited_for() -> None:
    """Time gives nobody a right."""
    with pytest.raises(PermissionDeniedError):
        wait_for_endpoints(reading(error(PermissionDeniedError, 403)), timeout=600)
