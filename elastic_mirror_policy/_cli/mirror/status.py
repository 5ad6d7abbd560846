"""`mirror status`: how old is what the folder holds?"""

import click

from elastic_mirror_policy._cli.options import format_option
from elastic_mirror_policy._cli.sections import Command


@click.command("status", cls=Command)
@click.argument("folder", metavar="DIR")
@format_option()
def command(*, folder: str, form: str) -> int:
    """Say how old each version in a mirror's folder is.

    \b
    Example:
      elastic-mirror-policy mirror status /srv/mirror

    \b
    Exit codes:  0 everything is there   2 something is missing   1 could not tell
    """
    from elastic_mirror_policy._cli.output import OK, PENDING, show_value
    from elastic_mirror_policy.mirror import mirror_status

    status = mirror_status(folder)
    show_value(status, form)
    return OK if status.complete else PENDING
