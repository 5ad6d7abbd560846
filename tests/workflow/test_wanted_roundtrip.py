"""What is carried into a closed network is what it lacks: two commands on each side."""

import hashlib
import json
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.trees import broken, manifest_versions, published

from elastic_mirror_policy._json import canonical
from elastic_mirror_policy.errors import (
    ArtifactError,
    ConfigurationError,
    MirrorPolicyError,
    MissingArtifactError,
)
from elastic_mirror_policy.mirror import (
    Wanted,
    mirror_wanted,
    pack_mirror,
    read_wanted,
    sync_mirror,
    unpack_mirror,
    write_wanted,
)
from elastic_mirror_policy.testing._artifacts import faults
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

pytestmark = pytest.mark.usefixtures("quick_retries")

VERSIONS = ["9.1.3", "9.2.0"]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def inside(upstream: FakeArtifactServer, tmp_path: Path) -> Path:
    """The folder inside, which has what the upstream published until now."""
    sync_mirror(tmp_path / "outside", endpoint_versions=VERSIONS, upstream=upstream.url)
    pack_mirror(tmp_path / "outside", tmp_path / "first.tar")
    unpack_mirror(tmp_path / "first.tar", tmp_path / "inside")
    return tmp_path / "inside"


def ask(inside: Path, *versions: str) -> Path:
    """Write down what the inside wants and has; return the file."""
    file = inside.parent / "wanted.json"
    write_wanted(mirror_wanted(folder=inside, endpoint_versions=versions), file)
    return file


def carry(inside: Path, upstream: FakeArtifactServer, wanted: Path) -> int:
    """Fill outside, pack, unpack inside; return how many bytes were carried."""
    outside, bundle = inside.parent / "outside", inside.parent / "next.tar"
    versions = read_wanted(wanted).versions
    sync_mirror(outside, endpoint_versions=versions, upstream=upstream.url)
    pack_mirror(outside, bundle, wanted=wanted)
    unpack_mirror(bundle, inside)
    return bundle.stat().st_size


def new_bytes(upstream: FakeArtifactServer, before: set[str]) -> int:
    """The bytes of the artifacts that the upstream did not have before."""
    artifacts = {a.relative_url: a for version in VERSIONS for a in upstream.artifacts(version)}
    return sum(len(a.wire) for url, a in artifacts.items() if url not in before)


def test_only_new_artifacts_and_manifests_are_carried(
    upstream: FakeArtifactServer, inside: Path
) -> None:
    """The rest is headers of an archive and its index."""
    before = {a.relative_url for version in VERSIONS for a in upstream.artifacts(version)}
    wanted = ask(inside)
    upstream.release()
    carried = carry(inside, upstream, wanted)

    assert manifest_versions(inside) == dict.fromkeys(VERSIONS, upstream.manifest_version)
    assert broken(inside) == []
    assert new_bytes(upstream, before) < carried < new_bytes(upstream, before) + 30_000


def test_a_new_version_shares_what_is_there(upstream: FakeArtifactServer, inside: Path) -> None:
    """Asked for before the agents are upgraded."""
    wanted = ask(inside, "8.19.4")
    carried = carry(inside, upstream, wanted)

    assert set(manifest_versions(inside)) == {*VERSIONS, "8.19.4"}
    assert broken(inside) == []
    assert carried < 30_000


def test_a_network_with_nothing_gets_everything(
    upstream: FakeArtifactServer, tmp_path: Path
) -> None:
    """The first time there is no folder to name."""
    inside = tmp_path / "inside"
    write_wanted(mirror_wanted(endpoint_versions=VERSIONS), tmp_path / "wanted.json")
    carry(inside, upstream, tmp_path / "wanted.json")

    assert set(manifest_versions(inside)) == set(VERSIONS)
    assert broken(inside) == []


