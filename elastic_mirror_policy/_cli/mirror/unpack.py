"""`mirror unpack`: bring a folder to what a packed file holds."""

import click

from elastic_mirror_policy._cli.mirror.options import keep_option, verify_option
from elastic_mirror_policy._cli.options import format_option
from elastic_mirror_policy._cli.sections import Command


@click.command("unpack", cls=Command)
@click.argument("bundle", metavar="BUNDLE")
@click.argument("folder", metavar="DIR")
@keep_option
@verify_option
@format_option()
def command(*, bundle: str, folder: str, keep: int, verify: bool, form: str) -> int:
    """Unpack a bundle into a mirror's folder.

    Everything is verified before anything is published; artifacts are published first, manifests
    last.

    \b
    Example:
      elastic-mirror-policy mirror unpack /media/stick/mirror.tar /srv/mirror

    \b
    Exit codes:  0 unpacked   1 it failed, and the folder is as it was
    """
    from elastic_mirror_policy._cli.output import OK, show_value
    from elastic_mirror_policy.mirror import unpack_mirror

    report = unpack_mirror(bundle, folder, keep=keep, verify=verify)
    show_value(report, form)
    return OK
