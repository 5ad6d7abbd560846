"""A mirror crosses an air gap in one file, whole or in steps, and nothing is lost."""

import io
import os
import stat
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.killed import killed_at
from support.trees import broken, manifest_versions, published

from elastic_mirror_policy._files import locked
from elastic_mirror_policy.errors import (
    ArtifactError,
    ConfigurationError,
    DigestMismatchError,
    LengthMismatchError,
    ManifestError,
    MirrorPolicyError,
    MissingArtifactError,
)
from elastic_mirror_policy.mirror import (
    FindingCode,
    check_mirror,
    mirror_status,
    pack_mirror,
    sync_mirror,
    unpack_mirror,
)
from elastic_mirror_policy.mirror.bundles import tar as _tar
from elastic_mirror_policy.mirror.bundles.pack import make_index, write_bundle
from elastic_mirror_policy.mirror.folder.tree import MirrorTree
from elastic_mirror_policy.testing._artifacts.content import SyntheticArtifact
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

VERSIONS = ["9.1.3", "9.2.0"]
SYNCED = datetime(2026, 1, 6, tzinfo=UTC)
PACKED = datetime(2026, 1, 7, tzinfo=UTC)
UNPACKED = datetime(2026, 1, 9, tzinfo=UTC)


@pytest.fixture
def outside(upstream: FakeArtifactServer, tmp_path: Path) -> Path:
    """The mirror that reaches the upstream."""
    sync(upstream, tmp_path / "outside")
    return tmp_path / "outside"


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    """The mirror behind the air gap; not there yet."""
    return tmp_path / "inside"


def sync(upstream: FakeArtifactServer, folder: Path) -> None:
    """Sync both versions."""
    sync_mirror(folder, endpoint_versions=VERSIONS, upstream=upstream.url, now=SYNCED)


def test_what_is_unpacked_is_what_was_packed(outside: Path, inside: Path, tmp_path: Path) -> None:
    """The same files with the same times, and the same hash told on both sides."""
    packed = pack_mirror(outside, tmp_path / "b.tar")
    unpacked = unpack_mirror(tmp_path / "b.tar", inside)

    assert published(inside) == published(outside)
    assert packed.index_sha256 == unpacked.index_sha256
    assert (packed.action, unpacked.action) == ("packed", "unpacked")
    assert (packed.files, unpacked.files) == (11, 11)
    assert [v.changed for v in unpacked.versions] == [True, True]
    assert [v.artifacts for v in packed.versions] == [7, 7]
    assert [v.manifest_version for v in packed.versions] == ["1.0.260", "1.0.260"]
    artifacts = [p for p in (inside / "downloads").rglob("*") if p.is_file() and p.suffix != ".zip"]
    assert packed.bytes == unpacked.bytes == sum(path.stat().st_size for path in artifacts)


def test_an_unpacked_mirror_is_healthy(outside: Path, inside: Path, tmp_path: Path) -> None:
    """Endpoints behind the gap can update from it."""
    pack_mirror(outside, tmp_path / "b.tar")
    unpack_mirror(tmp_path / "b.tar", inside)
    with FakeArtifactServer.of_folder(inside) as mirror:
        report = check_mirror(mirror.url, endpoint_versions=VERSIONS)

    assert report.healthy


def test_a_bundle_in_a_folder_that_is_not_there_is_named(outside: Path, tmp_path: Path) -> None:
    """By the name that was given, with what to look at."""
    target = tmp_path / "none" / "b.tar"
    with pytest.raises(ArtifactError) as failed:
        pack_mirror(outside, target)

    assert str(failed.value) == (
        f"'{target}' cannot be used: No such file or directory. "
        "Check that the folder it is in is there."
    )


def test_the_same_mirror_gives_the_same_bundle(outside: Path, tmp_path: Path) -> None:
    """Two people can compare what they packed."""
    for name in ("one", "two"):
        pack_mirror(outside, tmp_path / name, now=PACKED)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_bundle_can_be_read_with_tar_alone(outside: Path, tmp_path: Path) -> None:
    """It is no format of its own."""
    pack_mirror(outside, tmp_path / "b.tar")
    with tarfile.open(tmp_path / "b.tar") as archive:
        names = archive.getnames()
        archive.extractall(tmp_path / "plain", filter="data")

    assert names[0] == "bundle-index.json"
    assert set(names[1:]) == set(published(outside))
    assert names[-1].endswith(".zip")
    assert broken(tmp_path / "plain") == []


