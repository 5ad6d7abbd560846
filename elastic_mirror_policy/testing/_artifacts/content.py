"""Synthetic artifacts and manifests, in the shape of Elastic's; nothing in them is real.

The keys of an entry are those of the user-artifact manifest (kibana#73388). Paths made of name and
hash, and an encryption named `RC4-` and 32 hexadecimal digits, are as an endpoint's log in
elastic-agent#6213 shows them; nothing can decrypt the cipher here.
"""

import hashlib
import io
import json
import random
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from elastic_mirror_policy._json import JsonValue

_SHARED = ("global-configuration-v1", "endpointelf-v1-blocklist", "endpointpe-v4-model")
_ENCRYPTED = frozenset({"endpointelf-v1-blocklist"})
_PER_VERSION = (
    "global-exceptionlist-linux",
    "global-exceptionlist-windows",
    "production-rules-linux-v1",
    "production-rules-windows-v1",
)


@dataclass(frozen=True)
class SyntheticArtifact:
    """An artifact with invented content.

    Attributes:
        name: Its name in the manifest.
        content: What inflating the file gives.
        compression: `zlib` or `none`.
        addressed: Whether the path contains the file's hash, so that new content gets a new path.
        folder: The folder of a path without a hash, below `/downloads/endpoint/`.
        encrypted: Whether the file is encrypted, so that nobody can tell what it decodes to.
    """

    name: str
    content: bytes
    compression: str = "zlib"
    addressed: bool = True
    folder: str = "synthetic"
    encrypted: bool = False

    @cached_property
    def wire(self) -> bytes:
        """The bytes of the file."""
        packed = zlib.compress(self.content) if self.compression == "zlib" else self.content
        if not self.encrypted:
            return packed
        key = int.from_bytes(_noise(f"key:{self.name}", len(packed)))
        return (int.from_bytes(packed) ^ key).to_bytes(len(packed))

    @cached_property
    def relative_url(self) -> str:
        """Its path."""
        addressed = f"{self.name}/{_sha256(self.wire)}"
        return (
            f"/downloads/endpoint/{addressed if self.addressed else f'{self.folder}/{self.name}'}"
        )

    @cached_property
    def entry(self) -> dict[str, JsonValue]:
        """Its entry in a manifest."""
        return {
            "relative_url": self.relative_url,
            "decoded_sha256": _sha256(self.content),
            "decoded_size": len(self.content),
            "encoded_sha256": _sha256(self.wire),
            "encoded_size": len(self.wire),
            "compression_algorithm": self.compression,
            "encryption_algorithm": f"RC4-{_sha256(self.wire)[:32]}" if self.encrypted else "none",
        }


def synthetic_artifacts(count: int) -> tuple[SyntheticArtifact, ...]:
    """Return that many small artifacts, always the same ones."""
    return tuple(
        SyntheticArtifact(f"synthetic-{number:03}-v1", _noise(f"first:{number}", 2_000), "none")
        for number in range(count)
    )


def example_artifacts(
    endpoint_version: str, *, addressed: bool = True
) -> tuple[SyntheticArtifact, ...]:
    """Return the artifacts of one endpoint version: some shared by all versions, some its own."""
    shared = [
        SyntheticArtifact(
            name,
            _noise(f"first:{name}", 30_000),
            "zlib" if name in _ENCRYPTED else "none",
            addressed,
            encrypted=name in _ENCRYPTED,
        )
        for name in _SHARED
    ]
    folder = "synthetic" if addressed else f"synthetic/{endpoint_version}"
    own = [
        SyntheticArtifact(
            name,
            f"synthetic first {name} {endpoint_version}\n".encode() * 200,
            "zlib",
            addressed,
            folder,
        )
        for name in _PER_VERSION
    ]
    return (*shared, *own)


def manifest_document(
    manifest_version: str, artifacts: Iterable[SyntheticArtifact]
) -> dict[str, JsonValue]:
    """Return the content of a `manifest.json`."""
    return {
        "manifest_version": manifest_version,
        "schema_version": "v1",
        "artifacts": {artifact.name: dict(artifact.entry) for artifact in artifacts},
    }


def manifest_zip(
    document: JsonValue, *, signature: bytes | None = None, entry: str = "manifest.json"
) -> bytes:
    """Return the bytes of an `artifacts-<version>.zip`; the same ones for the same arguments."""
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    files = {entry: content} | ({"manifest.sig": signature} if signature is not None else {})
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def zip_bomb(size: int = 1 << 30) -> bytes:
    """Return a zip file whose `manifest.json` unpacks to `size` bytes."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("manifest.json", "w", force_zip64=True) as entry,
    ):
        for start in range(0, size, 1 << 20):
            entry.write(b" " * min(1 << 20, size - start))
    return buffer.getvalue()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _noise(seed: str, size: int) -> bytes:
    return random.Random(seed).randbytes(size)  # noqa: S311 - test data, the same in every run
