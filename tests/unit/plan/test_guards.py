"""Limits and risks: what must hold before the first write."""

import pytest
from support.plans import change, plan

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import ConfigurationError, UnsafePlanError
from elastic_mirror_policy.plan.change import Skipped, Unchanged
from elastic_mirror_policy.plan.guards import Guards
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.risks import Risk

PLAN = plan(
    change("A", risks=("clear", "pinned")),
    change("B", risks=("pinned",), agents=6),
    unchanged=(Unchanged("id-c", "C", "default"),),
    skipped=(Skipped("id-d", "D", "It is odd."),),
)
ALL = frozenset(Risk)
NOTHING = plan()
UNKNOWN = plan(change("A", agents=None))
FUTURE = plan(change("A", risks=("from-the-future",)))


@pytest.mark.parametrize(
    ("found", "guards"),
    [
        (PLAN, Guards(allow=ALL)),
        (PLAN, Guards(allow=frozenset({"clear", "pinned"}))),
        (PLAN, Guards(allow=ALL, expect_policies=4, max_policies=2, max_agents=10)),
        (NOTHING, Guards(expect_policies=0, max_policies=0, max_agents=0)),
        (UNKNOWN, Guards(max_policies=1)),
    ],
)
def test_a_plan_within_its_limits_may_be_written(found: Plan, guards: Guards) -> None:
    """A limit that is just reached holds."""
    guards.check(found)

    assert guards.refusals(found) == ()


@pytest.mark.parametrize(
    ("found", "guards", "reason"),
    [
        (
            PLAN,
            Guards(allow=ALL, expect_policies=5),
            (
                "4 policies are selected (2 to change, 1 unchanged, 1 skipped), but exactly 5 were "
                "expected (expect-policies)."
            ),
        ),
        (
            PLAN,
            Guards(allow=ALL, max_policies=1),
            "2 policies would change, which is more than 1 (max-policies).",
        ),
        (
            PLAN,
            Guards(allow=ALL, max_agents=9),
            "10 agents would be affected, which is more than 9 (max-agents).",
        ),
        (
            UNKNOWN,
            Guards(max_agents=9),
            (
                "The agents could not be counted, so max-agents 9 cannot be checked; the "
                "credentials need the right to read agent policies."
            ),
        ),
        (
            PLAN,
            Guards(allow=frozenset({"clear"})),
            (
                "2 of 2 changes carry the risk 'pinned' (protection updates are pinned to a date, "
                "which a plain mirror does not serve); accept it with --allow pinned."
            ),
        ),
        (
            FUTURE,
            Guards(allow=ALL),
            (
                "1 of 1 change carries the risk 'from-the-future' (unknown to this release); "
                "accept it with --allow from-the-future."
            ),
        ),
    ],
)
def test_a_refusal_states_its_arithmetic(found: Plan, guards: Guards, reason: str) -> None:
    """The numbers are in the message, and how to go on."""
    assert guards.refusals(found) == (reason,)
    with pytest.raises(UnsafePlanError) as caught:
        guards.check(found)
    assert caught.value.message == f"Nothing was written: {reason}"


def test_every_reason_is_given_at_once() -> None:
    """Nobody runs into one guard after the other."""
    reasons = Guards(expect_policies=1, max_policies=0, max_agents=0).refusals(PLAN)

    assert [reason.split()[-1] for reason in reasons] == [
        "(expect-policies).",
        "(max-policies).",
        "(max-agents).",
        "clear.",
        "pinned.",
    ]


def test_all_reasons_stand_in_one_message() -> None:
    """The error is one text, each reason a sentence of it."""
    guards = Guards(expect_policies=1, max_policies=0, allow=ALL)

    with pytest.raises(UnsafePlanError) as caught:
        guards.check(PLAN)

    assert caught.value.message == (
        "Nothing was written: 4 policies are selected (2 to change, 1 unchanged, 1 skipped), but "
        "exactly 1 was expected (expect-policies). 2 policies would change, which is more than 0 "
        "(max-policies)."
    )


def test_an_unknown_risk_cannot_be_allowed() -> None:
    """A slip of the pen must not look like consent."""
    with pytest.raises(ConfigurationError, match="'pin' is not a risk that can be allowed") as e:
        Guards(allow=frozenset({"clear", "pin"}))

    assert e.value.hint == "The risks are " + ", ".join(Risk) + "."


@pytest.mark.parametrize("name", ["expect_policies", "max_policies", "max_agents"])
def test_a_limit_is_not_below_zero(name: str) -> None:
    """No plan could hold it."""
    limits: dict[str, JsonValue] = {name: -1}

    with pytest.raises(ConfigurationError, match=rf"^{name} cannot be below zero\.$"):
        Guards(**limits)


def test_risks_are_given_as_any_collection() -> None:
    """A list of names is as good as a set."""
    allow: JsonValue = ["clear", "pinned", "clear"]

    assert Guards(allow=allow).allow == frozenset({"clear", "pinned"})
