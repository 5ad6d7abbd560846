"""A manifest: which artifacts belong to an endpoint version, and what their bytes must be (pure).

`artifacts-<version>.zip` holds `manifest.json` and usually `manifest.sig`. Only `manifest_version`
and each artifact's `relative_url` are publicly documented; hashes and sizes are read where they
are there, with the meaning they have in the manifest of user artifacts (kibana#73388): `encoded_*`
is the file on the wire, `decoded_*` what inflating it gives. Every other key stays as data.

Everything here is bounded before it is read, because the bytes come from a server.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from elastic_mirror_policy._json import JsonValue, decode
from elastic_mirror_policy._text import visible
from elastic_mirror_policy.errors import ManifestError
from elastic_mirror_policy.mirror.layout import collisions, file_and_folder, tree_path

MAX_ZIP = 2 << 20
"""Largest `artifacts-<version>.zip` that is read, in bytes."""
MAX_ENTRY = 2 << 20
"""Largest unpacked `manifest.json`; a manifest of fifty artifacts has about 25 kB."""
MAX_ZIP_ENTRIES = 64
MAX_VALUES = 40_000
"""Most JSON values of a manifest: each one costs memory many times its length in the file."""
MAX_ARTIFACTS = 1_000
MAX_TEXT = 1_000
"""Longest version, hash or word of a manifest, in characters."""
MAX_ARTIFACT_SIZE = 2 << 30
"""Largest artifact, in bytes; an endpoint needs 1 GB of disk in all."""

_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a character, which JSON can name and no file can hold."""
_SHA256 = re.compile("[0-9a-fA-F]{64}")
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    OverflowError,  # an entry that begins beyond the largest file
    ValueError,
    RuntimeError,  # a password, or a feature that zipfile does not have
)


@dataclass(frozen=True, slots=True)
class Artifact:
    """One artifact of a manifest.

    Attributes:
        name: Its name in the manifest: data, never markup.
        relative_url: What an endpoint appends to the base URL.
        path: Where the file lies below the tree.
        encoded_sha256: SHA-256 of the file in hex, or None when the manifest does not say.
        encoded_size: Length of the file, or None.
        decoded_sha256: SHA-256 of the inflated content, or None.
        decoded_size: Length of the inflated content, or None.
        compression: `zlib`, `none`, another word, or None.
        encryption: `none`, another word, or None.
    """

    name: str
    relative_url: str
    path: str
    encoded_sha256: str | None = None
    encoded_size: int | None = None
    decoded_sha256: str | None = None
    decoded_size: int | None = None
    compression: str | None = None
    encryption: str | None = None

    @property
    def can_be_decoded(self) -> bool:
        """Whether the decoded hash can be computed: plain or zlib, and not encrypted."""
        return self.compression in {"zlib", "none"} and self.encryption == "none"

    @property
    def decoded_claim(self) -> str:
        """What the manifest says of the inflated content, where that can be told; else empty."""
        if not self.can_be_decoded or (self.decoded_sha256, self.decoded_size) == (None, None):
            return ""
        return f"{self.compression} {self.decoded_sha256} {self.decoded_size}"


def size_limit(artifact: Artifact) -> int:
    """Return how many bytes of an artifact's file are read at most."""
    return MAX_ARTIFACT_SIZE if artifact.encoded_size is None else artifact.encoded_size


