"""`plan`: show what would change; write nothing."""

import click

from elastic_mirror_policy._cli.metrics import keep_metrics, metrics_option
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
from elastic_mirror_policy._cli.sections import Command


@click.command("plan", cls=Command)
@intent_options
@selection_options
@guard_options
@click.option("--out", metavar="PLAN.json", help="Also save the plan.")
@metrics_option
@format_option("diff")
@connection_options
def command(
    *,
    wanted: Wanted,
    choice: Choice,
    limits: Limits,
    out: str | None,
    metrics: str | None,
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
    from elastic_mirror_policy._cli.intent import intent_of
    from elastic_mirror_policy._cli.next_steps import say_what_next
    from elastic_mirror_policy._cli.output import refusals_of, save_plan, show_only
    from elastic_mirror_policy._cli.planning import guards_of, make_plan
    from elastic_mirror_policy._cli.session import open_kibana

    intent, guards = intent_of(wanted), guards_of(limits)
    with open_kibana(connection) as kibana:
        made = make_plan(kibana, intent, choice, wanted, connection.ca_cert)
    if out is not None:
        save_plan(made, out)
    code = show_only(made, form, guards)
    if form == "text" and made.changes:
        say_what_next(refused=bool(refusals_of(made, guards)))
    return keep_metrics(metrics, made, code)
