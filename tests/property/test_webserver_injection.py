"""No option of a web server's configuration can become more than text in it."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.site_options import PROXY, SERVERS, STATIC, TLS, with_option

from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.mirror.webservers.site import SiteOptions
from elastic_mirror_policy.mirror.webservers.webserver import Server, webserver_config

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


def outcome(server: Server, options: SiteOptions) -> tuple[str, list[str]]:
    """Return the first word of the refusal, or the directives of the file."""
    try:
        return "", directives(server, options)
    except ConfigurationError as error:
        return error.message.partition(" ")[0], []


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
@pytest.mark.parametrize("name", TEXTS)
def test_a_character_that_means_something_is_refused(server: Server, name: str) -> None:
    """Quotes, braces, variables, controls: refused in every option, at every end of the value."""
    options, (fine, *_others) = TEXTS[name]
    spoiled = [
        value
        for character in FORBIDDEN
        for value in (fine[:3] + character + fine[3:], fine + character)
    ]

    assert [
        value
        for value in spoiled
        if outcome(server, with_option(options, name, value)) != (name, [])
    ] == []


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
