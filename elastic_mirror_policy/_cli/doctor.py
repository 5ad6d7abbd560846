"""`doctor`: connection, version, rights, spaces and policies, without writing anything."""

import click

from elastic_mirror_policy._cli.options import (
    Connection,
    ca_option,
    connection_options,
    format_option,
)
from elastic_mirror_policy._cli.sections import Command


@click.command("doctor", cls=Command)
@click.option(
    "--air-gap",
    is_flag=True,
    help="Also check everything that a closed network needs; nothing is written.",
)
@ca_option("the mirror")
@format_option()
@connection_options
def command(*, air_gap: bool, mirror_ca_cert: str | None, form: str, connection: Connection) -> int:
    """Check connection, version, rights, spaces and policies.

    Nothing is written: the right to write is found out by an empty request for a policy that does
    not exist.

    \b
    Example:
      elastic-mirror-policy doctor --all-spaces

    \b
    Exit codes:  0 all well   2 problems were found   1 could not tell
    """
    from elastic_mirror_policy._cli.output import show_value
    from elastic_mirror_policy._cli.session import connect, set_up_logging
    from elastic_mirror_policy._cli.sources import sources_of
    from elastic_mirror_policy.diagnosis import Diagnosis

    set_up_logging(connection.verbose)
    sources = sources_of(connection)
    with connect(connection, sources) as kibana:
        mirror_ca_cert = mirror_ca_cert or connection.ca_cert
        seen = kibana.examine(air_gap=air_gap, mirror_ca_cert=mirror_ca_cert)
    found = Diagnosis((*seen, *sources.checks()), seen.air_gap)
    show_value(found, form)
    return found.exit_code
