"""`mirror`: check, fill, carry and serve the mirror."""

import click

from elastic_mirror_policy._cli.group import CommandTable

COMMANDS = {
    "check": "Check that endpoints can update from a mirror.",
    "config": "Print the configuration of a web server for a mirror.",
    "log": "Show what a mirror's access logs prove: who was given which manifest, and when.",
    "pack": "Pack a mirror's folder into one file that can be carried.",
    "status": "Show how old each version in a mirror's folder is.",
    "sync": "Fill a mirror's folder from its upstream.",
    "unpack": "Unpack a bundle into a mirror's folder.",
    "wanted": "Write down what a closed network needs, and what it has already.",
}


@click.group("mirror", cls=CommandTable, commands_in=COMMANDS, folder="mirror")
def command() -> None:
    """Check, fill, carry and serve the mirror.

    \b
    Example:
      elastic-mirror-policy mirror check https://mirror.corp --fleet

    \b
    Exit codes:  0 all well   2 problems were found   1 could not tell, or failed
    """
