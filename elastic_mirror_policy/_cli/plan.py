"""`plan`: show what would change; write nothing."""

from pathlib import Path

import click

from elastic_mirror_policy._cli.intent import intent_of
from elastic_mirror_policy._cli.options import (
    Choice,
    Connection,
    Limits,
    Wanted,
    connection_options,
    format_option,
    guard_options,
    intent_options,
    selection_options,
)
from elastic_mirror_policy._cli.output import save_plan, show_only
from elastic_mirror_policy._cli.session import open_kibana, selection_of, show_banner
from elastic_mirror_policy.kibana import Kibana
from elastic_mirror_policy.plan.guards import Guards
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.plan.planning import Rules
from elastic_mirror_policy.settings import MirrorSettings


@click.command("plan")
@intent_options
@selection_options
@guard_options
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="PLAN.json", help="Also save the plan."
)
@format_option("diff")
@connection_options
def command(
    *,
    wanted: Wanted,
    choice: Choice,
    limits: Limits,
    out: Path | None,
    form: str,
    connection: Connection,
) -> int:
    """Show what would change; write nothing.

    \b
    Example:
      elastic-mirror-policy plan --base-url https://mirror.corp --out plan.json

    \b
    Exit codes:  0 nothing to do   2 changes are pending   1 could not tell
    """
    intent, guards = intent_of(wanted), guards_of(limits)
    with open_kibana(connection) as kibana:
        made = make_plan(kibana, intent, choice, wanted)
    if out is not None:
        save_plan(made, out)
    return show_only(made, form, guards)


def make_plan(
    kibana: Kibana, intent: MirrorSettings | Rules, choice: Choice, wanted: Wanted
) -> Plan:
    """Return the plan for these options, having said which Kibana it is for."""
    made = kibana.plan(
        intent,
        selection_of(choice),
        check_mirror=wanted.check_mirror,
        mirror_ca_cert=wanted.mirror_ca_cert,
    )
    show_banner(kibana, made.kibana.spaces)
    return made


def guards_of(limits: Limits) -> Guards:
    """Return the guards that the options describe.

    Raises:
        ConfigurationError: A risk does not exist.
    """
    return Guards(
        expect_policies=limits.expect_policies,
        max_policies=limits.max_policies,
        max_agents=limits.max_agents,
        allow=frozenset(limits.allow),
    )
