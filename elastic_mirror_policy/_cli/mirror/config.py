"""`mirror config`: the configuration of a web server."""

from typing import TYPE_CHECKING, Literal, Unpack

import click

from elastic_mirror_policy._cli.mirror.options import UPSTREAM
from elastic_mirror_policy._cli.sections import Command

if TYPE_CHECKING:
    from elastic_mirror_policy.mirror.webservers.site import SiteOptions


@click.command("config", cls=Command)
@click.argument("server", type=click.Choice(["nginx", "apache"]))
@click.option(
    "--mode",
    type=click.Choice(["static", "proxy"]),
    default="static",
    show_default=True,
    help="Serve a folder that 'mirror sync' fills, or ask the upstream and keep a cache.",
)
@click.option("--root", metavar="DIR", help="Folder that holds downloads/ (static mode).")
@click.option("--server-name", required=True, metavar="HOST", help="Host name in the mirror's URL.")
@click.option("--tls-cert", metavar="FILE", help="PEM certificate on the web server's host.")
@click.option("--tls-key", metavar="FILE", help="PEM key on the web server's host.")
@click.option(
    "--upstream",
    default=UPSTREAM,
    show_default=True,
    metavar="URL",
    help="Server to ask (proxy mode).",
)
@click.option(
    "--upstream-ca",
    metavar="FILE",
    help="PEM file of the authorities trusted for the upstream (proxy mode).",
)
@click.option("--listen", metavar="PORT", help="Port, or address:port, instead of 443 or 80.")
@click.option("--prefix", default="", metavar="PATH", help="Path of the mirror's URL.")
@click.option("--cache-dir", metavar="DIR", help="Folder of the cache (proxy mode).")
@click.option("--log-dir", metavar="DIR", help="Folder of the access and error log.")
@click.option(
    "--container",
    type=click.Choice(["docker", "podman", "compose"]),
    help="Print the configuration for the official image, and the command or file that runs it.",
)
@click.option(
    "--out",
    metavar="DIR",
    help="Write the files of --container to a folder, in place of printing them.",
)
def command(
    *,
    server: Literal["nginx", "apache"],
    container: Literal["docker", "podman", "compose"] | None,
    out: str | None,
    **site: "Unpack[SiteOptions]",
) -> int:
    """Print the configuration of a web server for a mirror.

    \b
    Example:
      elastic-mirror-policy mirror config nginx --root /srv --server-name m.corp

    \b
    Exit codes:  0 printed   64 an option cannot be used
    """
    from pathlib import Path

    from elastic_mirror_policy._cli.mirror.files import write_files
    from elastic_mirror_policy._cli.output import OK, show
    from elastic_mirror_policy.errors import ConfigurationError
    from elastic_mirror_policy.mirror.webservers.container import CONFIG_NAME, container_files
    from elastic_mirror_policy.mirror.webservers.webserver import webserver_config

    if container is None and out is not None:
        raise ConfigurationError("--out needs --container: without it there is one file to print.")
    if container is None:
        show(webserver_config(server, **site))
        return OK
    files = container_files(server, container, **site)
    if out is None:
        show(files.text)
        return OK
    write_files(Path(out), {CONFIG_NAME: files.config, files.launch_name: files.launch})
    return OK
