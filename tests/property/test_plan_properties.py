"""What holds for every plan."""

import json
from dataclasses import replace
from operator import methodcaller
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.plans import KIBANA
from support.strategies import documents, hostile, mirror_settings, plans

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import PlanError
from elastic_mirror_policy.plan.change import Edit
from elastic_mirror_policy.plan.guards import Guards
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.plan.planning import as_text, make_plan
from elastic_mirror_policy.policies.policy import DefendPolicy
from elastic_mirror_policy.policies.selection import Selection
from elastic_mirror_policy.risks import Risk
from elastic_mirror_policy.rollout.recheck import merge
from elastic_mirror_policy.settings import CLEAR, MirrorSettings, OperatingSystem

estates = st.lists(documents(), max_size=3, unique_by=lambda document: document["id"])
any_text = st.text(max_size=20)
any_plan = plans(any_text)


def views(items: list[JsonValue]) -> list[DefendPolicy]:
    """Return the views of documents."""
    return [DefendPolicy.from_document(item) for item in items]


def applied(items: list[JsonValue], plan: Plan) -> list[JsonValue]:
    """Return the documents after the plan was carried out."""
    edits = {change.policy_id: change.edits for change in plan.changes}
    return [merge(item, edits.get(item["id"], ())) for item in items]


def undoing(plan: Plan) -> Plan:
    """Return a plan with every edit turned around, as a rollback of it has them."""
    return replace(
        plan,
        changes=tuple(
            replace(change, edits=tuple(map(turned, reversed(change.edits))))
            for change in plan.changes
        ),
    )


def turned(edit: Edit) -> Edit:
    """Return the edit that undoes this one."""
    return Edit(edit.os, edit.key, edit.after, edit.before, edit.parents[::-1])


to_dict = methodcaller("to_dict")


@given(estates, mirror_settings())
def test_every_policy_is_in_the_plan_once(items: list[JsonValue], wanted: MirrorSettings) -> None:
    """Changed, unchanged or skipped; none lost, none doubled."""
    plan = make_plan(views(items), wanted, KIBANA)
    parts = (plan.changes, plan.unchanged, plan.skipped)
    named = [entry["policy_id"] for part in parts for entry in map(to_dict, part)]

    assert sorted(named) == sorted(item["id"] for item in items)


@given(estates, mirror_settings())
def test_a_plan_over_its_own_result_is_empty(
    items: list[JsonValue], wanted: MirrorSettings
) -> None:
    """Nothing is written twice, and everything wanted is there."""
    after = views(applied(items, make_plan(views(items), wanted, KIBANA)))
    again = make_plan(after, wanted, KIBANA)

    assert (again.changes, again.skipped) == ((), ())
    assert all(
        as_text(policy.settings[system].get(key)) == (None if value is CLEAR else value)
        for policy in after
        for system, key, value in wanted.items()
    )


@given(estates, mirror_settings())
def test_a_plan_changes_only_what_it_names(items: list[JsonValue], wanted: MirrorSettings) -> None:
    """Systems and keys that are not wanted keep their values."""
    before = views(items)
    after = views(applied(items, make_plan(before, wanted, KIBANA)))
    touched = {(system.value, key) for system, key, _ in wanted.items()}

    assert [untouched(old, touched) for old in before] == [untouched(new, touched) for new in after]


def untouched(policy: DefendPolicy, touched: set[tuple[str, str]]) -> list[object]:
    """Return the values of all keys that are not among `touched`."""
    return [
        (system.value, key, value)
        for system in OperatingSystem
        for key, value in policy.settings[system].values
        if (system.value, key) not in touched
    ]


@given(estates, mirror_settings())
def test_edits_turned_around_bring_every_document_back(
    items: list[JsonValue], wanted: MirrorSettings
) -> None:
    """To the last empty parent, whatever was set or removed in between."""
    plan = make_plan(views(items), wanted, KIBANA)
    there = applied(items, plan)

    assert applied(there, undoing(plan)) == items


