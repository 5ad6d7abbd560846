"""`mirror pack`: one file to be carried over an air gap."""

import click

from elastic_mirror_policy._cli.mirror.options import wanted_option
from elastic_mirror_policy._cli.options import format_option
from elastic_mirror_policy._cli.sections import Command


@click.command("pack", cls=Command)
@click.argument("folder", metavar="DIR")
@click.argument("bundle", metavar="BUNDLE")
@click.option(
    "--since",
    metavar="BUNDLE",
    help="Leave out what this earlier bundle brought.",
)
@wanted_option
@format_option()
def command(*, folder: str, bundle: str, since: str | None, wanted: str | None, form: str) -> int:
    """Pack a mirror's folder into one file that can be carried.

    \b
    Example:
      elastic-mirror-policy mirror pack /srv/mirror /media/stick/mirror.tar

    \b
    Exit codes:  0 packed   1 it failed, and no file was left
    """
    from elastic_mirror_policy._cli.output import OK, show_value
    from elastic_mirror_policy.mirror import pack_mirror

    report = pack_mirror(folder, bundle, since=since, wanted=wanted)
    show_value(report, form)
    return OK
