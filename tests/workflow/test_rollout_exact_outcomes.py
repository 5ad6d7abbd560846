"""What a report and a journal say of one write, word for word and field by field."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest
from support.rollouts import MIRROR, Naps, connected, planned, roll_on, roll_out

from elastic_mirror_policy import Journal, Report
from elastic_mirror_policy.rollout.outcome import Outcome, OutcomeKind
from elastic_mirror_policy.testing import FakeKibana, Fault

BASE_URL: Final = "linux.advanced.artifacts.global.base_url"
PUT: Final = "PUT /api/fleet/package_policies/beta"
CONFLICT: Final = Fault(
    method="PUT",
    path="/beta",
    status=409,
    json={"message": "Saved object [fleet-package-policies/beta] conflict"},
)
LOST: Final = Fault(method="PUT", path="/beta", status=502, html="<h1>Bad Gateway</h1>")
UNREADABLE: Final = Fault(method="GET", path="/beta", times=None, status=503, text="not ready")

REFUSED: Final = f"{PUT} was refused (409): Saved object [fleet-package-policies/beta] conflict."
NO_ANSWER: Final = (
    f"{PUT} was refused (502), but not by Kibana: a text that begins '<h1>Bad Gateway</h1>'."
)
NAMESAKE: Final = "Another integration policy may have this name already; rename one in Kibana."
PROXY: Final = "The proxy in front of Kibana could not reach it; try again later."
GONE: Final = "It is no longer visible in this space: it was deleted, or moved to another space."
THEIRS: Final = (
    f"{BASE_URL} is now 'http://theirs', but the plan was made for not set; the policy was last "
    "saved by jane (revision {})."
)
STARTING: Final = (
    "Reading it failed too: GET /api/fleet/package_policies/beta was refused (503), but not by "
    "Kibana: a text that begins 'not ready'. The proxy in front of Kibana, or a Kibana that is "
    "starting, has no answer; try again later."
)
DONE: Final = "The write was not confirmed ({}), but reading showed it was done{}."
DONE_EARLIER: Final = (
    "The write of an earlier run was not confirmed, but reading showed it was done{}."
)
BETWEEN: Final = (
    "The revision went from 1 to 3: somebody else wrote it at about the same time; look at the "
    "policy's history."
)
TOO: Final = (
    " The revision went from 1 to 3: somebody else wrote it, too; look at the policy's history."
)


def sets_the_key(fake: FakeKibana) -> None:
    """A person sets what is planned to be ours."""
    fake.edit("beta", BASE_URL, "http://theirs", by="jane")


def sets_something_else(fake: FakeKibana) -> None:
    """A person sets what nobody planned for."""
    fake.edit("beta", "description", "new words", by="jane")


def deletes(fake: FakeKibana) -> None:
    """A person deletes the policy."""
    fake.delete("beta")


def nothing(_: FakeKibana) -> None:
    """Nobody does anything."""


@dataclass(frozen=True, slots=True)
class Case:
    """What goes wrong with a write, what somebody does then, and what is said.

    Attributes:
        fault: What becomes of the write.
        meanwhile: What a person does before the policy is looked at.
        kind: The outcome.
        after: The revision it has then.
        error: The error of the outcome and of the journal.
        notes: Their notes.
        replaced_by: Whose write may have been replaced, or nobody's.
        facts: Of the journal: how often it was sent, not carried out, and if it is confirmed.
    """

    fault: Fault
    meanwhile: Callable[[FakeKibana], None]
    kind: str
    after: int | None
    facts: tuple[int, int, bool]
    error: str = ""
    notes: tuple[str, ...] = ()
    replaced_by: str = ""


OURS_OR_THEIRS: Final = ", by this run or by somebody else"
LOST_BEFORE: Final = " An earlier attempt may have been applied: "

CASES: Final = {
    "a good answer": Case(
        Fault(method="PUT", path="/nobody", status=500), nothing, "succeeded", 2, (1, 0, True)
    ),
    "a conflict at the goal": Case(
        replace(CONFLICT, committed=True),
        nothing,
        "succeeded",
        2,
        (1, 0, False),
        notes=(DONE.format(REFUSED, OURS_OR_THEIRS),),
    ),
    "a lost answer at the goal": Case(
        replace(LOST, committed=True),
        nothing,
        "succeeded",
        2,
        (1, 0, True),
        notes=(DONE.format(NO_ANSWER, ""),),
    ),
    "a conflict at the goal, and another write": Case(
        replace(CONFLICT, committed=True),
        sets_something_else,
        "succeeded",
        3,
        (1, 0, False),
        notes=(DONE.format(REFUSED, OURS_OR_THEIRS), BETWEEN),
    ),
    "a lost answer at the goal, and another write": Case(
        replace(LOST, committed=True),
        sets_something_else,
        "succeeded",
        3,
        (1, 0, True),
        notes=(DONE.format(NO_ANSWER, ""),),
        replaced_by="jane",
    ),
    "a conflict with a person": Case(
        CONFLICT, sets_the_key, "failed", None, (1, 1, True), error=THEIRS.format(2)
    ),
    "a lost answer and a person": Case(
        LOST, sets_the_key, "failed", None, (1, 1, True), error=THEIRS.format(2)
    ),
    "a lost answer, carried out, and a person": Case(
        replace(LOST, committed=True),
        sets_the_key,
        "failed",
        None,
        (1, 0, True),
        error=THEIRS.format(3) + LOST_BEFORE + NO_ANSWER,
    ),
    "a conflict over a policy that is gone": Case(
        CONFLICT, deletes, "failed", None, (1, 0, True), error=GONE + LOST_BEFORE + REFUSED
    ),
    "no answer, again and again": Case(
        replace(LOST, times=None),
        nothing,
        "failed",
        None,
        (5, 5, True),
        error=f"Not written, although it was sent 5 times: {NO_ANSWER} {PROXY}",
    ),
}


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """One policy."""
    with FakeKibana() as served:
        served.add_policy("beta", id="beta", agents=3)
        yield served


def outcome(kind: str, **facts: Any) -> Outcome:  # noqa: ANN401 - its fields
    """Return the outcome of the one policy."""
    known = Outcome(
        policy_id="beta", name="beta", space="default", outcome=OutcomeKind(kind), agents=3
    )
    return replace(known, **facts)


def roll_out_in_doubt(fake: FakeKibana, path: Path, fault: Fault) -> Report:
    """Roll out to a Kibana that writes, does not say so, and cannot be read afterwards."""
    fake.inject(replace(fault, committed=True))
    fake.inject(UNREADABLE)
    report = roll_out(fake, path)
    fake.clear_faults()
    return report


@pytest.mark.parametrize("name", CASES)
def test_report_and_journal_say_the_same(fake: FakeKibana, tmp_path: Path, name: str) -> None:
    """All of it: what is left out here is read by somebody at night."""
    case = CASES[name]
    fake.inject(case.fault)
    fake.before("GET", "/beta", 1, lambda: case.meanwhile(fake))

    report = roll_out(fake, tmp_path / "a.journal")
    (state,) = Journal.read(tmp_path / "a.journal").states

    assert report.outcomes == (
        outcome(
            case.kind,
            revision_before=1,
            revision_after=case.after,
            error=case.error or None,
            notes=case.notes,
            written=case.kind == "succeeded",
            replaced=state.replaced,
        ),
    )
    assert (state.sent, state.refused + state.unwritten, state.confirmed) == case.facts
    assert (state.replaced.by if state.replaced else "") == case.replaced_by
    assert report.replaced == (report.outcomes if case.replaced_by else ())
    assert (state.revision, state.error, state.notes) == (case.after, case.error, case.notes)


@pytest.mark.parametrize(
    ("fault", "because", "hint", "who"),
    [
        (CONFLICT, REFUSED, NAMESAKE, ", by that run or by somebody else"),
        (LOST, NO_ANSWER, PROXY, ""),
    ],
)
@pytest.mark.parametrize("others", [False, True])
def test_a_resume_finds_out_what_was_unknown_and_keeps_its_doubt(
    fake: FakeKibana,
    tmp_path: Path,
    fault: Fault,
    because: str,
    hint: str,
    who: str,
    *,
    others: bool,
) -> None:
    """Who wrote the values stays as open as the conflict left it."""
    path = tmp_path / "a.journal"

    (first,) = roll_out_in_doubt(fake, path, fault).outcomes
    (unknown,) = Journal.read(path).states
    if others:
        sets_something_else(fake)
    (second,) = roll_on(fake, path).outcomes
    (found,) = Journal.read(path).states

    text = f"It is not known whether it was written: {because} {hint} {STARTING}"
    assert first == outcome("unknown", revision_before=1, error=text)
    assert (unknown.phase, unknown.confirmed) == ("unknown", not who)
    note = DONE_EARLIER.format(who) + (TOO if others else "")
    assert second == outcome(
        "succeeded", revision_before=1, revision_after=2 + others, notes=(note,), written=True
    )
    assert (found.phase, found.confirmed, found.revision) == ("verified", not who, 2 + others)


def test_a_resume_that_is_refused_admits_what_was_sent_before(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """A person was there between the two runs."""
    path = tmp_path / "a.journal"
    roll_out_in_doubt(fake, path, LOST)
    sets_the_key(fake)

    report = roll_on(fake, path)

    before = " A write of an earlier run may have been applied."
    assert report.outcomes == (outcome("failed", error=THEIRS.format(3) + before),)


def test_a_doubt_is_not_lost_by_a_resume_that_does_not_get_there(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """It is still there when a later one does."""
    path = tmp_path / "a.journal"
    roll_out_in_doubt(fake, path, CONFLICT)
    fake.inject(Fault(method="POST", path="_bulk_get", times=None, status=403))
    (again,) = roll_on(fake, path).outcomes
    (state,) = Journal.read(path).states

    assert again.outcome is OutcomeKind.UNKNOWN
    assert not state.confirmed


STOPPED: Final = "Kibana no longer accepts the credentials."
NOT_ATTEMPTED: Final = f"Not attempted: {STOPPED}"
UNAUTHORIZED: Final = Fault(times=None, status=401, json={"message": "no"})


def test_what_was_not_attempted_says_so(fake: FakeKibana, tmp_path: Path) -> None:
    """In the report, in the journal, and to who watches."""
    fake.add_policy("Gamma", id="gamma", agents=5)
    fake.inject(replace(UNAUTHORIZED, method="PUT"))
    seen: list[Outcome] = []

    report = roll_out(fake, tmp_path / "a.journal", parallel=1, progress=seen.append)
    first, second = Journal.read(tmp_path / "a.journal").states
    left = outcome("skipped", error=NOT_ATTEMPTED)

    assert report.stopped == STOPPED
    assert report.outcomes[1] == left
    assert seen == list(report.outcomes)
    assert (first.phase, first.sent, first.refused) == ("failed", 1, 1)
    assert (second.phase, second.sent, second.error) == ("skipped", 0, NOT_ATTEMPTED)


def test_what_an_earlier_run_may_have_written_is_not_called_skipped(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """When a later one does not get there, nobody knows more than before."""
    path = tmp_path / "a.journal"
    roll_out_in_doubt(fake, path, LOST)
    fake.inject(replace(UNAUTHORIZED, method="POST", path="_bulk_get"))

    report = roll_on(fake, path)
    (state,) = Journal.read(path).states

    said = f"An earlier run may have written it. Not attempted: {report.stopped}"
    assert report.stopped.startswith("The policies could not be read again: POST ")
    assert report.outcomes == (outcome("unknown", error=said),)
    assert (state.phase, state.error, state.may_be_written) == ("unknown", said, True)


OLD: Final = "https://old.example"
KEPT: Final = "Changed by others since the plan was made, and kept: description."


@pytest.mark.parametrize(
    ("fault", "kind"), [(LOST, "failed"), (replace(LOST, committed=True), "unknown")]
)
def test_what_was_kept_is_noted_however_it_ends(
    fake: FakeKibana, tmp_path: Path, fault: Fault, kind: str
) -> None:
    """In the report and in the journal."""
    fake.before("POST", "/package_policies/_bulk_get", 1, lambda: sets_something_else(fake))
    fake.inject(fault)
    if kind == "unknown":
        fake.inject(UNREADABLE)
    else:
        fake.before("GET", "/beta", 1, lambda: sets_the_key(fake))

    (found,) = roll_out(fake, tmp_path / "a.journal").outcomes
    (state,) = Journal.read(tmp_path / "a.journal").states

    assert found.outcome.value == kind
    assert found.notes == state.notes == (KEPT,)


@pytest.mark.parametrize(("before", "named"), [(None, "not set"), (OLD, f"'{OLD}'")])
def test_a_policy_that_was_never_sent_says_only_why(
    tmp_path: Path, before: str | None, named: str
) -> None:
    """It names what the plan was made for, and no write."""
    with FakeKibana() as fake:
        fake.add_policy("beta", id="beta", agents=3, mirror=before)
        fake.before("POST", "/package_policies/_bulk_get", 1, lambda: sets_the_key(fake))
        (found,) = roll_out(fake, tmp_path / "a.journal").outcomes

    said = THEIRS.format(2).replace("not set", named)
    assert found == outcome("failed", error=said)


def test_a_policy_that_somebody_else_put_right_is_unchanged(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """A resume that finds it so has nothing to say about a write."""
    fake.inject(replace(UNAUTHORIZED, method="POST", path="/package_policies/_bulk_get"))
    path = tmp_path / "a.journal"
    (first,) = roll_out(fake, path).outcomes
    fake.clear_faults()
    for system in ("linux", "mac", "windows"):
        fake.edit("beta", f"{system}.advanced.artifacts.global.base_url", MIRROR)

    report = roll_on(fake, path)

    assert first.outcome is OutcomeKind.SKIPPED
    assert report.outcomes == (outcome("unchanged", revision_after=4),)


@pytest.mark.parametrize(
    ("fault", "looks", "waited"),
    [
        (LOST, 1, 0.5),
        (CONFLICT, 1, 0.0),
        (replace(CONFLICT, times=2), 2, 0.0),
        (replace(LOST, times=2), 2, 0.5 + 1.0),
        (Fault(method="PUT", path="/beta", status=503, retry_after=120, text="busy"), 1, 120.0),
        (Fault(method="PUT", path="/beta", status=429, retry_after=7, text="busy"), 1, 7.0),
        (Fault(method="PUT", path="/beta", drop="before"), 4, 4.0),
        (Fault(method="PUT", path="/beta", drop="after"), 1, 0.0),
        (Fault(method="PUT", path="/beta", status=504, late=True), 3, 1.0 + 1.0),
    ],
)
def test_how_often_and_after_how_long_a_policy_is_looked_at(
    fake: FakeKibana, tmp_path: Path, fault: Fault, looks: int, waited: float
) -> None:
    """Once after an answer that says nothing; after none, until it has had its time again."""
    naps = Naps()
    fake.inject(fault)
    fake.before("GET", "/beta", 3, fake.carry_out_late)

    with connected(fake, sleep=naps) as kibana:
        report = kibana.apply(planned(kibana), journal=tmp_path / "a.journal")

    assert report.ok
    seen = [one for one in fake.requests if (one.method, one.path[-5:]) == ("GET", "/beta")]
    assert (len(seen), sum(naps)) == (looks, waited)
