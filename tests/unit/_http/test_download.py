"""A download is bounded in bytes and in time, whatever the server does."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from elastic_mirror_policy._http import download as _fetch
from elastic_mirror_policy._http.deadline import Deadline
from elastic_mirror_policy._http.download import (
    Answer,
    Fetcher,
    RedirectedError,
    read_all,
    usable_ca,
)
from elastic_mirror_policy._http.retry import RetryPolicy
from elastic_mirror_policy.errors import (
    ApiError,
    AuthenticationError,
    ConfigurationError,
    LengthMismatchError,
    MirrorPolicyError,
    NotFoundError,
    PermissionDeniedError,
    RequestTimeoutError,
    ServerError,
    TransportError,
)
from elastic_mirror_policy.testing._artifacts import faults
from elastic_mirror_policy.testing._artifacts.content import SyntheticArtifact
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

BODY = SyntheticArtifact("synthetic", bytes(range(256)) * 40, "none")
LIMIT = len(BODY.wire)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries do not wait."""
    monkeypatch.setattr(_fetch, "RETRY", RetryPolicy(attempts=3, total=10.0, base=0.0))


@pytest.fixture
def server() -> Iterator[FakeArtifactServer]:
    """A server of one artifact."""
    with FakeArtifactServer({"9.1.3": [BODY]}) as running:
        yield running


@contextlib.contextmanager
def fetching(server: FakeArtifactServer, *, timeout: float = 5.0) -> Iterator[Fetcher]:
    """A fetcher for the server."""
    with Fetcher(server.url, timeout=timeout, parallel=2) as fetcher:
        yield fetcher


def fetch(server: FakeArtifactServer, *, limit: int = LIMIT, timeout: float = 5.0) -> bytes:
    """The artifact's bytes."""
    with fetching(server, timeout=timeout) as fetcher:
        return fetcher.get(BODY.relative_url, read_all, limit=limit)[1]


def test_the_body_arrives_as_it_is(server: FakeArtifactServer) -> None:
    """With no credential, no cookie, and no compression asked for."""
    body = fetch(server)
    (request,) = server.requests

    assert body == BODY.wire
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["user-agent"].startswith("elastic-mirror-policy/")
    assert not {"authorization", "cookie"} & request.headers.keys()


def test_netrc_adds_no_credential(
    server: FakeArtifactServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file for other programs is not for a mirror."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    fetch(server)

    assert "authorization" not in server.requests[0].headers


def test_one_connection_serves_several_requests(server: FakeArtifactServer) -> None:
    """Bodies, headers alone and 304 leave the connection usable."""
    with fetching(server) as fetcher:
        answer, _ = fetcher.get(BODY.relative_url, read_all, limit=LIMIT)
        fetcher.head(BODY.relative_url)
        same = {"If-None-Match": answer.headers["etag"]}
        fetcher.get(BODY.relative_url, read_all, limit=LIMIT, headers=same, accept=(304,))
        fetcher.get(BODY.relative_url, read_all, limit=LIMIT)

    assert server.connections == 1
    assert fetcher.requests_sent == 4


@pytest.mark.parametrize(
    ("text", "length"), [("7", 7), ("", None), ("-1", None), ("9" * 30, None), ("٣", None)]
)
def test_a_length_is_a_plain_number(text: str, length: int | None) -> None:
    """Whatever else stands in the header is no length."""
    assert Answer(200, {"content-length": text}).length == length


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (410, NotFoundError),
        (304, ApiError),
        (416, ApiError),
        (206, ApiError),
        (429, ServerError),
        (500, ServerError),
        (503, ServerError),
    ],
)
def test_a_status_becomes_an_error(
    server: FakeArtifactServer, status: int, kind: type[ApiError]
) -> None:
    """Each error knows its status and what was asked for."""
    server.inject("", faults.status(status))

    with pytest.raises(kind) as caught:
        fetch(server)
    assert caught.value.status == status
    assert caught.value.path == BODY.relative_url
    assert server.url in caught.value.message


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_passing_error_is_tried_again(server: FakeArtifactServer, status: int) -> None:
    """Two failures, then the body."""
    server.inject("", faults.status(status), times=2)

    assert fetch(server) == BODY.wire
    assert [r.status for r in server.requests] == [status, status, 200]


@pytest.mark.parametrize("status", [404, 403, 500])
def test_a_lasting_error_is_not_tried_again(server: FakeArtifactServer, status: int) -> None:
    """It would be the same."""
    server.inject("", faults.status(status))
    with pytest.raises(ApiError):
        fetch(server)

    assert len(server.requests) == 1


def test_a_server_that_asks_for_too_much_patience_gets_none(server: FakeArtifactServer) -> None:
    """Retry-After beyond the time for retries ends them."""
    server.inject("", faults.status(503, retry_after="3600"))
    with pytest.raises(ServerError) as caught:
        fetch(server)

    assert caught.value.retry_after == 3600
    assert len(server.requests) == 1


