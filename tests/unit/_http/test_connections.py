"""Real sockets and real TLS: dropped, cut short, slow, and not the server it should be."""

import gzip
import os
import socket
import ssl
from contextlib import closing
from functools import reduce
from http.client import BadStatusLine
from pathlib import Path
from typing import Final

import pytest
import requests
import trustme
import urllib3
from support.memory_http import Scripted, all_http
from support.wire import Action, answer, drop, plain_text_on, raw, wire

from elastic_mirror_policy._http import client as _http
from elastic_mirror_policy._http import connections
from elastic_mirror_policy._http.client import HttpClient, Reply, Timeouts
from elastic_mirror_policy._http.connections import Tls
from elastic_mirror_policy._http.deadline import apply_deadlines
from elastic_mirror_policy._http.download import Fetcher, read_all
from elastic_mirror_policy._http.failures import (
    TLS_HINT,
    FinalTransportError,
    ProxyRefusedError,
    TlsError,
    root_cause,
    transport_error,
)
from elastic_mirror_policy._http.retry import RetryPolicy
from elastic_mirror_policy.errors import (
    MirrorPolicyError,
    RequestTimeoutError,
    ServerError,
    TransportError,
)

CUT_SHORT = answer(b'{"items": [', length=100)
CUT_CHUNK = raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{")
NOT_HTTP = raw(b"SSH-2.0-OpenSSH_9.9\r\n")
BAD_GZIP = answer(b"not gzip at all", "200 OK", "Content-Encoding: gzip")


def stall(connection: socket.socket) -> None:
    """Wait until the other side gives up."""
    connection.recv(1)


def begin_and_stall(connection: socket.socket) -> None:
    """Answer half, and wait until the other side gives up."""
    CUT_SHORT(connection)
    connection.recv(1)


def explain(reply: Reply) -> MirrorPolicyError:
    """Return an error; these tests do not look at it."""
    return ServerError("no", status=reply.status, method=reply.method, path=reply.path)


def client_of(url: str, *, attempts: int = 1, tls: Tls | None = None) -> HttpClient:
    """Return a client that waits briefly and never sleeps."""
    return HttpClient(
        url,
        explain=explain,
        tls=tls,
        timeouts=Timeouts(5.0, 0.2, 0.2),
        retry=RetryPolicy(attempts=attempts),
        sleep=lambda _: None,
    )


@pytest.fixture(name="closed_url")
def _closed_url() -> str:
    """Return the address of a port where nobody listens any more."""
    with wire() as served:
        return served.url


@pytest.mark.parametrize("action", [drop, CUT_SHORT, CUT_CHUNK, NOT_HTTP, BAD_GZIP])
def test_a_read_that_broke_off_is_sent_again(action: Action) -> None:
    """Reading twice changes nothing."""
    with wire(action, answer(b"[1]")) as served:
        client = client_of(served.url, attempts=2)
        found = client.read("GET", "/")
        client.close()

    assert found == [1]
    assert len(served.requests) == 2


@pytest.mark.parametrize("action", [drop, CUT_SHORT, CUT_CHUNK, NOT_HTTP, BAD_GZIP])
def test_a_write_that_broke_off_is_never_sent_again(action: Action) -> None:
    """It may have been carried out; whoever wants to know has to look."""
    with wire(action, answer()) as served:
        client = client_of(served.url, attempts=5)
        with pytest.raises(TransportError) as caught:
            client.write("PUT", "/x", body={"a": 1})
        client.close()

    assert caught.value.sent
    assert caught.value.message.startswith(f"PUT /x to {served.url} got no answer: ")
    assert [request.count(b'{"a":1}') for request in served.requests] == [1]


def test_no_answer_in_time_is_a_timeout() -> None:
    """The request is with the server, so it may yet be carried out."""
    with wire(stall) as served:
        client = client_of(served.url, attempts=5)
        with pytest.raises(RequestTimeoutError) as caught:
            client.write("PUT", "/", body={})
        client.close()

    assert caught.value.sent
    assert caught.value.message == f"{served.url} did not answer PUT / in time."
    assert len(served.requests) == 1


def test_an_answer_that_stops_in_the_middle_is_a_timeout() -> None:
    """The head came, the body did not."""
    with wire(begin_and_stall) as served:
        client = client_of(served.url)
        with pytest.raises(RequestTimeoutError, match=r"answer GET / in time\. If it is"):
            client.read("GET", "/")
        client.close()


def test_a_refused_connection_was_certainly_not_a_write(closed_url: str) -> None:
    """Nothing was sent, so even a write is tried again."""
    client = client_of(closed_url, attempts=3)
    with pytest.raises(TransportError) as caught:
        client.write("PUT", "/", body={})
    client.close()

    assert not caught.value.sent
    assert caught.value.message.startswith(f"PUT / to {closed_url} got no answer: ")
    assert "refused" in caught.value.message
    assert "0x" not in caught.value.message
    assert client.requests_sent == 3


def test_a_compressed_answer_is_read() -> None:
    """Kibana compresses long lists."""
    packed = gzip.compress(b"[1]")
    with wire(answer(packed, "200 OK", "Content-Encoding: gzip")) as served:
        client = client_of(served.url)
        found = client.read("GET", "/")
        client.close()

    assert found == [1]


def test_a_small_answer_that_grows_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is on what it becomes, not on what is sent."""
    monkeypatch.setattr(_http, "MAX_BODY", 1000)
    bomb = gzip.compress(b"[" + b" " * 10_000_000 + b"]")
    with wire(answer(bomb, "200 OK", "Content-Encoding: gzip")) as served:
        client = client_of(served.url)
        with pytest.raises(TransportError, match="more than 1000 bytes"):
            client.read("GET", "/")
        client.close()


class Authority:
    """A certificate authority made for one test, and a server's context signed by it."""

    def __init__(self, folder: Path, name: str) -> None:
        self._ca = trustme.CA()
        self.pem = str(folder / f"{name}.pem")
        self._ca.cert_pem.write_to_path(self.pem)

    def server(self, host: str = "127.0.0.1") -> ssl.SSLContext:
        """Return the context of a server with a certificate for `host`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(host).configure_cert(context)
        return context

    def client_cert(self, folder: Path) -> tuple[str, str]:
        """Return the paths of a certificate and of its key."""
        issued = self._ca.issue_cert("client@corp.example")
        cert, key = folder / "client.pem", folder / "client.key"
        issued.cert_chain_pems[0].write_to_path(str(cert))
        issued.private_key_pem.write_to_path(str(key))
        return str(cert), str(key)


@pytest.fixture(name="ours")
def _ours(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ours")


@pytest.fixture(name="theirs")
def _theirs(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "theirs")


def secure(url: str) -> str:
    """Return the address of the same server over TLS."""
    return url.replace("http:", "https:")


def test_the_given_ca_is_trusted(ours: Authority) -> None:
    """A certificate of one's own authority is enough."""
    with wire(answer(b"[1]"), tls=ours.server()) as served:
        client = client_of(secure(served.url), tls=Tls((ours.pem,)))
        found = client.read("GET", "/")
        client.close()

    assert found == [1]


def test_every_given_ca_is_trusted_and_the_public_ones_where_they_are_named(
    ours: Authority, theirs: Authority, tmp_path: Path
) -> None:
    """Each of them, whatever comments their files hold."""
    public = Authority(tmp_path, "public")
    commented = Path(theirs.pem)
    commented.write_bytes("# Autorité racine\n".encode() + commented.read_bytes())
    found = []
    for authority in (ours, theirs, public):
        with wire(answer(b"[1]"), tls=authority.server()) as served:
            client = client_of(secure(served.url), tls=Tls((public.pem, ours.pem, theirs.pem)))
            found.append(client.read("GET", "/"))
            client.close()

    assert found == [[1], [1], [1]]


def test_a_public_ca_is_not_trusted_where_another_is_given(
    ours: Authority, theirs: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate that it issues for Kibana's name is then worth nothing."""
    monkeypatch.setattr(connections, "PUBLIC_CAS", theirs.pem)
    with wire(answer(b"[1]"), tls=theirs.server()) as served:
        without = client_of(secure(served.url))
        limited = client_of(secure(served.url), tls=Tls((ours.pem,)))
        try:
            assert without.read("GET", "/") == [1]
            with pytest.raises(TlsError):
                limited.read("GET", "/")
        finally:
            without.close()
            limited.close()


def test_folders_of_cas_are_searched_as_openssl_does(tmp_path: Path) -> None:
    """A list of folders is one text to it."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    pool = urllib3.HTTPSConnectionPool("mirror.corp")

    connections.trust(pool, (str(one), str(two)))

    assert pool.ca_cert_dir == f"{one}{os.pathsep}{two}"


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_the_environment_cannot_replace_the_given_ca(
    ours: Authority, theirs: Authority, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A server that only the environment trusts is not trusted."""
    monkeypatch.setenv(name, theirs.pem)
    with wire(answer(), tls=theirs.server()) as served:
        client = client_of(secure(served.url), tls=Tls((ours.pem,)))
        with pytest.raises(TransportError, match="certificate verify failed"):
            client.read("GET", "/")
        client.close()

    assert served.requests == []


@pytest.mark.parametrize(
    ("host", "hint"),
    [("127.0.0.1", "(--ca-cert"), ("other.corp", "for another name")],
)
def test_a_certificate_that_is_not_trusted_ends_it_before_anything_is_sent(
    ours: Authority, theirs: Authority, host: str, hint: str
) -> None:
    """Another authority, or another host: nothing is sent, and nothing is tried again."""
    authority = theirs if host == "127.0.0.1" else ours
    with wire(answer(), tls=authority.server(host)) as served:
        client = client_of(secure(served.url), attempts=5, tls=Tls((ours.pem,)))
        with pytest.raises(TransportError, match="certificate verify failed") as caught:
            client.write("PUT", "/", body={})
        client.close()

    assert isinstance(caught.value, FinalTransportError)
    assert not caught.value.sent
    assert hint in caught.value.hint
    assert (served.connections, served.requests) == (1, [])


def tunnel_to(server: ssl.SSLContext) -> Action:
    """Return the action of a proxy that leads to a server with one answer."""

    def act(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with server.wrap_socket(connection, server_side=True) as secured:
            while not secured.recv(4096).endswith(b"\r\n\r\n"):
                pass
            answer(b"[1]")(secured)

    return act


def test_a_tunnel_through_a_proxy_ends_at_the_server_itself(
    ours: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its certificate is looked at, and the proxy learns no more than its name."""
    with wire(tunnel_to(ours.server("kibana.corp"))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        client = HttpClient(
            "https://kibana.corp:5601",
            explain=explain,
            tls=Tls((ours.pem,)),
            retry=RetryPolicy(attempts=1),
        )
        found = client.read("GET", "/secret")
        client.close()

    assert found == [1]
    assert proxy.requests[0].startswith(b"CONNECT kibana.corp:5601 ")
    assert b"secret" not in b"".join(proxy.requests)


SQUID: Final = answer(b"<title>Denied</title>", "403 Forbidden", "X-Squid-Error: ERR_DENIED 0")


@pytest.mark.parametrize("asking", ["client", "download"])
def test_a_proxy_that_answers_itself_is_named(monkeypatch: pytest.MonkeyPatch, asking: str) -> None:
    """Without its password, and not as the server that was meant."""
    with wire(SQUID) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("//", "//me:secret@"))
        with pytest.raises(ProxyRefusedError) as caught:
            ask_through_proxy(asking)

    assert f"the proxy 127.0.0.1:{proxy.port} answered 403" in caught.value.message
    assert "NO_PROXY" in caught.value.hint
    assert not caught.value.sent


def ask_through_proxy(asking: str) -> None:
    """Read something from a server behind a proxy."""
    if asking == "download":
        with Fetcher("http://mirror.example", timeout=5.0, parallel=1) as fetcher:
            fetcher.get("/a", read_all, limit=10)
    with closing(client_of("http://kibana.example")) as client:
        client.read("GET", "/")


def test_tls_that_breaks_after_the_request_leaves_a_write_in_doubt(ours: Authority) -> None:
    """The server has the request; that its answer cannot be read says nothing about it."""
    with wire(plain_text_on, tls=ours.server()) as served:
        client = client_of(secure(served.url), attempts=5, tls=Tls((ours.pem,)))
        with pytest.raises(TransportError) as caught:
            client.write("PUT", "/", body={})
        client.close()

    assert caught.value.sent
    assert caught.value.message.startswith(f"The TLS connection to {secure(served.url)} failed: ")
    assert len(served.requests) == 1


def test_a_server_without_tls_is_named_as_such(ours: Authority) -> None:
    """https:// to a plain port is a common slip."""
    with wire(answer()) as served:
        client = client_of(secure(served.url), tls=Tls((ours.pem,)))
        with pytest.raises(TransportError, match="The TLS connection to https://127") as caught:
            client.read("GET", "/")
        client.close()

    assert "use http://" in caught.value.hint


def test_a_server_that_wants_tls_is_named_as_such(ours: Authority) -> None:
    """http:// to a port of TLS is a slip as common."""
    with wire(answer(), tls=ours.server()) as served:
        client = client_of(served.url)
        with pytest.raises(TransportError) as caught:
            client.read("GET", "/")
        client.close()

    assert "try https://" in caught.value.hint


def test_a_client_certificate_is_presented(ours: Authority, tmp_path: Path) -> None:
    """Servers may ask who is there."""
    context = ours.server()
    context.load_verify_locations(ours.pem)
    context.verify_mode = ssl.CERT_REQUIRED
    tls = Tls((ours.pem,), client_cert=ours.client_cert(tmp_path))
    with wire(answer(b"[1]"), tls=context) as served:
        client = client_of(secure(served.url), tls=tls)
        found = client.read("GET", "/")
        client.close()

    assert found == [1]


@pytest.mark.parametrize(
    "tls",
    [
        Tls(("/nonexistent/ca.pem",)),
        Tls(client_cert="/nonexistent/client.pem"),
        Tls(client_cert=("/nonexistent/client.pem", "/nonexistent/client.key")),
    ],
)
def test_a_certificate_file_that_is_missing_is_one_sentence(tls: Tls) -> None:
    """Nothing is sent, and the file is named."""
    client = client_of("https://127.0.0.1:1", attempts=5, tls=tls)
    with pytest.raises(TransportError, match=r"could not be sent: .*/nonexistent/") as caught:
        client.read("GET", "/")
    client.close()

    assert not caught.value.sent
    assert client.requests_sent == 1


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://[::1", "is not an address that can be asked"),
        ("http://", "is not an address that can be asked"),
        ("ftp://127.0.0.1", "is not an address that can be asked"),
        ("http://127.0.0.1:99999", "is not an address that can be asked"),
    ],
)
def test_an_address_that_cannot_be_asked_is_named(url: str, why: str) -> None:
    """It is never tried again."""
    client = client_of(url, attempts=5)
    with pytest.raises(TransportError, match=why) as caught:
        client.read("GET", "/")
    client.close()

    assert not caught.value.sent
    assert client.requests_sent == 1


ADDRESS = "https://kibana.corp"
PROXY = "proxy.corp:3128"
POOL = urllib3.HTTPConnectionPool("kibana.corp")
CONNECTION = urllib3.connection.HTTPConnection("kibana.corp")
GAI_ERROR = socket.gaierror(-2, "Name or service not known")
REFUSED = urllib3.exceptions.NewConnectionError(CONNECTION, "Connection refused")
RESET = urllib3.exceptions.ProtocolError("Aborted.", ConnectionResetError(104, "Reset"))
UNREACHED = urllib3.exceptions.ProxyError("Unable to connect to proxy", REFUSED)


def tunnel_refused(status: str) -> Exception:
    """Return what urllib3 makes of a proxy's refusal."""
    return urllib3.exceptions.ProxyError(
        "Unable to connect to proxy", OSError(f"Tunnel connection failed: {status}")
    )


def certificate_error(code: int) -> Exception:
    """Return what urllib3 makes of a certificate that does not verify."""
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code
    return urllib3.exceptions.SSLError(error)


NO_ANSWER = f"PUT / to {ADDRESS} got no answer:"
NOT_SECURE = f"The TLS connection to {ADDRESS} failed:"


@pytest.mark.parametrize(
    ("exc", "kind", "sent", "words"),
    [
        (
            urllib3.exceptions.ConnectTimeoutError("x"),
            RequestTimeoutError,
            False,
            f"{ADDRESS} did not accept a connection in time (PUT /).",
        ),
        (
            urllib3.exceptions.ReadTimeoutError(POOL, "/", "x"),
            RequestTimeoutError,
            True,
            f"{ADDRESS} did not answer PUT / in time.",
        ),
        (REFUSED, TransportError, False, f"{NO_ANSWER} Connection refused."),
        (RESET, TransportError, True, f"{NO_ANSWER} [Errno 104] Reset."),
        (urllib3.exceptions.HTTPError(), TransportError, True, f"{NO_ANSWER} HTTPError."),
        (
            UNREACHED,
            TransportError,
            False,
            f"{NO_ANSWER} the proxy {PROXY} was not reached: Connection refused.",
        ),
        (
            tunnel_refused("503 Busy"),
            TransportError,
            False,
            f"PUT / did not reach {ADDRESS}: the proxy {PROXY} answered 503.",
        ),
        (
            tunnel_refused("403 Forbidden"),
            ProxyRefusedError,
            False,
            f"PUT / did not reach {ADDRESS}: the proxy {PROXY} answered 403.",
        ),
        (
            OSError("no such file"),
            FinalTransportError,
            False,
            f"PUT / to {ADDRESS} could not be sent: no such file.",
        ),
        (
            requests.exceptions.InvalidURL("x"),
            FinalTransportError,
            False,
            f"{ADDRESS} is not an address that can be asked through the proxy of the environment.",
        ),
        (
            ValueError("a\nb."),
            FinalTransportError,
            False,
            f"PUT / to {ADDRESS} could not be sent: a b.",
        ),
        (certificate_error(18), TlsError, False, f"{NOT_SECURE} certificate verify failed."),
        (
            urllib3.exceptions.SSLError(ssl.SSLEOFError(8, "EOF in violation of protocol")),
            TlsError,
            True,
            f"{NOT_SECURE} EOF in violation of protocol.",
        ),
    ],
)
def test_an_exception_of_the_stack_becomes_one_sentence(
    exc: Exception,
    kind: type[TransportError],
    sent: bool,  # noqa: FBT001 - a table
    words: str,
) -> None:
    """Which request, where to, and the innermost reason."""
    error = transport_error(exc, "PUT /", ADDRESS, proxy=PROXY)

    assert type(error) is kind
    assert (error.message, error.sent) == (words, sent)


@pytest.mark.parametrize(
    ("exc", "advice"),
    [
        (certificate_error(18), "--ca-cert"),
        (certificate_error(62), "another name"),
        (certificate_error(64), "another name"),
        (certificate_error(10), "renewed"),
        (certificate_error(9), "clock"),
        (tunnel_refused("407 Proxy Authentication Required"), "login"),
        (tunnel_refused("403 Forbidden"), "NO_PROXY"),
        (UNREACHED, "NO_PROXY"),
        (REFUSED, "port"),
        (urllib3.exceptions.NameResolutionError("kibana.corp", CONNECTION, GAI_ERROR), "spelled"),
        (urllib3.exceptions.ConnectTimeoutError("x"), "firewall"),
        (urllib3.exceptions.ReadTimeoutError(POOL, "/", "x"), "--timeout"),
        (requests.exceptions.InvalidProxyURL("x"), "NO_PROXY"),
        (RESET, ""),
    ],
)
def test_the_advice_fits_the_reason(exc: Exception, advice: str) -> None:
    """Another authority cures no other name, and no privilege opens a proxy."""
    hint = transport_error(exc, "PUT /", ADDRESS, proxy=PROXY).hint

    assert advice in hint if advice else not hint


def test_a_cause_is_one_short_line() -> None:
    """However much an exception has to say."""
    assert root_cause(OSError("x\n" * 1000)) == ("x " * 100)


def test_a_cause_is_looked_for_in_depth() -> None:
    """Libraries wrap exceptions in exceptions."""
    wrapped = reduce(lambda inner, _: OSError(inner), range(20), OSError("deep"))

    assert root_cause(wrapped) == "deep"


@pytest.mark.parametrize("alert", ["\x15\x03\x01\x00\x02", "\x15\x03\x03\x00\x02\x02\x16"])
def test_a_tls_alert_in_place_of_an_answer_is_told_as_such(alert: str) -> None:
    """A server with TLS sends it to a client that speaks without."""
    error = transport_error(
        urllib3.exceptions.ProtocolError("x", BadStatusLine(alert)), "GET /", ADDRESS
    )

    assert error.message == f"GET / to {ADDRESS} got a TLS alert in place of an answer."
    assert error.hint == TLS_HINT


def test_without_a_deadline_an_answer_is_read_to_its_end() -> None:
    """A pool may be used by what has no deadline."""
    scripted = Scripted()
    scripted.add(b"whole")
    pool = urllib3.HTTPConnectionPool("mirror.corp")
    apply_deadlines(pool)
    with all_http(scripted):
        given = pool.request("GET", "/")

    assert given.data == b"whole"
