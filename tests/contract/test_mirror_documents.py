"""The recorded facts about manifests and ETags are what the code makes of them."""

import base64
import hashlib
import json
from pathlib import Path

import pytest

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.mirror.checking.etag import ETagClass, classify
from elastic_mirror_policy.mirror.content import ContentCheck
from elastic_mirror_policy.mirror.manifest import Manifest, parse_manifest
from elastic_mirror_policy.mirror.version import version_numbers


def read(contract: Path, name: str) -> JsonValue:
    """A recorded document about the mirror."""
    return json.loads((contract / "mirror" / name).read_text("utf-8"))


@pytest.fixture
def published(contract: Path) -> JsonValue:
    """A manifest entry of a user artifact that was really published, with its bytes."""
    return read(contract, "manifest_user_artifact_real.json")


def manifest(document: JsonValue) -> Manifest:
    """The manifest in a decoded document."""
    return parse_manifest(json.dumps(document).encode())


def test_a_published_artifact_verifies(published: JsonValue) -> None:
    """File and content have the hashes and lengths that its manifest names."""
    (artifact,) = manifest(published).artifacts
    wire = base64.b64decode(published["wire_body_base64"])
    check = ContentCheck(artifact)
    check.feed(wire)

    assert artifact.can_be_decoded
    assert check.problem() is None
    assert check.decoded_problem() is None
    assert check.sha256 == artifact.encoded_sha256
    assert len(wire) == artifact.encoded_size == 22


def test_the_decoded_hash_is_that_of_the_list_of_entries(published: JsonValue) -> None:
    """What an endpoint reports for the artifact is the hash of the inflated content."""
    (artifact,) = manifest(published).artifacts
    content = b'{"entries":[]}'

    assert artifact.decoded_sha256 == hashlib.sha256(content).hexdigest()
    assert artifact.decoded_size == len(content)


def test_one_wrong_byte_of_a_published_artifact_is_seen(published: JsonValue) -> None:
    """The check is not one that accepts anything."""
    (artifact,) = manifest(published).artifacts
    wire = bytearray(base64.b64decode(published["wire_body_base64"]))
    wire[-1] ^= 1
    check = ContentCheck(artifact)
    check.feed(bytes(wire))

    assert check.problem() is not None


def test_keys_that_are_not_understood_are_kept(published: JsonValue) -> None:
    """The document is the truth; what the code reads of it is a view."""
    assert manifest(published).document == published


def test_a_manifest_of_the_recorded_shape_is_read(contract: Path) -> None:
    """Its artifacts verify with the bodies the record describes, and its version is a number."""
    document = read(contract, "manifest_global_SYNTHETIC.json")
    shape = manifest(document)
    plain = {a.name: hashlib.sha256(b"synthetic:" + a.name.encode()) for a in shape.artifacts}

    assert version_numbers(shape.version) == (1, 0, 261)
    assert len(shape.artifacts) == 5
    assert all(a.decoded_sha256 == plain[a.name].hexdigest() for a in shape.artifacts)
    assert all(path.startswith("downloads/endpoint/") for path in shape.paths)


@pytest.mark.parametrize("server", ["nginx", "apache"])
def test_recorded_etags_are_judged_by_their_dash(contract: Path, server: str) -> None:
    """Whatever a real server was seen to send: a dash is the fault, its absence is not."""
    seen = [
        row["etag"]
        for row in read(contract, "etag_and_script_experiments.json")[server]
        if row.get("etag")
    ]
    judged = {etag: classify(etag) for etag in seen if "..." not in etag}

    assert len(judged) >= 4
    assert {etag for etag, kind in judged.items() if kind is ETagClass.DASHED} == {
        etag for etag in judged if "-" in etag
    }
    assert {etag for etag, kind in judged.items() if kind is ETagClass.WEAK} == {
        etag for etag in judged if etag.startswith("W/") and "-" not in etag
    }


@pytest.mark.parametrize("server", ["nginx", "python_http_server"])
def test_recorded_absent_etags_are_absent(contract: Path, server: str) -> None:
    """No header is the worst of all, and never mistaken for a value."""
    rows = [
        row
        for row in read(contract, "etag_and_script_experiments.json")[server]
        if "etag" in row and row["etag"] is None
    ]

    assert {classify(row["etag"]) for row in rows} == {ETagClass.ABSENT}
