"""`mirror wanted`: what has to be carried into a closed network?"""

import click

from elastic_mirror_policy._cli.mirror.options import MIRROR_URL, fleet_option, versions_option
from elastic_mirror_policy._cli.options import Connection, connection_options, format_option
from elastic_mirror_policy._cli.sections import Command


@click.command("wanted", cls=Command)
@click.option(
    "--out",
    required=True,
    metavar="FILE",
    help="File to write; an existing one is replaced.",
)
@click.option(
    "--dir",
    "folder",
    metavar="DIR",
    help="The mirror's folder, if it is on this host. Without other versions it wants its own.",
)
@click.option(
    "--mirror",
    type=MIRROR_URL,
    metavar="URL",
    help="The mirror's URL, if its folder is elsewhere.",
)
@versions_option
@fleet_option
@format_option()
@connection_options
def command(
    *,
    out: str,
    folder: str | None,
    mirror: str | None,
    endpoint_version: tuple[str, ...],
    fleet: bool,
    form: str,
    connection: Connection,
) -> int:
    """Write down what a closed network needs, and what it has already.

    Carry the file out; there 'mirror sync --wanted' and 'mirror pack --wanted' read it, and the
    bundle holds only what is missing inside. With --fleet the versions are those of the agents
    and of Kibana.

    \b
    Example:
      elastic-mirror-policy mirror wanted --dir /srv/mirror --out wanted.json

    \b
    Exit codes:  0 written   1 it failed
    """
    from elastic_mirror_policy._cli.mirror.fleet import versions_of
    from elastic_mirror_policy._cli.output import OK, show_value
    from elastic_mirror_policy._cli.session import say, set_up_logging
    from elastic_mirror_policy.mirror import mirror_wanted, write_wanted

    set_up_logging(connection.verbose)
    found = versions_of(connection, kibana_too=True) if fleet else set()
    wanted = mirror_wanted(
        endpoint_versions=sorted({*endpoint_version, *found}),
        folder=folder,
        mirror=mirror,
        ca_cert=connection.ca_cert,
        timeout=connection.timeout or 30.0,
    )
    write_wanted(wanted, out)
    say(f"Wrote {out}")
    show_value(wanted, form)
    return OK
