"""Options that the mirror's commands share."""

import click

from elastic_mirror_policy._cli.options import Decorator
from elastic_mirror_policy._cli.values import Checked, base_url, check_version, time_span

UPSTREAM = "https://artifacts.security.elastic.co"
"""Where a mirror is filled from, as `mirror.UPSTREAM` has it: help does not import that."""

MIRROR_URL = base_url("The mirror's URL")
UPSTREAM_URL = base_url("The upstream's URL")

versions_option = click.option(
    "--endpoint-version",
    type=Checked("version", check_version),
    multiple=True,
    metavar="V",
    help="Version of endpoints, such as 9.1.3.",
)
fleet_option = click.option(
    "--fleet", is_flag=True, help="Take the versions from the agents in Kibana."
)
wanted_option = click.option(
    "--wanted",
    metavar="FILE",
    help="File written by 'mirror wanted': what the closed network needs and has.",
)
verify_option = click.option(
    "--verify",
    is_flag=True,
    help="Read every file that is kept again, and replace those whose bytes have changed.",
)


def max_age_option(what: str) -> Decorator:
    """Return the option that says how old something may be."""
    return click.option(
        "--max-age",
        type=time_span("--max-age"),
        metavar="TIME",
        help=f"Exit with 2 when {what}, such as 30d; Elastic says at least monthly.",
    )


def parallel_option(default: int, what: str) -> Decorator:
    """Return the option that says how many artifacts are dealt with at the same time."""
    return click.option(
        "--parallel",
        type=click.IntRange(1, 64),
        default=default,
        show_default=True,
        metavar="N",
        help=f"How many artifacts are {what} at the same time.",
    )


keep_option = click.option(
    "--keep",
    type=click.IntRange(0, 1000),
    default=1,
    show_default=True,
    metavar="N",
    help="Previous manifests whose artifacts are kept.",
)
