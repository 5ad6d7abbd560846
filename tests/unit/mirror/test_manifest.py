"""A manifest is read by entry name, within bounds, and says what it names."""

import io
import json
import zipfile
from typing import Any

import pytest

from elastic_mirror_policy.errors import ManifestError
from elastic_mirror_policy.mirror.manifest import (
    MAX_ARTIFACTS,
    MAX_ENTRY,
    MAX_VALUES,
    MAX_ZIP,
    parse_manifest,
    parse_manifest_zip,
    size_limit,
)
from elastic_mirror_policy.testing._artifacts.content import (
    SyntheticArtifact,
    manifest_document,
    manifest_zip,
    zip_bomb,
)

PLAIN = SyntheticArtifact("synthetic-plain-v1", b"content", "none")
PACKED = SyntheticArtifact("synthetic-packed-v1", b"content " * 40)
DOCUMENT = manifest_document("1.0.261", [PACKED, PLAIN])


def document(**entry: object) -> bytes:
    """A manifest.json with one artifact, whose entry is changed."""
    return json.dumps({"artifacts": {"a": {"relative_url": "/x/a", **entry}}}).encode()


def zipped(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file with these entries."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return buffer.getvalue()


def test_every_key_of_an_entry_is_read() -> None:
    """Hashes, sizes, compression and encryption, and where the file lies."""
    manifest = parse_manifest_zip(manifest_zip(DOCUMENT))
    packed, plain = manifest.artifacts

    assert manifest.version == "1.0.261"
    assert [packed.name, plain.name] == [PACKED.name, PLAIN.name]
    assert (packed.encoded_size, packed.decoded_size) == (len(PACKED.wire), 320)
    assert packed.encoded_sha256 == PACKED.entry["encoded_sha256"]
    assert packed.decoded_sha256 == PACKED.entry["decoded_sha256"]
    assert (packed.compression, packed.encryption) == ("zlib", "none")
    assert "/" + plain.path == plain.relative_url == PLAIN.relative_url
    assert manifest.paths == {packed.path, plain.path}


def test_only_the_relative_url_is_required() -> None:
    """Nothing else is publicly documented for these manifests."""
    manifest = parse_manifest(document())
    (artifact,) = manifest.artifacts

    assert manifest.version is None
    assert (artifact.encoded_sha256, artifact.encoded_size) == (None, None)
    assert (artifact.decoded_sha256, artifact.decoded_size) == (None, None)
    assert not artifact.can_be_decoded


def test_null_and_empty_text_stand_for_absence() -> None:
    """A key without a value says as little as no key."""
    manifest = parse_manifest(document(encoded_sha256="", encoded_size=None, decoded_sha256=None))

    assert manifest.artifacts[0].encoded_sha256 is None
    assert manifest.artifacts[0].encoded_size is None


def test_unknown_keys_are_kept_as_data() -> None:
    """What is not understood is not lost."""
    content = json.dumps(DOCUMENT | {"manifest_type": "candidate"}).encode()

    assert parse_manifest(content).document["manifest_type"] == "candidate"


def test_hashes_are_compared_in_lower_case() -> None:
    """Hex has two spellings."""
    manifest = parse_manifest(document(encoded_sha256="AB" * 32))

    assert manifest.artifacts[0].encoded_sha256 == "ab" * 32


def test_the_order_of_entries_does_not_matter() -> None:
    """The manifest is found by its name, with the signature before it as well."""
    data = zipped(("manifest.sig", b"sig"), ("manifest.json", document()))
    manifest = parse_manifest_zip(data)

    assert manifest.signature == b"sig"
    assert manifest.content == document()


def test_a_stored_entry_is_read() -> None:
    """Compression is not required."""
    manifest = parse_manifest_zip(zipped(("manifest.json", document()), method=zipfile.ZIP_STORED))

    assert manifest.paths == {"x/a"}


@pytest.mark.parametrize("compression", ["zlib", "none"])
def test_plain_content_can_be_decoded(compression: str) -> None:
    """Inflated or as it is, its hash can be computed."""
    content = document(compression_algorithm=compression, encryption_algorithm="none")

    assert parse_manifest(content).artifacts[0].can_be_decoded


@pytest.mark.parametrize(
    ("compression", "encryption"),
    [("zlib", "aes"), ("lz4", "none"), ("zlib", None), (None, "none")],
)
def test_other_content_cannot_be_decoded(compression: str | None, encryption: str | None) -> None:
    """Some global artifacts may be encrypted; nobody says how."""
    content = document(compression_algorithm=compression, encryption_algorithm=encryption)

    assert not parse_manifest(content).artifacts[0].can_be_decoded


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not a zip file"),
        (b"<html>Please log in</html>", "not a zip file"),
        (manifest_zip(DOCUMENT)[:-30], "not a zip file"),
        (zipped(("manifest.sig", b"sig")), "no entry manifest.json"),
        (zipped(("folder/manifest.json", document())), "no entry manifest.json"),
        (zipped(*((f"{n}", b"") for n in range(65))), "more than 64 entries"),
        (zipped(("manifest.json", document()), method=zipfile.ZIP_LZMA), "packed in a way"),
        (zipped(("manifest.json", document()), method=zipfile.ZIP_BZIP2), "packed in a way"),
        (zip_bomb(MAX_ENTRY + 1), "unpacks to more than"),
        (b"x" * (MAX_ZIP + 1), f"at most {MAX_ZIP}"),
    ],
)
def test_what_is_no_manifest_zip_is_refused(data: bytes, why: str) -> None:
    """One sentence says why, whatever came."""
    with pytest.raises(ManifestError, match=why):
        parse_manifest_zip(data)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_manifests_in_one_zip_are_refused() -> None:
    """Readers would not agree which one counts."""
    with pytest.raises(ManifestError, match=r"two manifest\.json"):
        parse_manifest_zip(zipped(("manifest.json", document()), ("manifest.json", document())))


