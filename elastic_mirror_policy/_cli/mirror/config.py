"""`mirror config`: the configuration of a web server."""

from typing import Literal

import click

from elastic_mirror_policy._cli.output import OK, show
from elastic_mirror_policy.mirror import UPSTREAM
from elastic_mirror_policy.mirror.webservers.webserver import webserver_config


@click.command("config")
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
def command(
    *,
    server: Literal["nginx", "apache"],
    mode: Literal["static", "proxy"],
    root: str | None,
    server_name: str,
    tls_cert: str | None,
    tls_key: str | None,
    upstream: str,
    upstream_ca: str | None,
    listen: str | None,
    prefix: str,
    cache_dir: str | None,
    log_dir: str | None,
) -> int:
    """Print the configuration of a web server for a mirror.

    \b
    Example:
      elastic-mirror-policy mirror config nginx --root /srv/mirror --server-name mirror.corp

    \b
    Exit codes:  0 printed   64 an option cannot be used
    """
    text = webserver_config(
        server,
        mode=mode,
        root=root,
        server_name=server_name,
        tls_cert=tls_cert,
        tls_key=tls_key,
        upstream=upstream,
        upstream_ca=upstream_ca,
        listen=listen,
        prefix=prefix,
        cache_dir=cache_dir,
        log_dir=log_dir,
    )
    show(text)
    return OK
