"""`check_mirror` tells the truth about real servers, however they are configured."""

import sys

import pytest
from support.mirrors import VERSION, Certificates, Mirror
from support.server_sites import (
    DOCUMENTED_MAP,
    MAP_WITH_DEFAULT,
    USE_MAP,
    apache_files,
    nginx_files,
    nginx_proxy,
)
from support.web_servers import ServerHome, WebServers

from elastic_mirror_policy.mirror.checking.check import check_mirror
from elastic_mirror_policy.mirror.report import MirrorReport
from elastic_mirror_policy.testing.artifact_server import ETagStyle, FakeArtifactServer


def check(home: ServerHome) -> tuple[bool | None, set[str]]:
    """Return the verdict and the codes of what was found, apart from the missing TLS."""
    report = check_mirror(f"http://127.0.0.1:{home.port}", endpoint_versions=[VERSION])
    return report.healthy, codes(report) - {"plain-http"}


def codes(report: MirrorReport) -> set[str]:
    """Return the codes of what was found."""
    return {str(finding.code) for finding in report.findings}


@pytest.mark.parametrize("fast", [False, True])
def test_the_product_configuration_is_healthy(
    mirror: Mirror, certificates: Certificates, *, fast: bool
) -> None:
    """Nothing is found in any combination, except that plain http is plain."""
    ca_cert = str(certificates.ca) if mirror.combination.tls else None

    report = check_mirror(mirror.base_url, endpoint_versions=[VERSION], ca_cert=ca_cert, fast=fast)

    assert report.healthy is True
    assert codes(report) == (set() if mirror.combination.tls else {"plain-http"})
    assert report.versions[0].artifacts == len(mirror.upstream.artifacts(VERSION))


def test_a_missing_version_is_found(mirror: Mirror, certificates: Certificates) -> None:
    """The version that the mirror does not have is named, the other one stays healthy."""
    ca_cert = str(certificates.ca) if mirror.combination.tls else None

    report = check_mirror(mirror.base_url, endpoint_versions=["9.9.9", VERSION], ca_cert=ca_cert)

    assert [version.healthy for version in report.versions] == [False, True]
    assert "manifest-missing" in codes(report)


def test_plain_nginx_is_not_healthy(nginx: WebServers) -> None:
    """The dash is found."""
    assert check(nginx_files(nginx).home) == (False, {"etag-dashed"})


def test_the_documented_map_costs_traffic(nginx: WebServers) -> None:
    """Endpoints can update; that 304 is never given is told."""
    documented = nginx_files(nginx, USE_MAP, DOCUMENTED_MAP)

    assert check(documented.home) == (True, {"conditional-ignored"})


def test_the_documented_map_in_a_proxy_is_not_healthy(nginx: WebServers) -> None:
    """The ETag that the map removes is missed."""
    with FakeArtifactServer.example(VERSION) as upstream:
        found = check(nginx_proxy(nginx, upstream, USE_MAP, DOCUMENTED_MAP).home)

    assert found == (False, {"etag-absent"})


def test_a_map_with_a_default_in_a_proxy_is_healthy(nginx: WebServers) -> None:
    """The upstream's ETag arrives, and 304 with it."""
    with FakeArtifactServer.example(VERSION) as upstream:
        found = check(nginx_proxy(nginx, upstream, USE_MAP, MAP_WITH_DEFAULT).home)

    assert found == (True, set())


def test_a_plain_proxy_of_a_dashed_upstream_is_not_healthy(nginx: WebServers) -> None:
    """The dash is found, wherever it was made."""
    with FakeArtifactServer.example(VERSION) as upstream:
        upstream.etag_style = ETagStyle.DASHED
        found = check(nginx_proxy(nginx, upstream).home)

    assert found == (False, {"etag-dashed"})


@pytest.mark.parametrize(
    ("setting", "verdict"),
    [
        ("", (False, {"etag-dashed"})),
        ("FileETag MTime", (True, set())),
        ("FileETag Digest", (True, {"etag-unusual"})),
        ("FileETag None", (False, {"etag-absent"})),
    ],
)
def test_apache_is_judged_by_its_etag(
    apache: WebServers, setting: str, verdict: tuple[bool, set[str]]
) -> None:
    """Only `FileETag MTime` has nothing to be said about it."""
    assert check(apache_files(apache, setting).home) == verdict


def test_the_server_of_python_is_not_healthy(servers: WebServers) -> None:
    """It sends no ETag."""
    home = servers.home()
    FakeArtifactServer.example(VERSION).dump(home.root)
    servers.start(
        [sys.executable, "-m", "http.server", str(home.port), "--bind", "127.0.0.1"], home
    )

    healthy, found = check(home)

    assert healthy is False
    assert "etag-absent" in found
