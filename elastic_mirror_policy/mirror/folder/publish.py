"""Make verified files visible: artifacts first, manifests last, each by a rename.

An endpoint that reads a manifest at any moment finds its artifacts, because they were there
before it. A file that is replaced in place (the same path with new bytes) is the one exception
that no order can avoid; such files go last before the manifests, when everything else is there.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from elastic_mirror_policy._files import fsync_dir, fsync_file
from elastic_mirror_policy.errors import ArtifactError, ManifestError
from elastic_mirror_policy.mirror.codes import FindingCode
from elastic_mirror_policy.mirror.findings import Finding
from elastic_mirror_policy.mirror.folder.disk import copy_durably, flushing, make_folders, set_time
from elastic_mirror_policy.mirror.folder.prune import with_previous
from elastic_mirror_policy.mirror.folder.record import (
    PreviousManifest,
    SyncRecord,
    VersionRecord,
    save_record,
    sha256,
)
from elastic_mirror_policy.mirror.folder.tree import MirrorTree
from elastic_mirror_policy.mirror.layout import manifest_path
from elastic_mirror_policy.mirror.manifest import Artifact, Manifest
from elastic_mirror_policy.mirror.version import version_numbers
from elastic_mirror_policy.mirror.versions import PublishedVersion


@dataclass(frozen=True, slots=True)
class Incoming:
    """A manifest that is to be published.

    Attributes:
        version: The endpoint version in its file name.
        data: The bytes of the zip file.
        manifest: Its content.
        etag: The upstream's ETag.
        last_modified: The upstream's Last-Modified.
        mtime: The time the file is to have, or None for the present.
        checked_at: When the upstream was asked for it.
        upstream: Base URL of the server it came from, or None when that is not known.
        etag_trusted: Whether the ETag may stand for the bytes.
    """

    version: str
    data: bytes
    manifest: Manifest
    etag: str | None
    last_modified: str | None
    mtime: int | None
    checked_at: datetime
    upstream: str | None
    etag_trusted: bool = True


@dataclass(frozen=True, slots=True)
class Staged:
    """A verified file in the staging folder, and the paths it is to have."""

    file: Path
    sha256: str
    targets: tuple[str, ...]


def refuse_contradictions(tree: MirrorTree, incoming: Iterable[Incoming]) -> None:
    """Refuse manifests that want different bytes under one path; one tree cannot hold both.

    Raises:
        ManifestError: Two of them do, or one of them and one that stays published.
        OSError: A published manifest cannot be read.
    """
    manifests = tree.manifests() | {one.version: one.manifest for one in incoming}
    seen: dict[str, tuple[str, Artifact]] = {}
    for version, manifest in manifests.items():
        for artifact in manifest.artifacts if manifest else ():
            other_version, other = seen.setdefault(artifact.path, (version, artifact))
            if _contradict(artifact, other):
                raise ManifestError(
                    f"The manifests of {other_version} and {version} name different files "
                    f"{artifact.path!r}.",
                    hint="Sync both endpoint versions in one run.",
                )


def _contradict(one: Artifact, other: Artifact) -> bool:
    return None not in {one.encoded_sha256, other.encoded_sha256} and (
        one.encoded_sha256 != other.encoded_sha256
    )


def publish(
    tree: MirrorTree,
    incoming: Sequence[Incoming],
    staged: Sequence[Staged],
    *,
    now: datetime,
) -> tuple[PublishedVersion, ...]:
    """Move the files to their places and return what changed per version.

    Raises:
        ArtifactError: Something is in the way of a file.
        OSError: The tree cannot be written.
    """
    before = {one.version: tree.manifest_data(one.version) for one in incoming}
    known = tree.manifests()
    changed = [one for one in incoming if before[one.version] != one.data]
    _note_previous(tree, changed, known, now)
    _prepare(tree, staged, incoming)
    # All of it before the first file becomes visible; most of it was flushed when it arrived.
    with flushing() as begin:
        for ready in staged:
            begin(fsync_file, ready.file)
    _place(tree, staged)
    for one in incoming:
        _place_manifest(tree, one, before[one.version])
    _note_published(tree, incoming, {one.version for one in changed}, now)
    return tuple(
        PublishedVersion(
            endpoint_version=one.version,
            manifest_version=one.manifest.version,
            previous=_called(known.get(one.version)),
            changed=one in changed,
            artifacts=len(one.manifest.artifacts),
        )
        for one in incoming
    )


def _called(manifest: Manifest | None) -> str | None:
    return manifest.version if manifest else None


def _note_previous(
    tree: MirrorTree,
    changed: Iterable[Incoming],
    known: dict[str, Manifest | None],
    now: datetime,
) -> None:
    """Remember what is about to be replaced; before it is, so that a crash forgets nothing."""
    versions = dict(tree.record.versions)
    for one in changed:
        old = known.get(one.version)
        if old is None:
            continue
        data = tree.manifest_data(one.version) or b""
        previous = PreviousManifest(old.version, sha256(data), now, tuple(sorted(old.paths)))
        record = versions.get(one.version)
        versions[one.version] = replace(
            record or VersionRecord(None, old.version, previous.sha256, None, None, now, now),
            previous=with_previous(record, previous),
        )
    if versions != tree.record.versions:
        tree.record = replace(tree.record, versions=versions)
        save_record(tree.root, tree.record)


def _prepare(tree: MirrorTree, staged: Iterable[Staged], incoming: Iterable[Incoming]) -> None:
    """Find out about everything that could stop the move, before the first file is moved."""
    paths = [path for one in staged for path in one.targets]
    for path in (*paths, *(manifest_path(one.version) for one in incoming)):
        target = tree.root / path
        make_folders(target.parent)
        if target.is_dir():
            raise ArtifactError(f"{os.fspath(target)!r} is a folder; a file has to go there.")


def _place(tree: MirrorTree, staged: Iterable[Staged]) -> None:
    moves = [(one, path) for one in staged for path in one.targets]
    moves.sort(key=lambda move: (tree.root / move[1]).exists())
    left = {one.file: len(one.targets) for one in staged}
    for one, path in moves:
        left[one.file] -= 1
        source = one.file
        if left[one.file]:
            source = one.file.with_suffix(".copy")
            copy_durably(one.file, source)
        source.replace(tree.root / path)
        tree.remember(path, one.sha256)
    with flushing() as begin:
        for folder in {(tree.root / path).parent for _, path in moves}:
            begin(fsync_dir, folder)


def _place_manifest(tree: MirrorTree, one: Incoming, before: bytes | None) -> None:
    target = tree.root / manifest_path(one.version)
    if before == one.data:
        if one.version not in tree.record.versions:
            set_time(target, one.mtime)  # a mirror that is taken over may have times of its own
        return
    source = tree.staged("manifest.part")
    with source.open("wb") as file:
        os.fchmod(file.fileno(), 0o644)
        file.write(one.data)
        file.flush()
        os.fsync(file.fileno())
    set_time(source, one.mtime)
    if before is not None and int(target.stat().st_mtime) == one.mtime:
        # New bytes under the old time: servers that make ETags of times would hide the change.
        set_time(source, one.mtime + 1)
    source.replace(target)
    fsync_dir(target.parent)


def _note_published(
    tree: MirrorTree,
    incoming: Iterable[Incoming],
    changed: set[str],
    now: datetime,
) -> None:
    versions = dict(tree.record.versions)
    for one in incoming:
        old = versions.get(one.version)
        versions[one.version] = VersionRecord(
            upstream=one.upstream,
            manifest_version=one.manifest.version,
            sha256=sha256(one.data),
            etag=one.etag,
            last_modified=one.last_modified,
            published_at=now if old is None or one.version in changed else old.published_at,
            checked_at=one.checked_at,
            previous=old.previous if old else (),
            etag_trusted=one.etag_trusted,
        )
    tree.record = replace(tree.record, versions=versions)
    write_record(tree)


def write_record(tree: MirrorTree) -> None:
    """Write the record with the hashes of the files that are there.

    Raises:
        OSError: It cannot be written.
    """
    files = {path: known for path, known in tree.files.items() if (tree.root / path).is_file()}
    there = {known.sha256 for known in files.values()}
    decoded = {digest: claim for digest, claim in tree.decoded.items() if digest in there}
    tree.record = SyncRecord(tree.record.versions, files, decoded)
    save_record(tree.root, tree.record)


def older_findings(published: Iterable[PublishedVersion]) -> tuple[Finding, ...]:
    """Return a finding for each manifest that was replaced by an older one."""
    found = []
    for one in published:
        now, before = version_numbers(one.manifest_version), version_numbers(one.previous)
        if now is not None and before is not None and now < before:
            code = FindingCode.MANIFEST_OLDER
            message = f"{code.meaning} Before: {one.previous}, now: {one.manifest_version}."
            path = "/" + manifest_path(one.endpoint_version)
            found.append(Finding.of(code, path, message).concerning(one.endpoint_version))
    return tuple(found)
