"""The bytes of an artifact, held against its manifest while they pass (pure).

`encoded_*` is about the file, `decoded_*` about what inflating it gives; the second is computed
only where compression and encryption are ones we know. Nothing is kept: a bomb inflates in small
pieces, and no further than the manifest says.
"""

import hashlib
import zlib
from typing import Final

from elastic_mirror_policy.errors import ArtifactError, DigestMismatchError, LengthMismatchError
from elastic_mirror_policy.mirror.manifest import MAX_ARTIFACT_SIZE, Artifact

PIECE: Final = 1 << 18


class ContentCheck:
    """Takes an artifact's bytes in pieces and says what is wrong with them.

    With `decode` off, what they inflate to is not looked at.

    Attributes:
        size: How many bytes have passed.
    """

    def __init__(self, artifact: Artifact, *, decode: bool = True) -> None:
        self.size = 0
        self._artifact = artifact
        self._encoded = hashlib.sha256()
        self._decoded = _decoder(artifact) if decode else None

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self.size += len(chunk)
        self._encoded.update(chunk)
        if self._decoded is not None:
            self._decoded.feed(chunk)

    @property
    def sha256(self) -> str:
        """SHA-256 of what has passed, in hex."""
        return self._encoded.hexdigest()

    def problem(self) -> ArtifactError | None:
        """Return what is wrong with the file, or None."""
        expected = self._artifact
        if expected.encoded_size not in {None, self.size}:
            return LengthMismatchError(
                f"{expected.relative_url} has {self.size} bytes; the manifest names "
                f"{expected.encoded_size}."
            )
        if expected.encoded_sha256 not in {None, self.sha256}:
            return DigestMismatchError(
                f"{expected.relative_url} has the SHA-256 {self.sha256}; the manifest names "
                f"{expected.encoded_sha256}."
            )
        return None

    def raise_for_problems(self) -> None:
        """Accept the bytes, or raise what is wrong with them.

        Raises:
            LengthMismatchError: There are too few or too many.
            DigestMismatchError: They are others, or inflate to others.
        """
        problem = self.problem() or self.decoded_problem()
        if problem is not None:
            raise problem

    def decoded_problem(self) -> DigestMismatchError | None:
        """Return what is wrong with the inflated content, or None; also where it is unknown."""
        expected = self._artifact
        if self._decoded is None or self._decoded.matches(expected):
            return None
        return DigestMismatchError(
            f"{expected.relative_url} does not decode to what the manifest names: "
            f"{expected.decoded_size} bytes with the SHA-256 {expected.decoded_sha256}."
        )


class _Plain:
    """Content that is its own file."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._hash = hashlib.sha256()

    def feed(self, chunk: bytes) -> None:
        self._size += len(chunk)
        self._hash.update(chunk)

    def matches(self, expected: Artifact) -> bool:
        return (
            self._size <= self._limit
            and expected.decoded_size in {None, self._size}
            and expected.decoded_sha256 in {None, self._hash.hexdigest()}
        )


class _Zlib(_Plain):
    """Content behind an RFC 1950 stream."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self._stream = zlib.decompressobj()
        self._broken = False

    def feed(self, chunk: bytes) -> None:
        try:
            while chunk and not self._stream.eof and self._size <= self._limit:
                super().feed(self._stream.decompress(chunk, PIECE))
                chunk = self._stream.unconsumed_tail
        except zlib.error:
            self._broken = True

    def matches(self, expected: Artifact) -> bool:
        return self._stream.eof and not self._broken and super().matches(expected)


def _decoder(artifact: Artifact) -> _Plain | None:
    unknown = artifact.decoded_sha256 is None and artifact.decoded_size is None
    if unknown or not artifact.can_be_decoded:
        return None
    limit = MAX_ARTIFACT_SIZE if artifact.decoded_size is None else artifact.decoded_size
    return _Zlib(limit) if artifact.compression == "zlib" else _Plain(limit)
