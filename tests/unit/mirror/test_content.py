"""An artifact's bytes are held against its manifest while they pass."""

import tracemalloc
import zlib
from dataclasses import replace

import pytest

from elastic_mirror_policy.errors import DigestMismatchError, LengthMismatchError
from elastic_mirror_policy.mirror.content import PIECE, ContentCheck
from elastic_mirror_policy.mirror.manifest import Artifact, parse_manifest_zip
from elastic_mirror_policy.testing._artifacts.content import (
    SyntheticArtifact,
    manifest_document,
    manifest_zip,
)


def expected(artifact: SyntheticArtifact) -> Artifact:
    """The artifact as a manifest names it."""
    return parse_manifest_zip(manifest_zip(manifest_document("1.0.1", [artifact]))).artifacts[0]


def checked(artifact: Artifact, data: bytes, piece: int = 1 << 16) -> ContentCheck:
    """The check after these bytes, which came in pieces."""
    check = ContentCheck(artifact)
    for start in range(0, len(data), piece):
        check.feed(data[start : start + piece])
    return check


PACKED = SyntheticArtifact("packed", b"synthetic " * 1000)
PLAIN = SyntheticArtifact("plain", b"synthetic " * 1000, "none")
EMPTY = SyntheticArtifact("empty", b"", "none")
WRONG = replace(expected(PACKED), decoded_sha256="0" * 64)
REPETITIVE = SyntheticArtifact("repetitive", bytes(3 * PIECE + 17))


@pytest.mark.parametrize("artifact", [PACKED, PLAIN, EMPTY, REPETITIVE])
@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
def test_the_right_bytes_have_no_problem(artifact: SyntheticArtifact, piece: int) -> None:
    """However they are cut."""
    check = checked(expected(artifact), artifact.wire, piece)

    assert (check.problem(), check.decoded_problem()) == (None, None)
    assert check.size == len(artifact.wire)


@pytest.mark.parametrize("data", [PACKED.wire[:-1], PACKED.wire + b"x", b""])
def test_another_length_is_a_problem(data: bytes) -> None:
    """Too few bytes and too many."""
    problem = checked(expected(PACKED), data).problem()

    assert isinstance(problem, LengthMismatchError)
    assert str(len(PACKED.wire)) in problem.message


def test_other_bytes_are_a_problem() -> None:
    """The same length with another hash."""
    problem = checked(expected(PACKED), PACKED.wire[:-1] + b"x").problem()

    assert isinstance(problem, DigestMismatchError)
    assert str(PACKED.entry["encoded_sha256"]) in problem.message


@pytest.mark.parametrize(
    "wrong",
    [
        replace(expected(PACKED), decoded_sha256="0" * 64),
        replace(expected(PACKED), decoded_size=9_999),
        replace(expected(PACKED), decoded_size=10_001),
        replace(expected(PACKED), decoded_size=0),
        replace(expected(PACKED), compression="none"),
    ],
)
def test_content_that_inflates_to_something_else_is_a_problem(wrong: Artifact) -> None:
    """The manifest and its artifact disagree, although the file is the right one."""
    check = checked(wrong, PACKED.wire)

    assert check.problem() is None
    assert isinstance(check.decoded_problem(), DigestMismatchError)


@pytest.mark.parametrize("artifact", [PACKED, PLAIN])
def test_half_of_what_is_known_about_the_content_is_enough(artifact: SyntheticArtifact) -> None:
    """Its hash without its length, or its length without its hash."""
    by_hash = replace(expected(artifact), decoded_size=None)
    by_size = replace(expected(artifact), decoded_sha256=None)
    wrong_hash = replace(by_hash, decoded_sha256="0" * 64)
    wrong_size = replace(by_size, decoded_size=9_999)

    assert checked(by_hash, artifact.wire).decoded_problem() is None
    assert checked(by_size, artifact.wire).decoded_problem() is None
    assert checked(wrong_hash, artifact.wire).decoded_problem() is not None
    assert checked(wrong_size, artifact.wire).decoded_problem() is not None


@pytest.mark.parametrize("data", [b"no zlib stream", PACKED.wire[:-4], PACKED.wire[:40]])
def test_a_stream_that_is_broken_or_cut_is_a_problem(data: bytes) -> None:
    """It has to end where it says it ends."""
    entry = replace(expected(PACKED), encoded_sha256=None, encoded_size=None)

    assert checked(entry, data).problem() is None
    assert checked(entry, data).decoded_problem() is not None


@pytest.mark.parametrize(
    "unknown",
    [
        replace(WRONG, encryption="aes"),
        replace(WRONG, compression="lz4"),
        replace(WRONG, decoded_sha256=None, decoded_size=None),
    ],
)
def test_what_cannot_be_decoded_is_not_judged(unknown: Artifact) -> None:
    """No claim is made about encrypted or unknown content."""
    check = checked(unknown, PACKED.wire)

    assert check.decoded_problem() is None


def test_a_bomb_is_not_inflated_further_than_the_manifest_says() -> None:
    """Memory stays small, and the work ends."""
    bomb = zlib.compress(bytes(1 << 28))
    entry = replace(expected(PACKED), encoded_sha256=None, encoded_size=None, decoded_size=1000)
    tracemalloc.start()
    check = checked(entry, bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert check.decoded_problem() is not None
    assert peak < 4 << 20
    assert check._inflated is not None
    assert check._inflated._size <= 1000 + PIECE


def test_what_follows_the_stream_is_not_kept() -> None:
    """A hundred megabytes after its end cost no memory, and do not make it another content."""
    entry = replace(expected(PACKED), encoded_sha256=None, encoded_size=None)
    check = checked(entry, PACKED.wire)
    tracemalloc.start()
    for _ in range(100):
        check.feed(bytes(1 << 20))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert check.decoded_problem() is None
    assert peak < 4 << 20


def test_problems_are_raised_in_their_order() -> None:
    """First the length, then the hash, then the content."""
    with pytest.raises(LengthMismatchError):
        checked(expected(PACKED), b"x").raise_for_problems()
    with pytest.raises(DigestMismatchError, match="SHA-256"):
        checked(expected(PACKED), PACKED.wire[:-1] + b"x").raise_for_problems()
    with pytest.raises(DigestMismatchError, match="decode"):
        checked(replace(expected(PACKED), decoded_size=1), PACKED.wire).raise_for_problems()


def test_right_bytes_raise_nothing() -> None:
    """They are accepted, and their hash is known."""
    check = checked(expected(PACKED), PACKED.wire)
    check.raise_for_problems()

    assert check.sha256 == PACKED.entry["encoded_sha256"]
