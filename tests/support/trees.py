"""What a mirror's folder holds, as values that tests compare."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from elastic_mirror_policy._http.retry import RetryPolicy
from elastic_mirror_policy.mirror.folder.tree import MirrorTree
from elastic_mirror_policy.mirror.manifest import Artifact

QUICK = RetryPolicy(attempts=3, total=20.0, base=0.0)
"""Retries that do not wait."""


def published(folder: Path) -> dict[str, tuple[str, int]]:
    """Return SHA-256 and time of every file a web server would give out."""
    return {
        path.relative_to(folder).as_posix(): (sha256(path), int(path.stat().st_mtime))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.relative_to(folder).as_posix().startswith(".")
    }


def sha256(path: Path) -> str:
    """Return the hash of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def broken(folder: Path) -> list[str]:
    """Return the artifacts that a published manifest names and that are not there as it says."""
    return [
        f"{version}: {artifact.path}"
        for version, artifact in _named(folder)
        if not _is_right(folder, artifact)
    ]


def _named(folder: Path) -> Iterator[tuple[str, Artifact]]:
    for version, manifest in MirrorTree(folder).manifests().items():
        assert manifest is not None, f"the manifest of {version} is unreadable"
        yield from ((version, artifact) for artifact in manifest.artifacts)


def _is_right(folder: Path, artifact: Artifact) -> bool:
    path = folder / artifact.path
    return path.is_file() and sha256(path) == artifact.encoded_sha256


def manifest_versions(folder: Path) -> dict[str, str | None]:
    """Return what the published manifests call themselves."""
    manifests = MirrorTree(folder).manifests()
    return {
        version: manifest.version if manifest else None for version, manifest in manifests.items()
    }
