"""`mirror status`: how old is what the folder holds?"""

import click

from elastic_mirror_policy._cli.metrics import keep_metrics, metrics_option
from elastic_mirror_policy._cli.mirror.options import max_age_option
from elastic_mirror_policy._cli.options import format_option
from elastic_mirror_policy._cli.sections import Command


@click.command("status", cls=Command)
@click.argument("folder", metavar="DIR")
@max_age_option("the last sync is longer ago")
@metrics_option
@format_option()
def command(*, folder: str, max_age: str | None, metrics: str | None, form: str) -> int:
    """Show how old each version in a mirror's folder is.

    \b
    Example:
      elastic-mirror-policy mirror status /srv/mirror

    \b
    Exit codes:  0 everything is there
                 1 could not tell
                 2 something is missing or too old
    """
    from elastic_mirror_policy._cli.output import show_value
    from elastic_mirror_policy.mirror import mirror_status

    status = mirror_status(folder, max_age=max_age)
    show_value(status, form)
    return keep_metrics(metrics, status, status.exit_code)
