"""What a plan calls unchanged is looked at again before a report does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.rollouts import MIRROR, OTHER_MIRROR, connected, plan_for, planned

from elastic_mirror_policy import Plan, PlanError, Selection
from elastic_mirror_policy.rollout.outcome import OutcomeKind
from elastic_mirror_policy.testing import FakeKibana, Fault

URL = "linux.advanced.artifacts.global.base_url"


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """One policy that has the mirror and one that needs it."""
    with FakeKibana() as served:
        served.add_policy("Done", id="done", mirror=MIRROR)
        served.add_policy("Needs it", id="needs")
        yield served


def stored_plan(fake: FakeKibana) -> Plan:
    """Return the plan as somebody saved it."""
    return Plan.from_json(plan_for(fake).to_json())


def test_a_policy_that_still_has_it_is_unchanged(fake: FakeKibana, tmp_path: Path) -> None:
    """One request for up to a hundred of them."""
    plan = stored_plan(fake)
    with connected(fake) as kibana:
        report = kibana.apply(plan, journal=tmp_path / "a.journal")

    assert report.ok
    assert report.count(OutcomeKind.UNCHANGED) == 1


@pytest.mark.parametrize(
    ("path", "value"),
    [(URL, OTHER_MIRROR), ("linux.advanced", "odd"), ("inputs", [])],
    ids=["another value", "odd settings", "odd inputs"],
)
def test_a_policy_that_lost_it_since_is_not_called_unchanged(
    fake: FakeKibana, tmp_path: Path, path: str, value: object
) -> None:
    """The rollout must not end well, and nothing is written to it."""
    plan = stored_plan(fake)
    fake.edit("done", path, value)
    with connected(fake) as kibana:
        report = kibana.apply(plan, journal=tmp_path / "a.journal")
    outcome = next(one for one in report.outcomes if one.policy_id == "done")

    assert outcome.outcome is OutcomeKind.FAILED
    assert "no longer has what the plan found" in (outcome.error or "")
    assert not report.ok


def test_a_policy_that_is_gone_is_not_called_unchanged(fake: FakeKibana, tmp_path: Path) -> None:
    """A plan with nothing to write looks, too."""
    with connected(fake) as kibana:
        plan = kibana.plan(MIRROR, Selection(ids=["done"]), check_mirror=False)
        fake.delete("done")
        report = kibana.apply(plan, journal=tmp_path / "a.journal")
    (outcome,) = report.outcomes

    assert outcome.outcome is OutcomeKind.FAILED
    assert "not visible" in (outcome.error or "")


def test_what_cannot_be_read_again_is_unknown(fake: FakeKibana, tmp_path: Path) -> None:
    """Nobody looked, so nobody knows."""
    with connected(fake) as kibana:
        plan = kibana.plan(MIRROR, Selection(ids=["done"]), check_mirror=False)
        fake.inject(Fault(path="_bulk_get", status=403, json={"message": "no"}, times=None))
        report = kibana.apply(plan, journal=tmp_path / "a.journal")
    (outcome,) = report.outcomes

    assert outcome.outcome is OutcomeKind.UNKNOWN
    assert "could not be read again" in (outcome.error or "")


def test_a_policy_that_is_done_may_still_be_named_first(fake: FakeKibana, tmp_path: Path) -> None:
    """The same command, run again a week later."""
    plan = stored_plan(fake)
    with connected(fake) as kibana:
        report = kibana.apply(
            plan, journal=tmp_path / "a.journal", waves=[1, "rest"], first=["Done"]
        )

    assert report.ok


def test_one_odd_item_stops_nobody_else(fake: FakeKibana) -> None:
    """It is skipped, and named by its id."""
    fake.edit("done", "name", None)
    plan = plan_for(fake)

    assert [change.policy_id for change in plan.changes] == ["needs"]
    assert [(one.policy_id, one.name) for one in plan.skipped] == [("done", "(no name)")]


def test_a_selection_of_the_odd_item_alone_names_it(fake: FakeKibana) -> None:
    """With nothing to change."""
    fake.edit("done", "is_managed", {})
    with connected(fake) as kibana:
        plan = kibana.plan(MIRROR, Selection(ids=["done"]), check_mirror=False)

    assert plan.skipped[0].name == "Done"
    assert "is_managed" in plan.skipped[0].reason


def test_a_rollback_of_an_estate_with_an_odd_item_goes_on(fake: FakeKibana, tmp_path: Path) -> None:
    """The odd one is skipped with the reason."""
    with connected(fake) as kibana:
        kibana.apply(planned(kibana), journal=tmp_path / "a.journal")
        fake.edit("needs", "is_managed", {})
        plan = kibana.plan_rollback(tmp_path / "a.journal")

    assert "is_managed" in plan.skipped[0].reason


def test_a_plan_names_each_policy_once(fake: FakeKibana) -> None:
    """Changed and unchanged at once is nothing that can be carried out."""
    text = stored_plan(fake).to_json().replace('"done"', '"needs"')

    with pytest.raises(PlanError, match="more than once"):
        Plan.from_json(text)


def test_a_report_names_its_kibana_and_its_time(fake: FakeKibana, tmp_path: Path) -> None:
    """Whether or not anything had to be written, and when a journal is continued."""
    journal = tmp_path / "a.journal"
    with connected(fake) as kibana:
        plan = planned(kibana)
        written = kibana.apply(plan, journal=journal)
        again = kibana.apply(planned(kibana), journal=tmp_path / "b.journal")
        resumed = kibana.resume(journal)

    assert (written.journal, again.journal) == (str(journal), "")
    for report in (written, again, resumed):
        assert report.kibana == plan.kibana
        assert report.started_at
        assert report.ended_at
