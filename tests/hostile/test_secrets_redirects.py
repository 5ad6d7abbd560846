"""A credential goes to the host it is meant for, and to no other; nobody else's takes its place.

Whatever a server redirects to, `~/.netrc` says or the environment has for a proxy.
"""

import base64
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
import trustme
from support.canaries import (
    Canary,
    key_canary,
    leaks,
    locals_of,
    password_canary,
    shown_by,
    spellings,
)
from support.hostile_stack import KIBANA, MIRROR, SEARCH
from support.memory_http import Asked, Raw, all_http, answer
from support.rollouts import Naps
from support.wire import Action, Wire, wire
from support.wire import answer as sent

from elastic_mirror_policy import Kibana, MirrorPolicyError, check_mirror
from elastic_mirror_policy._http.retry import RetryPolicy
from elastic_mirror_policy.endpoints.search import SearchClient

KEY: Final = key_canary("canary-id-5", "Bq95-redirect>>canary??Wd", encoded=True)
PASSWORD: Final = password_canary("operator", "c\u00e4nary-Jt27+redirect/p\u00e4ss")
SEARCH_KEY: Final = key_canary("canary-id-6", "Fk38-search>>canary??Np", encoded=True)
PROXY_PASSWORD: Final = "Vh64proxy-canary+word"
PROXY: Final = password_canary("me", PROXY_PASSWORD)
INTRUDER: Final = password_canary("intruder", "Xs19netrc-canary")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting between attempts is for the real world."""
    monkeypatch.setattr("elastic_mirror_policy._http.retry.random.uniform", lambda *_: 0.0)


ONCE: Final = RetryPolicy(attempts=1)
Ask = Callable[[], object]


def read_kibana(url: str = KIBANA, canary: Canary = KEY, ca_cert: str | None = None) -> object:
    """Ask Kibana for its version."""
    with Kibana(url, retry=ONCE, sleep=Naps(), ca_cert=ca_cert, **canary.options) as kibana:
        return kibana.version


def write_kibana() -> object:
    """Write a policy."""
    with Kibana(KIBANA, retry=ONCE, sleep=Naps(), **KEY.options) as kibana:
        return kibana._http.write("PUT", "/api/fleet/package_policies/a", body={})


def search(url: str = SEARCH) -> object:
    """Search in Elasticsearch."""
    key = SEARCH_KEY.options["api_key"]
    with SearchClient(url, api_key=key, retry=ONCE) as client:
        return client.search("a", query={}, aggs={})


def look_at_mirror() -> object:
    """Check a mirror, which is told no credential at all."""
    return check_mirror(MIRROR, endpoint_versions=["9.1.3"], fast=True)


ASKING: Final[Mapping[str, Ask]] = {
    "a read": read_kibana,
    "a read with a password": lambda: read_kibana(canary=PASSWORD),
    "a write": write_kibana,
    "a search": search,
    "a mirror": look_at_mirror,
}
OWN: Final = {
    "a read": KEY.header,
    "a read with a password": PASSWORD.header,
    "a write": KEY.header,
    "a search": SEARCH_KEY.header,
    "a mirror": None,
}


def outcome_of(ask: Ask) -> object:
    """Return a result, or the error that there was instead."""
    try:
        return ask()
    except MirrorPolicyError as exc:
        return exc


@dataclass
class Answers:
    """Gives one answer to every request, and keeps the requests."""

    given: Raw
    asked: list[Asked] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Raw:
        """Return the answer."""
        self.asked.append(asked)
        return self.given

    @property
    def authorizations(self) -> set[str | None]:
        """What the requests were signed with."""
        return {asked.headers.get("authorization") for asked in self.asked}


# --- redirects ------------------------------------------------------------------------------------

TARGETS: Final[Mapping[str, str]] = {
    "another host": "http://elsewhere.example/x",
    "a host below": "http://a.{host}/x",
    "another port": "http://{host}:8080/x",
    "another scheme": "https://{host}/x",
    "the port of TLS": "http://{host}:443/x",
    "the same host": "/login",
    "the same host in full": "http://{host}/login",
    "no scheme": "//elsewhere.example/x",
    "a user and a password": "http://me:word@elsewhere.example/x",
    "the host as a user": "http://{host}@elsewhere.example/x",
    "a file": "file:///etc/passwd",
    "a script": "javascript:alert(1)",
    "the credential": "http://elsewhere.example/{secret}?{secret}",
}


@pytest.mark.parametrize("status", [300, 301, 302, 303, 305, 307, 308])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("asking", ASKING)
def test_no_redirect_is_followed(asking: str, target: str, status: int) -> None:
    """There is one request, and it went where it was meant to go."""
    host = {"a search": "search", "a mirror": "mirror"}.get(asking, "kibana") + ".example"
    secret = (OWN[asking] or "x none").partition(" ")[2]
    location = TARGETS[target].format(host=host, secret=secret)
    server = Answers(answer(b"{}", status, {"Location": location}))
    with all_http(server):
        found = outcome_of(ASKING[asking])

    assert {asked.host.partition(":")[0] for asked in server.asked} == {host}
    assert {asked.target.partition("?")[0] for asked in server.asked} != {"/x", "/login"}
    assert server.authorizations == {OWN[asking]}
    assert len(server.asked) == 1
    assert leaks([KEY, PASSWORD, SEARCH_KEY], shown_by(found)) == []


class Authority:
    """An authority for one test, and the context of a server on 127.0.0.1 that it signed."""

    def __init__(self, folder: Path) -> None:
        issued = trustme.CA()
        self.pem = str(folder / "ca.pem")
        issued.cert_pem.write_to_path(self.pem)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issued.issue_cert("127.0.0.1", "kibana.example").configure_cert(self.context)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Somebody to trust."""
    return Authority(tmp_path)