def test_a_cut_body_is_fetched_again(server: FakeArtifactServer) -> None:
    """The caller starts from the first byte."""
    server.inject("", faults.truncated(), times=1)

    assert fetch(server) == BODY.wire
    assert len(server.requests) == 2


def test_a_body_that_is_always_cut_is_an_error(server: FakeArtifactServer) -> None:
    """After the retries."""
    server.inject("", faults.truncated())

    with pytest.raises(TransportError, match="got no answer"):
        fetch(server)
    assert len(server.requests) == 3


@pytest.mark.parametrize("fault", [faults.wrong_length(1), faults.endless(), faults.huge(1 << 40)])
def test_more_bytes_than_expected_are_not_read(
    server: FakeArtifactServer, fault: faults.ArtifactFault
) -> None:
    """Announced or not, in a body of any length; and it is not tried again."""
    server.inject("", fault)

    with pytest.raises(LengthMismatchError, match=f"more than the expected {LIMIT} bytes"):
        fetch(server)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "location", ["/elsewhere", "http://127.0.0.1:1/other", "http://user:secret@other.test/?key=s"]
)
def test_a_redirect_is_not_followed(server: FakeArtifactServer, location: str) -> None:
    """Not to another host, and not to another path."""
    server.inject("", faults.redirect(location))
    with pytest.raises(RedirectedError) as caught:
        fetch(server)

    assert len(server.requests) == 1
    assert "secret" not in str(caught.value)


def test_a_loop_of_redirects_ends_at_its_first_turn(server: FakeArtifactServer) -> None:
    """Nobody goes round in circles."""
    server.inject("", faults.redirect(BODY.relative_url))
    with pytest.raises(RedirectedError):
        fetch(server)

    assert len(server.requests) == 1


def test_silence_ends_the_wait(server: FakeArtifactServer) -> None:
    """A server that stops sending is given up."""
    server.inject("", faults.stalled(100))

    with pytest.raises(RequestTimeoutError):
        fetch(server, timeout=0.1)


