"""The policies that a plan does not change: looked at again before they are called unchanged."""

from collections.abc import Iterator

from elastic_mirror_policy._fleet.api import Fleet
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import MirrorPolicyError, UnexpectedPolicyError
from elastic_mirror_policy.plan.change import Unchanged
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.plan.planning import same
from elastic_mirror_policy.policies.defend import find_problem, read_settings
from elastic_mirror_policy.policies.inventory import read_documents
from elastic_mirror_policy.rollout.outcome import Outcome, OutcomeKind
from elastic_mirror_policy.settings import KEY_PREFIX

CHANGED = "It no longer has what the plan found; make a new plan."
GONE = "It is not visible in this space any more: deleted, or moved to another one."


def look_at_unchanged(fleet: Fleet, plan: Plan) -> tuple[Outcome, ...]:
    """Return the outcomes of the policies that the plan does not change.

    A plan may be old, and a rollout takes hours: a policy that was found to have what is wanted
    is read again, and called unchanged when it still has it.
    """
    checked = dict(_look(fleet, [policy for policy in plan.unchanged if policy.settings]))
    return (
        *(checked.get(p.policy_id) or Outcome.of(p, OutcomeKind.UNCHANGED) for p in plan.unchanged),
        *(Outcome.of(policy, OutcomeKind.SKIPPED, policy.reason) for policy in plan.skipped),
    )


def _look(fleet: Fleet, policies: list[Unchanged]) -> Iterator[tuple[str, Outcome]]:
    left = {policy.policy_id: policy for policy in policies}
    wanted = [(policy.space, policy.policy_id) for policy in policies]
    try:
        for _, policy_id, document in read_documents(fleet, wanted):
            yield policy_id, _judge(left.pop(policy_id), document)
    except MirrorPolicyError as exc:
        error = f"It could not be read again: {exc}"
        for policy_id, policy in left.items():
            yield policy_id, Outcome.of(policy, OutcomeKind.UNKNOWN, error)


def _judge(policy: Unchanged, document: JsonValue | None) -> Outcome:
    if document is None:
        return Outcome.of(policy, OutcomeKind.FAILED, GONE)
    try:
        holds = not find_problem(document) and all(
            same(read_settings(document, one.os).get(one.key.removeprefix(KEY_PREFIX)), one.value)
            for one in policy.settings
        )
    except UnexpectedPolicyError:
        holds = False
    if holds:
        return Outcome.of(policy, OutcomeKind.UNCHANGED)
    return Outcome.of(policy, OutcomeKind.FAILED, CHANGED)