def elsewhere(target: Wire, scheme: str) -> Action:
    """Return the action that redirects to another server."""
    return sent(b"", "307 Temporary Redirect", f"Location: {scheme}://127.0.0.1:{target.port}/")


def test_a_redirect_from_tls_to_plain_http_is_not_followed(authority: Authority) -> None:
    """Over real sockets: the other server is not even connected to."""
    with wire(sent()) as other, wire(elsewhere(other, "http"), tls=authority.context) as first:
        url = first.url.replace("http:", "https:")
        found = outcome_of(lambda: read_kibana(url, ca_cert=authority.pem))

    assert isinstance(found, MirrorPolicyError)
    assert [KEY.header.encode() in request for request in first.requests] == [True]
    assert other.connections == 0


def test_a_redirect_of_elasticsearch_is_not_followed() -> None:
    """Over real sockets as well."""
    with wire(sent()) as other, wire(elsewhere(other, "http")) as first:
        found = outcome_of(lambda: search(first.url))

    assert isinstance(found, MirrorPolicyError)
    assert [SEARCH_KEY.header.encode() in request for request in first.requests] == [True]
    assert other.connections == 0


# --- netrc ----------------------------------------------------------------------------------------

HOSTS: Final = ("kibana.example", "search.example", "mirror.example")


