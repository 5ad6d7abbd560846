"""`demo`: the whole tour on a Kibana and a mirror made up for it."""

import click

from elastic_mirror_policy._cli.sections import Command


@click.command("demo", cls=Command)
@click.option("--serve", is_flag=True, help="Keep Kibana and mirror running until Ctrl-C.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="PORT",
    help="Port of the Kibana that --serve keeps running (default: any free one).",
)
def command(*, serve: bool, port: int) -> int:
    """Take the whole tour on a simulated Kibana and mirror.

    Nothing outside this machine is asked, and everything is gone afterwards. With --serve both
    servers keep running, and what to set to talk to them is printed.

    \b
    Example:
      elastic-mirror-policy demo

    \b
    Exit codes:  0 every step ended as expected   1 one did not
    """
    from elastic_mirror_policy._cli.tour import run_demo

    return run_demo(serve=serve, port=port)
