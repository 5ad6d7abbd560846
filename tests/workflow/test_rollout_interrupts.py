"""Ctrl-C and SIGTERM on a real process: once to finish what is under way, twice to stop at once."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from signal import SIGINT, SIGTERM, Signals, getsignal, pthread_kill

import pytest
from support.commands import PATIENCE, Command, finish_requests
from support.rollouts import (
    MIRROR,
    commit_counts,
    connected,
    error_of,
    kinds,
    planned,
    roll_on,
    roll_out,
    serving,
)

from elastic_mirror_policy import Journal, Outcome
from elastic_mirror_policy.rollout.interrupt import StopFlag
from elastic_mirror_policy.testing import FakeKibana, Fault

NAMES = ("alpha", "beta", "gamma")
APPLY = (
    *("apply", "--base-url", MIRROR, "--no-check-mirror", "--yes", "--journal", "a.journal"),
    *("--parallel", "1", "--format", "json"),
)


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """Three policies."""
    with serving(*NAMES) as served:
        yield served


@pytest.fixture
def command(fake: FakeKibana, tmp_path: Path) -> Command:
    """The command, in a folder of its own."""
    return Command(fake, tmp_path)


@pytest.mark.parametrize("number", [SIGINT, SIGTERM])
def test_the_first_signal_lets_the_write_under_way_finish(
    fake: FakeKibana, command: Command, tmp_path: Path, number: Signals
) -> None:
    """Then the journal is closed, the report printed, and the exit code is 1."""
    fake.before("PUT", "/beta", 1, command.signalled(number))

    code = command.run(*APPLY)
    report = json.loads(command.stdout)

    assert code == 1
    assert [one["outcome"] for one in report["outcomes"]] == ["succeeded", "succeeded", "skipped"]
    assert report["stopped"] == "The run was interrupted."
    assert "Traceback" not in command.stderr
    assert commit_counts(fake) == {"alpha": 1, "beta": 1}
    assert [state.phase for state in Journal.read(tmp_path / "a.journal").states] == [
        "verified",
        "verified",
        "skipped",
    ]


@pytest.mark.parametrize("waves", [(), ("--wave", "1", "--wave", "rest")])
def test_the_first_signal_is_answered_with_what_a_second_would_do(
    fake: FakeKibana, command: Command, waves: tuple[str, ...]
) -> None:
    """Somebody who sees nothing happen presses it again."""
    fake.before("PUT", "/beta", 1, command.signalled(SIGINT))
    command.run(*APPLY, *waves)

    assert (
        " ".join(command.stderr.split()).count(
            "The run was interrupted. What is being written is finished first; a second Ctrl-C "
            "leaves it, and whether it was written is then unknown."
        )
        == 1
    )


@pytest.mark.parametrize("carried_out", [True, False])
def test_the_second_signal_stops_at_once(
    fake: FakeKibana, command: Command, tmp_path: Path, *, carried_out: bool
) -> None:
    """Although a write is under way: the journal says that it is in doubt."""
    if not carried_out:
        fake.inject(Fault(method="PUT", path="/beta", drop="before"))
    # Two different signals, because two of one kind may arrive as one.
    fake.before("PUT", "/beta", 1, command.ended_by(SIGINT, SIGTERM))

    code = command.run(*APPLY)
    finish_requests(fake)
    journal = Journal.read(tmp_path / "a.journal")
    report = roll_on(fake, tmp_path / "a.journal")

    assert code == 1
    assert command.stdout == ""
    assert "Stopped at once" in command.stderr
    assert "Traceback" not in command.stderr
    assert [state.phase for state in journal.states] == ["verified", "put_sent", "planned"]
    assert report.ok
    assert commit_counts(fake) == dict.fromkeys(NAMES, 1)


def test_an_interrupt_while_planning_stops_at_once(
    fake: FakeKibana, command: Command, tmp_path: Path
) -> None:
    """There is nothing to finish, and no journal."""
    fake.before("GET", "/package_policies", 1, command.ended_by(SIGINT))

    code = command.run(*APPLY)

    assert code == 1
    assert "Stopped at once" in command.stderr
    assert "Traceback" not in command.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_outcome_is_told_while_the_write_before_it_goes_on(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """Whoever watches sees a failure at once, though another policy takes minutes."""
    told: list[str] = []
    beta_told = threading.Event()

    def progress(outcome: Outcome) -> None:
        told.append(outcome.name)
        if outcome.name == "beta":
            beta_told.set()

    fake.before("PUT", "/alpha", 1, lambda: beta_told.wait(PATIENCE))
    report = roll_out(fake, tmp_path / "a.journal", parallel=2, progress=progress)

    assert told == ["beta", "alpha", "gamma"]
    assert [outcome.name for outcome in report.outcomes] == ["alpha", "beta", "gamma"]


def test_a_callback_that_raises_leaves_a_journal_that_can_be_resumed(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """The error is the caller's; what was sent is written down all the same."""

    def progress(outcome: Outcome) -> None:
        raise ZeroDivisionError(outcome.name)

    with connected(fake) as kibana:
        plan = planned(kibana)
        with pytest.raises(ZeroDivisionError, match=r"alpha|beta"):
            kibana.apply(plan, journal=tmp_path / "a.journal", progress=progress, parallel=2)
        phases = [state.phase for state in Journal.read(tmp_path / "a.journal").states]
        report = kibana.resume(tmp_path / "a.journal")

    assert phases == ["verified", "verified", "planned"]
    assert report.ok
    assert commit_counts(fake) == dict.fromkeys(NAMES, 1)


