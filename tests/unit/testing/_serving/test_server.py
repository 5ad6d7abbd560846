"""FakeKibana over a real socket: connections, TLS, drops, and an end without leaks."""

import functools
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPSConnection

import pytest
import requests
import responses
import trustme
from support.fake_client import POLICIES

from elastic_mirror_policy.testing import FakeKibana, Fault


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """The example, served."""
    with FakeKibana.example() as served:
        yield served


@pytest.fixture
def session(fake: FakeKibana) -> Iterator[requests.Session]:
    """A session with the key of the fake."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"ApiKey {fake.api_key}"
        yield session


def test_it_answers_over_http(fake: FakeKibana, session: requests.Session) -> None:
    """The same answers as `handle` gives."""
    answer = session.get(f"{fake.url}{POLICIES}", timeout=10)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.json()["total"] == 7


def test_many_requests_use_one_connection(fake: FakeKibana, session: requests.Session) -> None:
    """HTTP/1.1 keeps the connection."""
    for _ in range(5):
        session.get(f"{fake.url}/api/status", timeout=10)

    assert fake.connections == 1
    assert len(fake.requests) == 5


def test_parallel_requests_overlap(fake: FakeKibana) -> None:
    """Latency is waited for outside of the lock: four are under way at the same time."""
    together = threading.Barrier(4, timeout=20)
    for nth in range(1, 5):
        fake.before("GET", "/api/status", nth, together.wait)

    with ThreadPoolExecutor(4) as pool:
        url = f"{fake.url}/api/status"
        found = list(pool.map(lambda _: requests.get(url, timeout=20).status_code, range(4)))

    assert found == [200] * 4


def test_parallel_writes_do_not_get_lost(fake: FakeKibana) -> None:
    """One lock around the state: every write counts one revision."""
    policy = fake.policy_ids[0]
    headers = {"Authorization": f"ApiKey {fake.api_key}", "kbn-xsrf": "x"}
    url = f"{fake.url}{POLICIES}/{policy}"

    with ThreadPoolExecutor(8) as pool:
        put = functools.partial(requests.put, url, json={}, headers=headers, timeout=20)
        found = list(pool.map(lambda _: put().status_code, range(40)))

    commits = fake.commits(policy)
    assert set(found) == {200}
    assert fake.revision(policy) == 41
    assert [one.revision_after for one in commits] == list(range(2, 42))


def test_latency_delays_answers(fake: FakeKibana, session: requests.Session) -> None:
    """A client that waits less gets nothing."""
    fake.latency = 30

    with pytest.raises(requests.exceptions.ReadTimeout):
        session.get(f"{fake.url}/api/status", timeout=(10, 0.05))


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_dropped_connection_gives_no_answer(
    fake: FakeKibana, session: requests.Session, drop: str
) -> None:
    """The client sees a closed connection, not a status."""
    fake.inject(Fault(drop=drop))  # type: ignore[arg-type]

    with pytest.raises(requests.exceptions.ConnectionError):
        session.get(f"{fake.url}/api/status", timeout=10)

    assert fake.requests[-1].status == 0


def test_a_truncated_answer_ends_too_early(fake: FakeKibana, session: requests.Session) -> None:
    """The body is shorter than its header says."""
    fake.inject(Fault(truncate=10))

    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        session.get(f"{fake.url}/api/status", timeout=10)


def test_a_redirect_can_be_followed(fake: FakeKibana, session: requests.Session) -> None:
    """Its target is where the fault points."""
    fake.inject(Fault(redirect=f"{fake.url}/api/status"))

    answer = session.get(f"{fake.url}{POLICIES}", timeout=10)

    assert answer.url == f"{fake.url}/api/status"


@pytest.mark.parametrize("pieces", [[b"{}"], [b"{", b"}"], [b" " * 70_000, b"{}"]])
def test_a_body_may_come_in_chunks(fake: FakeKibana, pieces: list[bytes]) -> None:
    """As Go's client sends it; the request is recorded like any other."""
    policy = fake.policy_ids[0]
    headers = {"Authorization": f"ApiKey {fake.api_key}", "kbn-xsrf": "x"}

    answer = requests.put(
        f"{fake.url}{POLICIES}/{policy}", data=iter(pieces), headers=headers, timeout=20
    )

    assert answer.status_code == 200
    assert fake.revision(policy) == 2
    assert fake.requests[-1].policy_id == policy


