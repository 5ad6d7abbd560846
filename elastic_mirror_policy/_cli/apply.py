"""`apply`: show a plan, and write it with --yes."""

import click

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
from elastic_mirror_policy._cli.sections import Command
from elastic_mirror_policy._cli.values import JournalFile
from elastic_mirror_policy._cli.waves import AT_ONCE, Stages, wave_options


@click.command("apply", cls=Command)
@click.argument("plan_file", required=False, metavar="[PLAN.json]")
@intent_options
@selection_options
@guard_options
@writing_options
@wave_options
@click.option(
    "--resume", type=JournalFile(), metavar="JOURNAL", help="Go on with an interrupted rollout."
)
@format_option("diff")
@connection_options
def command(
    *,
    plan_file: str | None,
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
      elastic-mirror-policy apply --base-url https://mirror.corp --yes

    \b
    Exit codes without --yes:  0 nothing to do
                               1 could not tell
                               2 changes are pending
    Exit codes with --yes:     0 every policy succeeded or was unchanged
                               1 anything failed, was refused or is unknown
    """
    from elastic_mirror_policy._cli.intent import intent_of
    from elastic_mirror_policy._cli.output import load_plan
    from elastic_mirror_policy._cli.planning import guards_of, make_plan
    from elastic_mirror_policy._cli.session import open_kibana, show_banner
    from elastic_mirror_policy._cli.writing import check_source, go_on, show_or_write
    from elastic_mirror_policy.errors import ConfigurationError
    from elastic_mirror_policy.plan.guards import Guards

    guards = guards_of(limits)
    check_source(plan_file, wanted, choice, resume, writing)
    if resume is not None and stages != AT_ONCE:
        raise ConfigurationError(
            "--resume cannot be combined with waves or a gate; they are read from the journal."
        )
    if resume is not None and guards != Guards():
        raise ConfigurationError(
            "--resume cannot be combined with limits or --allow; they are read from the journal."
        )
    stages.check()
    with open_kibana(connection) as kibana:
        if resume is not None:
            return go_on(kibana, resume, writing, form)
        if plan_file is not None:
            made = load_plan(plan_file)
            show_banner(kibana, made.kibana.spaces)
            kibana.check_target(made, f"The plan {plan_file}")
        else:
            made = make_plan(kibana, intent_of(wanted), choice, wanted, connection.ca_cert)
        return show_or_write(kibana, made, guards, writing, form, stages)
