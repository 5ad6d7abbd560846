"""Options that the mirror's commands share."""

import click

UPSTREAM = "https://artifacts.security.elastic.co"
"""Where a mirror is filled from, as `mirror.UPSTREAM` has it: help does not import that."""

versions_option = click.option(
    "--endpoint-version",
    multiple=True,
    required=True,
    metavar="V",
    help="Version of endpoints, such as 9.1.3; several.",
)
verify_option = click.option(
    "--verify",
    is_flag=True,
    help="Read every file that is kept again, and replace those whose bytes have changed.",
)
keep_option = click.option(
    "--keep",
    type=click.IntRange(0, 1000),
    default=1,
    show_default=True,
    metavar="N",
    help="Previous manifests whose artifacts are kept.",
)