@pytest.mark.parametrize("sent", [b"2\r\n{}", b"2\r\n{}xx", b"", b"5\r\n{}"])
def test_a_client_that_hangs_up_in_a_chunk_is_nothing_to_report(sent: bytes) -> None:
    """Nothing of it is carried out."""
    with FakeKibana.example() as fake:
        port = int(fake.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            head = b"PUT /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            connection.sendall(head + sent)
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(4096) == b""

    assert fake.requests == ()


@pytest.mark.parametrize(
    "header",
    ["Transfer-Encoding: gzip", "Content-Length: x", "Transfer-Encoding: chunked\r\n\r\nzz"],
)
def test_a_body_without_a_length_is_refused(fake: FakeKibana, header: str) -> None:
    """400; and the server goes on."""
    host, port = "127.0.0.1", int(fake.url.rpartition(":")[2])
    with socket.create_connection((host, port), timeout=10) as connection:
        connection.sendall(f"PUT /x HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".encode())
        first = connection.recv(4096)

    assert first.startswith(b"HTTP/1.1 400 ")


def test_head_has_no_body(fake: FakeKibana) -> None:
    """Or the next answer on the connection would begin in the middle."""
    connection = HTTPConnection(fake.url.removeprefix("http://"), timeout=10)
    try:
        connection.request("HEAD", "/api/status")
        head = connection.getresponse()
        body = head.read()
        connection.request("GET", "/api/status")
        status = connection.getresponse().status
    finally:
        connection.close()

    assert (head.status, body, status) == (200, b"", 200)
    assert [one.method for one in fake.requests] == ["HEAD", "GET"]


def test_a_client_that_hangs_up_is_nothing_to_report() -> None:
    """Half a request, then gone: the server ends without an error."""
    with FakeKibana.example() as fake:
        port = int(fake.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(b"GET /api/status HTTP/1.1\r\n\r\n")
            connection.recv(4096)
            connection.sendall(b"PUT /api/fleet HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf")

    assert fake.connections == 1
    assert [one.method for one in fake.requests] == ["GET"]


def test_it_ends_while_a_client_is_waiting() -> None:
    """Closing wakes what waits for latency and closes idle connections."""
    fake = FakeKibana.example()
    with fake, requests.Session() as session, ThreadPoolExecutor(1) as pool:
        url = fake.url
        session.get(f"{url}/api/status", timeout=10)
        arrived = threading.Event()
        fake.latency = 600
        fake.before("GET", "/api/status", 1, arrived.set)
        waiting = pool.submit(_try, f"{url}/api/status")
        assert arrived.wait(20)
        fake.close()

        assert waiting.result(20) in {"200", "ConnectionError"}


def _try(url: str) -> str:
    try:
        return str(requests.get(url, timeout=20).status_code)
    except requests.exceptions.ConnectionError:
        return "ConnectionError"


def test_what_an_interruption_raises_is_raised_at_the_end() -> None:
    """A failed assertion inside of `before` does not get lost in a thread."""
    fake = FakeKibana.example()
    fake.before("GET", "/api/status", 1, lambda: pytest.fail("seen"))

    with pytest.raises(pytest.fail.Exception, match="seen"), fake:
        assert _try(f"{fake.url}/api/status") == "ConnectionError"


def test_an_error_of_the_test_itself_comes_first() -> None:
    """What the with statement raised is not hidden by what the server kept."""
    fake = FakeKibana.example()
    fake.before("GET", "/api/status", 1, lambda: 1 / 0)

    with pytest.raises(KeyError), fake:
        {"": ""}[_try(f"{fake.url}/api/status")]


def test_it_can_be_served_again() -> None:
    """Its state stays, and so may its port."""
    fake = FakeKibana.example()
    with fake:
        port = int(fake.url.rpartition(":")[2])
    with fake.serve(port=port):
        assert fake.url == f"http://127.0.0.1:{port}"
        assert _try(f"{fake.url}/api/status") == "200"


def test_it_is_served_once_at_a_time() -> None:
    """And has an address only while it is."""
    fake = FakeKibana()
    with pytest.raises(RuntimeError, match="not being served"):
        _ = fake.url

    with fake, pytest.raises(RuntimeError, match="already"):
        fake.serve()


def test_the_address_contains_the_base_path() -> None:
    """So that a client may take it as it is."""
    with FakeKibana.example(base_path="/kibana") as fake:
        assert fake.url.endswith("/kibana")
        assert _try(f"{fake.url}/api/status") == "200"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority of our own."""
    return trustme.CA()


def test_it_can_be_served_over_tls(authority: trustme.CA) -> None:
    """With the context of whoever starts it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with FakeKibana.example().serve(ssl_context=context) as fake:
        connection = HTTPSConnection(
            fake.url.removeprefix("https://"), context=trusting, timeout=10
        )
        try:
            connection.request("GET", "/api/status")
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()

    assert answer["status"]["overall"]["level"] == "available"


def test_a_client_that_does_not_trust_it_gets_nothing(authority: trustme.CA) -> None:
    """The failed handshake is no error of the fake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with FakeKibana.example().serve(ssl_context=context) as fake:
        connection = HTTPSConnection(fake.url.removeprefix("https://"), timeout=10)
        try:
            with pytest.raises(ssl.SSLCertVerificationError):
                connection.request("GET", "/api/status")
        finally:
            connection.close()

    assert fake.requests == ()


def test_it_answers_through_responses() -> None:
    """Without any socket, for tests that already use that library."""
    fake = FakeKibana.example()
    with responses.RequestsMock() as mock:
        mock.assert_all_requests_are_fired = False
        fake.register(mock, "http://kibana.test")
        fake.inject(Fault(method="PUT", drop="before"))
        found = requests.get(
            f"http://kibana.test{POLICIES}?perPage=2",
            headers={"Authorization": f"ApiKey {fake.api_key}"},
            timeout=1,
        )
        with pytest.raises(requests.exceptions.ConnectionError):
            requests.put(f"http://kibana.test{POLICIES}/x", json={}, timeout=1)

    assert len(found.json()["items"]) == 2
    assert found.headers["content-type"] == "application/json; charset=utf-8"
    assert [one.query for one in fake.requests] == ["perPage=2", ""]


def test_closing_raises_what_an_interruption_raised() -> None:
    """Also where the fake is not used in a with statement."""
    fake = FakeKibana.example().serve()
    fake.before("GET", "/api/status", 1, lambda: 1 / 0)
    _try(f"{fake.url}/api/status")

    with pytest.raises(ZeroDivisionError):
        fake.close()
