"""Write a bundle: its index first, then artifacts, then manifests, each verified as it passes."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from elastic_mirror_policy.errors import (
    ArtifactError,
    DigestMismatchError,
    LengthMismatchError,
    ManifestError,
    MissingArtifactError,
)
from elastic_mirror_policy.mirror.bundles.index import (
    INDEX_NAME,
    BundledFile,
    BundledManifest,
    BundleIndex,
)
from elastic_mirror_policy.mirror.bundles.tar import END, PIECE, header, padding
from elastic_mirror_policy.mirror.bundles.wanted import Wanted
from elastic_mirror_policy.mirror.folder.publish import refuse_contradictions
from elastic_mirror_policy.mirror.folder.record import sha256
from elastic_mirror_policy.mirror.folder.tree import MirrorTree
from elastic_mirror_policy.mirror.layout import manifest_path
from elastic_mirror_policy.mirror.manifest import Artifact, Manifest
from elastic_mirror_policy.mirror.version import EndpointVersion

_REPAIR = "Run `mirror sync --verify`, which replaces files that are wrong, then pack again."


def make_index(
    tree: MirrorTree, earlier: BundleIndex | None, wanted: Wanted | None, now: datetime
) -> BundleIndex:
    """Return the index of a bundle of this folder, without what is on the other side already.

    Args:
        tree: The folder.
        earlier: The index of an earlier bundle, whose files are left out.
        wanted: What the other side needs and has; other endpoint versions are left out.
        now: The time to record.

    Raises:
        ManifestError: A manifest of the folder cannot be used.
        MissingArtifactError: An artifact is not there, or has the wrong length.
        DigestMismatchError: An artifact does not decode to what its manifest names.
        ArtifactError: There is nothing to pack.
        OSError: The folder cannot be read.
    """
    manifests = _asked_for(_usable(tree), wanted)
    refuse_contradictions(tree, ())
    artifacts = {a.path: a for manifest in manifests.values() for a in manifest.artifacts}
    files = [_file(tree, artifact) for _, artifact in sorted(artifacts.items())]
    brought = {(one.path, one.sha256) for one in _everything(earlier)}
    brought |= {(one.path, one.sha256) for one in (wanted.files if wanted else ())}
    return BundleIndex(
        manifests=tuple(_manifest(tree, v, manifests[v]) for v in manifests),
        files=tuple(one for one in files if (one.path, one.sha256) not in brought),
        required=tuple(one for one in files if (one.path, one.sha256) in brought),
        created_at=now,
        wanted=wanted.digest if wanted else None,
    )


def _everything(index: BundleIndex | None) -> Iterable[BundledFile]:
    return (*index.files, *index.required) if index else ()


def _asked_for(manifests: dict[str, Manifest], wanted: Wanted | None) -> dict[str, Manifest]:
    """The manifests of the endpoint versions that are wanted; all of them when nothing says."""
    if wanted is None:
        return manifests
    chosen = {}
    for version in wanted.versions:
        candidates = EndpointVersion(version).candidates
        name = next((one for one in candidates if one in manifests), None)
        if name is None:
            raise MissingArtifactError(
                f"The folder has no manifest for endpoint version {version}, which is wanted.",
                hint="Run `mirror sync` with the same --wanted file first.",
            )
        chosen[name] = manifests[name]
    return chosen


def _usable(tree: MirrorTree) -> dict[str, Manifest]:
    usable = {}
    for version, manifest in tree.manifests().items():
        if manifest is None:
            raise ManifestError(
                f"The manifest {manifest_path(version)!r} of the folder cannot be used.",
                hint="Sync that endpoint version again, or remove its manifest.",
            )
        usable[version] = manifest
    if not usable:
        raise ArtifactError(
            f"There is no manifest in {str(tree.root)!r}, so there is nothing to pack.",
            hint="Fill the folder with `mirror sync` first.",
        )
    return usable


def _file(tree: MirrorTree, artifact: Artifact) -> BundledFile:
    if not tree.has_size(artifact):
        raise MissingArtifactError(
            f"{artifact.path!r} is named by a manifest, but is missing or incomplete.",
            hint="Run `mirror sync`, then pack again.",
        )
    seen = (tree.root / artifact.path).stat()
    digest = artifact.encoded_sha256 or tree.sha256(artifact.path)
    if not tree.decodes(tree.root / artifact.path, digest, artifact):
        raise DigestMismatchError(
            f"{artifact.path!r} does not decode to what its manifest names.", hint=_REPAIR
        )
    return BundledFile(artifact.path, seen.st_size, digest, max(0, int(seen.st_mtime)))


def _manifest(tree: MirrorTree, version: str, manifest: Manifest) -> BundledManifest:
    data = tree.manifest_data(version) or b""
    record = tree.record.versions.get(version)
    mtime = int((tree.root / manifest_path(version)).stat().st_mtime)
    return BundledManifest(
        version=version,
        size=len(data),
        sha256=sha256(data),
        mtime=max(0, mtime),
        manifest_version=manifest.version,
        artifacts=len(manifest.artifacts),
        etag=record.etag if record else None,
        last_modified=record.last_modified if record else None,
        checked_at=record.checked_at if record else None,
        upstream=record.upstream if record else None,
    )


def write_bundle(
    tree: MirrorTree, index: BundleIndex, encoded_index: bytes, file: BinaryIO
) -> None:
    """Write the bundle.

    Raises:
        ArtifactError: A file is not what the index says, or its path is too long.
        OSError: A file cannot be read, or the bundle cannot be written.
    """
    created = int(index.created_at.timestamp())
    file.write(header(INDEX_NAME, len(encoded_index), created))
    file.write(encoded_index + padding(len(encoded_index)))
    for one in index.members:
        file.write(header(one.path, one.size, one.mtime))
        file.writelines(_verified(tree.root / one.path, one))
        file.write(padding(one.size))
    file.write(END)


def _verified(path: Path, expected: BundledFile | BundledManifest) -> Iterator[bytes]:
    """The file's bytes; an error at their end when they are not what the index says."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            size += len(piece)
            if size > expected.size:
                break
            yield piece
    if size != expected.size:
        raise LengthMismatchError(f"{expected.path!r} changed its length while it was packed.")
    if digest.hexdigest() != expected.sha256:
        raise DigestMismatchError(
            f"{expected.path!r} does not have the SHA-256 that its manifest names.",
            hint=_REPAIR,
        )