@given(estates, mirror_settings(), st.randoms(use_true_random=False))
def test_a_plan_does_not_depend_on_the_order_of_the_policies(
    items: list[JsonValue], wanted: MirrorSettings, random: Random
) -> None:
    """Kibana may list them in any order; the digest is the same."""
    shuffled = random.sample(items, len(items))
    plan = make_plan(views(items), wanted, KIBANA)
    other = make_plan(views(shuffled), wanted, KIBANA)

    assert other == plan
    assert other.digest == plan.digest


@given(any_plan)
def test_a_plan_survives_being_stored(plan: Plan) -> None:
    """What is read back is equal, has the same digest, and is stored the same way."""
    again = Plan.from_json(plan.to_json())

    assert again == plan
    assert again.digest == plan.digest
    assert again.to_json() == plan.to_json()


@given(plans(hostile, hostile))
def test_a_plan_of_hostile_text_can_be_stored(plan: Plan) -> None:
    """It is one readable document in ASCII, whatever the policies are called."""
    text = plan.to_json()

    assert text.isascii()
    assert json.loads(text)["digest"] == plan.digest


def replaced(text: str, place: int, char: str) -> str:
    """Return the text with one character replaced."""
    where = place % len(text)
    return text[:where] + char + text[where + 1 :]


@given(any_plan, st.integers(0, 10**9), st.characters(codec="ascii") | st.sampled_from('"{}[],:0'))
def test_a_plan_with_a_changed_character_is_refused_or_the_same(
    plan: Plan, place: int, char: str
) -> None:
    """No change of one byte makes it another plan."""
    damaged = replaced(plan.to_json(), place, char)
    try:
        found = Plan.from_json(damaged)
    except PlanError:
        return

    assert found == plan


@given(any_plan, any_plan)
def test_different_plans_have_different_digests(plan: Plan, other: Plan) -> None:
    """Equal digests mean equal plans."""
    assert (plan.digest == other.digest) == (plan.to_dict() == other.to_dict())


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_whatever_a_file_holds_it_is_a_plan_error(data: bytes | str) -> None:
    """Reading never ends in another exception."""
    with pytest.raises(PlanError, match=r"^(The plan|This is not a plan)"):
        Plan.from_json(data)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(sorted(Plan.__dataclass_fields__)) | st.text(), inner)
    ),
    max_leaves=8,
)


@given(
    plans(any_text),
    st.sampled_from(["changes", "kibana", "skipped", "unchanged", "notes"]),
    json_like,
)
def test_whatever_a_field_holds_it_is_a_plan_error(plan: Plan, name: str, value: JsonValue) -> None:
    """A stored plan that was edited by hand is refused in one sentence, or is the same."""
    data = json.dumps({**plan.to_dict(), name: value})
    try:
        found = Plan.from_json(data)
    except PlanError:
        return

    assert found == plan


@given(any_plan, st.sets(st.sampled_from(sorted(Risk))))
def test_what_is_allowed_is_never_refused_and_nothing_else_is_let_through(
    plan: Plan, allow: set[str]
) -> None:
    """A plan passes exactly when each of its risks was allowed by name."""
    risks = {risk for change in plan.changes for risk in change.risks}
    refusals = Guards(allow=frozenset(allow)).refusals(plan)

    assert len(refusals) == len(risks - allow)


@given(documents())
def test_a_policy_is_always_selected_by_what_it_is(document: JsonValue) -> None:
    """Its id, its agent policies, and everything select it; excluding everything does not."""
    policy = DefendPolicy.from_document(document)

    assert Selection().matches(policy)
    assert Selection(ids=(policy.id,)).matches(policy)
    assert Selection(names=("*",), agent_policies=("*",)).matches(policy)
    assert not Selection(exclude=("*",)).matches(policy)
