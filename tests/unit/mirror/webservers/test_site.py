"""The text of a web server's configuration: what each option does."""

import re
from pathlib import Path

import pytest
from support.site_options import PROXY, SERVERS, STATIC, TLS, with_option

from elastic_mirror_policy.mirror.webservers.site import SiteOptions
from elastic_mirror_policy.mirror.webservers.webserver import Server, webserver_config

UPSTREAM = "https://artifacts.security.elastic.co"


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("options", [STATIC, TLS, PROXY])
def test_the_same_options_give_the_same_text(server: Server, options: SiteOptions) -> None:
    """The text is made of the options alone."""
    assert webserver_config(server, **options) == webserver_config(server, **options)


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("options", [STATIC, TLS, PROXY])
def test_the_file_says_how_to_install_and_check_it(server: Server, options: SiteOptions) -> None:
    """It begins with what it is, where it goes, and the command that proves it."""
    text = webserver_config(server, **options)
    scheme = "https" if options is TLS else "http"

    comment = text.partition("\n\n")[0]
    assert all(line.startswith("#") for line in comment.splitlines())
    assert f"Artifact mirror for Elastic Defend, {options['mode']} mode" in comment
    assert {"nginx": "nginx -t &&", "apache": "apachectl configtest &&"}[server] in comment
    assert (
        f"elastic-mirror-policy mirror check {scheme}://mirror.test --endpoint-version " in comment
    )


@pytest.mark.parametrize(
    ("server", "options", "line"),
    [
        ("nginx", STATIC, 'root "/srv/mirror";'),
        ("nginx", STATIC, "default_type application/octet-stream;"),
        ("nginx", STATIC, "listen 80;"),
        ("nginx", STATIC, "listen [::]:80;"),
        ("nginx", STATIC, "gzip off;"),
        ("nginx", STATIC, "server_tokens off;"),
        ("nginx", STATIC, "default $elastic_mirror_own_etag;"),
        ("nginx", TLS, "listen 443 ssl;"),
        ("nginx", TLS, 'ssl_certificate "/etc/tls/mirror.pem";'),
        ("nginx", TLS, 'ssl_certificate_key "/etc/tls/mirror.key";'),
        ("nginx", TLS, "ssl_protocols TLSv1.2 TLSv1.3;"),
        ("nginx", PROXY, f'proxy_pass "{UPSTREAM}/downloads/";'),
        ("nginx", PROXY, "default $upstream_http_etag;"),
        ("nginx", PROXY, "proxy_set_header Host $proxy_host;"),
        ("nginx", PROXY, "proxy_ssl_server_name on;"),
        ("nginx", PROXY, "proxy_ssl_verify on;"),
        ("nginx", PROXY, 'proxy_ssl_trusted_certificate "/etc/ssl/certs/ca-certificates.crt";'),
        ("nginx", PROXY, "proxy_cache_revalidate on;"),
        ("apache", STATIC, 'Alias "/downloads/" "/srv/mirror/downloads/"'),
        ("apache", STATIC, "FileETag MTime"),
        ("apache", STATIC, "SetEnv no-gzip 1"),
        ("apache", STATIC, "ServerTokens Prod"),
        ("apache", STATIC, "<VirtualHost *:80>"),
        ("apache", TLS, "<VirtualHost *:443>"),
        ("apache", TLS, 'SSLCertificateFile "/etc/tls/mirror.pem"'),
        ("apache", TLS, 'SSLCertificateKeyFile "/etc/tls/mirror.key"'),
        ("apache", TLS, "SSLProtocol -all +TLSv1.2 +TLSv1.3"),
        ("apache", PROXY, f'ProxyPass "/downloads/" "{UPSTREAM}/downloads/" \\'),
        ("apache", PROXY, "ProxyPreserveHost Off"),
        ("apache", PROXY, "SSLProxyVerify require"),
        ("apache", PROXY, "SSLProxyCheckPeerName On"),
        ("apache", PROXY, 'SSLProxyCACertificateFile "/etc/ssl/certs/ca-certificates.crt"'),
        ("apache", PROXY, "CacheStaleOnError On"),
    ],
)
def test_the_file_has_the_line(server: Server, options: SiteOptions, line: str) -> None:
    """The lines that the rest depends on are there."""
    assert line in map(str.strip, webserver_config(server, **options).splitlines())


