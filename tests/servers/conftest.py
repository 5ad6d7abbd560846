"""Real nginx and Apache httpd, with the product's configuration and with others."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.mirrors import COMBINATIONS, HOST, Certificates, Combination, Mirror, mirror_of
from support.web_servers import WebServers, binary


def require(server: str) -> None:
    """Skip the test where the server is not installed; in CI that is a failure."""
    if not binary(server):
        stop = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        stop(f"{server} is not installed (on Debian: apt install nginx-light apache2)")


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Return a throw-away authority and a certificate for the mirror and the upstream."""
    return Certificates.create(tmp_path_factory.mktemp("tls"), HOST, "localhost", "127.0.0.1")


@pytest.fixture(scope="session")
def other_certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Return an authority that nobody trusts, and a certificate of it."""
    return Certificates.create(tmp_path_factory.mktemp("other-tls"), HOST, "localhost", "127.0.0.1")


@pytest.fixture(scope="session", params=COMBINATIONS, ids=str)
def mirror(request: pytest.FixtureRequest, certificates: Certificates) -> Iterator[Mirror]:
    """Run the product's configuration in each combination of server, mode and TLS."""
    combination: Combination = request.param
    require(combination.server)
    with mirror_of(combination, certificates) as running:
        yield running


@pytest.fixture
def servers() -> Iterator[WebServers]:
    """Run servers with a configuration of the test's own."""
    running = WebServers()
    with running.stack:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder."""
    return tmp_path
