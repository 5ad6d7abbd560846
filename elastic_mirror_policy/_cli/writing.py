"""What `apply` and `rollback` share: write a plan, go on with a journal, tell what happened."""

from elastic_mirror_policy._cli.next_steps import (
    confirmed,
    say_how_to_ask_again,
    say_how_to_go_on,
    say_how_to_undo,
    say_how_to_write,
    say_what_next,
)
from elastic_mirror_policy._cli.options import Choice, Wanted, Writing
from elastic_mirror_policy._cli.output import (
    FAILED,
    OK,
    PENDING,
    journal_name,
    refusals_of,
    show_only,
    show_plan,
    show_report,
    show_value,
)
from elastic_mirror_policy._cli.session import say, show_banner
from elastic_mirror_policy._cli.talk import rollout_shown
from elastic_mirror_policy._cli.waves import AT_ONCE, Stages
from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.journal.journal import Journal
from elastic_mirror_policy.kibana import Kibana
from elastic_mirror_policy.plan.guards import Guards
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.rollout.apply import CHANGED_SINCE
from elastic_mirror_policy.rollout.outcome import OutcomeKind
from elastic_mirror_policy.rollout.report import Report
from elastic_mirror_policy.rollout.staging import gate_is_open


def check_source(
    plan_file: str | None, wanted: Wanted, choice: Choice, resume: str | None, writing: Writing
) -> None:
    """Check that exactly one thing says what to write, or raise.

    Raises:
        ConfigurationError: Two things say it.
    """
    options = any(
        (
            *(getattr(wanted, n) for n in wanted._fields if n != "check_mirror"),
            *(getattr(choice, n) for n in choice._fields),
        )
    )
    if plan_file is not None and (options or resume):
        raise ConfigurationError(
            "A saved plan cannot be combined with the options of 'plan' or --resume."
        )
    if resume is not None and (options or writing.journal):
        raise ConfigurationError(
            "--resume cannot be combined with --journal or the options of 'plan'; they are read "
            "from the journal."
        )


def show_or_write(
    kibana: Kibana,
    plan: Plan,
    guards: Guards,
    writing: Writing,
    form: str,
    stages: Stages = AT_ONCE,
) -> int:
    """Show a plan and write it with --yes, or when a person agrees; return the exit code."""
    if writing.yes:
        if form == "text" and plan.changes:
            show_plan(plan, form, stages=stages)
        return write(kibana, plan, guards, writing, form, stages)
    code = show_only(plan, form, guards, stages)
    if form != "text" or not plan.changes:
        return code
    refused = bool(refusals_of(plan, guards))
    if not refused and confirmed(len(plan.changes), "policies to change"):
        return write(kibana, plan, guards, writing, form, stages)
    say_what_next(refused=refused)
    return code


def write(
    kibana: Kibana,
    plan: Plan,
    guards: Guards,
    writing: Writing,
    form: str,
    stages: Stages = AT_ONCE,
) -> int:
    """Write a plan that was shown and print its report; return the exit code."""
    kind = "rollback" if plan.is_rollback else "apply"
    journal = writing.journal or journal_name(kind)
    if plan.changes and not refusals_of(plan, guards):
        say(f"Journal: {journal}")
    staged = bool(stages.wave or stages.gate)
    with rollout_shown(len(plan.changes), staged=staged) as (progress, watch):
        report = kibana.apply(
            plan,
            journal=journal,
            allow=guards.allow,
            expect_policies=guards.expect_policies,
            max_policies=guards.max_policies,
            max_agents=guards.max_agents,
            parallel=writing.parallel,
            max_failures=writing.max_failures,
            waves=stages.wave,
            first=stages.first,
            gate=kibana.endpoint_gate(min_healthy=stages.min_healthy) if stages.gate else None,
            gate_timeout=stages.gate_timeout,
            on_unhealthy=stages.on_unhealthy,
            progress=progress,
            watch=watch,
        )
    return tell_report(report, form, plan)


def go_on(kibana: Kibana, resume: str, writing: Writing, form: str) -> int:
    """Show what a journal has left to do, or do it with --yes; return the exit code."""
    journal = Journal.read(resume)
    kibana.check_target(journal.plan, f"The journal {resume}")
    show_banner(kibana, journal.plan.kibana.spaces)
    left = len(journal.remaining) + len(journal.unknown)
    if not writing.yes:
        show_value(journal.plan if form == "json" else journal, form)
        if not journal.complete:
            return FAILED  # there is no whole plan to go on with
        if not left and not gate_is_open(journal):
            return OK
        if form != "text" or not goes_on(left):
            return PENDING
    staged = bool(journal.options.get("waves") or journal.options.get("gate"))
    with rollout_shown(left, staged=staged) as (progress, watch):
        report = kibana.resume(
            resume,
            parallel=writing.parallel,
            max_failures=writing.max_failures,
            progress=progress,
            watch=watch,
        )
    return tell_report(report, form, journal.plan)


def goes_on(left: int) -> bool:
    """Whether a person agrees to write what is left; says what comes next when nobody does."""
    if left and confirmed(left, "policies that are left"):
        return True
    if left:
        say_how_to_write()
    else:
        say_how_to_ask_again()
    return False


def tell_report(report: Report, form: str, plan: Plan) -> int:
    """Print a report, and how to go on or back from where it stopped; return the exit code."""
    show_report(report, form, plan)
    last = report.rollback or report
    if last.journal and _can_go_on(last):
        say_how_to_go_on(last.journal)
    if report.journal and report.rollback is None and _may_have_written(report):
        say_how_to_undo(report.journal)
    return OK if report.ok else FAILED


def _can_go_on(report: Report) -> bool:
    open_ends = {OutcomeKind.FAILED, OutcomeKind.UNKNOWN}
    left = report.stopped or any(one.outcome in open_ends for one in report.outcomes)
    return bool(left) and not any(one.error == CHANGED_SINCE for one in report.outcomes)


def _may_have_written(report: Report) -> bool:
    return bool(report.stopped) or any(outcome.written for outcome in report.outcomes)
