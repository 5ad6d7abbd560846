"""A real process, killed at every phase of its journal: resume finishes, rollback restores."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL

import pytest
from support.commands import Command, finish_requests
from support.rollouts import (
    MIRROR,
    OTHER_MIRROR,
    advanced,
    base_urls,
    commit_counts,
    kinds,
    roll_back,
    roll_on,
)

from elastic_mirror_policy import Journal
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.testing import FakeKibana, Fault

NAMES = ("alpha", "beta", "gamma")
FIRST = {"alpha": OTHER_MIRROR, "beta": None, "gamma": None}
APPLY = (
    *("apply", "--base-url", MIRROR, "--no-check-mirror", "--yes", "--journal", "a.journal"),
    *("--parallel", "1"),
)
ROLL_BACK = ("rollback", "a.journal", "--yes", "--parallel", "1", "--journal", "b.journal")

Prepare = Callable[[FakeKibana, Callable[[], None]], None]


@dataclass(frozen=True)
class Crash:
    """Where the process is killed, what its journal says of beta then, and whether it was written.

    Attributes:
        prepare: Sets up the fake; gets a hook that kills the process.
        phase: The last phase of beta in the journal.
        written: Whether Kibana has beta's new values.
    """

    prepare: Prepare
    phase: str
    written: bool


def _at(method: str, path: str, nth: int = 1) -> Prepare:
    return lambda fake, kill: fake.before(method, path, nth, kill)


def _lost(method: str, path: str, *faults: Fault) -> Prepare:
    def prepare(fake: FakeKibana, kill: Callable[[], None]) -> None:
        for fault in faults:
            fake.inject(fault)
        fake.before(method, path, 1, kill)

    return prepare


DROPPED = Fault(method="PUT", path="/beta", drop="before")
ANSWER_LOST = Fault(method="PUT", path="/beta", drop="after")
NO_LOOK = Fault(method="GET", path="/beta", status=400, times=None, json={"message": "no"})
REFUSED = Fault(method="PUT", path="/beta", status=403, json={"message": "Forbidden"})

CRASHES = {
    "before the first recheck": Crash(
        _at("POST", "/package_policies/_bulk_get"), "planned", written=False
    ),
    "while the batch before is written": Crash(_at("PUT", "/alpha"), "planned", written=False),
    "sent, not carried out": Crash(_lost("PUT", "/beta", DROPPED), "put_sent", written=False),
    "sent, carried out": Crash(_at("PUT", "/beta"), "put_sent", written=True),
    "looking, not carried out": Crash(_lost("GET", "/beta", DROPPED), "put_sent", written=False),
    "looking, carried out": Crash(_lost("GET", "/beta", ANSWER_LOST), "put_sent", written=True),
    "verified": Crash(_at("PUT", "/gamma"), "verified", written=True),
    "unknown, not carried out": Crash(
        _lost("PUT", "/gamma", DROPPED, NO_LOOK), "unknown", written=False
    ),
    "unknown, carried out": Crash(
        _lost("PUT", "/gamma", ANSWER_LOST, NO_LOOK), "unknown", written=True
    ),
    "failed": Crash(_lost("PUT", "/gamma", REFUSED), "failed", written=False),
}


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """Three policies; one has an older mirror."""
    with FakeKibana() as served:
        for name in NAMES:
            served.add_policy(name, id=name, mirror=FIRST[name])
        yield served


@pytest.fixture
def command(fake: FakeKibana, tmp_path: Path) -> Command:
    """The command, in a folder of its own."""
    return Command(fake, tmp_path)


def crash(fake: FakeKibana, command: Command, name: str) -> dict[str, JsonValue]:
    """Let the command die; return what every policy had under `advanced` before."""
    before = {one: advanced(fake.document(one)) for one in NAMES}
    CRASHES[name].prepare(fake, command.ended_by(SIGKILL))

    assert command.run(*APPLY) == -SIGKILL
    finish_requests(fake)
    fake.clear_faults()
    return before


@pytest.mark.parametrize("name", CRASHES)
def test_a_killed_rollout_is_finished_by_resume_and_taken_back_by_rollback(
    fake: FakeKibana, command: Command, tmp_path: Path, name: str
) -> None:
    """The journal never says less than was sent; no policy is written twice."""
    before = crash(fake, command, name)
    journal = Journal.read(tmp_path / "a.journal")
    written = "beta" in commit_counts(fake)
    report = roll_on(fake, tmp_path / "a.journal")
    counts = commit_counts(fake)
    during = {base_urls(fake.document(one)) for one in NAMES}
    undone = roll_back(fake, tmp_path / "a.journal")

    assert journal.states[1].phase == CRASHES[name].phase
    assert written is CRASHES[name].written
    assert kinds(report) == ["succeeded"] * 3
    assert counts == dict.fromkeys(NAMES, 1)
    assert during == {(MIRROR,) * 3}
    assert undone.ok
    assert {one: advanced(fake.document(one)) for one in NAMES} == before


@pytest.mark.parametrize(
    "name", ["sent, not carried out", "sent, carried out", "unknown, carried out", "verified"]
)
def test_a_killed_rollout_can_be_taken_back_without_resuming(
    fake: FakeKibana, command: Command, tmp_path: Path, name: str
) -> None:
    """What may have been written is looked at, and put back if it was."""
    before = crash(fake, command, name)

    report = roll_back(fake, tmp_path / "a.journal")

    assert report.ok
    assert {one: advanced(fake.document(one)) for one in NAMES} == before
    assert set(commit_counts(fake).values()) <= {2}


def test_a_killed_rollback_is_finished_by_resume(
    fake: FakeKibana, command: Command, tmp_path: Path
) -> None:
    """It is a rollout like any other."""
    before = {one: advanced(fake.document(one)) for one in NAMES}
    Command(fake, tmp_path).run(*APPLY)
    fake.before("PUT", "/beta", 1, command.ended_by(SIGKILL))

    code = command.run(*ROLL_BACK)
    finish_requests(fake)
    report = roll_on(fake, tmp_path / "b.journal")

    assert code == -SIGKILL
    assert report.ok
    assert {one: advanced(fake.document(one)) for one in NAMES} == before
    assert commit_counts(fake) == dict.fromkeys(NAMES, 2)


def test_many_writers_killed_at_once_leave_a_readable_journal(tmp_path: Path) -> None:
    """Some are sent, some are answered; each is found out."""
    fake = FakeKibana.example(policies=40, space_aware=False)
    command = Command(fake, tmp_path)
    fake.before("PUT", "", 14, command.ended_by(SIGKILL))
    with fake:
        code = command.run(*APPLY, "--parallel", "8")
        finish_requests(fake)
        report = roll_on(fake, tmp_path / "a.journal")

    assert code == -SIGKILL
    assert report.ok
    assert list(commit_counts(fake).values()) == [1] * 40


def test_resume_stops_when_what_was_written_has_been_taken_back(
    fake: FakeKibana, command: Command, tmp_path: Path
) -> None:
    """Somebody decided against this rollout; it does not go on by itself."""
    crash(fake, command, "verified")
    roll_back(fake, tmp_path / "a.journal")
    before = commit_counts(fake)
    report = roll_on(fake, tmp_path / "a.journal")

    assert not report.ok
    assert "Somebody has changed" in report.stopped
    assert commit_counts(fake) == before
    assert {base_urls(fake.document(one))[0] for one in NAMES} == {OTHER_MIRROR, None}


def test_resume_refuses_a_policy_that_somebody_changed_meanwhile(
    fake: FakeKibana, command: Command, tmp_path: Path
) -> None:
    """The same rules as in the first run."""
    crash(fake, command, "sent, not carried out")
    fake.edit("gamma", "mac.advanced.artifacts.global.base_url", "http://theirs", by="jane")
    report = roll_on(fake, tmp_path / "a.journal")

    assert kinds(report) == ["succeeded", "succeeded", "failed"]
    assert "jane" in str(report.outcomes[2].error)


def test_resuming_what_is_finished_writes_nothing(
    fake: FakeKibana, command: Command, tmp_path: Path
) -> None:
    """It looks again, and reports."""
    command.run(*APPLY)
    report = roll_on(fake, tmp_path / "a.journal")

    assert report.ok
    assert kinds(report) == ["succeeded"] * 3
    assert commit_counts(fake) == dict.fromkeys(NAMES, 1)


def test_a_person_who_undid_one_key_in_doubt_does_not_shorten_the_rollback(
    fake: FakeKibana, command: Command, tmp_path: Path
) -> None:
    """Beta was written, and nobody knew; then one of its keys was taken away by hand."""
    before = crash(fake, command, "sent, carried out")
    fake.edit("beta", "linux.advanced", before["beta"]["linux"])
    roll_on(fake, tmp_path / "a.journal")
    roll_back(fake, tmp_path / "a.journal")

    assert {one: advanced(fake.document(one)) for one in NAMES} == before
