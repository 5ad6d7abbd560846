"""Fill a mirror's folder from an upstream, so that endpoints never see it half done.

Everything is fetched into a hidden staging folder and verified there; only when all of it is
right is it moved into place, artifacts first and manifests last. Files that are there already are
known by their SHA-256 and not fetched again, so a second run costs one conditional request per
version. A run that was killed leaves the published tree as it was, and the next one goes on.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from elastic_mirror_policy._http.download import Fetcher
from elastic_mirror_policy._url import check_base_url
from elastic_mirror_policy.mirror.checking.check import check_parallel
from elastic_mirror_policy.mirror.codes import FindingCode
from elastic_mirror_policy.mirror.findings import Finding, worst_first
from elastic_mirror_policy.mirror.folder.disk import disk_errors, flushing
from elastic_mirror_policy.mirror.folder.newest import newest_manifests
from elastic_mirror_policy.mirror.folder.publish import (
    Incoming,
    Staged,
    older_findings,
    publish,
    refuse_contradictions,
)
from elastic_mirror_policy.mirror.folder.retention import check_retention, prune
from elastic_mirror_policy.mirror.folder.supply import Supplier, Supply, by_content
from elastic_mirror_policy.mirror.folder.tree import MirrorTree, open_tree
from elastic_mirror_policy.mirror.layout import UPSTREAM
from elastic_mirror_policy.mirror.manifest import total_size
from elastic_mirror_policy.mirror.parallel import for_each
from elastic_mirror_policy.mirror.progress import Meter, ShowProgress
from elastic_mirror_policy.mirror.report import SyncReport
from elastic_mirror_policy.mirror.version import parse_versions


def sync_mirror(
    folder: str | os.PathLike[str],
    *,
    endpoint_versions: Iterable[str],
    upstream: str = UPSTREAM,
    keep: int = 1,
    verify: bool = False,
    parallel: int = 8,
    ca_cert: str | None = None,
    interval: float = 3600,
    progress: ShowProgress | None = None,
    timeout: float = 30.0,
    now: datetime | None = None,
) -> SyncReport:
    """Bring a mirror's folder to what the upstream publishes now, or leave it as it was.

    Args:
        folder: The mirror's folder, which a web server gives out; made when it is absent.
        endpoint_versions: The versions of the endpoints, such as `9.1.3`.
        upstream: Base URL of the server to fill it from.
        keep: How many previous manifests of each version keep their artifacts.
        verify: Read every file that is kept again, and replace those whose bytes have changed.
            Without it a file is read when its length or time is not the recorded one.
        parallel: How many artifacts are fetched at the same time.
        ca_cert: PEM file of the CA that issued the upstream's certificate.
        interval: Seconds between two polls of an endpoint; nothing that a manifest named is
            removed earlier than this after it was replaced.
        progress: Called as the work goes on.
        timeout: Seconds without a byte after which an answer is given up.
        now: The time to record; the present when it is None.

    Raises:
        ConfigurationError: An argument cannot be used.
        TransportError: The upstream gave no usable answer.
        ApiError: The upstream answered with an error.
        ManifestError: A manifest cannot be used.
        MissingArtifactError: A manifest or an artifact is not there.
        DigestMismatchError: The bytes are not those of the manifest.
        LengthMismatchError: There are too few or too many of them.
        ArtifactError: The folder cannot be used: the disk is full, it may not be written, or
            another process works on it.
    """
    versions = parse_versions(endpoint_versions)
    base = check_base_url(upstream, what="The upstream's URL")
    check_parallel(parallel)
    check_retention(keep, interval)
    moment = now or datetime.now(UTC)
    root = Path(folder)
    with (
        disk_errors(root),
        Fetcher(base, ca_cert=ca_cert, timeout=timeout, parallel=parallel) as fetcher,
        open_tree(root) as tree,
    ):
        meter = Meter(progress, "manifests", len(versions))
        incoming, findings = newest_manifests(
            tree, fetcher, versions, parallel=parallel, meter=meter, now=moment
        )
        refuse_contradictions(tree, incoming)
        promised = _promised(tree)
        supplies = _supplies(tree, fetcher, incoming, parallel, progress, verify=verify)
        published = publish(tree, incoming, _staged(supplies), now=moment)
        pruned, unpruned = prune(tree, keep=keep, interval=interval, now=moment)
        tree.clear_staging()
    findings += (
        *_unverifiable(incoming),
        *older_findings(published),
        *_repaired(supplies, promised),
        *unpruned,
    )
    return SyncReport(
        folder=os.fspath(root),
        upstream=base,
        versions=published,
        fetched=sum(one.fetched for one in supplies),
        fetched_bytes=sum(one.fetched_bytes for one in supplies),
        reused=sum(one.reused for one in supplies),
        pruned=pruned,
        requests=fetcher.requests_sent,
        findings=worst_first(findings),
        verified=verify,
    )


def _staged(supplies: Iterable[Supply]) -> list[Staged]:
    return [one.staged for one in supplies if one.staged is not None]


def _promised(tree: MirrorTree) -> dict[str, str | None]:
    """The hash that the published manifests name for each file."""
    return {
        artifact.path: artifact.encoded_sha256
        for manifest in tree.manifests().values()
        if manifest
        for artifact in manifest.artifacts
    }


def _repaired(supplies: Iterable[Supply], promised: Mapping[str, str | None]) -> Iterator[Finding]:
    """Yield the files that were published already, and were lost or had other bytes."""
    for staged in _staged(supplies):
        for path in staged.targets:
            if promised.get(path) == staged.sha256:
                yield Finding.of(FindingCode.ARTIFACT_REPAIRED, "/" + path)


def _supplies(
    tree: MirrorTree,
    fetcher: Fetcher,
    incoming: Sequence[Incoming],
    parallel: int,
    progress: ShowProgress | None,
    *,
    verify: bool,
) -> list[Supply]:
    if verify:
        tree.forget(path for one in incoming for path in one.manifest.paths)
    groups = by_content(artifact for one in incoming for artifact in one.manifest.artifacts)
    listed = [artifact for group in groups for artifact in group]
    meter = Meter(progress, "artifacts", len(listed), total_size(listed))
    with flushing() as flush:
        supplier = Supplier(tree, fetcher, meter, _stale(tree, incoming), flush)
        return for_each(supplier.supply, groups, parallel=parallel, abort=fetcher.abort)


def _stale(tree: MirrorTree, incoming: Iterable[Incoming]) -> frozenset[str]:
    """The files without a hash whose manifest is new: only fetching shows whether they changed."""
    return frozenset(
        artifact.path
        for one in incoming
        if one.data != tree.manifest_data(one.version)
        for artifact in one.manifest.artifacts
        if artifact.encoded_sha256 is None
    )


def _unverifiable(incoming: Iterable[Incoming]) -> list[Finding]:
    return [
        Finding.of(FindingCode.ARTIFACT_UNVERIFIABLE, artifact.relative_url)
        for one in incoming
        for artifact in one.manifest.artifacts
        if artifact.encoded_sha256 is None
    ]
