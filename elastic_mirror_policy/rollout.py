"""From a plan or an unfinished journal to a report: open the journal, write, sum up."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from elastic_mirror_policy._fleet import Fleet
from elastic_mirror_policy._interrupt import graceful_stop
from elastic_mirror_policy._journal_file import JournalWriter
from elastic_mirror_policy._phases import PolicyState
from elastic_mirror_policy.apply import Applier, ApplyOptions, Progress
from elastic_mirror_policy.errors import JournalError, PlanError
from elastic_mirror_policy.plan import Plan, PolicyChange
from elastic_mirror_policy.report import Outcome, OutcomeKind, Report


def carry_out(
    fleet: Fleet,
    plan: Plan,
    journal: str | os.PathLike[str],
    options: ApplyOptions,
    *,
    progress: Progress | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Report:
    """Return what happened to every policy of `plan`; a plan without changes needs no journal.

    Raises:
        PlanError: The plan is about no policy at all.
        JournalError: The journal cannot be created; nothing was written.
    """
    if not plan.policies:
        raise PlanError("The plan is about no policy at all.")
    if not plan.changes:
        return Report(journal="", outcomes=_resting(plan))
    started = fleet.http.requests_sent
    with graceful_stop() as stop:
        writer = JournalWriter.create(journal, plan, allow=options.allow)
        applier = Applier(fleet, writer, options, stop=stop, progress=progress, sleep=sleep)
        outcomes = _write(applier, writer, plan.changes, frozenset())
    return _sum_up(plan, writer, applier, outcomes, fleet.http.requests_sent - started)


def resume(
    fleet: Fleet,
    journal: str | os.PathLike[str],
    options: ApplyOptions,
    *,
    check: Callable[[Plan], None],
    progress: Progress | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Report:
    """Return the report of a rollout that is continued from its journal.

    Args:
        fleet: The Kibana.
        journal: The journal's path.
        options: How to write; the accepted risks are those in the journal.
        check: Raises when the plan in the journal is not for this Kibana.
        progress: Called with every outcome as it comes.
        sleep: What waits between attempts.

    Raises:
        JournalError: The journal cannot be continued.
        StalePlanError: It is for another Kibana.
    """
    started = fleet.http.requests_sent
    with graceful_stop() as stop:
        writer, found = JournalWriter.resume(journal)
        try:
            check(found.plan)
        except BaseException:
            writer.close()
            raise
        with_risks = replace(options, allow=found.allow)
        applier = Applier(fleet, writer, with_risks, stop=stop, progress=progress, sleep=sleep)
        open_states = [state for state in found.states if state.phase != "verified"]
        sent = frozenset(s.change.policy_id for s in open_states if s.may_be_written)
        outcomes = _write(applier, writer, tuple(s.change for s in open_states), sent)
    settled = {s.change.policy_id: _settled(s) for s in found.states if s.phase == "verified"}
    used = fleet.http.requests_sent - started
    return _sum_up(found.plan, writer, applier, settled | outcomes, used)


def _write(
    applier: Applier,
    writer: JournalWriter,
    changes: tuple[PolicyChange, ...],
    sent: frozenset[str],
) -> dict[str, Outcome]:
    try:
        outcomes = applier.write(changes, sent=sent)
        try:
            writer.sync()
        except JournalError as exc:
            applier.stopped = applier.stopped or str(exc)
        return outcomes
    finally:
        writer.close()


def _sum_up(
    plan: Plan,
    writer: JournalWriter,
    applier: Applier,
    outcomes: Mapping[str, Outcome],
    requests: int,
) -> Report:
    return Report(
        journal=str(writer.path),
        outcomes=(*(outcomes[change.policy_id] for change in plan.changes), *_resting(plan)),
        requests=requests,
        stopped=applier.stopped,
    )


def _resting(plan: Plan) -> tuple[Outcome, ...]:
    """Return the outcomes of the policies that the plan does not change."""
    unchanged = (
        Outcome(
            policy_id=policy.policy_id,
            name=policy.name,
            space=policy.space,
            outcome=OutcomeKind.UNCHANGED,
        )
        for policy in plan.unchanged
    )
    skipped = (
        Outcome(
            policy_id=policy.policy_id,
            name=policy.name,
            space=policy.space,
            outcome=OutcomeKind.SKIPPED,
            error=policy.reason,
            intended=policy.intended,
        )
        for policy in plan.skipped
    )
    return (*unchanged, *skipped)


def _settled(state: PolicyState) -> Outcome:
    """Return the outcome of a policy that an earlier run of this journal finished."""
    change = state.change
    return Outcome(
        policy_id=change.policy_id,
        name=change.name,
        space=change.space,
        outcome=OutcomeKind.SUCCEEDED if state.may_be_written else OutcomeKind.UNCHANGED,
        revision_before=state.pre_image.revision if state.pre_image else None,
        revision_after=state.revision,
        agents=change.agents,
        written=state.may_be_written,
    )
