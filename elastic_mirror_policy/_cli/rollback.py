"""`rollback`: put back what a journal's rollout wrote."""

import click

from elastic_mirror_policy._cli.options import (
    Connection,
    Limits,
    Writing,
    connection_options,
    format_option,
    guard_options,
    writing_options,
)
from elastic_mirror_policy._cli.sections import Command
from elastic_mirror_policy._cli.values import JournalFile


@click.command("rollback", cls=Command)
@click.argument("source", type=JournalFile(), metavar="JOURNAL")
@guard_options
@writing_options
@format_option("diff")
@connection_options
def command(
    *, source: str, limits: Limits, writing: Writing, form: str, connection: Connection
) -> int:
    """Undo a rollout from its journal (--yes to write).

    Every key goes back to exactly what it was, even if it was not set; everything else in the
    policies stays as it is now. A key that somebody has changed since needs --allow
    overwrite-foreign.

    \b
    Example:
      elastic-mirror-policy rollback mirror.journal --yes --journal undo.journal

    \b
    Exit codes without --yes:  0 nothing to do
                               1 could not tell
                               2 changes are pending
    Exit codes with --yes:     0 every policy succeeded or was unchanged
                               1 anything failed, was refused or is unknown
    """
    from elastic_mirror_policy._cli.planning import guards_of
    from elastic_mirror_policy._cli.session import open_kibana, show_banner
    from elastic_mirror_policy._cli.writing import show_or_write

    guards = guards_of(limits)
    with open_kibana(connection) as kibana:
        made = kibana.plan_rollback(source)
        show_banner(kibana, made.kibana.spaces)
        return show_or_write(kibana, made, guards, writing, form)
