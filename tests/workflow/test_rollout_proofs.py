"""Nothing beside the managed keys, proven for every policy: echoed, refused, or told."""

import copy
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.documents import policy_value
from support.rollouts import (
    MIRROR,
    OTHER_MIRROR,
    base_urls,
    commit_counts,
    connected,
    documents,
    error_of,
    kinds,
    outcome_of,
    planned,
    roll_back,
    roll_on,
    roll_out,
)

from elastic_mirror_policy import Journal
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.policies.residual import AlsoChanged, Kind
from elastic_mirror_policy.rollout.outcome import Outcome
from elastic_mirror_policy.testing import FakeKibana, Fault

NAMES = ("alpha", "beta", "gamma")
NEWEST: dict[str, JsonValue] = {
    "name": "Elastic Defend",
    "condition": "${host.platform} == 'linux'",
    "var_group_selections": {"a": "b"},
    "migrate_from": "x",
}


def served(version: str, **options: Any) -> FakeKibana:  # noqa: ANN401 - what FakeKibana takes
    """Return a fake with three policies."""
    fake = FakeKibana(version, **options)
    for name in NAMES:
        fake.add_policy(name, id=name)
    return fake


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """Three policies."""
    with served("9.4.2") as running:
        yield running


def give_input(fake: FakeKibana, policy_id: str, **keys: JsonValue) -> None:
    """Let the input of a policy have something more."""
    first, *others = fake.document(policy_id)["inputs"]
    fake.edit(policy_id, "inputs", [{**first, **keys}, *others])


@pytest.mark.parametrize(
    ("version", "keys"),
    [("8.18.1", {"id": "its-own"}), ("9.3.4", {"id": "its-own"}), ("9.5.0", NEWEST)],
)
def test_what_kibana_takes_back_is_echoed(
    tmp_path: Path, version: str, keys: dict[str, JsonValue]
) -> None:
    """`inputs` is replaced as a whole: what is not sent is gone."""
    with served(version) as fake:
        give_input(fake, "beta", **keys)
        report = roll_out(fake, tmp_path / "a.journal")
        kept = fake.document("beta")["inputs"][0]

    assert report.ok
    assert {key: kept.get(key) for key in keys} == keys
    assert base_urls(fake.document("beta")) == (MIRROR,) * 3


@pytest.mark.parametrize(
    ("version", "key"),
    [("8.17.3", "id"), ("9.4.2", "condition"), ("9.4.2", "name"), ("9.5.0", "from_the_future")],
)
def test_a_policy_with_something_that_cannot_be_echoed_is_left_alone(
    tmp_path: Path, version: str, key: str
) -> None:
    """The plan says so, with the key; the others are written."""
    with served(version) as fake:
        give_input(fake, "beta", **{key: "x"})
        with connected(fake) as kibana:
            plan = planned(kibana)
            report = kibana.apply(plan, journal=tmp_path / "a.journal")

    (skipped,) = plan.skipped
    assert skipped.policy_id == "beta"
    assert f"inputs[0].{key}" in skipped.reason
    assert not report.ok
    assert commit_counts(fake) == dict.fromkeys(("alpha", "gamma"), 1)
    assert fake.document("beta")["inputs"][0][key] == "x"


