"""`mirror check`: can endpoints update from it?"""

import click

from elastic_mirror_policy._cli.metrics import keep_metrics, metrics_option
from elastic_mirror_policy._cli.mirror.options import (
    MIRROR_URL,
    UPSTREAM,
    UPSTREAM_URL,
    fleet_option,
    max_age_option,
    parallel_option,
    versions_option,
)
from elastic_mirror_policy._cli.options import Connection, connection_options, format_option
from elastic_mirror_policy._cli.sections import Command


@click.command("check", cls=Command)
@click.argument("url", type=MIRROR_URL, metavar="URL")
@versions_option
@fleet_option
@click.option("--fast", is_flag=True, help="Ask for headers only, not for the artifacts' bytes.")
@click.option(
    "--public-key", metavar="FILE", help="PEM of the key that signs manifests; verified when given."
)
@click.option(
    "--upstream",
    type=UPSTREAM_URL,
    metavar="URL",
    help=f"Compare with the server the mirror is filled from, such as {UPSTREAM}.",
)
@max_age_option("a manifest is older")
@parallel_option(4, "read")
@metrics_option
@format_option()
@connection_options
def command(
    *,
    url: str,
    endpoint_version: tuple[str, ...],
    fleet: bool,
    fast: bool,
    public_key: str | None,
    upstream: str | None,
    max_age: str | None,
    parallel: int,
    metrics: str | None,
    form: str,
    connection: Connection,
) -> int:
    """Check that endpoints can update from a mirror.

    Every manifest and every artifact is asked for as an endpoint would; redirects are not
    followed. Kibana is asked only with --fleet.

    \b
    Example:
      elastic-mirror-policy mirror check https://mirror.corp --fleet

    \b
    Exit codes:  0 healthy   2 problems were found   1 could not tell
    """
    from elastic_mirror_policy._cli.mirror.fleet import named_versions, versions_of
    from elastic_mirror_policy._cli.output import show_value
    from elastic_mirror_policy._cli.progress import work_shown
    from elastic_mirror_policy._cli.session import set_up_logging
    from elastic_mirror_policy.mirror import check_mirror

    set_up_logging(connection.verbose)
    found = versions_of(connection) if fleet else set()
    versions = named_versions({*endpoint_version, *found})
    with work_shown("Checking") as progress:
        report = check_mirror(
            url,
            endpoint_versions=versions,
            fast=fast,
            ca_cert=connection.ca_cert,
            public_key=public_key,
            upstream=upstream,
            max_age=max_age,
            parallel=parallel,
            progress=progress,
            timeout=connection.timeout or 30.0,
        )
    show_value(report, form)
    return keep_metrics(metrics, report, report.exit_code)
