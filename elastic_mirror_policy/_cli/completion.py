"""`completion`: the script with which a shell completes this command."""

import click

from elastic_mirror_policy._cli.sections import Command


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(*, shell: str) -> int:
    """Print the completion script of a shell.

    Commands, options, risks, keys of settings, journals and names of Kibanas are completed.

    \b
    Example:
      elastic-mirror-policy completion bash

    \b
    Exit codes:  0 printed
    """
    from click.shell_completion import BashComplete, FishComplete, ZshComplete

    kinds = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
    program = "elastic-mirror-policy"
    root = click.get_current_context().find_root().command
    made = kinds[shell](root, {}, program, "_ELASTIC_MIRROR_POLICY_COMPLETE")
    # Not made.source(): for bash it would start a bash to learn its version.
    click.echo(made.source_template % made.source_vars())
    return 0
