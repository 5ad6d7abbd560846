"""Get every artifact that is not in the tree yet into its staging folder, verified."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from elastic_mirror_policy._files import fsync_file, sha256_file
from elastic_mirror_policy._http.download import Answer, Fetcher
from elastic_mirror_policy._time import http_seconds
from elastic_mirror_policy.errors import MissingArtifactError, NotFoundError
from elastic_mirror_policy.mirror.content import ContentCheck
from elastic_mirror_policy.mirror.folder.disk import Flush, copy_durably, set_time
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
    """Return the artifacts, each once, those with the same bytes together.

    Where two manifests name a path and only one knows its hash, that one stands first.
    """
    unique = dict.fromkeys(replace(artifact, name="") for artifact in artifacts)
    known = {one.path: one.encoded_sha256 for one in unique if one.encoded_sha256}
    groups: dict[str, list[Artifact]] = {}
    for one in unique:
        groups.setdefault(known.get(one.path, "/" + one.path), []).append(one)
    return [tuple(sorted(group, key=_unhashed_last)) for group in groups.values()]


def _unhashed_last(artifact: Artifact) -> bool:
    return artifact.encoded_sha256 is None


class Supplier:
    """Gets artifacts from the tree, from an earlier run, or from the upstream.

    Args:
        tree: The mirror's folder.
        fetcher: The upstream.
        meter: Counts what is done.
        stale: Paths whose files may be out of date although nothing shows it: their manifest
            is new and names no hash.
        flush: Has what was fetched on the disk while the rest is on its way.
    """

    def __init__(
        self,
        tree: MirrorTree,
        fetcher: Fetcher,
        meter: Meter,
        stale: frozenset[str],
        flush: Flush,
    ) -> None:
        self._tree = tree
        self._fetcher = fetcher
        self._meter = meter
        self._stale = stale
        self._flush = flush

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
        targets = tuple(dict.fromkeys(one.path for one in missing))
        paths = len({one.path for one in group})
        size = sum({one.path: one.encoded_size or 0 for one in group}.values())
        found = self._on_disk(missing)
        if not missing or found is not None:
            self._meter.add(items=paths, spared=size)
            staged = Staged(found, found.name, targets) if found is not None else None
            return Supply(staged, 0, 0, paths)
        file, content = self._fetch(missing)
        self._meter.add(items=paths, spared=size - (group[0].encoded_size or 0))
        return Supply(Staged(file, content.sha256, targets), 1, content.size, paths - 1)

    def _is_there(self, artifact: Artifact) -> bool:
        # Bytes that are read from the disk add to the work, until the file proves to be right.
        return artifact.path not in self._stale and self._tree.holds(
            artifact, lambda size: self._meter.add(size=size, spared=-size)
        )

    def _on_disk(self, missing: tuple[Artifact, ...]) -> Path | None:
        """A staged file with the artifacts' bytes, made of what the disk has; None without."""
        digest = missing[0].encoded_sha256 if missing else None
        if digest is None:
            return None
        staged = self._tree.staged(digest)
        if not staged.is_file():
            elsewhere = self._tree.find(digest)
            if elsewhere is None:
                return None
            part = self._tree.staged(digest + ".part")
            copy_durably(elsewhere, part)
            part.replace(staged)
        right = sha256_file(staged) == digest and all(
            one.encoded_size in {None, staged.stat().st_size}
            and self._tree.decodes(staged, digest, one)
            for one in missing
        )
        return staged if right else None

    def _fetch(self, missing: tuple[Artifact, ...]) -> tuple[Path, ContentCheck]:
        artifact = missing[0]
        name = artifact.encoded_sha256 or _unhashed(artifact)

        def consume(answer: Answer, chunks: Iterator[bytes]) -> ContentCheck:
            part = self._tree.staged(name + ".part")
            content = self._write(part, missing, chunks)
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
        file = self._tree.staged(name)
        self._flush(fsync_file, file)
        return file, content

    def _write(
        self, part: Path, missing: tuple[Artifact, ...], chunks: Iterator[bytes]
    ) -> ContentCheck:
        """Write the bytes, held against every claim that a manifest makes of them."""
        claims: dict[tuple[int | None, str], ContentCheck] = {}
        for one in missing:
            claims.setdefault((one.encoded_size, one.decoded_claim), ContentCheck(one))
        checks = list(claims.values())
        try:
            with part.open("wb") as file:
                os.fchmod(file.fileno(), 0o644)
                for chunk in chunks:
                    file.write(chunk)
                    for check in checks:
                        check.feed(chunk)
                    self._meter.add(size=len(chunk))
                for (_, claim), check in claims.items():
                    check.raise_for_problems()
                    self._tree.decoded[check.sha256] = claim
        except BaseException:
            self._meter.add(size=-checks[0].size)
            part.unlink(missing_ok=True)
            raise
        return checks[0]


def _unhashed(artifact: Artifact) -> str:
    """A staging name that a later run does not take for a verified file."""
    return "unhashed-" + hashlib.sha256(artifact.path.encode()).hexdigest()
