"""Configurations of other people: what is usual, and what Elastic's documentation describes."""

from dataclasses import dataclass

from support.mirrors import HOST, MANIFEST, VERSION
from support.probe import Answer, Probe
from support.web_servers import ServerHome, WebServers

from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

MAP = """
map $sent_http_etag $clean_etag {{
    {default}
    '~^"(?<left>[^"-]+)-(?<right>[^"-]+)"$' '"$left$right"';
}}
"""
DOCUMENTED_MAP = MAP.format(default="")
MAP_WITH_DEFAULT = MAP.format(default="default $sent_http_etag;")
USE_MAP = "add_header ETag $clean_etag;"
GZIP = "gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;"


@dataclass(frozen=True, slots=True)
class OtherSite:
    """A running server."""

    home: ServerHome
    probe: Probe

    def ask(self, path: str = MANIFEST, **headers: str) -> Answer:
        """Return the answer to a GET request."""
        return self.probe.ask(path, **headers)


def site(servers: WebServers, server: str, text: str) -> OtherSite:
    """Run a server with this configuration; `PORT` and `ROOT` in it are filled in."""
    home = servers.home()
    FakeArtifactServer.example(VERSION).dump(home.root)
    servers.run(server, home, text.replace("PORT", str(home.port)).replace("ROOT", str(home.root)))
    return OtherSite(home, Probe(home.port, HOST))


def nginx_files(servers: WebServers, inside: str = "", before: str = "") -> OtherSite:
    """Serve files with nginx."""
    text = f"{before}server {{ listen 127.0.0.1:PORT; root ROOT; {inside} }}"
    return site(servers, "nginx", text)


def nginx_proxy(
    servers: WebServers, upstream: FakeArtifactServer, inside: str = "", before: str = ""
) -> OtherSite:
    """Pass everything on with nginx."""
    there = f"location / {{ proxy_pass {upstream.url}; }}"
    return site(servers, "nginx", f"{before}server {{ listen 127.0.0.1:PORT; {inside} {there} }}")


def apache_files(servers: WebServers, inside: str = "", modules: str = "") -> OtherSite:
    """Serve files with Apache."""
    text = f"""
# a2enmod {modules}
Listen 127.0.0.1:PORT
<VirtualHost 127.0.0.1:PORT>
    DocumentRoot "ROOT"
    <Directory "ROOT">
        Require all granted
    </Directory>
    {inside}
</VirtualHost>
"""
    return site(servers, "apache", text)