def total_size(artifacts: Iterable[Artifact]) -> int | None:
    """Return how many bytes the artifacts' files have, or None when one of them does not say."""
    sizes = [artifact.encoded_size for artifact in artifacts]
    return None if None in sizes else sum(size or 0 for size in sizes)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of `manifest.json`.

    Attributes:
        version: The `manifest_version`, such as `1.0.261`, or None when there is none.
        artifacts: The artifacts, sorted by name; never empty.
        document: The decoded JSON, unknown keys and all.
        content: The bytes of `manifest.json`, which the signature is made for.
        signature: The bytes of `manifest.sig`, or None.
    """

    version: str | None
    artifacts: tuple[Artifact, ...]
    document: Mapping[str, JsonValue] = field(repr=False, hash=False)
    content: bytes = field(repr=False)
    signature: bytes | None = field(default=None, repr=False)

    @property
    def paths(self) -> frozenset[str]:
        """The files it names."""
        return frozenset(artifact.path for artifact in self.artifacts)

    @property
    def case_collisions(self) -> tuple[tuple[str, str], ...]:
        """Pairs of files that are one and the same where case does not count."""
        return collisions(self.paths)


def parse_manifest_zip(data: bytes) -> Manifest:
    """Return the manifest in the bytes of an `artifacts-<version>.zip`.

    Raises:
        ManifestError: It is not such a zip, too large, or names a path that may not be written.
    """
    if len(data) > MAX_ZIP:
        raise ManifestError(f"The manifest has {len(data)} bytes; at most {MAX_ZIP} are read.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            content = _entry(archive, "manifest.json")
            signature = _entry(archive, "manifest.sig")
    except _ZIP_ERRORS as exc:
        raise ManifestError(
            f"The manifest is not a zip file that can be read ({visible(str(exc))[:100]}).",
            hint="A login page or an error page may have been served or stored in its place.",
        ) from exc
    if content is None:
        raise ManifestError("The manifest's zip file has no entry manifest.json.")
    return parse_manifest(content, signature=signature)


def _entry(archive: zipfile.ZipFile, name: str) -> bytes | None:
    """The unpacked entry, or None; bounded whatever the zip says about itself."""
    found = [info for info in archive.infolist() if info.filename == name]
    if len(archive.infolist()) > MAX_ZIP_ENTRIES or len(found) > 1:
        raise ManifestError(
            f"The manifest's zip file has more than {MAX_ZIP_ENTRIES} entries, or two {name}."
        )
    if not found:
        return None
    if found[0].compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise ManifestError(f"{name} is packed in a way that manifests are not.")
    with archive.open(found[0]) as file:
        content = file.read(MAX_ENTRY + 1)
    if len(content) > MAX_ENTRY:
        raise ManifestError(f"{name} unpacks to more than {MAX_ENTRY} bytes.")
    return content


def parse_manifest(content: bytes, *, signature: bytes | None = None) -> Manifest:
    """Return the manifest in the bytes of a `manifest.json`.

    Raises:
        ManifestError: It is not such a document, or names a path that may not be written.
    """
    if sum(content.count(mark) for mark in (b",", b"[", b"{")) > MAX_VALUES:
        raise ManifestError(f"The manifest has more than {MAX_VALUES} values.")
    try:
        document = decode(content)
    except ValueError as exc:
        raise ManifestError(f"manifest.json is not JSON ({str(exc)[:100]}).") from exc
    entries = document.get("artifacts") if isinstance(document, dict) else None
    if not isinstance(entries, dict) or not entries:
        raise ManifestError("The manifest names no artifacts.")
    if len(entries) > MAX_ARTIFACTS:
        raise ManifestError(f"The manifest names more than {MAX_ARTIFACTS} artifacts.")
    artifacts = tuple(_artifact(name, entries[name]) for name in sorted(entries))
    _refuse_contradictions(artifacts)
    return Manifest(_text(document, "manifest_version"), artifacts, document, content, signature)


def _artifact(name: str, entry: JsonValue) -> Artifact:
    if not isinstance(entry, dict) or not isinstance(entry.get("relative_url"), str):
        raise ManifestError(f"The manifest gives no relative_url for {name[:100]!r}.")
    return Artifact(
        name=name,
        relative_url=entry["relative_url"],
        path=tree_path(entry["relative_url"]),
        encoded_sha256=_sha256(entry, "encoded_sha256"),
        encoded_size=_size(entry, "encoded_size"),
        decoded_sha256=_sha256(entry, "decoded_sha256"),
        decoded_size=_size(entry, "decoded_size"),
        compression=_text(entry, "compression_algorithm"),
        encryption=_text(entry, "encryption_algorithm"),
    )


def _refuse_contradictions(artifacts: tuple[Artifact, ...]) -> None:
    seen: dict[str, Artifact] = {}
    for artifact in artifacts:
        other = seen.setdefault(artifact.path, artifact)
        if (other.encoded_sha256, other.encoded_size) != (
            artifact.encoded_sha256,
            artifact.encoded_size,
        ):
            raise ManifestError(f"The manifest names two different files {artifact.path[:200]!r}.")
    both = file_and_folder(seen)
    if both is not None:
        raise ManifestError(f"The manifest names {both[:200]!r} as a file and as a folder.")


def _text(entry: Mapping[str, JsonValue], key: str) -> str | None:
    value = entry.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > MAX_TEXT or _SURROGATE.search(value):
        raise ManifestError(f"The manifest's {key} is not text of at most {MAX_TEXT} characters.")
    return value or None


def _sha256(entry: Mapping[str, JsonValue], key: str) -> str | None:
    value = _text(entry, key)
    if value is not None and not _SHA256.fullmatch(value):
        raise ManifestError(f"The manifest's {key} {value[:80]!r} is not a SHA-256 in hex.")
    return value.lower() if value else None


def _size(entry: Mapping[str, JsonValue], key: str) -> int | None:
    value = entry.get(key)
    if value is None:
        return None
    if type(value) is not int or not 0 <= value <= MAX_ARTIFACT_SIZE:
        raise ManifestError(f"The manifest's {key} {str(value)[:40]!r} is not a possible size.")
    return value