def test_a_body_that_drips_ends_with_the_time(
    server: FakeArtifactServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte renews the read timeout; the whole download has an end all the same."""
    monkeypatch.setattr(_fetch, "RETRY", RetryPolicy(attempts=1, total=10.0))
    server.inject("", faults.dripping(0.02))

    with pytest.raises(RequestTimeoutError, match="did not finish answering"):
        fetch(server, timeout=0.3, limit=LIMIT)


@contextlib.contextmanager
def raw_server(*pieces: bytes, pause: float) -> Iterator[str]:
    """A server that answers with these pieces again and again, whatever it is asked."""
    stopped = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(65536)
                connection.sendall(pieces[0])
                while not stopped.wait(pause):
                    connection.sendall(pieces[-1])

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stopped.set()
        listener.close()
        thread.join()


@pytest.mark.parametrize(
    "pieces",
    [
        (b"HTTP/1.1 200 OK\r\nX-Drip: ", b"x"),
        (b"HTTP/1.1 100 Continue\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    ],
)
def test_headers_that_drip_end_with_the_time(
    pieces: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before there is an answer, in the middle of a header, or between two chunks."""
    monkeypatch.setattr(_fetch, "RETRY", RetryPolicy(attempts=1, total=10.0))
    with (
        raw_server(*pieces, pause=0.01) as url,
        Fetcher(url, timeout=0.05, parallel=1) as fetcher,
        pytest.raises(RequestTimeoutError),
    ):
        fetcher.get("/", read_all, limit=1000)


@pytest.mark.parametrize(
    "pieces",
    [
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x" * 65536),
        (b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n" * 1000),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0" * 65536),
        (b"no http at all\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",),
    ],
)
def test_what_is_no_http_is_an_error(
    pieces: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Endless headers, endless chunk sizes, and nonsense; told before any time is up."""
    monkeypatch.setattr(_fetch, "RETRY", RetryPolicy(attempts=1, total=10.0))
    with (
        raw_server(*pieces, pause=0.001) as url,
        Fetcher(url, timeout=60, parallel=1) as fetcher,
        pytest.raises(TransportError) as caught,
    ):
        fetcher.get("/", read_all, limit=1000)

    assert not isinstance(caught.value, RequestTimeoutError)


def test_a_proxy_that_drips_ends_with_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The way through a proxy of the environment has an end too."""
    monkeypatch.setattr(_fetch, "RETRY", RetryPolicy(attempts=1, total=10.0))
    with raw_server(b"HTTP/1.1 200 OK\r\nX-Drip: ", b"x", pause=0.01) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        with (
            Fetcher("http://upstream.test", timeout=0.05, parallel=1) as fetcher,
            pytest.raises(RequestTimeoutError),
        ):
            fetcher.get("/", read_all, limit=1000)


def test_aborting_ends_downloads_under_way(server: FakeArtifactServer) -> None:
    """A download that waits for its next byte ends at once, and none begins after."""
    server.inject("", faults.stalled(100))
    begun = threading.Event()
    errors: list[MirrorPolicyError] = []

    def consume(_: Answer, chunks: Iterator[bytes]) -> None:
        begun.set()
        for _piece in chunks:
            pass

    def work(fetcher: Fetcher) -> None:
        try:
            fetcher.get(BODY.relative_url, consume, limit=LIMIT)
        except MirrorPolicyError as exc:
            errors.append(exc)

    with fetching(server, timeout=60) as fetcher:
        thread = threading.Thread(target=work, args=(fetcher,))
        thread.start()
        begun.wait()
        fetcher.abort()
        thread.join()
        with pytest.raises(TransportError, match="was cancelled"):
            fetcher.head(BODY.relative_url)

    assert [error.message for error in errors] == [f"GET {BODY.relative_url} was cancelled."]
    assert len(server.requests) == 1


def test_headers_alone_can_be_asked_for(server: FakeArtifactServer) -> None:
    """HEAD tells the length without a byte of the body."""
    with fetching(server) as fetcher:
        answer = fetcher.head(BODY.relative_url)

    assert answer.length == LIMIT
    assert [r.method for r in server.requests] == ["HEAD"]


def test_nobody_listening_is_an_error() -> None:
    """A closed port is told as what it is."""
    with (
        Fetcher("http://127.0.0.1:9", timeout=1, parallel=1) as fetcher,
        pytest.raises(TransportError, match="refused"),
    ):
        fetcher.head("/")


@pytest.fixture
def tls_files(tmp_path: Path) -> tuple[str, str, str]:
    """Certificate, key and CA of 127.0.0.1."""
    ca = trustme.CA()
    cert = ca.issue_cert("127.0.0.1")
    paths = [tmp_path / name for name in ("cert.pem", "key.pem", "ca.pem")]
    cert.cert_chain_pems[0].write_to_path(paths[0])
    cert.private_key_pem.write_to_path(paths[1])
    ca.cert_pem.write_to_path(paths[2])
    return str(paths[0]), str(paths[1]), str(paths[2])


def test_tls_is_verified_with_the_ca_that_was_given(tls_files: tuple[str, str, str]) -> None:
    """With it the body comes; without it nothing does, and nothing is tried again."""
    cert, key, ca = tls_files
    with FakeArtifactServer({"9.1.3": [BODY]}, tls=(cert, key)) as server:
        with Fetcher(server.url, ca_cert=ca, timeout=5, parallel=1) as fetcher:
            body = fetcher.get(BODY.relative_url, read_all, limit=LIMIT)[1]
        with (
            fetching(server) as distrusting,
            pytest.raises(TransportError, match="The TLS connection"),
        ):
            distrusting.head(BODY.relative_url)

    assert body == BODY.wire
    assert distrusting.requests_sent == 1


def test_a_download_that_drips_over_tls_ends_with_the_time(
    tls_files: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deadline reaches through TLS."""
    monkeypatch.setattr(_fetch, "RETRY", RetryPolicy(attempts=1, total=10.0))
    cert, key, ca = tls_files
    with FakeArtifactServer({"9.1.3": [BODY]}, tls=(cert, key)) as server:
        server.inject("", faults.dripping(0.01))
        with (
            Fetcher(server.url, ca_cert=ca, timeout=0.05, parallel=1) as fetcher,
            pytest.raises(RequestTimeoutError),
        ):
            fetcher.get(BODY.relative_url, read_all, limit=LIMIT)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_that_cannot_be_read_is_told_before_any_request(
    tmp_path: Path, content: str | None
) -> None:
    """A slip in the path, or the wrong file."""
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)

    with pytest.raises(ConfigurationError, match="CA certificate"):
        Fetcher("https://mirror.test", ca_cert=str(path))


@pytest.mark.parametrize("moment", ["before the answer is awaited", "while it is awaited"])
def test_an_abort_at_the_very_moment_a_request_begins_is_not_missed(
    server: FakeArtifactServer, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Nothing would end that request otherwise."""
    server.inject("", faults.stalled(0))
    with fetching(server, timeout=60) as fetcher:
        watch = Deadline.watch

        def late(deadline: Deadline, sock: object) -> None:
            if moment == "while it is awaited":
                watch(deadline, sock)
            fetcher.abort()
            if moment != "while it is awaited":
                watch(deadline, sock)

        monkeypatch.setattr(Deadline, "watch", late)
        with pytest.raises(TransportError, match="was cancelled"):
            fetcher.get(BODY.relative_url, read_all, limit=LIMIT)


def test_a_folder_of_authorities_is_taken_as_it_is(tmp_path: Path) -> None:
    """Its files are looked for by name when a server shows its certificate."""
    assert usable_ca(str(tmp_path)) == str(tmp_path)
