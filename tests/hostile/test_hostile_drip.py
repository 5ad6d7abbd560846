"""A server that sends a byte now and then does not hold a request for ever."""

import gzip
import socket
import ssl
import threading
from contextlib import closing
from pathlib import Path

import pytest
import trustme
from support.wire import Action, answer, wire

from elastic_mirror_policy._http import client as _http
from elastic_mirror_policy._http.client import HttpClient, Reply, Timeouts
from elastic_mirror_policy._http.connections import Tls
from elastic_mirror_policy._http.deadline import Deadline
from elastic_mirror_policy._http.retry import RetryPolicy
from elastic_mirror_policy.errors import (
    MirrorPolicyError,
    RequestTimeoutError,
    ServerError,
)

READ = 5.0
"""Seconds without a byte: never between two drops."""

WHOLE = 0.2
"""Seconds for an exchange in these tests, in place of ten times the above."""

HEAD = b"HTTP/1.1 200 OK\r\n"
LATE = "did not finish answering"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_http, "PATIENCE", WHOLE / READ)


def explain(reply: Reply) -> MirrorPolicyError:
    """Return an error; these tests do not look at it."""
    return ServerError("no", status=reply.status, method=reply.method, path=reply.path)


def client_of(url: str, *, read: float = READ, tls: Tls | None = None) -> closing[HttpClient]:
    """Return a client that tries once."""
    client = HttpClient(
        url,
        explain=explain,
        tls=tls,
        timeouts=Timeouts(5.0, read, read),
        retry=RetryPolicy(attempts=1),
    )
    return closing(client)


def dripping(begin: bytes, drop: bytes) -> Action:
    """Return the action that sends how it begins, and then drops until nobody takes them."""

    def act(connection: socket.socket) -> None:
        connection.sendall(begin)
        pause = threading.Event()
        while not pause.wait(0.01):
            connection.sendall(drop)

    return act


DRIPS = {
    "status": dripping(b"HTTP/1.1 200 ", b"O"),
    "informational": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "header": dripping(HEAD + b"X-Drip: ", b"x"),
    "headers": dripping(HEAD, b"X-Drip: x\r\n"),
    "body": dripping(HEAD + b"Content-Length: 99999\r\n\r\n[", b" "),
    "chunk size": dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "chunks": dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "gzip": dripping(
        HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"[" + b" " * 999)[:20], b"\0"
    ),
    "whole value": dripping(HEAD + b"Connection: close\r\n\r\n[1]", b" "),
    "redirect": dripping(b"HTTP/1.1 302 Found\r\nLocation: https://other\r\n\r\n", b" "),
    "refusal": dripping(b"HTTP/1.1 503 No\r\nRetry-After: 1\r\n\r\n", b" "),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("drip", DRIPS)
def test_an_answer_that_drips_is_a_timeout(drip: str) -> None:
    """In every part of an answer, even where what came so far would be a whole value."""
    with (
        wire(DRIPS[drip]) as served,
        client_of(served.url) as client,
        pytest.raises(RequestTimeoutError, match=LATE) as caught,
    ):
        client.read("GET", "/")

    assert caught.value.sent
    assert "longer timeout" in caught.value.hint


@pytest.mark.timeout(60)
def test_a_write_whose_answer_drips_is_in_doubt_and_sent_once() -> None:
    """It may have been carried out: only reading can tell."""
    with (
        wire(DRIPS["body"], answer()) as served,
        client_of(served.url) as client,
        pytest.raises(RequestTimeoutError) as caught,
    ):
        client.write("PUT", "/", body={})

    assert caught.value.sent
    assert len(served.requests) == 1


@pytest.mark.timeout(60)
def test_a_drip_over_tls_ends_as_well(tmp_path: Path) -> None:
    """What is read below TLS looks at the clock as well."""
    authority, pem = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with wire(DRIPS["body"], tls=context) as served:
        url = served.url.replace("http:", "https:")
        with (
            client_of(url, tls=Tls((str(pem),))) as client,
            pytest.raises(RequestTimeoutError, match=LATE),
        ):
            client.read("GET", "/")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_drips_ends_as_well(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before there is a tunnel, too."""
    with wire(DRIPS["header"]) as proxy:
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", proxy.url)
        with (
            client_of(f"{scheme}://kibana.example") as client,
            pytest.raises(RequestTimeoutError, match=LATE),
        ):
            client.read("GET", "/")


def test_a_deadline_takes_no_thread_and_does_not_outlive_its_request() -> None:
    """The clock is looked at by whoever reads."""
    before = set(threading.enumerate())
    with wire(*[answer(b"[1]")] * 20) as served, client_of(served.url, read=1e4) as client:
        serving = set(threading.enumerate()) - before
        found = [client.read("GET", "/") for _ in range(20)]
        began = set(threading.enumerate()) - before - serving

    assert found == [[1]] * 20
    assert not began


def test_a_connection_that_is_kept_has_the_deadline_of_each_request() -> None:
    """Not of the one that it was made for."""
    body = HEAD + b"Content-Length: 3\r\n\r\n[1]"

    def twice(connection: socket.socket) -> None:
        connection.sendall(body)
        connection.recv(4096)
        DRIPS["body"](connection)

    with wire(twice) as served, client_of(served.url) as client:
        assert client.read("GET", "/") == [1]
        with pytest.raises(RequestTimeoutError, match=LATE):
            client.read("GET", "/")

    assert served.connections == 1


def test_an_end_after_the_exchange_changes_nothing() -> None:
    """The socket may serve another exchange by then."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        deadline = Deadline(0.0)
        deadline.watch(ours)
        deadline.release()
        deadline.end()
        ours.sendall(b"x")

        assert theirs.recv(1) == b"x"


class Around:
    """What a TLS connection to a proxy has in place of a socket."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock


def test_a_socket_within_another_object_is_shut() -> None:
    """TLS to a server within TLS to a proxy is no socket, but has one."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        deadline = Deadline(3600.0)
        deadline.watch(Around(ours))
        deadline.end()

        assert deadline.passed
        assert theirs.recv(1) == b""
