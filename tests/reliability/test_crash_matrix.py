"""The real command is killed at every point of its journal and its requests, and then repeated.

Points lie before, in the middle of and after every write to the journal, before and after every
other system call on it, and before and after every HTTP request.
"""

import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from support.crashes import KILLED, Ran, Stage, cut_power, stage
from support.rollouts import MIRROR, advanced, base_urls, commit_counts, documents, untouched

from elastic_mirror_policy import Journal, JournalError
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.journal.phases import PolicyState
from elastic_mirror_policy.rollout.recheck import current

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("count")]

Problems = Iterator[str]
Ending = Callable[[Stage], Problems]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One Kibana and one forking program for all points."""
    with stage(tmp_path_factory.mktemp("crashes")) as made:
        yield made


@pytest.fixture
def count(
    scene: Stage, request: pytest.FixtureRequest, show_figure: Callable[[str], None]
) -> Iterator[None]:
    """Print how many points a test tried."""
    before, name = scene.tried, request.node.name
    yield
    show_figure(f"{name}: {scene.tried - before} points")


def read(scene: Stage, name: str) -> Journal | None:
    """Return a journal, or None when it is not there or its plan was never whole."""
    path = scene.journal(name)
    if not path.exists():
        return None
    if not path.read_bytes().count(b"\n"):
        with pytest.raises(JournalError, match="nothing was sent to Kibana"):
            Journal.read(path)
        return None
    journal = Journal.read(path)
    return journal if journal.complete else None


def false_claims(scene: Stage, name: str, before: int) -> Problems:
    """Yield what a journal says and Kibana does not; `before` is how often each was written."""
    journal = read(scene, name)
    counts = {policy_id: len(scene.fake.commits(policy_id)) for policy_id in scene.fake.policy_ids}
    if journal is None:
        if set(counts.values()) != {before}:
            yield f"{counts} were written without a journal"
        return
    for state in journal.states:
        written = counts[state.change.policy_id] - before
        if written > 1:
            yield f"{state.change.policy_id} was written {written} times"
        if written and not state.may_be_written:
            yield f"{state.change.policy_id} was written, the journal has {state.phase}"
        if state.phase in {"put_answered", "verified"} and not has_what_was_planned(scene, state):
            yield f"{state.change.policy_id} is {state.phase}, but has something else"


def has_what_was_planned(scene: Stage, state: PolicyState) -> bool:
    """Whether a policy has the values of a change."""
    document = scene.fake.document(state.change.policy_id)
    return all(current(document, edit) == edit.after for edit in state.change.edits)


def lies(scene: Stage, ran: Ran, applied: int) -> Problems:
    """Yield what the report of a run says that is not so; `applied` is how many it wrote."""
    if ran.code != 0:
        yield f"it ended with {ran.code}: {ran.stderr} {ran.stdout}"
        return
    report = ran.report
    for outcome in report["outcomes"]:
        now = scene.fake.revision(outcome["policy_id"])
        if outcome["outcome"] == "succeeded" and outcome["revision_after"] != now:
            yield f"the report says revision {outcome['revision_after']}, there is {now}"
        if outcome["outcome"] not in {"succeeded", "unchanged"} or outcome["error"]:
            yield f"the report says {outcome}"
    if report["summary"]["applied"] != applied:
        yield f"the report says {report['summary']['applied']} were written, not {applied}"


def differences(scene: Stage, *, done: bool, commits: int) -> Problems:
    """Yield where the policies are not as all or none of them should be."""
    original = scene.original
    for policy_id, document in documents(scene.fake).items():
        if untouched(document) != untouched(original[policy_id]):
            yield f"{policy_id} differs outside of what is managed"
        if done and base_urls(document) != (MIRROR,) * 3:
            yield f"{policy_id} has {base_urls(document)}"
        if not done and advanced(document) != advanced(original[policy_id]):
            yield f"{policy_id} has {advanced(document)}, it had {advanced(original[policy_id])}"
        if done and siblings(document) != siblings(original[policy_id]):
            yield f"{policy_id} lost {siblings(original[policy_id])}"
    if any(count != commits for count in commit_counts(scene.fake).values()):
        yield f"written {commit_counts(scene.fake)}"


def siblings(document: JsonValue) -> list[tuple[str, str, str]]:
    """Return what stands beside the base URLs."""
    return [
        (system, repr(value.get("kernel")), repr(artifacts.get("user")) + str(rest))
        for system, value in advanced(document).items()
        for artifacts in [value.get("artifacts", {})]
        for rest in [artifacts.get("global", {}).get("interval")]
        if value.get("kernel") or artifacts.get("user") or rest
    ]


def resumed(scene: Stage) -> Problems:
    """Yield what is wrong after going on with the rollout `a`."""
    journal = read(scene, "a")
    ran = scene.resume()
    if journal is None:
        yield from refused(scene, ran)
        ran = scene.apply("again")
    yield from lies(scene, ran, applied=3)
    yield from differences(scene, done=True, commits=1)
    yield from false_claims(scene, "a" if journal else "again", 0)


def refused(scene: Stage, ran: Ran) -> Problems:
    """Yield what is wrong when a journal without a whole plan was to be continued."""
    if ran.code != 1 or ran.stdout or commit_counts(scene.fake):
        yield f"{ran.code} {ran.stdout}, written {commit_counts(scene.fake)}"
    if scene.journal().exists() and "nothing was sent to Kibana" not in ran.stderr:
        yield f"it says {ran.stderr}"


def rolled_back(scene: Stage) -> Problems:
    """Yield what is wrong after taking the rollout `a` back."""
    journal = read(scene, "a")
    written = commit_counts(scene.fake)
    ran = scene.rollback()
    if journal is None or not any(state.may_be_written for state in journal.states):
        if ran.code != 1 or ran.stdout:
            yield f"{ran.code} {ran.stdout}: there was nothing to take back"
    else:
        yield from lies(scene, ran, applied=len(written))
    yield from differences(scene, done=False, commits=2)
    if commit_counts(scene.fake).keys() != written.keys():
        yield f"{written} became {commit_counts(scene.fake)}"


def every_ending(scene: Stage, ran: Ran, *endings: Ending, journal: str = "a") -> Problems:
    """Yield what is wrong however a run that broke off goes on, with and without a power cut."""
    kept = scene.moment()
    for power_cut in (False, True):
        for ending in endings:
            scene.go_back(kept)
            if power_cut and not cut_power(ran, scene.journal(journal)):
                continue
            place = f"ended {ran.points[-1]}{' with a power cut' if power_cut else ''}"
            for problem in ending(scene):
                yield f"{place}, then {ending.__name__}: {problem}"


def test_a_rollout_that_was_killed_can_be_resumed_and_can_be_taken_back(scene: Stage) -> None:
    """Wherever it was killed, all policies have the goal, or else exactly what they had."""
    scene.reset()
    points = len(scene.apply().points)
    problems: list[str] = []
    for point in range(1, points + 1):
        scene.reset()
        ran = scene.apply(kill_at=point)
        assert ran.code == KILLED, ran
        problems += false_claims(scene, "a", 0)
        problems += every_ending(scene, ran, resumed, rolled_back)

    assert points > 50
    assert problems == []


@pytest.mark.nightly
@pytest.mark.parametrize("nth_write", [2, 3], ids=["before the first write", "a torn line"])
def test_a_resume_that_was_killed_can_be_repeated_and_can_be_taken_back(
    scene: Stage, nth_write: int
) -> None:
    """The second run leaves a journal that a third one can use as well."""
    scene.reset()
    names = scene.apply().points
    torn = [n for n, name in enumerate(names, 1) if name == "in the middle of write"]
    scene.reset()
    scene.apply(kill_at=torn[nth_write - 1])
    killed_once = scene.moment()
    points = len(scene.resume().points)
    problems: list[str] = []
    for point in range(1, points + 1):
        scene.go_back(killed_once)
        ran = scene.resume(kill_at=point)
        assert ran.code == KILLED, ran
        problems += false_claims(scene, "a", 0)
        problems += every_ending(scene, ran, resumed, rolled_back)

    assert points > 30
    assert problems == []


def taken_back_again(scene: Stage) -> Problems:
    """Yield what is wrong after taking the rollout `a` back with another journal."""
    left = sum(count == 1 for count in commit_counts(scene.fake).values())
    yield from lies(scene, scene.rollback("c"), applied=left)
    yield from differences(scene, done=False, commits=2)


def rollback_resumed(scene: Stage) -> Problems:
    """Yield what is wrong after going on with the rollback `b`."""
    journal = read(scene, "b")
    ran = scene.resume("b")
    if journal is None:
        if ran.code != 1 or ran.stdout:
            yield f"{ran.code} {ran.stdout}"
        yield from differences(scene, done=True, commits=1)
        return
    yield from lies(scene, ran, applied=3)
    yield from differences(scene, done=False, commits=2)
    yield from false_claims(scene, "b", 1)


@pytest.mark.nightly
def test_a_rollback_that_was_killed_can_be_repeated_and_can_be_resumed(scene: Stage) -> None:
    """A rollback is a rollout with a journal of its own."""
    scene.reset()
    scene.apply()
    rolled_out = scene.moment()
    points = len(scene.rollback().points)
    problems: list[str] = []
    for point in range(1, points + 1):
        scene.go_back(rolled_out)
        ran = scene.rollback(kill_at=point)
        assert ran.code == KILLED, ran
        problems += false_claims(scene, "b", 1)
        problems += every_ending(scene, ran, taken_back_again, rollback_resumed, journal="b")

    assert points > 50
    assert problems == []


def full_disk_lies(scene: Stage, ran: Ran) -> Problems:
    """Yield what is wrong with what a run says whose journal could not be written."""
    if ran.code != 1 or "Traceback" in ran.stderr:
        yield f"it ended with {ran.code}: {ran.stderr}"
    counts = commit_counts(scene.fake)
    if not ran.stdout:
        if counts or scene.journal().exists():
            yield f"{counts} were written, the journal is there: {scene.journal().exists()}"
        return
    report = ran.report
    if "No space left on device" not in report["stopped"]:
        yield f"it says {report['stopped']}"
    for outcome in report["outcomes"]:
        written = counts.get(outcome["policy_id"], 0)
        if {"succeeded": 1, "skipped": 0}.get(outcome["outcome"], written) != written:
            yield f"{outcome['policy_id']} is {outcome['outcome']}, written {written} times"


@pytest.mark.nightly
@pytest.mark.parametrize("for_good", [False, True], ids=["for a moment", "for good"])
def test_a_disk_that_is_full_stops_a_rollout_which_can_go_on_later(
    scene: Stage, *, for_good: bool
) -> None:
    """At every system call on the journal: no traceback, no lie, nothing lost."""
    scene.reset()
    steps = scene.apply().steps
    problems: list[str] = []
    for step in range(1, steps + 1):
        scene.reset()
        ran = scene.apply(fail_at=step, for_good=for_good)
        problems += full_disk_lies(scene, ran)
        problems += false_claims(scene, "a", 0)
        problems += every_ending(scene, ran, resumed, rolled_back)
        scene.tried += 1

    assert steps > 10
    assert problems == []


@dataclass(slots=True)
class StuckWrite:
    """A write that Kibana has taken, whose sender is killed, and which goes on when it is let.

    Attributes:
        scene: Where it happens.
        gate: Opened when it may go on.
        thread: The thread of the server that works on it.
    """

    scene: Stage
    gate: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def take(self) -> None:
        """Kill the sender, and wait; called before the write is carried out."""
        self.thread = threading.current_thread()
        os.kill(self.scene.children.get(timeout=30), signal.SIGKILL)
        self.gate.wait(60)

    def go_on(self) -> None:
        """Let Kibana carry it out, and return when it has."""
        self.gate.set()
        assert self.thread is not None
        self.thread.join(60)


@pytest.fixture
def stuck(scene: Stage) -> Iterator[StuckWrite]:
    """A rollout that is killed while Kibana works on its first write."""
    scene.reset()
    scene.children = queue.Queue()
    write = StuckWrite(scene)
    scene.fake.before("PUT", "/alpha", 1, write.take)
    scene.patient = False
    ran = scene.apply()
    scene.patient = True
    assert ran.code == KILLED, ran
    yield write
    write.go_on()
    scene.fake.clear_faults()


@pytest.mark.nightly
@pytest.mark.parametrize("when", ["before the resume writes", "after the resume"])
def test_a_write_that_outlives_its_sender_is_not_done_twice(
    scene: Stage, stuck: StuckWrite, when: str
) -> None:
    """Both carry the same version, so that Kibana takes only one of them."""
    if when == "before the resume writes":
        scene.fake.before("PUT", "/alpha", 2, stuck.go_on)
    ran = scene.resume()
    stuck.go_on()

    assert list(lies(scene, ran, applied=3)) == []
    assert list(differences(scene, done=True, commits=1)) == []
    assert list(false_claims(scene, "a", 0)) == []


def test_a_write_that_outlives_a_rollback_is_taken_back_by_the_next_one(
    scene: Stage, stuck: StuckWrite
) -> None:
    """A rollback that comes at once finds nothing to take back there, and says so."""
    before = scene.rollback("b", show=True)
    first = scene.rollback("b")
    stuck.go_on()
    late = base_urls(scene.fake.document("alpha"))
    second = scene.rollback("c")

    assert any("under way" in note for note in before.report["notes"])
    assert first.code == 0
    assert late == (MIRROR,) * 3
    assert second.code == 0
    assert list(differences(scene, done=False, commits=2)) == []
