"""Real nginx and Apache httpd, with the product's configuration and with others."""

import contextlib
from collections.abc import Iterator
from typing import Unpack

import pytest
from support.mirrors import (
    COMBINATIONS,
    HOST,
    SERVERS,
    Certificates,
    Changes,
    Combination,
    Mirror,
    ServerName,
    StartMirror,
    mirror_of,
    short_lived,
)
from support.needs import leave_out
from support.web_servers import WebServers, binary


def require(server: ServerName) -> None:
    """Skip the test where the server is not installed; in CI that is a failure."""
    if not binary(server):
        leave_out(f"{server} is not installed (on Debian: apt install nginx-light apache2)")


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Return a throw-away authority and a certificate for the mirror and the upstream."""
    folder = tmp_path_factory.mktemp("tls")
    return Certificates.create(folder, HOST, "localhost", "127.0.0.1")


@pytest.fixture(scope="session", params=COMBINATIONS, ids=str)
def mirror(request: pytest.FixtureRequest, certificates: Certificates) -> Iterator[Mirror]:
    """Run the product's configuration in each combination of server, mode and TLS."""
    combination: Combination = request.param
    require(combination.server)
    with mirror_of(combination, certificates) as running:
        yield running


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> ServerName:
    """Return the name of each server that is installed."""
    name: ServerName = request.param
    require(name)
    return name


@pytest.fixture
def start_mirror(certificates: Certificates) -> Iterator[StartMirror]:
    """Return a function that starts a mirror of its own for one test."""
    with contextlib.ExitStack() as stack:

        def start(combination: Combination, **changes: Unpack[Changes]) -> Mirror:
            require(combination.server)
            return stack.enter_context(mirror_of(combination, certificates, **changes))

        yield start


@pytest.fixture
def servers() -> Iterator[WebServers]:
    """Run servers with a configuration of the test's own."""
    running = WebServers()
    with running.stack:
        yield running


@pytest.fixture
def nginx(servers: WebServers) -> WebServers:
    """Run nginx only."""
    require("nginx")
    return servers


@pytest.fixture
def apache(servers: WebServers) -> WebServers:
    """Run Apache only."""
    require("apache")
    return servers


@pytest.fixture
def proxy(server: ServerName, start_mirror: StartMirror) -> Mirror:
    """Return a mirror whose cache asks again after a second."""
    return start_mirror(Combination(server, "proxy"), edit=short_lived)