def test_a_damaged_entry_is_refused() -> None:
    """The checksum of the zip is looked at."""
    data = zipped(("manifest.json", document()), method=zipfile.ZIP_STORED)

    with pytest.raises(ManifestError, match="CRC"):
        parse_manifest_zip(data.replace(b"relative_url", b"relative-url"))


def test_an_encrypted_zip_is_refused() -> None:
    """Nobody is asked for a password."""
    data = bytearray(zipped(("manifest.json", document()), method=zipfile.ZIP_STORED))
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1

    with pytest.raises(ManifestError, match="encrypted"):
        parse_manifest_zip(bytes(data))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 30_000, "not JSON"),
        (b'{"artifacts": NaN}', "not JSON"),
        (b"[]", "names no artifacts"),
        (b"{}", "names no artifacts"),
        (b'{"artifacts": {}}', "names no artifacts"),
        (b'{"artifacts": []}', "names no artifacts"),
        (b'{"artifacts": {"a": null}}', "no relative_url for 'a'"),
        (b'{"artifacts": {"a": {}}}', "no relative_url for 'a'"),
        (b'{"artifacts": {"a": {"relative_url": 1}}}', "no relative_url for 'a'"),
        (b"[" + b"," * MAX_VALUES, f"more than {MAX_VALUES} values"),
        (document(relative_url="/../x"), "leaves the tree"),
        (document(relative_url="http://evil.test/x"), "another host"),
        (document(encoded_sha256="ab"), "not a SHA-256"),
        (document(encoded_sha256=7), "is not text"),
        (document(encoded_size=-1), "not a possible size"),
        (document(encoded_size=True), "not a possible size"),
        (document(encoded_size=1.5), "not a possible size"),
        (document(decoded_size=3 << 30), "not a possible size"),
        (document(compression_algorithm=[]), "is not text"),
        (b'{"manifest_version": 1, "artifacts": {"a": {"relative_url": "/a"}}}', "is not text"),
    ],
)
def test_what_is_no_manifest_is_refused(content: bytes, why: str) -> None:
    """One sentence says why, whatever came."""
    with pytest.raises(ManifestError, match=why):
        parse_manifest(content)


def test_a_manifest_of_very_many_artifacts_is_refused() -> None:
    """Real ones name about fifty."""
    entries = {f"a{n}": {"relative_url": f"/x/{n}"} for n in range(MAX_ARTIFACTS + 1)}

    with pytest.raises(ManifestError, match=f"more than {MAX_ARTIFACTS} artifacts"):
        parse_manifest(json.dumps({"artifacts": entries}).encode())


def two(first: dict[str, Any], second: dict[str, Any]) -> bytes:
    """A manifest.json with two artifacts."""
    return json.dumps({"artifacts": {"a": first, "b": second}}).encode()


def test_one_path_for_two_different_files_is_refused() -> None:
    """The tree can hold only one of them."""
    first = {"relative_url": "/x", "encoded_sha256": "a" * 64}

    with pytest.raises(ManifestError, match="two different files"):
        parse_manifest(two(first, first | {"encoded_sha256": "b" * 64}))


def test_one_path_for_two_names_of_one_file_is_fine() -> None:
    """Two artifacts may be the same file."""
    entry = {"relative_url": "/x", "encoded_sha256": "a" * 64}

    assert parse_manifest(two(entry, entry)).paths == {"x"}


def test_a_path_that_is_file_and_folder_is_refused() -> None:
    """It could not be written."""
    with pytest.raises(ManifestError, match="as a file and as a folder"):
        parse_manifest(two({"relative_url": "/x"}, {"relative_url": "/x/y"}))


def test_paths_that_differ_in_case_are_told() -> None:
    """They are fine on Linux, and one file elsewhere."""
    manifest = parse_manifest(two({"relative_url": "/X"}, {"relative_url": "/x"}))

    assert manifest.case_collisions == (("X", "x"),)


@pytest.mark.parametrize(("size", "limit"), [(7, 7), (0, 0), (None, 2 << 30)])
def test_a_download_is_bounded_by_the_manifest(size: int | None, limit: int) -> None:
    """Without a length in the manifest, the largest artifact there may be bounds it."""
    (artifact,) = parse_manifest(document(encoded_size=size)).artifacts

    assert size_limit(artifact) == limit


def test_content_and_signature_stay_out_of_the_representation() -> None:
    """A log line does not hold a whole manifest."""
    manifest = parse_manifest_zip(manifest_zip(DOCUMENT, signature=b"sig"))

    assert "encoded_size" in repr(manifest)
    assert "content=" not in repr(manifest)
    assert "signature=" not in repr(manifest)
