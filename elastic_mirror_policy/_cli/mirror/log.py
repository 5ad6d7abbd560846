"""`mirror log`: what do access logs prove?"""

import click

from elastic_mirror_policy._cli.options import format_option
from elastic_mirror_policy._cli.sections import Command


@click.command("log", cls=Command)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@format_option()
def command(*, files: tuple[str, ...], form: str) -> int:
    """Show what a mirror's access logs prove: who was given which manifest, and when.

    The logs are those of the configuration that 'mirror config' prints, for nginx or Apache, also
    compressed with gzip; '-' is standard input. To name the endpoints that never came, join the
    log with what Fleet knows: 'endpoints --log FILE'.

    \b
    Example:
      elastic-mirror-policy mirror log /var/log/nginx/elastic-mirror.access.log*

    \b
    Exit codes:  0 manifests were delivered   2 none were   1 could not tell
    """
    from elastic_mirror_policy._cli.output import show_value
    from elastic_mirror_policy.mirror.logs import read_access_logs

    report = read_access_logs(files)
    show_value(report, form)
    return report.exit_code
