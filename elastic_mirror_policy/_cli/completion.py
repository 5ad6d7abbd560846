"""`completion`: the script with which a shell completes this command."""

import click

from elastic_mirror_policy._cli.sections import Command


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(*, shell: str) -> int:
    """Print the completion script of a shell.

    Commands, options, risks, keys of settings, files and names of Kibanas are completed.

    \b
    Example:
      elastic-mirror-policy completion bash

    \b
    Exit codes:  0 printed
    """
    from elastic_mirror_policy._cli.shells import SCRIPTS

    click.echo(SCRIPTS[shell].strip())
    return 0
