"""The manifests an upstream publishes now, asked for only if they changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from elastic_mirror_policy._http.download import NOT_MODIFIED, Fetcher
from elastic_mirror_policy._time import http_seconds
from elastic_mirror_policy.errors import NotFoundError
from elastic_mirror_policy.mirror.checking.manifest import path_findings, stripped_finding
from elastic_mirror_policy.mirror.checking.same_etag import Tagged, same_etags
from elastic_mirror_policy.mirror.codes import FindingCode
from elastic_mirror_policy.mirror.findings import Finding
from elastic_mirror_policy.mirror.folder.publish import Incoming
from elastic_mirror_policy.mirror.folder.record import VersionRecord, sha256
from elastic_mirror_policy.mirror.folder.tree import MirrorTree
from elastic_mirror_policy.mirror.layout import manifest_path
from elastic_mirror_policy.mirror.manifest import parse_manifest_zip
from elastic_mirror_policy.mirror.parallel import for_each
from elastic_mirror_policy.mirror.progress import Meter
from elastic_mirror_policy.mirror.published import Published, fetch_manifest
from elastic_mirror_policy.mirror.version import EndpointVersion

_NO_MANIFEST: Final = "Check the version and the upstream's URL, which ends before /downloads."


def newest_manifests(
    tree: MirrorTree,
    fetcher: Fetcher,
    versions: Sequence[EndpointVersion],
    *,
    parallel: int,
    meter: Meter,
    now: datetime,
) -> tuple[tuple[Incoming, ...], tuple[Finding, ...]]:
    """Return the upstream's manifests, each once, and what is worth knowing about them.

    Raises:
        NotFoundError: The upstream has none for a version.
        TransportError: The upstream gave no usable answer.
        ApiError: The upstream answered with an error.
        LengthMismatchError: What came is larger than any manifest.
        ManifestError: What came is not a manifest.
        OSError: A manifest of the tree cannot be read.
    """

    def look(version: EndpointVersion) -> Published:
        try:
            published = fetch_manifest(
                fetcher, version, conditions=lambda name: _conditions(tree, name, fetcher.base_url)
            )
        except NotFoundError as exc:
            exc.hint = exc.hint or _NO_MANIFEST
            raise
        meter.add(items=1)
        return published

    found = for_each(look, versions, parallel=parallel, abort=fetcher.abort)
    every = {one.name: _incoming(tree, one, fetcher.base_url, now) for one in found}
    constant = _constant(tree, every.values())
    incoming = {name: replace(every[name], etag_trusted=name not in constant) for name in every}
    findings = [finding for one in found for finding in stripped_finding(one)]
    findings += [Finding.of(FindingCode.UPSTREAM_ETAG_CONSTANT, path) for path in constant.values()]
    for one in found:
        findings += path_findings(incoming[one.name].manifest, one.path)
    return tuple(incoming.values()), tuple(findings)


def _conditions(tree: MirrorTree, name: str, upstream: str) -> Mapping[str, str]:
    """The headers that ask for news only; none when the tree may not be what was recorded."""
    record = tree.record.versions.get(name)
    if record is None or record.upstream != upstream:
        return {}
    if sha256(tree.manifest_data(name) or b"") != record.sha256:
        return {}
    if record.etag and record.etag_trusted:
        return {"If-None-Match": record.etag}
    return {"If-Modified-Since": record.last_modified} if record.last_modified else {}


def _constant(tree: MirrorTree, incoming: Iterable[Incoming]) -> dict[str, str]:
    """The versions whose ETag does not follow their bytes, and the paths of their manifests."""
    paths = {one: "/" + manifest_path(one.version) for one in incoming}
    same = same_etags(
        Tagged(path, one.etag, one.mtime, sha256(one.data)) for one, path in paths.items()
    )
    records = tree.record.versions
    return {
        one.version: path
        for one, path in paths.items()
        if path in same or _stayed(records.get(one.version), one)
    }


def _stayed(record: VersionRecord | None, one: Incoming) -> bool:
    """Whether the ETag stayed the same while the bytes changed, now or in an earlier run."""
    if record is None or one.etag is None:
        return False
    if (record.etag, record.upstream) != (one.etag, one.upstream):
        return False
    return not record.etag_trusted or record.sha256 != sha256(one.data)


def _incoming(tree: MirrorTree, one: Published, upstream: str, now: datetime) -> Incoming:
    record = tree.record.versions.get(one.name)
    same = record if one.answer.status == NOT_MODIFIED else None
    data = one.data if same is None else tree.manifest_data(one.name) or b""
    modified = one.last_modified or (same.last_modified if same else None)
    return Incoming(
        version=one.name,
        data=data,
        manifest=parse_manifest_zip(data),
        etag=one.etag or (same.etag if same else None),
        last_modified=modified,
        mtime=http_seconds(modified),
        checked_at=now,
        upstream=upstream,
    )
