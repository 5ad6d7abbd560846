"""Prove that a mirror works before policies point at it.

The mirror is asked the way an endpoint asks it: for the manifest of each version, then for every
artifact it names. With the URL wrong, an ETag missing or an artifact lost, endpoints stay on what
they have and report no error; so nothing here is taken on trust.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from elastic_mirror_policy._http.download import Fetcher
from elastic_mirror_policy._text import visible
from elastic_mirror_policy._time import span, written
from elastic_mirror_policy._url import check_base_url
from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.mirror.checking.address import address_findings
from elastic_mirror_policy.mirror.checking.age import age_findings
from elastic_mirror_policy.mirror.checking.artifact import ArtifactCheck
from elastic_mirror_policy.mirror.checking.manifest import CheckedManifest, check_manifest
from elastic_mirror_policy.mirror.checking.same_etag import Tagged, same_etags
from elastic_mirror_policy.mirror.checking.signature import Verifier, load_public_key
from elastic_mirror_policy.mirror.checking.upstream import compare_with_upstream
from elastic_mirror_policy.mirror.codes import FindingCode
from elastic_mirror_policy.mirror.findings import Finding, health_of, worst_first
from elastic_mirror_policy.mirror.manifest import Artifact, total_size
from elastic_mirror_policy.mirror.parallel import for_each
from elastic_mirror_policy.mirror.progress import Meter, ShowProgress
from elastic_mirror_policy.mirror.report import MirrorReport
from elastic_mirror_policy.mirror.version import EndpointVersion, parse_versions
from elastic_mirror_policy.mirror.versions import VersionResult


def check_mirror(
    url: str,
    *,
    endpoint_versions: Iterable[str],
    fast: bool = False,
    ca_cert: str | None = None,
    public_key: str | os.PathLike[str] | None = None,
    upstream: str | None = None,
    max_age: str | None = None,
    parallel: int = 4,
    progress: ShowProgress | None = None,
    timeout: float = 30.0,
    now: datetime | None = None,
) -> MirrorReport:
    """Return whether endpoints of these versions can update from the mirror.

    Args:
        url: The base URL, as in the policies.
        endpoint_versions: The versions of the endpoints, such as `9.1.3`.
        fast: Ask for the artifacts' headers only, not for their bytes.
        ca_cert: PEM file of CAs to trust besides the public ones, by mirror and upstream.
        public_key: PEM text or file of the key that signs manifests; verified when given.
        upstream: Base URL of the server the mirror was filled from; compared when given.
        max_age: How old a manifest may be, such as `30d`, by its Last-Modified. One that is the
            upstream's present one is never too old, when the upstream is given.
        parallel: How many artifacts are read at the same time.
        progress: Called as the work goes on.
        timeout: Seconds without a byte after which an answer is given up.
        now: The present, when it is another one.

    Raises:
        ConfigurationError: The URL, a version, the CA file, the key or the limit cannot be used.
            What is wrong with the mirror is not raised: it is in the report.
    """
    base = check_base_url(url, what="The mirror's URL")
    versions = parse_versions(endpoint_versions)
    source = None if upstream is None else check_base_url(upstream, what="The upstream's URL")
    key = None if public_key is None else load_public_key(public_key)
    limit = None if max_age is None else span(max_age, what="The largest age")
    check_parallel(parallel)
    with Fetcher(base, ca_cert=ca_cert, timeout=timeout, parallel=parallel) as fetcher:
        checked = _manifests(fetcher, versions, key, parallel, progress)
        findings = [
            *address_findings(url, ca_cert, versions),
            *(finding for one in checked for finding in one.findings),
            *_artifacts(fetcher, checked, fast=fast, parallel=parallel, progress=progress),
        ]
    compared: list[Finding] = []
    if source is not None:
        compared = compare_with_upstream(
            source, checked, ca_cert=ca_cert, timeout=timeout, parallel=parallel
        )
    moment = (now or datetime.now(UTC)).timestamp()
    if limit is not None:
        aging = checked if source is None else _behind_upstream(checked, compared)
        findings += age_findings(aging, limit, moment)
    findings += compared
    return MirrorReport(
        base,
        tuple(_result(one, findings, moment) for one in checked),
        worst_first(findings),
        fast=fast,
    )


def _behind_upstream(
    checked: Iterable[CheckedManifest], compared: Iterable[Finding]
) -> list[CheckedManifest]:
    """Return the manifests that are not the upstream's present ones: those are never too old."""
    differing = {version for finding in compared for version in finding.versions}
    return [one for one in checked if one.version.text in differing]


def check_parallel(parallel: int) -> None:
    """Refuse a number of threads that is below 1, or more than a server should have to bear.

    Raises:
        ConfigurationError: It is below 1 or above 64.
    """
    if not 1 <= parallel <= 64:  # noqa: PLR2004 - the message names both
        raise ConfigurationError(f"{parallel} downloads at the same time: give 1 to 64.")


def _manifests(
    fetcher: Fetcher,
    versions: tuple[EndpointVersion, ...],
    key: Verifier | None,
    parallel: int,
    progress: ShowProgress | None,
) -> list[CheckedManifest]:
    meter = Meter(progress, "manifests", len(versions))

    def look(version: EndpointVersion) -> CheckedManifest:
        checked = check_manifest(fetcher, version, key)
        meter.add(items=1)
        return checked

    return for_each(look, versions, parallel=parallel, abort=fetcher.abort)


def _artifacts(
    fetcher: Fetcher,
    checked: list[CheckedManifest],
    *,
    fast: bool,
    parallel: int,
    progress: ShowProgress | None,
) -> Iterator[Finding]:
    """Yield the findings about each different artifact, marked with the versions that name it."""
    named: dict[Artifact, list[str]] = {}
    for one in checked:
        for artifact in one.manifest.artifacts if one.manifest else ():
            named.setdefault(replace(artifact, name=""), []).append(one.version.text)
    meter = Meter(progress, "artifacts", len(named), None if fast else total_size(named))
    check = ArtifactCheck(fetcher, meter, fast=fast)
    found = for_each(check.check, list(named), parallel=parallel, abort=fetcher.abort)
    yield from check.given_up()
    yield from _constant_etags(checked, check.tagged)
    for versions, findings in zip(named.values(), found, strict=True):
        yield from (finding.concerning(*versions) for finding in findings)


def _constant_etags(checked: list[CheckedManifest], artifacts: list[Tagged]) -> Iterator[Finding]:
    manifests = [one.tagged for one in checked if one.tagged is not None]
    same = same_etags(manifests, artifacts)
    for one in checked:
        other = same.get(one.tagged.path) if one.tagged else None
        if one.tagged and other:
            code = FindingCode.ETAG_CONSTANT
            seen = f"{visible(str(other.etag)[:200])}, also of {visible(other.path)}"
            finding = Finding.of(code, one.tagged.path, f"{code.meaning} It is: {seen}")
            yield finding.concerning(one.version.text)


def _result(checked: CheckedManifest, findings: list[Finding], now: float) -> VersionResult:
    version, manifest = checked.version.text, checked.manifest
    modified = checked.tagged.modified if checked.tagged else None
    return VersionResult(
        endpoint_version=version,
        manifest_version=manifest.version if manifest else None,
        artifacts=len(manifest.artifacts) if manifest else 0,
        healthy=health_of(f for f in findings if not f.versions or version in f.versions),
        modified_at=None if modified is None else written(modified),
        age_seconds=None if modified is None else now - modified,
    )
