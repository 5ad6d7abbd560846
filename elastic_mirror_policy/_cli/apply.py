"""`apply`: show a plan, and write it with --yes."""

import shlex
from pathlib import Path

import click

from elastic_mirror_policy._cli.intent import intent_of
from elastic_mirror_policy._cli.options import (
    Choice,
    Connection,
    Limits,
    Wanted,
    Writing,
    connection_options,
    format_option,
    guard_options,
    intent_options,
    selection_options,
    writing_options,
)
from elastic_mirror_policy._cli.output import (
    FAILED,
    OK,
    PENDING,
    journal_name,
    load_plan,
    refusals_of,
    show_only,
    show_plan,
    show_report,
    show_value,
)
from elastic_mirror_policy._cli.plan import guards_of, make_plan
from elastic_mirror_policy._cli.progress import outcomes_shown
from elastic_mirror_policy._cli.session import open_kibana, say, show_banner
from elastic_mirror_policy._cli.waves import (
    Stages,
    gate_again,
    staging_for,
    wave_options,
    waves_of,
)
from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.journal.journal import Journal
from elastic_mirror_policy.kibana import Kibana
from elastic_mirror_policy.plan.guards import Guards
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.rollout.report import Report
from elastic_mirror_policy.rollout.staging import Staging


@click.command("apply")
@click.argument("plan_file", type=click.Path(path_type=Path), required=False, metavar="[PLAN.json]")
@intent_options
@selection_options
@guard_options
@writing_options
@wave_options
@click.option("--resume", metavar="JOURNAL", help="Go on with an interrupted rollout.")
@format_option("diff")
@connection_options
def command(
    *,
    plan_file: Path | None,
    wanted: Wanted,
    choice: Choice,
    limits: Limits,
    writing: Writing,
    stages: Stages,
    resume: str | None,
    form: str,
    connection: Connection,
) -> int:
    """Show a plan, and write it with --yes.

    The plan comes from the options of 'plan', from a file that 'plan --out' saved, or from the
    journal of an interrupted rollout.

    \b
    Example:
      elastic-mirror-policy apply --base-url https://mirror.corp --yes --journal mirror.journal

    \b
    Exit codes without --yes:  0 nothing to do   2 changes are pending   1 could not tell
    Exit codes with --yes:     0 every policy succeeded or was unchanged
                               1 anything failed, was refused or is unknown
    """
    guards = guards_of(limits)
    check_source(plan_file, wanted, choice, resume, writing)
    staged = stages.wave or stages.gate or stages.first or stages.tunes_gate
    if resume is not None and staged:
        raise ConfigurationError("The journal has the waves and the gate; leave them out.")
    if resume is not None and guards != Guards():
        raise ConfigurationError("The journal says everything; leave out limits and --allow.")
    waves_of(stages)
    with open_kibana(connection) as kibana:
        if resume is not None:
            return go_on(kibana, resume, writing, form)
        if plan_file is not None:
            made = load_plan(plan_file)
            show_banner(kibana, made.kibana.spaces)
            kibana.check_target(made, f"The plan {plan_file}")
        else:
            made = make_plan(kibana, intent_of(wanted), choice, wanted)
        if not writing.yes:
            return show_only(made, form, guards)
        return write(kibana, made, guards, writing, form, staging_for(kibana, stages))


def check_source(
    plan_file: Path | None, wanted: Wanted, choice: Choice, resume: str | None, writing: Writing
) -> None:
    """Return when exactly one thing says what to write.

    Raises:
        ConfigurationError: Two things say it.
    """
    options = any(
        (
            *(getattr(wanted, n) for n in wanted.__slots__ if n != "check_mirror"),
            *(getattr(choice, n) for n in choice.__slots__),
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
