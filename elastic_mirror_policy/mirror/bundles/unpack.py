"""Read a bundle into a mirror's staging folder, believing nothing it says about itself."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from elastic_mirror_policy._text import visible
from elastic_mirror_policy.errors import (
    ArtifactError,
    DigestMismatchError,
    ManifestError,
    MissingArtifactError,
)
from elastic_mirror_policy.mirror.bundles.index import (
    INDEX_NAME,
    MAX_INDEX,
    BundledFile,
    BundledManifest,
    BundleIndex,
    read_index,
)
from elastic_mirror_policy.mirror.bundles.tar import TarReader
from elastic_mirror_policy.mirror.folder.disk import set_time
from elastic_mirror_policy.mirror.folder.publish import Incoming, Staged
from elastic_mirror_policy.mirror.folder.tree import MirrorTree
from elastic_mirror_policy.mirror.manifest import Artifact, parse_manifest_zip

_EARLIER = "Unpack the earlier bundle first, or pack one without --since."
_WANTED = "Run `mirror wanted` with this folder again, and pack for that file."


class Bundle:
    """An opened bundle, whose index has been read.

    Args:
        file: The bundle.
        name: What to call it in errors.

    Attributes:
        index: Its index.
        index_sha256: SHA-256 of the index.

    Raises:
        ArtifactError: It is not a bundle, or is damaged.
        OSError: It cannot be read.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._name = name
        self._tar = TarReader(file, name)
        first = self._tar.next()
        if first is None or first.name != INDEX_NAME or first.size > MAX_INDEX:
            raise ArtifactError(
                f"{name!r} is not a bundle: it does not begin with its index.",
                hint="Give a file that `mirror pack` made.",
            )
        data = b"".join(self._tar.content(first.size))
        self.index: BundleIndex = read_index(data, name)
        self.index_sha256 = hashlib.sha256(data).hexdigest()

    def stage(self, tree: MirrorTree) -> tuple[list[Staged], dict[str, bytes]]:
        """Bring all artifacts into the staging folder; return them and the manifests' bytes.

        Raises:
            ArtifactError: The bundle is not what its index says.
            OSError: The disk refuses.
        """
        artifacts = {one.path: one for one in self.index.files}
        manifests = {one.path: one for one in self.index.manifests}
        staged: dict[str, tuple[str, ...]] = {}
        data: dict[str, bytes] = {}
        for name, content in self._members({**artifacts, **manifests}):
            if name in manifests:
                data[manifests[name].version] = b"".join(content)
            elif _write(tree, artifacts[name], content):
                digest = artifacts[name].sha256
                staged[digest] = (*staged.get(digest, ()), name)
        return [Staged(tree.staged(d), d, paths) for d, paths in staged.items()], data

    def _members(
        self, expected: dict[str, BundledFile | BundledManifest]
    ) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Yield each member with its bytes, which are verified when they have been read."""
        left = dict(expected)
        while (member := self._tar.next()) is not None:
            known = left.pop(member.name, None)
            if known is None or known.size != member.size:
                raise ArtifactError(
                    f"{self._name!r} holds {visible(member.name[:200])!r}, which its index does "
                    "not name, or names otherwise.",
                    hint="Nothing was unpacked; do not use this bundle.",
                )
            yield member.name, self._verified(known)
        if left:
            raise MissingArtifactError(
                f"{self._name!r} lacks {len(left)} of the files of its index, such as "
                f"{next(iter(left))!r}.",
                hint="Nothing was unpacked; carry the bundle over again.",
            )

    def _verified(self, known: BundledFile | BundledManifest) -> Iterator[bytes]:
        digest = hashlib.sha256()
        for piece in self._tar.content(known.size):
            digest.update(piece)
            yield piece
        if digest.hexdigest() != known.sha256:
            raise DigestMismatchError(
                f"{known.path!r} in {self._name!r} does not have the SHA-256 of the index.",
                hint="Nothing was unpacked; carry the bundle over again.",
            )


def _write(tree: MirrorTree, one: BundledFile, content: Iterator[bytes]) -> bool:
    """Stage a file unless the tree has it; its bytes are read and verified in both cases."""
    if tree.holds(_as_artifact(one)):
        for _ in content:
            pass
        return False
    part = tree.staged(one.sha256 + ".part")
    with part.open("wb") as file:
        os.fchmod(file.fileno(), 0o644)
        for piece in content:
            file.write(piece)
    set_time(part, one.mtime)
    part.replace(tree.staged(one.sha256))
    return True


def _as_artifact(one: BundledFile) -> Artifact:
    return Artifact(one.path, "/" + one.path, one.path, one.sha256, one.size)


def incoming_manifests(index: BundleIndex, data: dict[str, bytes]) -> list[Incoming]:
    """Return the bundle's manifests, each held against the files of the index.

    Raises:
        ManifestError: One cannot be used, or names a file the bundle knows nothing of.
        ArtifactError: The bundle has files that no manifest names.
    """
    known = {one.path: one for one in (*index.files, *index.required)}
    incoming = [_incoming(one, data[one.version], index) for one in index.manifests]
    named: set[str] = set()
    for one in incoming:
        for artifact in one.manifest.artifacts:
            if not _agree(artifact, known.get(artifact.path)):
                raise ManifestError(
                    f"The bundled manifest of {one.version} names {artifact.path!r}, which the "
                    "index does not know, or knows otherwise."
                )
        named |= one.manifest.paths
    strangers = sorted(known.keys() - named)
    if strangers:
        raise ArtifactError(
            f"The bundle holds {strangers[0]!r}, which none of its manifests names.",
            hint="Nothing was unpacked; do not use this bundle.",
        )
    return incoming


def _agree(artifact: Artifact, known: BundledFile | None) -> bool:
    return (
        known is not None
        and artifact.encoded_sha256 in {None, known.sha256}
        and artifact.encoded_size in {None, known.size}
    )


def _incoming(one: BundledManifest, data: bytes, index: BundleIndex) -> Incoming:
    return Incoming(
        version=one.version,
        data=data,
        manifest=parse_manifest_zip(data),
        etag=one.etag,
        last_modified=one.last_modified,
        mtime=one.mtime,
        checked_at=one.checked_at or index.created_at,
        upstream=one.upstream,
    )


def refuse_missing(tree: MirrorTree, index: BundleIndex, bundle: Path) -> None:
    """Refuse a bundle that continues an earlier one which was not unpacked here.

    Raises:
        MissingArtifactError: A file of the earlier bundle is not in the folder.
        OSError: The folder cannot be read.
    """
    lost = [one.path for one in index.required if not tree.holds(_as_artifact(one))]
    if lost:
        why, hint = "continues an earlier bundle", _EARLIER
        if index.wanted is not None:
            why, hint = "leaves out what `mirror wanted` found here", _WANTED
        raise MissingArtifactError(
            f"{os.fspath(bundle)!r} {why}, and {len(lost)} of those files are not in the folder, "
            f"such as {lost[0]!r}.",
            hint=hint,
        )


def refuse_undecodable(
    tree: MirrorTree, staged: Iterable[Staged], incoming: Iterable[Incoming]
) -> None:
    """Refuse artifacts that do not decode to what their manifests name.

    Raises:
        DigestMismatchError: One does not.
        OSError: A file cannot be read.
    """
    files = {path: (one.file, one.sha256) for one in staged for path in one.targets}
    for artifact in (artifact for one in incoming for artifact in one.manifest.artifacts):
        here = (tree.root / artifact.path, "")
        file, digest = files.get(artifact.path, here)
        if not tree.decodes(file, digest or tree.sha256(artifact.path), artifact):
            raise DigestMismatchError(
                f"{artifact.path!r} does not decode to what its manifest names.",
                hint="Nothing was unpacked; sync the folder on the other side, and pack again.",
            )
