"""The index of a bundle: what it holds, what it needs, and the SHA-256 of all of it."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AwareDatetime, FailFast, Field, StringConstraints, ValidationError

from elastic_mirror_policy._document import adapter, place_of
from elastic_mirror_policy.errors import ArtifactError
from elastic_mirror_policy.mirror.folder.record import TreePath, Version
from elastic_mirror_policy.mirror.layout import manifest_path
from elastic_mirror_policy.mirror.manifest import MAX_ARTIFACT_SIZE, MAX_ZIP

INDEX_NAME = "bundle-index.json"
MAX_INDEX = 4 << 20
"""Largest index, in bytes; one of fifty artifacts has about 15 kB."""

Mtime = Annotated[int, Field(ge=0, le=1 << 33)]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


@dataclass(frozen=True, slots=True)
class BundledFile:
    """An artifact: where it goes, and what its bytes are."""

    path: TreePath
    size: Annotated[int, Field(ge=0, le=MAX_ARTIFACT_SIZE)]
    sha256: Sha256
    mtime: Mtime


@dataclass(frozen=True, slots=True)
class BundledManifest:
    """A manifest, and what the packing side knew about it."""

    version: Version
    size: Annotated[int, Field(ge=0, le=MAX_ZIP)]
    sha256: Sha256
    mtime: Mtime
    manifest_version: str | None
    artifacts: int
    etag: str | None
    last_modified: str | None
    checked_at: AwareDatetime | None
    upstream: str | None

    @property
    def path(self) -> str:
        """Where it goes."""
        return manifest_path(self.version)


@dataclass(frozen=True, slots=True)
class BundleIndex:
    """Everything in a bundle.

    Attributes:
        manifests: The manifests; a bundle holds all of them.
        files: The artifacts it holds.
        required: The artifacts it leaves out, because they are on the other side already.
        created_at: When it was packed.
        wanted: The digest of the file of `mirror wanted` it was packed for, or None.
    """

    manifests: Annotated[tuple[BundledManifest, ...], FailFast()]
    files: Annotated[tuple[BundledFile, ...], FailFast()]
    required: Annotated[tuple[BundledFile, ...], FailFast()]
    created_at: AwareDatetime
    schema_version: Literal[1] = 1
    kind: Literal["mirror-bundle"] = "mirror-bundle"
    wanted: Sha256 | None = None

    @property
    def members(self) -> tuple[BundledFile | BundledManifest, ...]:
        """What stands in the bundle after the index, in that order."""
        return (*self.files, *self.manifests)


def write_index(index: BundleIndex) -> bytes:
    """Return the index as the bytes that stand in the bundle."""
    return adapter(BundleIndex).dump_json(index, indent=1)


def read_index(data: bytes, bundle: str) -> BundleIndex:
    """Return the index in these bytes.

    Raises:
        ArtifactError: It is not an index, or names a path that may not be written.
    """
    try:
        index = adapter(BundleIndex).validate_json(data)
    except ValidationError as exc:
        raise ArtifactError(
            f"The index of {bundle!r} cannot be used (at {place_of(exc)!r}).",
            hint="It was not made by `mirror pack`, was damaged, or was made by a newer version.",
        ) from exc
    paths = [one.path for one in (*index.members, *index.required)]
    if not index.manifests or len(set(paths)) != len(paths):
        raise ArtifactError(f"The index of {bundle!r} names no manifest, or a file twice.")
    return index
