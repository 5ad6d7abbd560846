"""`policies`: list Defend policies with their present artifact settings."""

import click

from elastic_mirror_policy._cli.options import (
    Choice,
    Connection,
    connection_options,
    format_option,
    selection_options,
)
from elastic_mirror_policy._cli.sections import Command


@click.command("policies", cls=Command)
@selection_options
@format_option("csv", "toml")
@connection_options
def command(*, choice: Choice, form: str, connection: Connection) -> int:
    """List the Elastic Defend policies and their artifact settings.

    \b
    Example:
      elastic-mirror-policy policies --name 'EMEA *'

    \b
    Exit codes:  0 listed   1 could not tell, or nothing is selected
    """
    from elastic_mirror_policy._cli.output import OK, show, show_value
    from elastic_mirror_policy._cli.session import open_kibana, say, selection_of, show_banner

    with open_kibana(connection) as kibana:
        found = kibana.inventory(selection_of(choice))
        show_banner(kibana, found.spaces)
    for note in found.notes:
        say(note)
    if form == "toml":
        from elastic_mirror_policy.plan.rules import rules_for

        show(rules_for(found.policies))
    else:
        show_value(found.policies, form)
    return OK
