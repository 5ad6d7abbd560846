"""Trying again: what the server asks for is waited, and not more than the limits allow."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from support.rollouts import (
    Naps,
    commit_counts,
    connected,
    error_of,
    kinds,
    planned,
    writes,
)

from elastic_mirror_policy import Report, TransportError
from elastic_mirror_policy._http.retry import RetryPolicy
from elastic_mirror_policy.errors import ServerError
from elastic_mirror_policy.rollout import apply as rollout
from elastic_mirror_policy.rollout.interrupt import StopFlag
from elastic_mirror_policy.testing import FakeKibana, Fault


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """One policy."""
    with FakeKibana() as served:
        served.add_policy("alpha", id="alpha")
        yield served


def roll_out(fake: FakeKibana, tmp_path: Path, naps: Naps, **options: object) -> Report:
    """Write the mirror, noting every wait."""
    with connected(fake, sleep=naps, **options) as kibana:
        return kibana.apply(planned(kibana), journal=tmp_path / "a.journal")


def in_seconds(seconds: int) -> str:
    """Return a moment so many seconds from now, as HTTP writes it."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("request_of", [("GET", "/api/status"), ("POST", "_bulk_get")])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_read_waits_as_long_as_the_server_asks(
    fake: FakeKibana, tmp_path: Path, status: int, request_of: tuple[str, str], form: str
) -> None:
    """In both forms of `Retry-After`."""
    method, path = request_of
    wanted: int | str = 37 if form == "seconds" else in_seconds(37)
    fake.inject(Fault(method=method, path=path, status=status, retry_after=wanted, text="busy"))
    naps = Naps()

    report = roll_out(fake, tmp_path, naps)

    assert report.ok
    assert sum(naps) == pytest.approx(37, abs=3)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_write_waits_as_long_as_the_server_asks(
    fake: FakeKibana, tmp_path: Path, status: int, form: str
) -> None:
    """Before it is sent again."""
    wanted: int | str = 37 if form == "seconds" else in_seconds(37)
    fake.inject(Fault(method="PUT", status=status, retry_after=wanted, text="busy"))
    naps = Naps()

    report = roll_out(fake, tmp_path, naps)

    assert report.ok
    assert sum(naps) == pytest.approx(37, abs=3)
    assert writes(fake) == ["alpha"] * 2
    assert commit_counts(fake) == {"alpha": 1}


@pytest.mark.parametrize("status", [429, 503])
def test_nobody_waits_longer_than_the_limit(fake: FakeKibana, tmp_path: Path, status: int) -> None:
    """A day is not waited; the write fails, and says why."""
    fake.inject(
        Fault(method="PUT", status=status, retry_after=86400, json={"message": "maintenance"})
    )
    naps = Naps()

    report = roll_out(fake, tmp_path, naps)

    assert kinds(report) == ["failed"]
    assert sum(naps) <= 120
    assert f"({status}): maintenance" in error_of(report, "alpha")


@pytest.mark.parametrize("fault", [Fault(status=503), Fault(drop="before"), Fault(garbage=True)])
def test_a_read_is_tried_again_a_few_times(fake: FakeKibana, tmp_path: Path, fault: Fault) -> None:
    """A hiccup is nobody's business."""
    fake.inject(replace(fault, times=4))

    report = roll_out(fake, tmp_path, Naps())

    assert report.ok
    assert fake.faults_fired == 4


def test_a_read_is_not_tried_for_ever(fake: FakeKibana) -> None:
    """After the last attempt the server's own words are told."""
    fake.inject(Fault(status=503, text="Kibana server is not ready yet", times=None))

    with connected(fake) as kibana, pytest.raises(ServerError, match="not ready yet"):
        planned(kibana)

    assert len(fake.requests) == RetryPolicy().attempts


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_a_refused_read_is_not_tried_again(fake: FakeKibana, status: int) -> None:
    """What would be answered the same is asked once."""
    fake.inject(Fault(status=status, json={"message": "no"}, times=None))
    naps = Naps()

    with connected(fake, sleep=naps) as kibana, pytest.raises(Exception, match=str(status)):
        planned(kibana)

    assert len(fake.requests) == 1
    assert naps == []


@pytest.mark.parametrize("request_of", [("POST", "_bulk_get"), ("PUT", "/alpha")])
def test_who_asks_to_stop_waits_no_longer_for_the_server(
    fake: FakeKibana,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request_of: tuple[str, str],
) -> None:
    """One Ctrl-C during a minute that the server asked for is enough."""
    method, path = request_of
    busy = Fault(method=method, path=path, status=429, retry_after=60, text="busy", times=None)
    naps: list[float] = []
    stop = StopFlag()

    def nap(seconds: float) -> None:
        naps.append(seconds)
        stop.set()

    monkeypatch.setattr(rollout, "graceful_stop", lambda: contextlib.nullcontext(stop))

    with connected(fake, sleep=nap) as kibana:
        plan = planned(kibana)
        fake.inject(busy)
        report = kibana.apply(plan, journal=tmp_path / "a.journal")

    assert not report.ok
    assert 0 < sum(naps) < 1
    assert commit_counts(fake) == {}


def test_how_often_is_up_to_the_caller(fake: FakeKibana) -> None:
    """`retry=` has the numbers."""
    fake.inject(Fault(drop="before", times=None))

    with connected(fake, retry=RetryPolicy(attempts=2)) as kibana, pytest.raises(TransportError):
        planned(kibana)

    assert len(fake.requests) == 2


def test_a_kibana_that_is_upgraded_in_the_middle_is_no_obstacle(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """It is down for a while, and comes back as another version."""
    fake.inject(Fault(path="_bulk_get", times=3, status=503, text="Kibana server is not ready yet"))
    fake.before("POST", "_bulk_get", 3, lambda: fake.restart("9.5.0"))

    report = roll_out(fake, tmp_path, Naps())

    assert report.ok
    assert commit_counts(fake) == {"alpha": 1}
