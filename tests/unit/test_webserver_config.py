"""The text of a web server's configuration: what each option does, and what none can do."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.mirror.site import SiteOptions
from elastic_mirror_policy.mirror.webserver import Server, webserver_config

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
UPSTREAM = "https://artifacts.security.elastic.co"

_TOKEN = re.compile(r"""\s*(?:#[^\n]*|("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[;{}]|[^\s;{}"'#]+))""")


def nginx_directives(text: str) -> Iterator[str]:
    """Yield the name of each directive and block, read the way nginx reads them."""
    begins, end = True, 0
    while match := _TOKEN.match(text, end):
        end = match.end()
        token = match[1]
        if token is None:
            continue
        if begins and token != "}":
            yield token
        begins = token in {";", "{", "}"}
    assert not text[end:].strip()


def apache_directives(text: str) -> Iterator[str]:
    """Yield the name of each directive and section, read the way Apache reads them."""
    for line in text.replace("\\\n", " ").splitlines():
        words = line.split()
        if words and not words[0].startswith("#"):
            assert line.count('"') % 2 == 0
            yield words[0]


def directives(server: Server, options: SiteOptions) -> list[str]:
    """Return the names of everything the configuration tells the server."""
    read = {"nginx": nginx_directives, "apache": apache_directives}[server]
    return list(read(webserver_config(server, **options)))


def with_option(options: SiteOptions, name: str, value: object) -> SiteOptions:
    """Return the options with one of them set otherwise."""
    return cast(SiteOptions, {**options, name: value})


# --- what is in the file ---------------------------------------------------------------------


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


# --- what is refused -------------------------------------------------------------------------


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


# --- what no option can do -------------------------------------------------------------------

TEXTS: dict[str, tuple[SiteOptions, tuple[str, ...]]] = {
    "server_name": (STATIC, ("mirror.test",)),
    "root": (STATIC, ("/srv/mirror",)),
    "prefix": (STATIC, ("/mirror",)),
    "listen": (STATIC, ("127.0.0.1:8080", "8080")),
    "log_dir": (STATIC, ("/var/log/mirror",)),
    "tls_cert": (TLS, ("/etc/tls/mirror.pem",)),
    "tls_key": (TLS, ("/etc/tls/mirror.key",)),
    "upstream": (PROXY, ("https://up.test/a", "http://up.test")),
    "upstream_ca": (PROXY, ("/etc/tls/up.pem",)),
    "cache_dir": (PROXY, ("/var/cache/mirror",)),
}
"""Every option that becomes text in the file, with values that are fine, one per shape of file."""

FORBIDDEN = "\"'\\{};$#<>`|*?()[]&!^\0\n\r\t\x0b\x0c\x1b\x7f\x85\u2028\u2029\u202e\ud800"


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("character", FORBIDDEN)
@pytest.mark.parametrize("name", TEXTS)
def test_a_character_that_means_something_is_refused(
    server: Server, name: str, character: str
) -> None:
    """Quotes, braces, variables, controls: refused in every option, at every end of the value."""
    options, (fine, *_others) = TEXTS[name]

    for spoiled in (fine[:3] + character + fine[3:], fine + character):
        with pytest.raises(ConfigurationError, match=rf"^{name} "):
            webserver_config(server, **with_option(options, name, spoiled))


def _values(fine: str) -> st.SearchStrategy[str]:
    pieces = st.text(max_size=6) | st.sampled_from(
        ['"; x "', "\n}\n", '">\n<A>', "${HOME}", "%{x}", " "]
    )
    inserted = st.builds(
        lambda place, piece: fine[:place] + piece + fine[place:],
        st.integers(0, len(fine)),
        pieces,
    )
    return inserted | st.text(max_size=40).map("/".__add__) | st.text(max_size=40)


@st.composite
def settings(draw: st.DrawFn) -> tuple[str, str]:
    """Return an option and a value for it, good or bad."""
    name = draw(st.sampled_from(sorted(TEXTS)))
    return name, draw(_values(TEXTS[name][1][0]))


def outcome(server: Server, options: SiteOptions) -> tuple[str, list[str]]:
    """Return the first word of the refusal, or the directives of the file."""
    try:
        return "", directives(server, options)
    except ConfigurationError as error:
        return error.message.partition(" ")[0], []


@pytest.mark.parametrize("server", SERVERS)
@given(setting=settings())
@example(setting=("root", "/srv/a b"))
@example(setting=("prefix", "/~a.b"))
def test_no_value_adds_or_hides_a_directive(server: Server, setting: tuple[str, str]) -> None:
    """Whatever an option is set to: it is refused by name, or the directives stay the same."""
    name, value = setting
    options, fine = TEXTS[name]
    shapes = [outcome(server, with_option(options, name, known)) for known in fine]

    assert outcome(server, with_option(options, name, value)) in [(name, []), *shapes]
