"""`mirror sync`: fill a mirror's folder."""

import click

from elastic_mirror_policy._cli.mirror.options import (
    UPSTREAM,
    UPSTREAM_URL,
    fleet_option,
    keep_option,
    parallel_option,
    verify_option,
    versions_option,
    wanted_option,
)
from elastic_mirror_policy._cli.options import Connection, connection_options, format_option
from elastic_mirror_policy._cli.sections import Command


@click.command("sync", cls=Command)
@click.argument("folder", metavar="DIR")
@versions_option
@fleet_option
@wanted_option
@click.option(
    "--upstream",
    type=UPSTREAM_URL,
    default=UPSTREAM,
    show_default=True,
    metavar="URL",
    help="Where to fill it from.",
)
@keep_option
@verify_option
@parallel_option(8, "fetched")
@format_option()
@connection_options
def command(
    *,
    folder: str,
    endpoint_version: tuple[str, ...],
    fleet: bool,
    wanted: str | None,
    upstream: str,
    keep: int,
    verify: bool,
    parallel: int,
    form: str,
    connection: Connection,
) -> int:
    """Fill a mirror's folder from its upstream.

    Everything is verified before anything is published; artifacts are published first, manifests
    last. What is published stays as it is when something fails. Kibana is asked only with --fleet.

    \b
    Example:
      elastic-mirror-policy mirror sync /srv/mirror --endpoint-version 9.1.3

    \b
    Exit codes:  0 the folder has what the upstream publishes   1 it failed
    """
    from elastic_mirror_policy._cli.mirror.fleet import named_versions, versions_of
    from elastic_mirror_policy._cli.output import OK, show_value
    from elastic_mirror_policy._cli.progress import work_shown
    from elastic_mirror_policy._cli.session import set_up_logging
    from elastic_mirror_policy.mirror import read_wanted, sync_mirror

    set_up_logging(connection.verbose)
    needed = read_wanted(wanted).versions if wanted else ()
    found = versions_of(connection) if fleet else set()
    versions = named_versions(
        {*endpoint_version, *needed, *found}, hint="Give --endpoint-version, --fleet or --wanted."
    )
    with work_shown("Fetching") as progress:
        report = sync_mirror(
            folder,
            endpoint_versions=versions,
            upstream=upstream,
            keep=keep,
            verify=verify,
            parallel=parallel,
            ca_cert=connection.ca_cert,
            progress=progress,
            timeout=connection.timeout or 30.0,
        )
    show_value(report, form)
    return OK