def test_a_mirror_is_asked_what_it_serves(upstream: FakeArtifactServer, inside: Path) -> None:
    """By its URL, where the folder is on another host; a version it lacks is wanted as well."""
    with FakeArtifactServer.of_folder(inside) as served:
        wanted = mirror_wanted(endpoint_versions=[*VERSIONS, "8.19.4"], mirror=served.url)
        methods = {r.method for r in served.requests if not r.path.endswith(".zip")}

    assert wanted.versions == ("8.19.4", *VERSIONS)
    assert {one.version for one in wanted.manifests} == set(VERSIONS)
    assert wanted.files == mirror_wanted(folder=inside).files
    assert methods == {"HEAD"}
    write_wanted(wanted, inside.parent / "wanted.json")
    carry(inside, upstream, inside.parent / "wanted.json")
    assert broken(inside) == []


@pytest.mark.parametrize("fault", [faults.missing(), faults.wrong_length(1), faults.status(405)])
def test_what_a_mirror_does_not_serve_whole_is_carried_again(
    upstream: FakeArtifactServer, inside: Path, fault: faults.ArtifactFault
) -> None:
    """Nothing is taken for there that was not seen there."""
    lost = upstream.artifacts("9.1.3")[0].relative_url
    with FakeArtifactServer.of_folder(inside) as served:
        served.inject(lost, fault)
        wanted = mirror_wanted(endpoint_versions=VERSIONS, mirror=served.url)

    assert lost[1:] not in {one.path for one in wanted.files}
    assert len(wanted.files) == 10


def test_a_file_with_other_bytes_counts_as_missing(
    upstream: FakeArtifactServer, inside: Path
) -> None:
    """It is carried again, and repaired."""
    path = inside / upstream.artifacts("9.1.3")[0].relative_url[1:]
    path.write_bytes(bytes(path.stat().st_size))
    wanted = ask(inside)
    carry(inside, upstream, wanted)

    assert len(read_wanted(wanted).files) == 10
    assert broken(inside) == []


def test_a_file_that_was_lost_since_stops_the_unpacking(
    upstream: FakeArtifactServer, inside: Path
) -> None:
    """The bundle relies on it; the hint says what to write anew."""
    wanted = ask(inside)
    (inside / upstream.artifacts("9.1.3")[0].relative_url[1:]).unlink()
    before = published(inside)
    with pytest.raises(MissingArtifactError, match="mirror wanted") as caught:
        carry(inside, upstream, wanted)

    assert "mirror wanted" in caught.value.hint
    assert published(inside) == before


def test_versions_that_are_not_wanted_stay_outside(
    upstream: FakeArtifactServer, inside: Path
) -> None:
    """The folder outside may serve several networks."""
    sync_mirror(inside.parent / "outside", endpoint_versions=["8.19.4"], upstream=upstream.url)
    carry(inside, upstream, ask(inside))

    assert set(manifest_versions(inside)) == set(VERSIONS)


def test_a_version_the_folder_lacks_is_not_packed(inside: Path) -> None:
    """The hint names the command that brings it."""
    wanted = ask(inside, "8.19.4")
    with pytest.raises(MissingArtifactError, match=r"8\.19\.4") as caught:
        pack_mirror(inside.parent / "outside", inside.parent / "x.tar", wanted=wanted)

    assert "mirror sync" in caught.value.hint
    assert not (inside.parent / "x.tar").exists()


def test_what_is_written_is_read_back(inside: Path) -> None:
    """With everything in it, and its digest."""
    wanted = mirror_wanted(folder=inside, now=NOW)
    write_wanted(wanted, inside.parent / "wanted.json")

    assert read_wanted(inside.parent / "wanted.json", now=NOW) == wanted
    assert wanted.to_dict()["digest"] == wanted.digest
    assert "9.1.3" in str(wanted)
    assert repr(wanted) == "<Wanted: 2 versions; 11 files inside>"


Document = dict[str, Any]
Edit = Callable[[Document], object]


def signed(document: Document) -> None:
    """Give an edited document a digest that fits."""
    facts = {k: v for k, v in document.items() if k != "digest"}
    document["digest"] = hashlib.sha256(canonical(facts)).hexdigest()


