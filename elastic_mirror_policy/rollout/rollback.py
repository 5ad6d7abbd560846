"""The plan that takes a journal back, key by key, against what is there now (pure)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from elastic_mirror_policy._json import Scalar
from elastic_mirror_policy._url import has_credentials
from elastic_mirror_policy.journal.journal import Journal
from elastic_mirror_policy.journal.phases import PolicyState, PreImage
from elastic_mirror_policy.plan.change import (
    Edit,
    KibanaInfo,
    PolicyChange,
    Setting,
    Skipped,
    Unchanged,
)
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.plan.planning import make_change, same, skip
from elastic_mirror_policy.policies.policy import DefendPolicy
from elastic_mirror_policy.risks import FOREIGN
from elastic_mirror_policy.rollout.unchanged import GONE
from elastic_mirror_policy.settings import KEY_PREFIX, OperatingSystem

BY_NAME: Final = "Take it back with rollback, --allow overwrite-foreign."

UNCONFIRMED: Final = (
    "Kibana refused this write because somebody else had saved the policy: the values may be "
    "theirs."
)
"""Why a rollback of values that a conflict left open must be allowed by name."""

STILL_OPEN: Final = (
    "Policies that have their old values although a write of them may still be under way in "
    "Kibana: {}. Run the rollback again once Kibana has finished those writes."
)
"""What a rollback cannot promise when it comes right after a crash."""


def make_rollback(
    journal: Journal, policies: Mapping[str, DefendPolicy], kibana: KibanaInfo
) -> Plan:
    """Return the plan that gives every policy this journal may have written its values back.

    A key that still has what was written is put back to exactly what stood there, absence and
    empty parents included. A key that somebody changed since carries the risk
    `overwrite-foreign`. Everything else in the policy stays as it is now. Of a policy that
    reading showed to be unwritten only what has turned up since is taken back.

    Args:
        journal: What was written.
        policies: The present policies, by id; one that is missing is skipped.
        kibana: Which Kibana this is for.
    """
    results = [
        _plan_one(state, state.pre_image, policies.get(state.change.policy_id))
        for state in journal.states
        if state.may_turn_up and state.pre_image is not None
    ]
    open_ids = {
        state.change.policy_id
        for state in journal.states
        if state.may_be_written and not state.is_written
    }
    waiting = [r for r in results if isinstance(r, Unchanged) and r.policy_id in open_ids]
    return Plan(
        kibana=kibana,
        changes=tuple(r for r in results if isinstance(r, PolicyChange)),
        unchanged=tuple(r for r in results if isinstance(r, Unchanged)),
        skipped=tuple(r for r in results if isinstance(r, Skipped)),
        purpose="rollback",
        notes=(STILL_OPEN.format(len(waiting)),) if waiting else (),
    )


def without_foreign(plan: Plan) -> Plan:
    """Return the part of a rollback that overwrites nobody; the rest is skipped, with the reason.

    For an undo that nobody watches: what is certainly ours must not wait for what may not be.
    """
    foreign = [change for change in plan.changes if FOREIGN in change.risks]
    skipped = (
        Skipped(c.policy_id, c.name, " ".join((*c.warnings, BY_NAME)), c.space) for c in foreign
    )
    return replace(
        plan,
        changes=tuple(change for change in plan.changes if FOREIGN not in change.risks),
        skipped=(*plan.skipped, *skipped),
    )


def _plan_one(
    state: PolicyState, image: PreImage, policy: DefendPolicy | None
) -> PolicyChange | Unchanged | Skipped:
    planned = state.change
    if not state.may_be_written and (policy is None or policy.problem):
        return Unchanged(planned.policy_id, planned.name, planned.space)
    if policy is None:
        return Skipped(planned.policy_id, planned.name, GONE, planned.space)
    reason = policy.problem or _why_not(policy, image)
    if reason:
        return skip(policy, reason)
    edits, foreign = _edits_back(state, image, policy)
    if not edits:
        settings = image.values if state.may_be_written else ()
        typed = tuple(Setting(OperatingSystem(os), key, value) for os, key, value in settings)
        return Unchanged(policy.id, policy.name, policy.space, typed)
    warnings = foreign if state.confirmed else (UNCONFIRMED, *foreign)
    risks = (FOREIGN,) if warnings else ()
    return make_change(policy, edits, risks=risks, warnings=warnings)


def _edits_back(
    state: PolicyState, image: PreImage, policy: DefendPolicy
) -> tuple[tuple[Edit, ...], tuple[str, ...]]:
    """Return what puts the values back, with a sentence for each that somebody has changed."""
    wrote = {(edit.os.value, edit.key): edit for edit in state.change.edits}
    edits: list[Edit] = []
    warnings: list[str] = []
    for os, key, value in image.values:
        edit = _edit_back(policy, image, wrote[os, key], value)
        foreign = _foreign(edit, wrote[os, key])
        if not same(edit.before, edit.after) and (state.may_be_written or not foreign):
            edits.append(edit)
            warnings += foreign
    return tuple(edits), tuple(warnings)


def _why_not(policy: DefendPolicy, image: PreImage) -> str:
    """Return why `policy` cannot be given these values back, or an empty string."""
    for os, key, value in image.values:
        found = policy.settings[os]
        if value is not None and not found.present:
            return f"It has no settings for {os} any more."
        if has_credentials(found.get(key.removeprefix(KEY_PREFIX))):
            return (
                f"{os}.advanced.{key} holds credentials now, which are never stored in a plan; "
                "change this key by hand."
            )
    return ""


def _edit_back(policy: DefendPolicy, image: PreImage, wrote: Edit, value: Scalar | None) -> Edit:
    found = policy.settings[wrote.os.value]
    return Edit(
        wrote.os,
        wrote.key,
        before=found.get(wrote.setting),
        after=value,
        parents=(found.parents, image.parents[wrote.os.value]),
    )


def _foreign(edit: Edit, wrote: Edit) -> tuple[str, ...]:
    if same(edit.before, wrote.after):
        return ()
    return (f"{edit.name} is no longer what was written; somebody changed it since.",)
