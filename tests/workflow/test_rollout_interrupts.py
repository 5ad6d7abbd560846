"""Ctrl-C and SIGTERM on a real process: once to finish what is under way, twice to stop at once."""

import json
from collections.abc import Iterator
from pathlib import Path
from signal import SIGINT, SIGTERM, Signals, getsignal

import pytest
from support.commands import Command, finish_requests
from support.rollouts import MIRROR, commit_counts, connected, planned, roll_out

from elastic_mirror_policy import Journal, Outcome
from elastic_mirror_policy.testing import FakeKibana, Fault

NAMES = ("alpha", "beta", "gamma")
APPLY = (
    *("apply", "--base-url", MIRROR, "--no-check-mirror", "--yes", "--journal", "a.journal"),
    *("--parallel", "1", "--format", "json"),
)


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """Three policies."""
    with FakeKibana() as served:
        for name in NAMES:
            served.add_policy(name, id=name)
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


def test_an_interrupted_rollout_is_finished_by_resume(
    fake: FakeKibana, command: Command, tmp_path: Path
) -> None:
    """As after a crash."""
    fake.before("PUT", "/beta", 1, command.signalled(SIGINT))
    command.run(*APPLY)

    with connected(fake) as kibana:
        report = kibana.resume(tmp_path / "a.journal")

    assert report.ok
    assert commit_counts(fake) == dict.fromkeys(NAMES, 1)


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
    with connected(fake) as kibana:
        report = kibana.resume(tmp_path / "a.journal")

    assert code == 1
    assert command.stdout == ""
    assert "Stopped at once" in command.stderr
    assert "Traceback" not in command.stderr
    assert [state.phase for state in journal.states] == ["verified", "put_sent", "planned"]
    assert report.ok
    assert commit_counts(fake) == dict.fromkeys(NAMES, 1)


def test_a_lost_answer_is_not_sent_again_after_an_interrupt(
    fake: FakeKibana, command: Command
) -> None:
    """It is looked at, and left."""
    fake.inject(Fault(method="PUT", path="/beta", drop="before"))
    fake.before("PUT", "/beta", 1, command.signalled(SIGINT))

    code = command.run(*APPLY)
    report = json.loads(command.stdout)

    assert code == 1
    assert [one["outcome"] for one in report["outcomes"]] == ["succeeded", "failed", "skipped"]
    assert "the run was stopped" in report["outcomes"][1]["error"]


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


def test_a_callback_that_raises_leaves_a_journal_that_can_be_resumed(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """The error is the caller's; what was sent is written down all the same."""

    def progress(outcome: Outcome) -> None:
        raise ZeroDivisionError(outcome.name)

    with connected(fake) as kibana:
        plan = planned(kibana)
        with pytest.raises(ZeroDivisionError, match="alpha"):
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