def with_digest(**changes: Any) -> Edit:  # noqa: ANN401 - whatever JSON can hold
    """An edit by somebody who knows how the digest is made."""

    def edit(document: Document) -> None:
        document.update(changes)
        signed(document)

    return edit


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda document: document["versions"].append("9.9.9"), "edited or damaged"),
        (lambda document: document.pop("digest"), "edited or damaged"),
        (lambda document: document.update(digest=7), "edited or damaged"),
        (lambda document: document.update(kind="plan"), "not a file of `mirror wanted`"),
        (with_digest(schema_version=2), "schema_version"),
        (with_digest(versions=["../../etc"]), "versions"),
        (with_digest(files=[{"path": "../x", "sha256": "0" * 64}]), "files"),
        (with_digest(files=[{"path": "x", "sha256": "nonsense"}]), "files"),
        (with_digest(files={}), "files"),
        (with_digest(created_at="2026-03-01"), "created_at"),
    ],
)
def test_a_file_that_was_tampered_with_is_refused_in_a_sentence(
    inside: Path, edit: Edit, told: str
) -> None:
    """Also by somebody who made the digest fit: then what it says has to be possible."""
    file = inside.parent / "wanted.json"
    document: Document = mirror_wanted(folder=inside, now=NOW).to_dict()
    edit(document)
    file.write_text(json.dumps(document))
    with pytest.raises(ArtifactError) as caught:
        read_wanted(file, now=NOW)

    assert told in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b"PK\x03\x04", b'{"kind": 1}'])
def test_another_kind_of_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """Whatever it is."""
    (tmp_path / "other").write_bytes(content)

    with pytest.raises(ArtifactError, match="not a file of `mirror wanted`"):
        read_wanted(tmp_path / "other")


@pytest.mark.parametrize(
    ("later", "refused"),
    [
        (timedelta(0), False),
        (timedelta(days=31), False),
        (timedelta(days=32), True),
        (timedelta(hours=-23), False),
        (timedelta(days=-2), True),
    ],
)
def test_a_stale_file_is_refused(inside: Path, later: timedelta, *, refused: bool) -> None:
    """Also one from the future: one of the two clocks is wrong then."""
    file, outside = inside.parent / "wanted.json", inside.parent / "outside"
    write_wanted(mirror_wanted(folder=inside, now=NOW), file)
    with pytest.raises(ArtifactError, match="2026-03-01") if refused else nullcontext():
        pack_mirror(outside, inside.parent / "x.tar", wanted=file, now=NOW + later)

    assert (inside.parent / "x.tar").exists() is not refused


@pytest.mark.parametrize(
    ("work", "told"),
    [
        (lambda _: mirror_wanted(), "No endpoint version"),
        (lambda path: mirror_wanted(folder=path / "none"), "There is no folder"),
        (lambda path: mirror_wanted(folder=path, mirror="https://m"), "either"),
        (lambda _: mirror_wanted(endpoint_versions=["x"]), "not an endpoint version"),
        (lambda path: read_wanted(path / "none"), "There is no file"),
        (lambda path: pack_mirror(path, path / "b", since=path, wanted=path), "either"),
    ],
)
def test_a_slip_of_the_operator_is_named(
    tmp_path: Path, work: Callable[[Path], object], told: str
) -> None:
    """Nothing is written."""
    with pytest.raises(ConfigurationError, match=told):
        work(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    """A folder that is not there, and one that is in the way."""
    wanted = mirror_wanted(endpoint_versions=VERSIONS)
    for target in (tmp_path / "none" / "wanted.json", tmp_path):
        with pytest.raises(MirrorPolicyError, match=f"^'{target}' cannot be written: [^.]*\\.$"):
            write_wanted(wanted, target)
    assert repr(wanted) == "<Wanted: 2 versions; 0 files inside>"


def test_an_unreadable_manifest_inside_is_not_taken_for_there(inside: Path) -> None:
    """Its version has to be asked for by name then."""
    (inside / "downloads/endpoint/manifest/artifacts-9.1.3.zip").write_bytes(b"no zip")
    wanted: Wanted = mirror_wanted(folder=inside)

    assert wanted.versions == ("9.2.0",)
