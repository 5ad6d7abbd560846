"""Carry a mirror over an air gap: pack a folder into one file, unpack it on the other side.

A bundle is a plain tar with an index of hashes as its first member. Unpacking verifies all of it
before the first file becomes visible, then publishes as a sync does: artifacts first, manifests
last. What is not in the index, and whatever is not a regular file, is refused. A bundle proves that
its bytes are whole, not who made it: compare the SHA-256 of its index on both sides.
"""

import contextlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from elastic_mirror_policy._files import atomic_file
from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.mirror.bundles.index import BundleIndex, write_index
from elastic_mirror_policy.mirror.bundles.pack import make_index, write_bundle
from elastic_mirror_policy.mirror.bundles.unpack import (
    Bundle,
    incoming_manifests,
    refuse_missing,
    refuse_undecodable,
)
from elastic_mirror_policy.mirror.bundles.wanted import read_wanted
from elastic_mirror_policy.mirror.findings import worst_first
from elastic_mirror_policy.mirror.folder.disk import disk_errors
from elastic_mirror_policy.mirror.folder.publish import (
    older_findings,
    publish,
    refuse_contradictions,
)
from elastic_mirror_policy.mirror.folder.record import sha256
from elastic_mirror_policy.mirror.folder.retention import check_retention, prune
from elastic_mirror_policy.mirror.folder.tree import open_tree
from elastic_mirror_policy.mirror.report import BundleReport
from elastic_mirror_policy.mirror.versions import PublishedVersion


def pack_mirror(
    folder: str | os.PathLike[str],
    bundle_path: str | os.PathLike[str],
    *,
    since: str | os.PathLike[str] | None = None,
    wanted: str | os.PathLike[str] | None = None,
    now: datetime | None = None,
) -> BundleReport:
    """Write everything a mirror publishes into one file, or leave no file.

    Args:
        folder: The mirror's folder.
        bundle_path: The file to write; one of that name is replaced.
        since: An earlier bundle of this folder: what it brought is left out.
        wanted: A file of `mirror wanted`: endpoint versions it does not name, and files that the
            other side has, are left out.
        now: The time to record; the present when it is None.

    Raises:
        ConfigurationError: There is no such folder, earlier bundle or file, or both are given.
        ManifestError: A manifest of the folder cannot be used.
        MissingArtifactError: An artifact is not there, or has the wrong length.
        DigestMismatchError: An artifact has other bytes than its manifest names.
        LengthMismatchError: A file changed while it was packed.
        ArtifactError: There is nothing to pack, the earlier bundle cannot be used, or the disk
            refuses.
    """
    root, target = Path(folder), Path(bundle_path)
    if not root.is_dir():
        raise ConfigurationError(f"There is no folder {os.fspath(folder)!r}.")
    if since is not None and wanted is not None:
        raise ConfigurationError("Give either an earlier bundle or what is wanted.")
    earlier = None if since is None else _index_of(Path(since))
    moment = now or datetime.now(UTC)
    needs = None if wanted is None else read_wanted(wanted, now=moment)
    with disk_errors(root), open_tree(root) as tree:
        index = make_index(tree, earlier, needs, moment)
        encoded = write_index(index)
        with disk_errors(target), atomic_file(target) as file:
            write_bundle(tree, index, encoded, file)
    return BundleReport(
        action="packed",
        bundle=os.fspath(target),
        folder=os.fspath(root),
        index_sha256=sha256(encoded),
        versions=tuple(
            PublishedVersion(
                one.version, one.manifest_version, None, changed=False, artifacts=one.artifacts
            )
            for one in index.manifests
        ),
        files=len(index.files),
        bytes=sum(one.size for one in index.files),
        required=len(index.required),
    )


def _index_of(path: Path) -> BundleIndex:
    with _opened(path) as bundle:
        return bundle.index


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Bundle]:
    if not path.is_file():
        raise ConfigurationError(f"There is no bundle {os.fspath(path)!r}.")
    with disk_errors(path), path.open("rb") as file:
        yield Bundle(file, os.fspath(path))


def unpack_mirror(
    bundle_path: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    keep: int = 1,
    verify: bool = False,
    interval: float = 3600,
    now: datetime | None = None,
) -> BundleReport:
    """Bring a mirror's folder to what a bundle holds, or leave it as it was.

    Args:
        bundle_path: A file that `pack_mirror` wrote.
        folder: The mirror's folder; made when it is absent.
        keep: How many previous manifests of each version keep their artifacts.
        interval: Seconds between two polls of an endpoint; nothing that a manifest named is
            removed earlier than this after it was replaced.
        verify: Read every file that the folder has already, and replace those whose bytes have
            changed. Without it a file is read when its length or time is not the recorded one.
        now: The time to record; the present when it is None.

    Raises:
        ConfigurationError: There is no such bundle, or an argument cannot be used.
        MissingArtifactError: The bundle lacks a file, or continues one that was not unpacked.
        DigestMismatchError: A file has other bytes than the index names, or does not decode to
            what its manifest names.
        ManifestError: A manifest cannot be used, or names a file the bundle knows nothing of.
        ArtifactError: The bundle is damaged or holds what its index does not name, the disk
            refuses, or another process works on the folder.
    """
    check_retention(keep, interval)
    root, source = Path(folder), Path(bundle_path)
    moment = now or datetime.now(UTC)
    with _opened(source) as bundle, disk_errors(root), open_tree(root) as tree:
        if verify:
            tree.forget(one.path for one in (*bundle.index.files, *bundle.index.required))
        staged, data = bundle.stage(tree)
        incoming = incoming_manifests(bundle.index, data)
        refuse_missing(tree, bundle.index, source)
        refuse_undecodable(tree, staged, incoming)
        refuse_contradictions(tree, incoming)
        published = publish(tree, incoming, staged, now=moment)
        pruned, unpruned = prune(tree, keep=keep, interval=interval, now=moment)
        tree.clear_staging()
    return BundleReport(
        action="unpacked",
        bundle=os.fspath(source),
        folder=os.fspath(root),
        index_sha256=bundle.index_sha256,
        versions=published,
        files=len(bundle.index.files),
        bytes=sum(one.size for one in bundle.index.files),
        required=len(bundle.index.required),
        pruned=pruned,
        findings=worst_first([*older_findings(published), *unpruned]),
    )