@pytest.mark.parametrize("server", SERVERS)
def test_tls_leaves_no_plain_port(server: Server) -> None:
    """With a certificate there is nothing on port 80: endpoints may not follow a redirect."""
    text = webserver_config(server, **TLS)

    assert re.findall(r"(?:listen|VirtualHost).*\b80\b", text) == []
    assert "301" not in text


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize(
    ("options", "name", "value", "wanted"),
    [
        (STATIC, "server_name", "files.test", "files.test"),
        (STATIC, "server_name", "192.0.2.7", "192.0.2.7"),
        (STATIC, "root", "/data/my mirror", '"/data/my mirror'),
        (STATIC, "root", Path("/data/mirror"), '"/data/mirror'),
        (STATIC, "root", "/data/mirror/", '"/data/mirror'),
        (STATIC, "root", "/données/miroir", '"/données/miroir'),
        (STATIC, "prefix", "/v1.2", r"/v1\.2"),
        (STATIC, "prefix", "/mirror/", "http://mirror.test/mirror "),
        (STATIC, "listen", "192.0.2.7:8080", "192.0.2.7:8080"),
        (STATIC, "listen", 8080, "http://mirror.test:8080 "),
        (STATIC, "listen", 65535, "http://mirror.test:65535 "),
        (STATIC, "listen", "*:8080", "http://mirror.test:8080 "),
        (STATIC, "listen", "[2001:db8::7]:8080", "[2001:db8::7]:8080"),
        (STATIC, "log_dir", "/data/logs", '"/data/logs/elastic-mirror.access.log"'),
        (TLS, "listen", 8443, "https://mirror.test:8443 "),
        (TLS, "listen", 443, "https://mirror.test "),
        (PROXY, "upstream", "http://up.test:81/a.b", '"http://up.test:81/a.b/downloads/"'),
        (PROXY, "upstream", "https://up.test/", '"https://up.test/downloads/"'),
        (
            PROXY,
            "upstream",
            "https://[2001:db8::7]:8443",
            '"https://[2001:db8::7]:8443/downloads/"',
        ),
        (PROXY, "upstream_ca", "/etc/tls/up.pem", '"/etc/tls/up.pem"'),
        (PROXY, "cache_dir", "/data/cache", '"/data/cache"'),
        (PROXY, "prefix", "/mirror", '"/mirror/downloads/endpoint/manifest/"'),
    ],
)
def test_an_option_has_its_effect(
    server: Server, options: SiteOptions, name: str, value: object, wanted: str
) -> None:
    """What is asked for is in the text, and was not there before."""
    text = webserver_config(server, **with_option(options, name, value))

    assert wanted in text
    assert text != webserver_config(server, **options) or value == 443


def test_nginx_listens_on_both_families_unless_told() -> None:
    """A port alone is every address, an address is that one."""
    port = webserver_config("nginx", **with_option(STATIC, "listen", 8080))
    address = webserver_config("nginx", **with_option(STATIC, "listen", "192.0.2.7:8080"))

    assert re.findall(r"listen (.*);", port) == ["8080", "[::]:8080"]
    assert re.findall(r"listen (.*);", address) == ["192.0.2.7:8080"]


@pytest.mark.parametrize(
    ("listen", "lines"),
    [
        (None, []),
        (8080, ["Listen 8080"]),
        ("192.0.2.7:8080", ["Listen 192.0.2.7:8080"]),
        ("*:8080", ["Listen 8080"]),
        ("192.0.2.7:80", []),
        (443, []),
    ],
)
def test_apache_listens_only_where_it_was_told(listen: str | int | None, lines: list[str]) -> None:
    """The usual ports are in the server's own configuration; a second Listen would fail."""
    text = webserver_config("apache", **with_option(STATIC, "listen", listen))

    assert re.findall(r"^Listen .*", text, re.MULTILINE) == lines


@pytest.mark.parametrize(
    ("options", "modules"),
    [
        (STATIC, "alias allowmethods dir env headers setenvif"),
        (TLS, "alias allowmethods dir env headers setenvif ssl"),
        (
            PROXY,
            "alias allowmethods cache cache_disk dir env headers proxy proxy_http setenvif ssl",
        ),
        (
            with_option(PROXY, "upstream", "http://up.test"),
            "alias allowmethods cache cache_disk dir env headers proxy proxy_http setenvif",
        ),
    ],
)
def test_apache_names_the_modules_it_needs(options: SiteOptions, modules: str) -> None:
    """No more than the mode needs."""
    assert f"#          a2enmod {modules}\n" in webserver_config("apache", **options)


@pytest.mark.parametrize("server", SERVERS)
def test_a_plain_upstream_needs_no_tls(server: Server) -> None:
    """Nothing about the upstream's certificate is in the file."""
    text = webserver_config(server, **with_option(PROXY, "upstream", "http://up.test"))

    assert "ssl" not in text.lower()
