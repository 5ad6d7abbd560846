"""Which options of a web server's configuration are refused, and how that is said."""

from typing import cast

import pytest
from support.site_options import PROXY, SERVERS, STATIC, TLS, with_option

from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.mirror.webservers.site import SiteOptions
from elastic_mirror_policy.mirror.webservers.webserver import Server, webserver_config


def test_another_server_is_refused() -> None:
    """The message names what there is."""
    with pytest.raises(ConfigurationError, match="server 'caddy' is neither 'nginx' nor 'apache'"):
        webserver_config(cast(Server, "caddy"), **STATIC)


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize(
    ("options", "name", "value"),
    [
        (STATIC, "mode", "both"),
        (STATIC, "root", None),
        (STATIC, "root", "srv/mirror"),
        (STATIC, "root", "/"),
        (STATIC, "root", ""),
        (STATIC, "upstream", "https://up.test"),
        (STATIC, "upstream_ca", "/etc/tls/up.pem"),
        (STATIC, "cache_dir", "/data/cache"),
        (STATIC, "tls_cert", "mirror.pem"),
        (PROXY, "root", "/srv/mirror"),
        (PROXY, "upstream", ""),
        (PROXY, "upstream", "up.test"),
        (PROXY, "upstream", "ftp://up.test"),
        (PROXY, "upstream", "https://"),
        (PROXY, "upstream", "https://user:synthetic@up.test"),
        (PROXY, "upstream", "https://up.test/?q=1"),
        (PROXY, "upstream", "https://up.test/#top"),
        (PROXY, "upstream", "https://up.test/downloads"),
        (PROXY, "upstream", "https://up.test/a%20b"),
        (PROXY, "upstream", "https://up.test/$host"),
        (PROXY, "upstream", "https://up.test/(a)"),
        (PROXY, "upstream", "https://up.test/.hidden"),
        (PROXY, "upstream", "https://[fe80::1%25eth0]"),
        (STATIC, "server_name", ""),
        (STATIC, "server_name", "_"),
        (STATIC, "server_name", "*.test"),
        (STATIC, "server_name", "a b"),
        (STATIC, "server_name", "a..b"),
        (STATIC, "server_name", "-a"),
        (STATIC, "server_name", "a" * 254),
        (STATIC, "server_name", "https://mirror.test"),
        (STATIC, "server_name", "mirror.test\n"),
        (STATIC, "prefix", "mirror"),
        (STATIC, "prefix", "//mirror"),
        (STATIC, "prefix", "/a//b"),
        (STATIC, "prefix", "/../b"),
        (STATIC, "prefix", "/.hidden"),
        (STATIC, "prefix", "/mirror\n"),
        (STATIC, "listen", 0),
        (STATIC, "listen", 65536),
        (STATIC, "listen", -1),
        (STATIC, "listen", "http"),
        (STATIC, "listen", "mirror.test:80"),
        (STATIC, "listen", "256.0.0.1:80"),
        (STATIC, "listen", "2001:db8::7"),
        (STATIC, "listen", "unix:/run/a.sock"),
        (STATIC, "listen", "80 ssl"),
        (STATIC, "listen", "[::1%eth0]:80"),
        (STATIC, "listen", "80\n"),
    ],
)
def test_what_cannot_be_is_refused(
    server: Server, options: SiteOptions, name: str, value: object
) -> None:
    """The message begins with the option's name."""
    with pytest.raises(ConfigurationError, match=rf"^{name} "):
        webserver_config(server, **with_option(options, name, value))


@pytest.mark.parametrize("name", ["mode", "server_name"])
def test_a_required_option_is_missed_by_name(name: str) -> None:
    """Without it there is no file."""
    options = cast(SiteOptions, {key: value for key, value in STATIC.items() if key != name})

    with pytest.raises(ConfigurationError, match=rf"^{name} is missing\.$"):
        webserver_config("nginx", **options)


def test_a_misspelt_option_is_refused() -> None:
    """It does not silently mean that there is no TLS."""
    with pytest.raises(ConfigurationError, match=r"^tls_crt is not an option"):
        webserver_config("nginx", **with_option(STATIC, "tls_crt", "/etc/tls/mirror.pem"))


@pytest.mark.parametrize("name", ["tls_cert", "tls_key"])
def test_a_certificate_needs_its_key(name: str) -> None:
    """Half a pair is refused, and the missing half is named."""
    with pytest.raises(ConfigurationError, match=f"^{name} is missing"):
        webserver_config("nginx", **with_option(TLS, name, None))


def test_a_credential_in_the_upstream_is_not_shown() -> None:
    """The refusal does not repeat it."""
    options = with_option(PROXY, "upstream", "https://me:synthetic-secret@up.test")

    with pytest.raises(ConfigurationError) as caught:
        webserver_config("nginx", **options)

    assert "synthetic-secret" not in str(caught.value)
