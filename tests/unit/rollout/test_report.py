"""What happened to every policy, in numbers and as JSON."""

import json
from dataclasses import replace

import pytest
from support.plans import outcome

from elastic_mirror_policy.journal.phases import Replaced
from elastic_mirror_policy.policies.residual import AlsoChanged, Kind
from elastic_mirror_policy.rollout.outcome import Outcome, OutcomeKind
from elastic_mirror_policy.rollout.report import ApplyError, Report

MIXED = (
    outcome("A", revision_before=3, revision_after=4, agents=3, written=True, notes=("n",)),
    outcome("B", "unchanged", agents=100),
    outcome("C", "skipped", intended=True),
    outcome("D", "skipped", error="It is odd."),
    outcome("E", "failed", error="No.", agents=7),
    outcome("F", "unknown", agents=5, written=True),
)


def report(*outcomes: Outcome, stopped: str = "") -> Report:
    """Return a report over these outcomes."""
    return Report(journal="rollout.journal", outcomes=outcomes, requests=9, stopped=stopped)


@pytest.mark.parametrize(
    ("found", "ok"),
    [
        (outcome(), True),
        (outcome(kind="unchanged"), True),
        (outcome(kind="skipped", intended=True), True),
        (outcome(kind="skipped"), False),
        (outcome(kind="failed"), False),
        (outcome(kind="failed", intended=True), False),
        (outcome(kind="unknown", written=True), False),
    ],
)
def test_an_outcome_is_well_when_it_is_what_was_asked_for(found: Outcome, ok: bool) -> None:  # noqa: FBT001 - a table
    """Left out on request is well; left out for a reason is not."""
    assert found.ok is ok
    assert report(found).ok is ok
    assert report(outcome(), found).failed == (() if ok else (found,))


@pytest.mark.parametrize("found", [report(), report(outcome(), stopped="Too many failures.")])
def test_nothing_written_and_stopped_early_are_not_well(found: Report) -> None:
    """There is no success over nothing, and none that ended before its end."""
    assert not found.ok


def test_a_report_as_json_is_the_documented_contract() -> None:
    """Other programs read these names."""
    found = report(*MIXED, stopped="Too many failures.")

    assert json.loads(found.to_json())["summary"] == {
        "total": 6,
        "applied": 2,
        "succeeded": 1,
        "unchanged": 1,
        "skipped": 2,
        "failed": 1,
        "unknown": 1,
        "affected_agents": 8,
        "requests": 9,
    }
    assert json.loads(report(MIXED[0]).to_json()) == {
        "schema_version": 1,
        "kind": "report",
        "kibana": None,
        "started_at": None,
        "ended_at": None,
        "journal": "rollout.journal",
        "summary": {
            "total": 1,
            "applied": 1,
            "succeeded": 1,
            "unchanged": 0,
            "skipped": 0,
            "failed": 0,
            "unknown": 0,
            "affected_agents": 3,
            "requests": 9,
        },
        "stopped": None,
        "waves": [],
        "rollback": None,
        "notes": [],
        "replaced": [],
        "outcomes": [
            {
                "policy_id": "id-A",
                "name": "A",
                "space": "default",
                "outcome": "succeeded",
                "revision_before": 3,
                "revision_after": 4,
                "error": None,
                "notes": ["n"],
                "also_changed": [],
                "replaced": None,
            }
        ],
    }


REPLACED = Replaced(4, 5, "jane", "2026-01-05T08:00:01.000Z", "2026-01-05T08:00:03.000Z")


def test_what_was_replaced_has_a_list_of_its_own() -> None:
    """Who watches for it need not go through every policy."""
    found = report(outcome("A", replaced=REPLACED), outcome("B"))
    said = {
        "first_revision": 4,
        "last_revision": 5,
        "by": "jane",
        "after": "2026-01-05T08:00:01.000Z",
        "before": "2026-01-05T08:00:03.000Z",
    }

    assert found.to_dict()["replaced"] == [{"policy_id": "id-A", "name": "A", **said}]
    assert [one["replaced"] for one in found.to_dict()["outcomes"]] == [said, None]
    assert not found.ok
    assert [one.name for one in found.failed] == ["A"]


@pytest.mark.parametrize(
    ("change", "ok"), [("added", True), ("removed", False), ("changed", False)]
)
def test_nothing_may_be_taken_away_beside_what_was_asked_for(change: Kind, *, ok: bool) -> None:
    """What a newer Kibana adds is worth a note; what is gone or different is no success."""
    found = report(outcome(also_changed=(AlsoChanged("inputs[0].condition", change),)))

    assert found.ok is ok
    assert found.to_dict()["outcomes"][0]["also_changed"] == [
        {"path": "inputs[0].condition", "change": change}
    ]


def test_a_rollback_is_reported_with_the_rollout_it_undid() -> None:
    """One document tells the whole story."""
    found = replace(report(outcome()), rollback=report(outcome("B", "failed")), journal="")

    assert found.to_dict()["journal"] is None
    assert found.to_dict()["rollback"] == report(outcome("B", "failed")).to_dict()


def test_affected_agents_are_unknown_when_one_count_is() -> None:
    """Only policies that were written count."""
    found = report(outcome(written=True), outcome("B", agents=3, written=True))

    assert found.to_dict()["summary"]["affected_agents"] is None


def test_outcomes_are_counted_by_kind() -> None:
    """A kind that did not occur is zero."""
    found = report(*MIXED)

    assert found.count(OutcomeKind.SKIPPED) == 2
    assert report().count(OutcomeKind.FAILED) == 0


def test_a_report_that_is_well_raises_nothing() -> None:
    """Scripts call this and go on."""
    well = report(outcome(), outcome("B", "unchanged"))
    well.raise_on_error()

    assert well.failed == ()


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (report(), "Not every policy was written: there was nothing to write."),
        (
            report(*MIXED),
            (
                "Not every policy was written: 1 failed, 2 skipped, 1 succeeded, 1 unchanged, "
                "1 unknown."
            ),
        ),
        (report(outcome(), stopped="Ctrl-C"), "Not every policy was written: 1 succeeded."),
    ],
)
def test_a_report_that_is_not_well_raises_with_its_numbers(found: Report, message: str) -> None:
    """The error carries the whole report, and names the journal."""
    with pytest.raises(ApplyError) as caught:
        found.raise_on_error()

    assert caught.value.message == message
    assert caught.value.hint == "See the journal rollout.journal."
    assert caught.value.report is found


def test_without_a_journal_the_next_step_is_a_new_plan() -> None:
    """Nothing had to be written, but a policy is no longer as the plan says."""
    found = Report(journal="", outcomes=(outcome(kind="failed"),))

    with pytest.raises(ApplyError) as caught:
        found.raise_on_error()

    assert caught.value.hint == "Make a new plan."


def test_a_report_shows_itself() -> None:
    """`print(report)` is for people, and a notebook shows a table."""
    found = report(*MIXED)

    assert str(found) == found.to_text()
    assert found._repr_html_() == found._repr_html_()