@pytest.fixture(params=["NETRC", ".netrc", "_netrc"])
def _netrc(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that would log in everywhere as somebody else."""
    lines = [f"machine {host} login intruder password Xs19netrc-canary" for host in HOSTS]
    name = "netrc" if request.param == "NETRC" else request.param
    path = tmp_path / name
    path.write_text("\n".join([*lines, "default login intruder password Xs19netrc-canary", ""]))
    path.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    if request.param == "NETRC":
        monkeypatch.setenv("NETRC", str(path))


@pytest.mark.usefixtures("_netrc")
@pytest.mark.parametrize("asking", ASKING)
def test_a_netrc_neither_replaces_nor_adds_a_credential(asking: str) -> None:
    """A mirror is still asked without any."""
    server = Answers(answer(b"", 404))
    with all_http(server):
        found = outcome_of(ASKING[asking])

    assert server.authorizations == {OWN[asking]}
    assert leaks([INTRUDER], shown_by(found)) == []


# --- proxies --------------------------------------------------------------------------------------

PROXY_URL: Final = "http://me:Vh64proxy-canary%2Bword@proxy.example:3128"
BASIC: Final = "Basic " + base64.b64encode(f"me:{PROXY_PASSWORD}".encode()).decode()


@pytest.fixture
def _proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy with a password for everything."""
    monkeypatch.setenv("http_proxy", PROXY_URL)
    monkeypatch.setenv("https_proxy", PROXY_URL)


@pytest.mark.usefixtures("_proxy")
@pytest.mark.parametrize("asking", ASKING)
def test_a_proxy_is_told_its_own_password(asking: str) -> None:
    """Beside ours where there is no TLS, which it has to pass on."""
    server = Answers(answer(b"", 404))
    with all_http(server):
        found = outcome_of(ASKING[asking])

    assert {asked.host for asked in server.asked} == {"proxy.example:3128"}
    assert {asked.headers["proxy-authorization"] for asked in server.asked} == {BASIC}
    assert server.authorizations == {OWN[asking]}
    assert leaks([KEY, PASSWORD, SEARCH_KEY, PROXY], shown_by(found)) == []


@pytest.mark.usefixtures("_proxy")
@pytest.mark.parametrize("asking", ["a read", "a search", "a mirror"])
def test_a_host_without_a_proxy_is_not_told_its_password(
    monkeypatch: pytest.MonkeyPatch, asking: str
) -> None:
    """`NO_PROXY` names it."""
    monkeypatch.setenv("no_proxy", ".example")
    server = Answers(answer(b"", 404))
    with all_http(server):
        outcome_of(ASKING[asking])

    assert {asked.host for asked in server.asked} <= {f"{host}:80" for host in HOSTS}
    assert {"proxy-authorization" in asked.headers for asked in server.asked} == {False}


@pytest.mark.usefixtures("_proxy")
@pytest.mark.parametrize("canary", [KEY, PASSWORD], ids=["key", "password"])
def test_a_proxy_of_tls_is_not_told_a_credential(canary: Canary) -> None:
    """It is asked for a tunnel; what it says to that may be what it was sent."""
    refusal = f"HTTP/1.1 407 {BASIC} {PROXY_PASSWORD}\r\nX: {BASIC}\r\n\r\n{BASIC}".encode()
    server = Answers(refusal)
    with all_http(server):
        found = outcome_of(lambda: read_kibana("https://kibana.example", canary))

    assert [(asked.method, asked.target) for asked in server.asked] == [
        ("CONNECT", "kibana.example:443")
    ]
    assert server.authorizations == {None}
    assert "407" in str(found)
    assert leaks([canary, PROXY], shown_by(found)) == []


def tunnel(context: ssl.SSLContext, seen: list[bytes]) -> Action:
    """Return a proxy's action that opens a tunnel, at whose other end Kibana refuses."""

    def act(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        inner = context.wrap_socket(connection, server_side=True)
        with inner:
            seen.append(inner.recv(65536))
            sent(b'{"message": "no"}', "401 Unauthorized")(inner)

    return act


def test_a_server_behind_a_tunnel_is_not_told_the_password_of_the_proxy(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of the two gets its own."""
    seen: list[bytes] = []
    with wire(tunnel(authority.context, seen)) as proxy:
        monkeypatch.setenv("https_proxy", f"http://me:{PROXY_PASSWORD}@127.0.0.1:{proxy.port}")
        found = outcome_of(lambda: read_kibana("https://kibana.example", ca_cert=authority.pem))
    (asked,), (inner,) = proxy.requests, seen

    assert "401" in str(found)
    assert KEY.header.encode() in inner
    assert b"proxy-authorization" not in inner.lower()
    assert BASIC.encode() in asked
    assert leaks([KEY], [asked.decode("latin-1")]) == []
    assert leaks([PROXY], [inner.decode("latin-1")]) == []


PROXY_ECHOES: Final[Mapping[str, Callable[[str], Raw]]] = {
    "a page": lambda text: answer(f"<p>{text}".encode(), 502),
    "a message": lambda text: answer(b'{"message": "%s"}' % text.encode(), 407),
    "a redirect": lambda text: answer(b"", 302, {"Location": f"http://login.example/{text}"}),
    "no status line": lambda text: text.encode() + b"\r\n\r\n",
    "a chunk": lambda text: (
        f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{text}\r\n".encode()
    ),
}


@pytest.mark.usefixtures("_proxy")
@pytest.mark.parametrize("number", [0, 1, 3])
@pytest.mark.parametrize("asking", ["a read", "a write", "a mirror"])
@pytest.mark.parametrize("echo", PROXY_ECHOES)
def test_a_proxy_that_echoes_its_password_does_not_get_it_shown(
    echo: str, asking: str, number: int
) -> None:
    """Neither in an error nor behind one."""
    texts = [spellings(secret.rstrip("="))[number] for secret in PROXY.secrets]
    with all_http(Answers(PROXY_ECHOES[echo](" ".join(texts)))):
        found = outcome_of(ASKING[asking])
    told = list(locals_of(found)) if isinstance(found, MirrorPolicyError) else []

    assert leaks([PROXY], [*shown_by(found), *told]) == []


BAD_PROXIES: Final = (
    "http://me:Vh64proxy-canary@:3128",
    "http://me:Vh64proxy-canary@",
    "http://me:Vh64proxy-canary@[::1",
    "http://me:Vh64proxy-canary@host:99999",
    "http://me:Vh64proxy-canary@host:port",
    "http://me:Vh64proxy-canary@ho st:1",
    "http://me:Vh64proxy/canary@host:1",
    "http://me:Vh64proxy#canary@host:1",
    "http://me:Vh64proxy?canary@host:1",
    "http://me:Vh64proxy-canary%zz@host:99999",
    "http://me:Vh64proxy-can\u20acry@host:1",
    "ftp://me:Vh64proxy-canary@host:1",
    "socks5://me:Vh64proxy-canary@host:1",
    "me:Vh64proxy-canary@:1",
    "://me:Vh64proxy-canary@host",
)


@pytest.mark.parametrize("proxy", BAD_PROXIES)
@pytest.mark.parametrize("asking", ["a read", "a write", "a mirror"])
def test_a_proxy_that_cannot_be_used_is_an_error_without_its_password(
    monkeypatch: pytest.MonkeyPatch, asking: str, proxy: str
) -> None:
    """One of ours, with nothing behind it that has the password."""
    monkeypatch.setenv("http_proxy", proxy)
    with all_http(Answers(answer(b"", 404))):
        found = outcome_of(ASKING[asking])

    assert "Vh64proxy" not in "".join(shown_by(found))