def test_signals_mean_afterwards_what_they_meant_before(fake: FakeKibana, tmp_path: Path) -> None:
    """A script with handlers of its own keeps them."""
    before = [getsignal(number) for number in (SIGINT, SIGTERM)]

    roll_out(fake, tmp_path / "a.journal")

    assert [getsignal(number) for number in (SIGINT, SIGTERM)] == before


class Operator:
    """Presses Ctrl-C in this very process, and sees that it was noticed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gone = threading.Event()
        self._noticed = threading.Event()
        notice = StopFlag.set

        def noticed(stop: StopFlag) -> None:
            notice(stop)
            self._noticed.set()

        monkeypatch.setattr(StopFlag, "set", noticed)

    def interrupt(self, number: Signals = SIGINT) -> None:
        """Wait until the rollout knows that somebody asked it to stop."""
        pthread_kill(threading.main_thread().ident or 0, number)
        assert self._noticed.wait(PATIENCE)

    def insist(self) -> None:
        """Ask twice, and return when the rollout has been left."""
        self.interrupt()
        self.interrupt(SIGTERM)
        assert self.gone.wait(PATIENCE)


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch) -> Operator:
    """Somebody at the keyboard."""
    return Operator(monkeypatch)


def test_a_write_that_was_lost_is_not_repeated_by_a_script_that_is_interrupted(
    fake: FakeKibana, tmp_path: Path, operator: Operator
) -> None:
    """It was looked at, and that is all."""
    fake.inject(Fault(method="PUT", path="/beta", drop="before"))
    fake.before("PUT", "/beta", 1, operator.interrupt)

    report = roll_out(fake, tmp_path / "a.journal", parallel=1)

    assert kinds(report) == ["succeeded", "unknown", "skipped"]
    assert "had not been written when last read, and the run was stopped" in error_of(
        report, "beta"
    )


def test_a_script_that_is_interrupted_twice_is_left_at_once(
    fake: FakeKibana, tmp_path: Path, operator: Operator
) -> None:
    """Without waiting for the write under way; the journal says that it is in doubt."""
    fake.before("PUT", "/beta", 1, operator.insist)
    with connected(fake) as kibana:
        plan = planned(kibana)
        with pytest.raises(KeyboardInterrupt):
            kibana.apply(plan, journal=tmp_path / "a.journal", parallel=1)
        phases = [state.phase for state in Journal.read(tmp_path / "a.journal").states]
        operator.gone.set()
        finish_requests(fake)
        report = kibana.resume(tmp_path / "a.journal")

    assert phases == ["verified", "put_sent", "planned"]
    assert report.ok
    assert commit_counts(fake) == dict.fromkeys(NAMES, 1)
