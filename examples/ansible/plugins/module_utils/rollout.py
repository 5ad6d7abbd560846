"""What a task does: plan, hold the plan against the guards, write unless in check mode."""

from __future__ import annotations

from pathlib import Path

from . import product
from .connection import Params, open_kibana, selection_of
from .ending import Ending
from .intent import check_options, settings_of
from .wording import (
    describe_failures,
    describe_left_out,
    describe_plan,
    describe_success,
    diff_of,
    safe,
    shown,
    warnings_of,
)


def carry_out(params: Params, *, check_mode: bool) -> Ending:
    """Return how the task ended; in check mode it writes nothing, neither there nor here."""
    found = Ending(failed=False, values={})
    try:
        check_options(params)
        guards = guards_of(params)
        with open_kibana(product.KibanaReader if check_mode else product.Kibana, params) as kibana:
            plan = make_plan(kibana, params)
            found = planned(plan)
            check_guards(guards, plan)
            check_journal(params, plan)
            if plan and isinstance(kibana, product.Kibana):
                return written(kibana, plan, guards, params, found)
            return found
    except product.MirrorPolicyError as exc:
        return without_a_write(found, str(exc))


def without_a_write(found: Ending, message: str) -> Ending:
    """Return the ending of a task that wrote nothing because of `message`."""
    values = {**found.values, "changed": False, "diff": [], "msg": shown(message)}
    return found._replace(failed=True, values=values)


def guards_of(params: Params) -> product.Guards:
    """Return what must hold before the first write.

    Raises:
        ConfigurationError: A limit is below zero.
    """
    return product.Guards(
        expect_policies=params["expect_policies"],
        max_policies=params["max_policies"],
        max_agents=params["max_agents"],
        allow=frozenset(params["allow"]),
    )


def make_plan(kibana: product.KibanaReader, params: Params) -> product.Plan:
    """Return what the task would write.

    Raises:
        MirrorPolicyError: No plan can be made.
    """
    if params["state"] == "rolled_back":
        return kibana.plan_rollback(params["rollback_journal"])
    return kibana.plan(
        settings_of(params),
        selection_of(params),
        check_mirror=params["check_mirror"],
        mirror_ca_cert=params["mirror_ca_cert"],
    )


def planned(plan: product.Plan) -> Ending:
    """Return how a task ends that writes nothing, and would write `plan`."""
    left_out = describe_left_out(plan)
    return Ending(
        failed=bool(left_out),
        values={
            "changed": bool(plan),
            "msg": left_out or describe_plan(plan),
            "plan": safe(plan.to_dict()),
            "diff": diff_of(plan.changes),
        },
        warnings=warnings_of(plan),
    )


def check_guards(guards: product.Guards, plan: product.Plan) -> None:
    """Check that `plan` may be written.

    Raises:
        UnsafePlanError: It may not; the message has the option that would accept it.
    """
    try:
        guards.check(plan)
    except product.UnsafePlanError as exc:
        risks = sorted({risk for change in plan.changes for risk in change.risks} - guards.allow)
        hint = f"In this task: allow: [{', '.join(risks)}]." if risks else ""
        raise product.UnsafePlanError(exc.message, hint=hint) from exc


def check_journal(params: Params, plan: product.Plan) -> None:
    """Check that the journal can be a new file; whether there is one is for the write to say.

    Raises:
        ConfigurationError: There is something to write, and the file exists already.
    """
    journal = params["journal"]
    if plan and journal is not None and Path(journal).exists():
        raise product.ConfigurationError(
            f"The journal {journal} exists already; a journal is never overwritten.",
            hint="Give the path of a new file, for example with the time in its name.",
        )


def written(
    kibana: product.Kibana,
    plan: product.Plan,
    guards: product.Guards,
    params: Params,
    found: Ending,
) -> Ending:
    """Write `plan` and return how the task ended; this is the only place that writes.

    Raises:
        MirrorPolicyError: Nothing was written.
    """
    if params["journal"] is None:
        raise product.ConfigurationError(
            f"There is something to write ({len(plan)} policies), but no journal was given.",
            hint="Set journal to the path of a new file: it is what the change can be undone from.",
        )
    report = kibana.apply(
        plan,
        journal=params["journal"],
        allow=guards.allow,
        expect_policies=guards.expect_policies,
        max_policies=guards.max_policies,
        max_agents=guards.max_agents,
        parallel=params["parallel"],
        max_failures=params["max_failures"],
    )
    touched = {outcome.policy_id for outcome in report.outcomes if may_be_written(outcome)}
    values = {
        **found.values,
        "changed": bool(touched),
        "msg": describe_success(report) if report.ok else describe_failures(report),
        "diff": diff_of(change for change in plan.changes if change.policy_id in touched),
        "report": safe(report.to_dict()),
        "journal": report.journal,
    }
    return Ending(failed=not report.ok, values=values, warnings=found.warnings)


def may_be_written(outcome: product.Outcome) -> bool:
    """Whether this task wrote the policy, or nobody knows that it did not."""
    return outcome.written or outcome.outcome == "unknown"
