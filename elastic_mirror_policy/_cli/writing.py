"""What `apply` and `rollback` share: write a plan, go on with a journal, tell what happened."""

import shlex

from elastic_mirror_policy._cli.gates import gate_again
from elastic_mirror_policy._cli.options import Choice, Wanted, Writing
from elastic_mirror_policy._cli.output import (
    FAILED,
    OK,
    PENDING,
    journal_name,
    refusals_of,
    show_plan,
    show_report,
    show_value,
)
from elastic_mirror_policy._cli.progress import outcomes_shown
from elastic_mirror_policy._cli.session import say, show_banner
from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.journal.journal import Journal
from elastic_mirror_policy.kibana import Kibana
from elastic_mirror_policy.plan.guards import Guards
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.rollout.report import Report
from elastic_mirror_policy.rollout.staging import Staging


def check_source(
    plan_file: str | None, wanted: Wanted, choice: Choice, resume: str | None, writing: Writing
) -> None:
    """Return when exactly one thing says what to write.

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
        raise ConfigurationError("A saved plan says everything; leave out the options of 'plan'.")
    if resume is not None and (options or writing.journal):
        raise ConfigurationError("The journal says everything; leave out the other options.")


def write(
    kibana: Kibana,
    plan: Plan,
    guards: Guards,
    writing: Writing,
    form: str,
    staging: Staging | None = None,
) -> int:
    """Write a plan and print its report; return the exit code."""
    if form == "text" and plan.changes:
        show_plan(plan, form)
    kind = "rollback" if plan.is_rollback else "apply"
    journal = writing.journal or journal_name(kind)
    if plan.changes and not refusals_of(plan, guards):
        say(f"Journal: {journal}")
    with outcomes_shown(len(plan.changes), "Writing policies") as progress:
        report = kibana.apply(
            plan,
            journal=journal,
            allow=guards.allow,
            expect_policies=guards.expect_policies,
            max_policies=guards.max_policies,
            max_agents=guards.max_agents,
            parallel=writing.parallel,
            max_failures=writing.max_failures,
            staging=staging,
            progress=progress,
        )
    return tell_report(report, form)


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
        return PENDING if left else OK
    with outcomes_shown(left, "Writing policies") as progress:
        report = kibana.resume(
            resume,
            parallel=writing.parallel,
            max_failures=writing.max_failures,
            make_gate=lambda found: gate_again(kibana, found),
            progress=progress,
        )
    return tell_report(report, form)


def tell_report(report: Report, form: str) -> int:
    """Print a report, and how to go on or back from where it stopped; return the exit code."""
    show_report(report, form)
    if report.stopped and report.journal and report.rollback is None:
        journal = shlex.quote(report.journal)
        say(f"To go on: elastic-mirror-policy apply --resume {journal} --yes")
        say(f"To undo:  elastic-mirror-policy rollback {journal} --yes")
    return OK if report.ok else FAILED
