"""A mirror served by a real web server with the product's own configuration."""

import contextlib
import os
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypedDict, Unpack

import trustme
from support.probe import Answer, Probe
from support.web_servers import ServerHome, WebServers

from elastic_mirror_policy.mirror.webservers.site import Mode, SiteOptions
from elastic_mirror_policy.mirror.webservers.webserver import webserver_config
from elastic_mirror_policy.testing._artifacts.content import example_artifacts
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

HOST = "mirror.test"
VERSION = "9.1.3"
MANIFEST = f"/downloads/endpoint/manifest/artifacts-{VERSION}.zip"
HIDDEN = (
    "/.elastic-mirror-policy/sync.json",
    "/downloads/.record",
    "/downloads/endpoint/.artifact.q7x.part",
    "/downloads/endpoint/.hidden/file",
)

ServerName = Literal["nginx", "apache"]
SERVERS: tuple[ServerName, ...] = ("nginx", "apache")


@dataclass(frozen=True, slots=True)
class Combination:
    """One of the eight ways to serve a mirror."""

    server: ServerName
    mode: Mode
    tls: bool = False

    def __str__(self) -> str:
        return f"{self.server}-{self.mode}-{'tls' if self.tls else 'plain'}"


COMBINATIONS = tuple(
    Combination(server, mode, tls)
    for server in SERVERS
    for mode in ("static", "proxy")
    for tls in (False, True)
)


@dataclass(frozen=True, slots=True)
class Certificates:
    """A throw-away authority, and a certificate of it for the mirror and for the upstream."""

    ca: Path
    cert: Path
    key: Path

    @classmethod
    def create(cls, folder: Path, *names: str) -> "Certificates":
        """Write an authority and one certificate for `names` into the folder."""
        authority = trustme.CA()
        issued = authority.issue_cert(*names)
        made = cls(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
        authority.cert_pem.write_to_path(str(made.ca))
        made.cert.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(str(made.key))
        return made

    def context(self) -> ssl.SSLContext:
        """Return the settings of a client that trusts this authority alone."""
        return ssl.create_default_context(cafile=str(self.ca))


@dataclass(frozen=True, slots=True)
class Mirror:
    """A running mirror.

    Attributes:
        combination: How it is served.
        home: Its folder and port.
        probe: Asks it.
        upstream: What it shows; in static mode this was written to a folder and is not running.
        prefix: Path of its base URL.
        config: The configuration it runs with.
    """

    combination: Combination
    home: ServerHome
    probe: Probe
    upstream: FakeArtifactServer
    prefix: str
    config: str

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Return the answer for a path below the base URL."""
        return self.probe.ask(self.prefix + path, method, **headers)

    @property
    def artifact(self) -> str:
        """The path of an artifact."""
        return self.upstream.artifacts(VERSION)[0].relative_url

    @property
    def base_url(self) -> str:
        """Its base URL, by address."""
        scheme = "https" if self.probe.context else "http"
        return f"{scheme}://127.0.0.1:{self.home.port}{self.prefix}"


class Changes(TypedDict, total=False):
    """What a test may want otherwise.

    Attributes:
        prefix: Path of the base URL.
        edit: Changes the configuration before it is used.
        upstream: Changes the upstream before anything is asked or written.
        upstream_ca: Whom the mirror trusts for the upstream.
        upstream_certificates: What the upstream shows.
    """

    prefix: str
    edit: Callable[[str], str]
    upstream: Callable[[FakeArtifactServer], object]
    upstream_ca: Path
    upstream_certificates: Certificates


class StartMirror(Protocol):
    """Starts a mirror that runs until the end of the test."""

    def __call__(self, combination: Combination, **changes: Unpack[Changes]) -> Mirror:
        """Return the running mirror."""


@contextlib.contextmanager
def mirror_of(
    combination: Combination, certificates: Certificates, **changes: Unpack[Changes]
) -> Iterator[Mirror]:
    """Serve the example artifacts until the block ends."""
    with contextlib.ExitStack() as stack:
        servers = WebServers(stack)
        home = servers.home()
        upstream = _upstream(combination, changes.get("upstream_certificates", certificates))
        changes.get("upstream", id)(upstream)
        if combination.mode == "proxy":
            stack.enter_context(upstream)
        else:
            fill(home.root, upstream)
        options = _options(combination, certificates, home, upstream)
        options["prefix"] = prefix = changes.get("prefix", "")
        if "upstream_ca" in changes:
            options["upstream_ca"] = changes["upstream_ca"]
        config = changes.get("edit", str)(webserver_config(combination.server, **options))
        servers.run(combination.server, home, config, careless=True)
        context = certificates.context() if combination.tls else None
        yield Mirror(combination, home, Probe(home.port, HOST, context), upstream, prefix, config)


def _upstream(combination: Combination, certificates: Certificates) -> FakeArtifactServer:
    shown = (str(certificates.cert), str(certificates.key)) if combination.tls else None
    return FakeArtifactServer({VERSION: example_artifacts(VERSION)}, tls=shown)


def _options(
    combination: Combination,
    certificates: Certificates,
    home: ServerHome,
    upstream: FakeArtifactServer,
) -> SiteOptions:
    options = SiteOptions(
        mode=combination.mode,
        server_name=HOST,
        listen=f"127.0.0.1:{home.port}",
        log_dir=home.logs,
    )
    if combination.tls:
        options |= {"tls_cert": certificates.cert, "tls_key": certificates.key}
    if combination.mode == "static":
        return options | {"root": home.root}
    # By name: neither server compares an address with the addresses in a certificate.
    url = upstream.url.replace("127.0.0.1", "localhost")
    options |= {"upstream": url, "cache_dir": home.cache}
    return options | {"upstream_ca": certificates.ca}


def fill(root: Path, upstream: FakeArtifactServer) -> None:
    """Write what the upstream shows into `root`, with files around it that are private."""
    upstream.dump(root)
    for path in (*HIDDEN, "/private.txt", "/downloadsecret/file"):
        target = root / path[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("not to be served\n")
    os.utime(root / "private.txt", (1_700_000_000, 1_700_000_000))


def short_lived(config: str) -> str:
    """Let the cache answer by itself for a second, in place of a minute."""
    for usual, short in (("valid 200 1m;", "valid 200 1s;"), ('"max-age=60"', '"max-age=1"')):
        config = config.replace(usual, short)
    return config


def upstream_answer(mirror: Mirror) -> Answer:
    """Ask the upstream itself for the manifest."""
    port = int(mirror.upstream.url.rpartition(":")[2])
    answer = Probe(port, "localhost").ask(MANIFEST)
    mirror.upstream.forget_requests()
    return answer


def came_from_the_cache(answer: Answer) -> bool:
    """Whether a proxy says that it did not ask the upstream for this answer."""
    shown = answer.headers.get("x-cache-status", answer.headers.get("x-cache", ""))
    return shown.startswith("HIT")
