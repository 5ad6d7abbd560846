"""Options of a web server's configuration that fit together."""

from typing import cast

from elastic_mirror_policy.mirror.webservers.site import SiteOptions
from elastic_mirror_policy.mirror.webservers.webserver import Server

SERVERS: tuple[Server, ...] = ("nginx", "apache")
STATIC = SiteOptions(mode="static", server_name="mirror.test", root="/srv/mirror")
TLS = SiteOptions(
    mode="static",
    server_name="mirror.test",
    root="/srv/mirror",
    tls_cert="/etc/tls/mirror.pem",
    tls_key="/etc/tls/mirror.key",
)
PROXY = SiteOptions(mode="proxy", server_name="mirror.test")


def with_option(options: SiteOptions, name: str, value: object) -> SiteOptions:
    """Return the options with one of them set otherwise."""
    return cast(SiteOptions, {**options, name: value})
