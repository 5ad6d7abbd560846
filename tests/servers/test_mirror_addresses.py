"""Where a mirror can be reached: by a base URL with a path, by TLS, and nowhere else."""

import socket
import ssl

import pytest
from support.mirrors import (
    COMBINATIONS,
    MANIFEST,
    Certificates,
    Combination,
    Mirror,
    ServerName,
    StartMirror,
)

PLAIN = [combination for combination in COMBINATIONS if not combination.tls]


@pytest.fixture(params=PLAIN, ids=str)
def prefixed(request: pytest.FixtureRequest, start_mirror: StartMirror) -> Mirror:
    """Return a mirror whose base URL has a path, in each server and mode."""
    return start_mirror(request.param, prefix="/v1.2/~mirror")


def test_a_base_url_may_have_a_path(prefixed: Mirror) -> None:
    """The manifest and its artifacts are below the path, with good ETags and 304."""
    answer = prefixed.ask(MANIFEST)

    assert answer.status == 200
    assert prefixed.ask(MANIFEST, if_none_match=str(answer.etag)).status == 304
    assert prefixed.ask(prefixed.artifact).status == 200


@pytest.mark.parametrize(
    "path",
    [
        MANIFEST,
        "/v1x2/~mirror" + MANIFEST,
        "/v1.2" + MANIFEST,
        "/v1.2/~mirror",
        "/v1.2/~mirror/",
        "/v1.2/~mirror/downloads",
        "/v1.2/~mirror/private.txt",
        "/v1.2/~mirror/downloads/.record",
    ],
)
def test_nothing_is_served_beside_the_path(prefixed: Mirror, path: str) -> None:
    """The path counts as it is written, dots included."""
    assert prefixed.probe.ask(path).status == 404


def test_the_health_page_is_outside_the_path(prefixed: Mirror) -> None:
    """A load balancer asks the server, not the mirror."""
    assert prefixed.probe.ask("/healthz").status == 200


@pytest.fixture
def secure(server: ServerName, start_mirror: StartMirror) -> Mirror:
    """Return a mirror with TLS."""
    return start_mirror(Combination(server, "static", tls=True))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_modern_tls_is_spoken(
    secure: Mirror, certificates: Certificates, version: ssl.TLSVersion
) -> None:
    """TLS 1.2 and 1.3 are there, with authenticated encryption."""
    context = certificates.context()
    context.minimum_version = context.maximum_version = version

    with (
        socket.create_connection(("127.0.0.1", secure.home.port), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        cipher = connection.cipher()

    assert cipher is not None
    assert "GCM" in cipher[0] or "CHACHA20" in cipher[0]


@pytest.mark.parametrize("ciphers", ["ECDHE-ECDSA-AES256-SHA", "ECDHE-ECDSA-AES256-SHA384"])
def test_old_ciphers_are_refused(secure: Mirror, certificates: Certificates, ciphers: str) -> None:
    """A client that knows nothing better is turned away."""
    context = certificates.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(ciphers)

    with (
        socket.create_connection(("127.0.0.1", secure.home.port), timeout=20) as plain,
        pytest.raises(ssl.SSLError),
    ):
        context.wrap_socket(plain, server_hostname="localhost")


def test_a_plain_request_to_the_tls_port_is_not_redirected(secure: Mirror) -> None:
    """Endpoints may not follow a redirect, so there is none."""
    with socket.create_connection(("127.0.0.1", secure.home.port), timeout=20) as connection:
        connection.sendall(f"GET {MANIFEST} HTTP/1.0\r\n\r\n".encode())
        answer = connection.recv(100)

    assert answer.split(b" ")[1] == b"400"


def test_there_is_one_port_only(secure: Mirror) -> None:
    """With TLS, the configuration listens nowhere else."""
    listening = [line for line in secure.config.splitlines() if "isten " in line.partition("#")[0]]

    assert [str(secure.home.port) in line for line in listening] == [True]
