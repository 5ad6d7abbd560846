"""Whatever bytes come in a manifest's place, the answer is a manifest or one clear error."""

import zlib

from hypothesis import given
from hypothesis import strategies as st

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import ManifestError
from elastic_mirror_policy.mirror.content import ContentCheck
from elastic_mirror_policy.mirror.manifest import Artifact, Manifest, parse_manifest_zip
from elastic_mirror_policy.mirror.version import version_numbers
from elastic_mirror_policy.testing._artifacts.content import (
    SyntheticArtifact,
    example_artifacts,
    manifest_document,
    manifest_zip,
)

GOOD = manifest_zip(manifest_document("1.0.261", example_artifacts("9.1.3")), signature=b"s" * 99)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["relative_url", "encoded_sha256", "encoded_size", "artifacts", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
ENTRIES = JSON | st.fixed_dictionaries(
    {"relative_url": st.just("/x/a")},
    optional={
        "encoded_sha256": JSON | st.text("0123456789abcdefABCDEF", min_size=64, max_size=64),
        "encoded_size": JSON,
        "compression_algorithm": JSON,
    },
)


def parsed(data: bytes) -> Manifest | None:
    """The manifest in a zip file, or None when it is refused."""
    try:
        return parse_manifest_zip(data)
    except ManifestError:
        return None


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_one_wrong_byte_is_refused_or_harmless(place: int, flip: int) -> None:
    """A damaged zip file never ends in another kind of error, nor in other artifacts."""
    data = GOOD[:place] + bytes([GOOD[place] ^ flip]) + GOOD[place + 1 :]
    manifest = parsed(data)

    assert manifest is None or manifest.content == parse_manifest_zip(GOOD).content


@given(st.integers(0, len(GOOD)), st.binary(max_size=40))
def test_a_cut_zip_is_refused(end: int, tail: bytes) -> None:
    """With anything after the cut."""
    manifest = parsed(GOOD[:end] + tail)

    assert manifest is None or manifest.content == parse_manifest_zip(GOOD).content


@given(st.binary(max_size=300))
def test_noise_is_refused(data: bytes) -> None:
    """Bytes that are no zip file are no manifest."""
    assert parsed(data) is None


@given(ENTRIES)
def test_any_json_is_a_manifest_or_refused(document: JsonValue) -> None:
    """Values of every type in every place."""
    data = manifest_zip({"artifacts": {"a": document}, "manifest_version": "1.0.1"})
    manifest = parsed(data)

    assert manifest is None or manifest.artifacts[0].relative_url == document["relative_url"]


@given(
    st.lists(st.binary(max_size=600), min_size=1, max_size=4),
    st.sampled_from(["zlib", "none"]),
    st.integers(1, 700),
)
def test_artifacts_verify_whatever_they_hold(
    contents: list[bytes], compression: str, piece: int
) -> None:
    """A published artifact passes its own check, in pieces of any size."""
    listed = [
        SyntheticArtifact(f"synthetic-{n}", content, compression)
        for n, content in enumerate(contents)
    ]
    manifest = parse_manifest_zip(manifest_zip(manifest_document("1.0.1", listed)))
    problems = [
        problem
        for artifact, source in zip(manifest.artifacts, listed, strict=True)
        for problem in check(artifact, source.wire, piece)
    ]

    assert set(problems) == {None}


def check(artifact: Artifact, data: bytes, piece: int) -> tuple[object, object]:
    """What is wrong with these bytes as a file, and as content."""
    content = ContentCheck(artifact)
    for start in range(0, len(data), piece):
        content.feed(data[start : start + piece])
    return content.problem(), content.decoded_problem()


@given(st.binary(min_size=1, max_size=200), st.binary(min_size=1, max_size=200))
def test_other_content_never_verifies(wanted: bytes, sent: bytes) -> None:
    """Only the bytes of the manifest do."""
    (artifact,) = parse_manifest_zip(
        manifest_zip(manifest_document("1.0.1", [SyntheticArtifact("synthetic", wanted)]))
    ).artifacts

    assert (check(artifact, zlib.compress(sent), 64) == (None, None)) == (wanted == sent)


@given(st.lists(st.integers(0, 10**8), min_size=1, max_size=6))
def test_manifest_versions_are_read_as_their_numbers(numbers: list[int]) -> None:
    """The text of numbers is those numbers."""
    assert version_numbers(".".join(map(str, numbers))) == tuple(numbers)
