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

    Attributes:
        size: How many bytes have passed.
    """

    def __init__(self, artifact: Artifact) -> None:
        self.size = 0
        self._artifact = artifact
        self._encoded = hashlib.sha256()
        self._inflated = _inflated(artifact)

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self.size += len(chunk)
        self._encoded.update(chunk)
        if self._inflated is not None:
            self._inflated.feed(chunk)

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
        if not expected.decoded_claim or self._decodes(expected):
            return None
        return DigestMismatchError(
            f"{expected.relative_url} does not decode to what the manifest names: "
            f"{expected.decoded_size} bytes with the SHA-256 {expected.decoded_sha256}.",
            hint="The manifest and this artifact disagree; only a new manifest can end that.",
        )

    def _decodes(self, expected: Artifact) -> bool:
        if self._inflated is not None:
            return self._inflated.matches(expected)
        # Without compression the content is the file, which is not hashed a second time.
        return expected.decoded_size in {None, self.size} and expected.decoded_sha256 in {
            None,
            self.sha256,
        }


class _Inflated:
    """Content behind an RFC 1950 stream, inflated no further than the manifest says."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._hash = hashlib.sha256()
        self._stream = zlib.decompressobj()
        self._broken = False

    def feed(self, chunk: bytes) -> None:
        try:
            while chunk and not self._stream.eof and self._size <= self._limit:
                piece = self._stream.decompress(chunk, PIECE)
                self._size += len(piece)
                self._hash.update(piece)
                chunk = self._stream.unconsumed_tail
        except zlib.error:
            self._broken = True

    def matches(self, expected: Artifact) -> bool:
        return (
            self._stream.eof
            and not self._broken
            and self._size <= self._limit
            and expected.decoded_size in {None, self._size}
            and expected.decoded_sha256 in {None, self._hash.hexdigest()}
        )


def _inflated(artifact: Artifact) -> _Inflated | None:
    if not artifact.decoded_claim or artifact.compression != "zlib":
        return None
    size = artifact.decoded_size
    return _Inflated(MAX_ARTIFACT_SIZE if size is None else size)