def test_files_that_come_in_many_pieces_are_put_together(
    outside: Path, inside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index, the artifacts and the manifests."""
    monkeypatch.setattr(_tar, "PIECE", 100)
    pack_mirror(outside, tmp_path / "b.tar")
    unpack_mirror(tmp_path / "b.tar", inside)

    assert published(inside) == published(outside)


def test_one_content_under_two_paths_crosses_the_gap(inside: Path, tmp_path: Path) -> None:
    """Both paths are there on the other side."""
    twins = [SyntheticArtifact(name, b"the same", "none") for name in ("one-v1", "two-v1")]
    FakeArtifactServer({"9.1.3": twins}).dump(tmp_path / "twins")
    pack_mirror(tmp_path / "twins", tmp_path / "b.tar")
    unpack_mirror(tmp_path / "b.tar", inside)

    assert published(inside) == published(tmp_path / "twins")


def test_a_bundle_brings_only_what_an_earlier_one_lacked(
    upstream: FakeArtifactServer, outside: Path, inside: Path, tmp_path: Path
) -> None:
    """Step after step, each built on the one before."""
    pack_mirror(outside, tmp_path / "b1.tar")
    reports = []
    for number in (2, 3):
        upstream.release()
        sync(upstream, outside)
        reports.append(
            pack_mirror(outside, tmp_path / f"b{number}.tar", since=tmp_path / f"b{number - 1}.tar")
        )
    for number in (1, 2, 3):
        unpack_mirror(tmp_path / f"b{number}.tar", inside)

    assert [(r.files, r.required) for r in reports] == [(4, 7), (4, 7)]
    assert manifest_versions(inside) == dict.fromkeys(VERSIONS, "1.0.262")
    assert broken(inside) == []


def test_a_bundle_that_continues_another_is_refused_without_it(
    upstream: FakeArtifactServer, outside: Path, inside: Path, tmp_path: Path
) -> None:
    """Nothing is published, and the sentence says what is missing."""
    pack_mirror(outside, tmp_path / "b1.tar")
    upstream.release()
    sync(upstream, outside)
    pack_mirror(outside, tmp_path / "b2.tar", since=tmp_path / "b1.tar")

    with pytest.raises(MissingArtifactError, match="7 of those files") as caught:
        unpack_mirror(tmp_path / "b2.tar", inside)
    assert "earlier bundle first" in caught.value.hint
    assert published(inside) == {}


def test_a_damaged_file_of_the_earlier_bundle_is_found(
    upstream: FakeArtifactServer, outside: Path, inside: Path, tmp_path: Path
) -> None:
    """What the new bundle builds on is verified as well."""
    pack_mirror(outside, tmp_path / "b1.tar")
    unpack_mirror(tmp_path / "b1.tar", inside)
    upstream.release()
    sync(upstream, outside)
    pack_mirror(outside, tmp_path / "b2.tar", since=tmp_path / "b1.tar")
    model = next(a for a in upstream.artifacts("9.1.3") if a.name == "endpointpe-v4-model")
    (inside / model.relative_url[1:]).write_bytes(b"x" * len(model.wire))

    with pytest.raises(MissingArtifactError, match="1 of those files"):
        unpack_mirror(tmp_path / "b2.tar", inside)
    assert manifest_versions(inside) == dict.fromkeys(VERSIONS, "1.0.260")


def test_unpacking_twice_changes_nothing(outside: Path, inside: Path, tmp_path: Path) -> None:
    """The second time there is nothing to do."""
    pack_mirror(outside, tmp_path / "b.tar")
    unpack_mirror(tmp_path / "b.tar", inside)
    before = published(inside)
    report = unpack_mirror(tmp_path / "b.tar", inside)

    assert published(inside) == before
    assert [v.changed for v in report.versions] == [False, False]


def test_unpacking_prunes_as_a_sync_does(
    upstream: FakeArtifactServer, outside: Path, inside: Path, tmp_path: Path
) -> None:
    """A mirror behind a gap does not grow for ever."""
    pruned = []
    for number in range(3):
        bundle = tmp_path / f"{number}.tar"
        pack_mirror(outside, bundle)
        pruned.append(len(unpack_mirror(bundle, inside, interval=0).pruned))
        upstream.release()
        sync_mirror(outside, endpoint_versions=VERSIONS, upstream=upstream.url, interval=0)

    assert pruned == [0, 0, 4]
    assert broken(inside) == []


def test_an_older_bundle_is_unpacked_and_told(
    upstream: FakeArtifactServer, outside: Path, inside: Path, tmp_path: Path
) -> None:
    """Going back may be wanted; it is not done in silence."""
    pack_mirror(outside, tmp_path / "old.tar")
    upstream.release()
    sync(upstream, outside)
    pack_mirror(outside, tmp_path / "new.tar")
    unpack_mirror(tmp_path / "new.tar", inside)
    report = unpack_mirror(tmp_path / "old.tar", inside)

    assert manifest_versions(inside) == dict.fromkeys(VERSIONS, "1.0.260")
    assert {f.code for f in report.findings} == {FindingCode.MANIFEST_OLDER}


def test_the_age_of_a_mirror_crosses_the_gap(
    upstream: FakeArtifactServer, outside: Path, inside: Path, tmp_path: Path
) -> None:
    """What counts is when the upstream was asked, not when the bundle was unpacked."""
    pack_mirror(outside, tmp_path / "b.tar", now=PACKED)
    unpack_mirror(tmp_path / "b.tar", inside, now=UNPACKED)
    status = mirror_status(inside, now=UNPACKED)
    version = status.versions[0]

    assert [one.endpoint_version for one in status.versions] == list(VERSIONS)
    assert (version.manifest_version, version.missing, version.problem) == ("1.0.260", 0, "")
    assert version.artifacts == 7
    assert version.age_seconds == 3 * 86400
    assert version.published_at == UNPACKED.isoformat()
    assert version.upstream == upstream.url
    assert version.upstream_modified == "Mon, 05 Jan 2026 12:00:00 GMT"


def test_a_web_server_can_read_what_was_unpacked(
    outside: Path, inside: Path, tmp_path: Path
) -> None:
    """Whoever unpacks it, with whatever umask."""
    pack_mirror(outside, tmp_path / "b.tar")
    before = os.umask(0o077)
    try:
        unpack_mirror(tmp_path / "b.tar", inside)
    finally:
        os.umask(before)
    visible = (inside, *(inside / "downloads").rglob("*"))

    assert {stat.S_IMODE(path.stat().st_mode) for path in visible} == {0o755, 0o644}


def test_a_mirror_without_a_record_can_be_packed(
    upstream: FakeArtifactServer, inside: Path, tmp_path: Path
) -> None:
    """As the documented script filled it; its age is the time of packing."""
    upstream.dump(tmp_path / "script")
    pack_mirror(tmp_path / "script", tmp_path / "b.tar", now=PACKED)
    unpack_mirror(tmp_path / "b.tar", inside, now=UNPACKED)

    assert {v.checked_at for v in mirror_status(inside).versions} == {PACKED.isoformat()}
    assert broken(inside) == []


@pytest.mark.parametrize("step", [2, 10, 20, 24, 28, 31, 34])
def test_unpacking_killed_anywhere_leaves_a_whole_mirror(
    upstream: FakeArtifactServer, outside: Path, inside: Path, tmp_path: Path, step: int
) -> None:
    """Each published manifest is an old or a new one, with every artifact it names."""
    pack_mirror(outside, tmp_path / "old.tar")
    unpack_mirror(tmp_path / "old.tar", inside)
    upstream.release("*")
    sync(upstream, outside)
    pack_mirror(outside, tmp_path / "new.tar")
    killed = killed_at(
        step, "unpack_mirror(sys.argv[2], sys.argv[3])", str(tmp_path / "new.tar"), str(inside)
    )
    wrong = broken(inside)
    unpack_mirror(tmp_path / "new.tar", inside)

    assert killed
    assert wrong == []
    assert manifest_versions(inside) == dict.fromkeys(VERSIONS, "1.0.261")
    assert broken(inside) == []


def refused_to_pack(folder: Path, bundle: Path) -> MirrorPolicyError:
    """The error of packing, which left no bundle behind."""
    with pytest.raises(MirrorPolicyError) as caught:
        pack_mirror(folder, bundle)

    assert not bundle.exists()
    assert list(bundle.parent.glob(".*.part")) == []
    return caught.value


def test_a_folder_that_is_not_there_cannot_be_packed(tmp_path: Path) -> None:
    """And it is not made."""
    error = refused_to_pack(tmp_path / "none", tmp_path / "b.tar")

    assert isinstance(error, ConfigurationError)
    assert not (tmp_path / "none").exists()


def test_an_empty_folder_cannot_be_packed(tmp_path: Path) -> None:
    """An empty bundle would look like a success."""
    (tmp_path / "empty").mkdir()

    assert "no manifest" in refused_to_pack(tmp_path / "empty", tmp_path / "b.tar").message


def test_a_manifest_that_cannot_be_used_is_not_packed(outside: Path, tmp_path: Path) -> None:
    """It is named."""
    (outside / "downloads/endpoint/manifest/artifacts-9.1.3.zip").write_bytes(b"<html>")
    error = refused_to_pack(outside, tmp_path / "b.tar")

    assert isinstance(error, ManifestError)
    assert "artifacts-9.1.3.zip" in error.message


@pytest.mark.parametrize("content", [None, b"short"])
def test_a_missing_artifact_is_not_packed_over(
    upstream: FakeArtifactServer, outside: Path, tmp_path: Path, content: bytes | None
) -> None:
    """Gone, or of another length."""
    path = outside / upstream.artifacts("9.1.3")[0].relative_url[1:]
    path.unlink()
    if content is not None:
        path.write_bytes(content)

    assert isinstance(refused_to_pack(outside, tmp_path / "b.tar"), MissingArtifactError)


def test_an_artifact_with_wrong_bytes_is_not_packed(
    upstream: FakeArtifactServer, outside: Path, tmp_path: Path
) -> None:
    """A mirror that rotted is not carried on."""
    artifact = upstream.artifacts("9.1.3")[0]
    (outside / artifact.relative_url[1:]).write_bytes(b"x" * len(artifact.wire))

    assert isinstance(refused_to_pack(outside, tmp_path / "b.tar"), DigestMismatchError)


@pytest.mark.parametrize("change", [b"", b"x" * 40_000])
def test_a_file_that_changes_while_it_is_packed_is_noticed(
    upstream: FakeArtifactServer, outside: Path, change: bytes
) -> None:
    """Other programs do not know our lock."""
    tree = MirrorTree(outside)
    index = make_index(tree, None, None, PACKED)
    (outside / upstream.artifacts("9.1.3")[0].relative_url[1:]).write_bytes(change)

    with pytest.raises(LengthMismatchError, match="while it was packed"):
        write_bundle(tree, index, b"", io.BytesIO())


def test_a_path_too_long_for_a_bundle_is_told(tmp_path: Path) -> None:
    """The oldest format of tar has room for 255 characters."""
    long = SyntheticArtifact("long-v1", b"content", addressed=False, folder="long" * 50)
    with FakeArtifactServer({"9.1.3": [long]}) as upstream:
        sync_mirror(tmp_path / "long", endpoint_versions=["9.1.3"], upstream=upstream.url)

    assert "too long" in refused_to_pack(tmp_path / "long", tmp_path / "b.tar").message


def test_a_bundle_that_cannot_be_written_is_one_sentence(outside: Path, tmp_path: Path) -> None:
    """The file that was asked for is named."""
    error = refused_to_pack(outside, tmp_path / "none" / "b.tar")

    assert isinstance(error, ArtifactError)
    assert "none" in error.message


def test_packing_replaces_a_bundle_as_a_whole(outside: Path, tmp_path: Path) -> None:
    """An old bundle of that name is there until the new one is complete."""
    bundle = tmp_path / "b.tar"
    bundle.write_bytes(b"old")
    pack_mirror(outside, bundle)

    assert bundle.stat().st_size > 90_000


def test_packing_while_a_sync_is_at_work_is_refused(outside: Path, tmp_path: Path) -> None:
    """The folder is moving."""
    with locked(outside / ".elastic-mirror-policy/lock"):
        error = refused_to_pack(outside, tmp_path / "b.tar")

    assert "Another process" in error.message
