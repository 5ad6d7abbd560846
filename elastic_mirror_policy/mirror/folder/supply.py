"""Get every artifact that is not in the tree yet into its staging folder, verified."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from elastic_mirror_policy._files import sha256_file
from elastic_mirror_policy._http.download import Answer, Fetcher
from elastic_mirror_policy.errors import MissingArtifactError, NotFoundError
from elastic_mirror_policy.mirror.content import ContentCheck
from elastic_mirror_policy.mirror.folder.disk import copy_durably, http_seconds, set_time
from elastic_mirror_policy.mirror.folder.publish import Staged
from elastic_mirror_policy.mirror.folder.tree import MirrorTree
from elastic_mirror_policy.mirror.manifest import Artifact, size_limit
from elastic_mirror_policy.mirror.progress import Meter


@dataclass(frozen=True, slots=True)
class Supply:
    """Where some artifacts of the same content are now.

    Attributes:
        staged: The verified file, or None when all of them were in their places.
        fetched: Artifacts that were fetched: one or none.
        fetched_bytes: Its bytes.
        reused: Artifacts that came from the disk.
    """

    staged: Staged | None
    fetched: int
    fetched_bytes: int
    reused: int


def by_content(artifacts: Iterable[Artifact]) -> list[tuple[Artifact, ...]]:
    """Return the artifacts, one per path, those with the same bytes together.

    Where two manifests name a path and only one knows its hash, that one counts.
    """
    by_path: dict[str, Artifact] = {}
    for artifact in artifacts:
        known = by_path.get(artifact.path)
        if known is None or known.encoded_sha256 is None:
            by_path[artifact.path] = artifact
    groups: dict[str, list[Artifact]] = {}
    for artifact in by_path.values():
        groups.setdefault(artifact.encoded_sha256 or "/" + artifact.path, []).append(artifact)
    return [tuple(group) for group in groups.values()]


class Supplier:
    """Gets artifacts from the tree, from an earlier run, or from the upstream.

    Args:
        tree: The mirror's folder.
        fetcher: The upstream.
        meter: Counts what is done.
        stale: Paths whose files may be out of date although nothing shows it: their manifest
            is new and names no hash.
    """

    def __init__(
        self, tree: MirrorTree, fetcher: Fetcher, meter: Meter, stale: frozenset[str]
    ) -> None:
        self._tree = tree
        self._fetcher = fetcher
        self._meter = meter
        self._stale = stale

    def supply(self, group: tuple[Artifact, ...]) -> Supply:
        """Make sure of some artifacts that have the same bytes.

        Raises:
            MissingArtifactError: The upstream does not have it.
            DigestMismatchError: Its bytes are not those of the manifest.
            LengthMismatchError: There are too few or too many of them.
            TransportError: The upstream gave no usable answer.
            ApiError: The upstream answered with an error.
            OSError: The disk refuses.
        """
        missing = tuple(one for one in group if not self._is_there(one))
        if not missing:
            self._count(group)
            return Supply(None, 0, 0, len(group))
        targets = tuple(one.path for one in missing)
        found = self._on_disk(missing[0])
        if found is not None:
            self._count(group)
            return Supply(Staged(found, found.name, targets), 0, 0, len(group))
        file, content = self._fetch(missing[0])
        self._meter.add(items=len(group), spared=(len(group) - 1) * content.size)
        staged = Staged(file, content.sha256, targets)
        return Supply(staged, 1, content.size, len(group) - 1)

    def _is_there(self, artifact: Artifact) -> bool:
        return artifact.path not in self._stale and self._tree.holds(artifact)

    def _count(self, group: tuple[Artifact, ...]) -> None:
        self._meter.add(items=len(group), spared=sum(one.encoded_size or 0 for one in group))

    def _on_disk(self, artifact: Artifact) -> Path | None:
        """A staged file with the artifact's bytes, made of what the disk has; None without."""
        digest = artifact.encoded_sha256
        if digest is None:
            return None
        staged = self._tree.staged(digest)
        if staged.is_file() and sha256_file(staged) == digest:
            return staged
        elsewhere = self._tree.find(digest)
        if elsewhere is None:
            return None
        part = self._tree.staged(digest + ".part")
        copy_durably(elsewhere, part)
        return part.replace(staged)

    def _fetch(self, artifact: Artifact) -> tuple[Path, ContentCheck]:
        name = artifact.encoded_sha256 or _unhashed(artifact)

        def consume(answer: Answer, chunks: Iterator[bytes]) -> ContentCheck:
            part = self._tree.staged(name + ".part")
            content = self._write(part, artifact, chunks)
            set_time(part, http_seconds(answer.headers.get("last-modified")))
            part.replace(self._tree.staged(name))
            return content

        try:
            content = self._fetcher.get(artifact.relative_url, consume, limit=size_limit(artifact))
        except NotFoundError as exc:
            raise MissingArtifactError(
                f"{self._fetcher.base_url}{artifact.relative_url} is named by a manifest, and is "
                "not there.",
                hint="The upstream may be between two releases; run the sync again later.",
            ) from exc
        return self._tree.staged(name), content

    def _write(self, part: Path, artifact: Artifact, chunks: Iterator[bytes]) -> ContentCheck:
        content = ContentCheck(artifact, decode=artifact.encoded_sha256 is None)
        try:
            with part.open("wb") as file:
                os.fchmod(file.fileno(), 0o644)
                for chunk in chunks:
                    file.write(chunk)
                    content.feed(chunk)
                    self._meter.add(size=len(chunk))
                content.raise_for_problems()
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            self._meter.add(size=-content.size)
            part.unlink(missing_ok=True)
            raise
        return content


def _unhashed(artifact: Artifact) -> str:
    """A staging name that a later run does not take for a verified file."""
    return "unhashed-" + hashlib.sha256(artifact.path.encode()).hexdigest()