def test_a_key_that_appears_after_the_plan_is_seen_before_the_write(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """It is looked for in what was read last."""
    with connected(fake) as kibana:
        plan = planned(kibana)
        give_input(fake, "beta", condition="x")
        report = kibana.apply(plan, journal=tmp_path / "a.journal")

    assert kinds(report) == ["succeeded", "failed", "succeeded"]
    assert "inputs[0].condition" in error_of(report, "beta")
    assert commit_counts(fake) == dict.fromkeys(("alpha", "gamma"), 1)


def answered_otherwise(fake: FakeKibana, **odd: JsonValue) -> None:
    """Let beta be stored otherwise than it was sent: a Kibana that nobody has seen yet."""
    answer = copy.deepcopy(fake.document("beta"))
    for system in ("linux", "mac", "windows"):
        settings = policy_value(answer)[system].setdefault("advanced", {})
        settings["artifacts"] = {"global": {"base_url": MIRROR}}
    answer["revision"] += 1
    answer["inputs"][0] |= odd
    body = {"item": {key: value for key, value in answer.items() if value is not None}}
    fake.inject(Fault(method="PUT", path="/beta", status=200, json=body, committed=True))


@pytest.mark.parametrize(
    ("odd", "change", "ok"),
    [
        ({"surprise": 1}, "added", True),
        ({"enabled": False}, "changed", False),
        ({"streams": None}, "removed", False),
    ],
)
def test_whatever_kibana_changes_beside_it_is_told(
    fake: FakeKibana, tmp_path: Path, odd: dict[str, JsonValue], change: Kind, *, ok: bool
) -> None:
    """By its path, in the report, its text and the journal; never by its value."""
    answered_otherwise(fake, **odd)
    (key,) = odd
    found = AlsoChanged(f"inputs[0].{key}", change)

    report = roll_out(fake, tmp_path / "a.journal")
    state = Journal.read(tmp_path / "a.journal").states[1]

    assert report.ok is ok
    assert kinds(report) == ["succeeded"] * 3
    assert outcome_of(report, "beta").also_changed == state.also_changed == (found,)
    assert outcome_of(report, "alpha").also_changed == ()
    for text in (str(report), str(Journal.read(tmp_path / "a.journal"))):
        assert f"inputs[0].{key}" in text


def test_a_lost_answer_is_no_way_around_the_proof(fake: FakeKibana, tmp_path: Path) -> None:
    """What reading shows is compared, too."""
    fake.inject(Fault(method="PUT", path="/beta", status=502, committed=True))
    document = fake.document("beta")

    def strip() -> None:
        found = fake._state.policies["beta"]
        first, *others = found.attributes["inputs"]
        found.attributes = found.attributes | {"inputs": [first | {"enabled": False}, *others]}

    fake.before("GET", "/beta", 1, strip)
    report = roll_out(fake, tmp_path / "a.journal")

    assert document["inputs"][0]["enabled"] is True
    assert not report.ok
    assert outcome_of(report, "beta").also_changed == (AlsoChanged("inputs[0].enabled", "changed"),)


@pytest.mark.parametrize("version", ["8.0.1", "8.13.4", "8.18.1", "9.0.3", "9.4.2", "9.5.0"])
def test_an_ordinary_kibana_changes_nothing_beside_it(tmp_path: Path, version: str) -> None:
    """What it rewrites with every save is known: the first write fills `meta` in."""
    with served(version) as fake:
        report = roll_out(fake, tmp_path / "a.journal")
        undone = roll_back(fake, tmp_path / "a.journal")

    assert report.ok
    assert undone.ok
    assert {one.also_changed for one in (*report.outcomes, *undone.outcomes)} == {()}


def test_more_that_is_changed_than_allowed_failures_ends_the_run(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """A Kibana that drops something is not written to a hundred times."""
    answered_otherwise(fake, enabled=False)

    report = roll_out(fake, tmp_path / "a.journal", parallel=1, max_failures=0)

    assert kinds(report) == ["succeeded", "succeeded", "skipped"]
    assert "max-failures" in report.stopped


@pytest.mark.parametrize("parallel", [1, 2, 4])
def test_nothing_is_read_ahead_of_a_batch_that_is_being_written(
    tmp_path: Path, parallel: int
) -> None:
    """A batch is looked at right before it is written: as many policies as there are writers."""
    with FakeKibana.example(policies=9, space_aware=False) as fake, connected(fake) as kibana:
        plan = planned(kibana)
        fake.forget_requests()
        kibana.apply(plan, journal=tmp_path / "a.journal", parallel=parallel)
        asked = [one.method for one in fake.requests]

    runs = [(method, len(list(run))) for method, run in itertools.groupby(asked)]
    writes = [count for method, count in runs if method == "PUT"]
    assert [method for method, _ in runs] == ["POST", "PUT"] * -(-9 // parallel)
    assert {count for method, count in runs if method == "POST"} == {1}
    assert max(writes) == parallel
    assert sum(writes) == 9


def test_a_report_counts_its_own_requests(fake: FakeKibana, tmp_path: Path) -> None:
    """Whoever asks for something else through the same object pays for it."""
    with connected(fake) as kibana:
        plan = planned(kibana)

        def progress(_: Outcome) -> None:
            kibana.policies()

        before = kibana.requests_sent
        report = kibana.apply(plan, journal=tmp_path / "a.journal", progress=progress)

    assert report.requests == 1 + len(NAMES)
    assert kibana.requests_sent > before + report.requests


def test_a_resume_at_a_kibana_that_is_down_gives_a_report(fake: FakeKibana, tmp_path: Path) -> None:
    """As apply does; what an earlier run wrote stays written in the journal."""
    fake.inject(Fault(method="PUT", path="/beta", status=401))
    roll_out(fake, tmp_path / "a.journal", parallel=1)
    fake.clear_faults()
    fake.inject(Fault(drop="before", times=None))

    report = roll_on(fake, tmp_path / "a.journal")
    phases = [state.phase for state in Journal.read(tmp_path / "a.journal").states]

    assert not report.ok
    assert report.stopped.startswith("The policies could not be read again: ")
    assert kinds(report) == ["unknown", "skipped", "skipped"]
    assert error_of(report, "alpha").startswith("An earlier run wrote it.")
    assert phases == ["verified", "skipped", "skipped"]


def test_a_policy_that_was_never_written_neither_blocks_nor_is_taken_back(tmp_path: Path) -> None:
    """Two conflicts, and then a person who was faster: nothing of it is ours."""
    systems = ("linux", "mac", "windows")
    with served("9.4.2", checks_version=True) as fake:
        fake.before("PUT", "/beta", 1, lambda: fake.edit("beta", "description", "touched"))

        def set_by_hand() -> None:
            for one in systems:
                fake.edit("beta", f"{one}.advanced.artifacts.global.base_url", OTHER_MIRROR)

        fake.before("PUT", "/beta", 2, set_by_hand)
        report = roll_out(fake, tmp_path / "a.journal")
        state = Journal.read(tmp_path / "a.journal").states[1]
        undone = roll_back(fake, tmp_path / "a.journal", allow={"overwrite-foreign"})

        assert kinds(report) == ["succeeded", "failed", "succeeded"]
        assert (state.sent, state.may_be_written) == (2, False)
        assert undone.ok
        assert base_urls(fake.document("beta")) == (OTHER_MIRROR,) * 3
        assert {base_urls(fake.document(name)) for name in ("alpha", "gamma")} == {(None,) * 3}


def test_a_write_that_turns_up_after_all_is_taken_back(fake: FakeKibana, tmp_path: Path) -> None:
    """Reading did not show it then; a rollback looks again."""
    fake.inject(Fault(method="PUT", path="/beta", status=503, late=True, times=None))
    report = roll_out(fake, tmp_path / "a.journal")
    fake.clear_faults()
    fake.carry_out_late()
    state = Journal.read(tmp_path / "a.journal").states[1]

    undone = roll_back(fake, tmp_path / "a.journal")

    assert kinds(report) == ["succeeded", "failed", "succeeded"]
    assert not state.may_be_written
    assert undone.ok
    assert {base_urls(found) for found in documents(fake).values()} == {(None,) * 3}


def test_a_policy_that_was_not_written_and_is_gone_is_no_reason_to_fail(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """There is nothing of it to take back."""
    fake.inject(Fault(method="PUT", path="/beta", status=503, times=None))
    roll_out(fake, tmp_path / "a.journal")
    fake.clear_faults()
    fake.delete("beta")

    undone = roll_back(fake, tmp_path / "a.journal")

    assert undone.ok
    assert outcome_of(undone, "beta").outcome == "unchanged"


def test_two_late_writes_are_not_said_to_be_somebody_elses(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """A resume finds one revision more than it expected, and it may be from the same run."""
    fake.inject(Fault(method="PUT", path="/beta", status=504, late=True, times=None))
    roll_out(fake, tmp_path / "a.journal")
    fake.clear_faults()
    fake.carry_out_late()
    found = outcome_of(roll_on(fake, tmp_path / "a.journal"), "beta")

    assert (found.outcome, found.revision_before, found.revision_after) == ("succeeded", 1, 3)
    assert found.notes[0].endswith(
        " The revision went from 1 to 3: it was sent 2 times, or somebody else wrote it, too; "
        "look at the policy's history."
    )


def test_a_rollback_right_after_a_write_that_may_be_at_work_says_so(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """It is unknown, and taking it back cannot promise anything yet."""
    fake.inject(Fault(method="PUT", path="/beta", status=504, late=True, times=None))
    report = roll_out(fake, tmp_path / "a.journal")
    fake.clear_faults()
    with connected(fake) as kibana:
        plan = kibana.plan_rollback(tmp_path / "a.journal")
    fake.carry_out_late()
    undone = roll_back(fake, tmp_path / "a.journal")

    assert kinds(report) == ["succeeded", "unknown", "succeeded"]
    assert [state.change.policy_id for state in Journal.read(tmp_path / "a.journal").unknown] == [
        "beta"
    ]
    assert "may still be under way in Kibana: 1." in plan.notes[0]
    assert undone.ok
    assert base_urls(fake.document("beta")) == (None,) * 3
