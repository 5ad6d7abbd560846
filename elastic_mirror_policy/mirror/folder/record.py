"""The sync record: what was put into a mirror's folder, from where and when.

It lies in `.elastic-mirror-policy/` inside the folder: on the same file system, so that files can
be renamed into place, and with a hidden name and mode 0700, so that a web server does not give it
out. It is a convenience: without it a sync reads and hashes the files again, and goes on.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, ValidationError

from elastic_mirror_policy._document import adapter, place_of
from elastic_mirror_policy._files import atomic_write
from elastic_mirror_policy.errors import ArtifactError
from elastic_mirror_policy.mirror.layout import why_not
from elastic_mirror_policy.mirror.version import is_version

RECORD_FOLDER = ".elastic-mirror-policy"


def _inside(path: str) -> str:
    """Refuse a path that a hand-edited record points outside the tree."""
    why = why_not(path)
    if why:
        raise ValueError(why)
    return path


def _version(text: str) -> str:
    if not is_version(text):
        raise ValueError("not an endpoint version")
    return text


TreePath = Annotated[str, AfterValidator(_inside)]
Version = Annotated[str, AfterValidator(_version)]


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """A file's SHA-256, and what shows that the file is still the one that was hashed."""

    sha256: str
    size: int
    mtime_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class PreviousManifest:
    """A manifest that was published once; its artifacts are kept for a while."""

    manifest_version: str | None
    sha256: str
    replaced_at: AwareDatetime
    paths: tuple[TreePath, ...]


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """The manifest of one endpoint version.

    Attributes:
        upstream: Base URL of the server it came from, or None when that is not known.
        manifest_version: What it calls itself.
        sha256: SHA-256 of the zip file.
        etag: The upstream's ETag.
        last_modified: The upstream's Last-Modified.
        published_at: When it was put into the folder.
        checked_at: When the upstream was last asked for it.
        etag_trusted: Whether the upstream's ETag may stand for the bytes: False once two different
            manifests came with the same one.
        previous: The ones before it, the newest first.
    """

    upstream: str | None
    manifest_version: str | None
    sha256: str
    etag: str | None
    last_modified: str | None
    published_at: AwareDatetime
    checked_at: AwareDatetime
    previous: tuple[PreviousManifest, ...] = ()
    etag_trusted: bool = True


@dataclass(frozen=True, slots=True)
class SyncRecord:
    """Everything that is remembered about a mirror's folder.

    Attributes:
        versions: The manifests, by endpoint version.
        files: The files whose bytes were read.
        decoded: By the SHA-256 of a file, what it was seen to decode to (`Artifact.decoded_claim`).
    """

    versions: Mapping[Version, VersionRecord] = field(default_factory=dict)
    files: Mapping[TreePath, FileIdentity] = field(default_factory=dict)
    decoded: Mapping[str, str] = field(default_factory=dict)
    schema_version: Literal[1] = 1
    kind: Literal["mirror-sync-record"] = "mirror-sync-record"


def record_path(root: Path) -> Path:
    """Return where the record of a mirror's folder lies."""
    return root / RECORD_FOLDER / "sync.json"


def load_record(root: Path) -> SyncRecord:
    """Return the record of a mirror's folder; an empty one when there is none.

    Raises:
        ArtifactError: There is one that cannot be understood.
        OSError: There is one that cannot be read.
    """
    path = record_path(root)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return SyncRecord()
    try:
        return adapter(SyncRecord).validate_json(data)
    except ValidationError as exc:
        raise ArtifactError(
            f"The sync record {path} cannot be understood (at {place_of(exc)!r}).",
            hint="Move it away; the next sync makes a new one from the files that are there.",
        ) from exc


def save_record(root: Path, record: SyncRecord) -> None:
    """Write the record, whole or not at all.

    Raises:
        OSError: It cannot be written.
    """
    atomic_write(record_path(root), adapter(SyncRecord).dump_json(record, indent=1), mode=0o600)


def sha256(data: bytes) -> str:
    """Return the SHA-256 of some bytes in hex."""
    return hashlib.sha256(data).hexdigest()
