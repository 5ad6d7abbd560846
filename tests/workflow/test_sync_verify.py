"""What is published decodes to what its manifest names; on request it is all read again."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.trees import broken, published

from elastic_mirror_policy.errors import DigestMismatchError, LengthMismatchError
from elastic_mirror_policy.mirror import (
    FindingCode,
    Progress,
    SyncReport,
    check_mirror,
    mirror_status,
    pack_mirror,
    sync_mirror,
    unpack_mirror,
)
from elastic_mirror_policy.mirror.folder.tree import MirrorTree
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

pytestmark = pytest.mark.usefixtures("quick_retries")

VERSION = "9.1.3"
PACKED = "production-rules-linux-v1"
PLAIN = "endpointpe-v4-model"
ENCRYPTED = "endpointelf-v1-blocklist"

Edit = Callable[[dict[str, dict[str, dict[str, object]]]], object]


@pytest.fixture
def upstream() -> Iterator[FakeArtifactServer]:
    """An upstream of two endpoint versions."""
    with FakeArtifactServer.example(VERSION, "9.2.0") as server:
        yield server


@pytest.fixture
def mirror(upstream: FakeArtifactServer, tmp_path: Path) -> Path:
    """A folder that is in step with the upstream."""
    folder = tmp_path / "mirror"
    sync(upstream, folder)
    upstream.forget_requests()
    return folder


def sync(upstream: FakeArtifactServer, folder: Path, *, verify: bool = False) -> SyncReport:
    """Sync one version."""
    return sync_mirror(folder, endpoint_versions=[VERSION], upstream=upstream.url, verify=verify)


def claims(name: str, **entry: object) -> Edit:
    """A change of what the manifest says of an artifact."""
    return lambda document: document["artifacts"][name].update(entry)


def file_of(upstream: FakeArtifactServer, folder: Path, name: str) -> Path:
    """The file of an artifact."""
    named = next(a for a in upstream.artifacts(VERSION) if a.name == name)
    return folder / named.relative_url[1:]


def rot(path: Path) -> None:
    """Change a byte in place; length, time and inode stay what they were."""
    seen = path.stat()
    with path.open("r+b") as file:
        first = file.read(1)[0]
        file.seek(0)
        file.write(bytes([first ^ 0xFF]))
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))


def codes(report: SyncReport) -> list[FindingCode]:
    """The codes of its findings."""
    return [finding.code for finding in report.findings]


@pytest.mark.parametrize("name", [PACKED, PLAIN])
@pytest.mark.parametrize("entry", [{"decoded_sha256": "0" * 64}, {"decoded_size": 1}])
def test_nothing_is_published_when_an_artifact_does_not_decode(
    upstream: FakeArtifactServer, tmp_path: Path, name: str, entry: dict[str, object]
) -> None:
    """Although the file itself has the SHA-256 and the length that the manifest names."""
    upstream.edit_manifest(VERSION, claims(name, **entry))

    with pytest.raises(DigestMismatchError, match="does not decode"):
        sync(upstream, tmp_path)
    assert published(tmp_path) == {}


def test_what_an_encrypted_artifact_decodes_to_is_not_judged(
    upstream: FakeArtifactServer, tmp_path: Path
) -> None:
    """Nobody but the endpoint can tell; an entry with RC4 was seen in the field."""
    upstream.edit_manifest(VERSION, claims(ENCRYPTED, decoded_sha256="0" * 64, decoded_size=7))

    assert sync(upstream, tmp_path).changed
    assert "RC4-" in str(next(a for a in upstream.artifacts(VERSION) if a.name == ENCRYPTED).entry)


@pytest.mark.parametrize("entry", [{"decoded_sha256": "0" * 64}, {"decoded_size": 1}])
def test_a_file_that_is_there_already_has_to_decode_as_well(
    upstream: FakeArtifactServer, mirror: Path, entry: dict[str, object]
) -> None:
    """A new manifest may claim something else of the same bytes."""
    before = published(mirror)
    upstream.edit_manifest(VERSION, claims(PACKED, **entry))

    with pytest.raises(DigestMismatchError, match="does not decode"):
        sync(upstream, mirror)
    assert published(mirror) == before


@pytest.mark.parametrize(
    ("entry", "error"),
    [({"decoded_size": 1}, DigestMismatchError), ({"encoded_size": 1}, LengthMismatchError)],
)
def test_every_manifest_has_to_be_right_about_bytes_that_two_of_them_name(
    upstream: FakeArtifactServer, tmp_path: Path, entry: dict[str, object], error: type[Exception]
) -> None:
    """They are fetched once, and held against both."""
    upstream.edit_manifest("9.2.0", claims(PLAIN, **entry))

    with pytest.raises(error):
        sync_mirror(tmp_path, endpoint_versions=[VERSION, "9.2.0"], upstream=upstream.url)
    assert published(tmp_path) == {}


def test_a_folder_filled_by_something_else_is_read_before_it_is_trusted(
    upstream: FakeArtifactServer, tmp_path: Path
) -> None:
    """Nothing of it was ever seen to decode."""
    upstream.edit_manifest(VERSION, claims(PACKED, decoded_size=1))
    upstream.dump(tmp_path)

    with pytest.raises(DigestMismatchError, match="does not decode"):
        sync(upstream, tmp_path)


def test_what_was_seen_to_decode_is_not_inflated_again(
    upstream: FakeArtifactServer, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is known by the hash of the file, which is all that decides it."""
    inflated: list[bytes] = []
    monkeypatch.setattr(
        "elastic_mirror_policy.mirror.folder.tree.ContentCheck.feed",
        lambda _, piece: inflated.append(piece),
    )
    sync(upstream, mirror, verify=True)

    assert inflated == []


def test_bytes_that_changed_under_the_same_length_and_time_are_found_on_request(
    upstream: FakeArtifactServer, mirror: Path
) -> None:
    """Without it the files look the same, and nobody claims to have read them."""
    rotten = file_of(upstream, mirror, PLAIN)
    rot(rotten)
    unread = sync(upstream, mirror)
    still_broken = broken(mirror)
    report = sync(upstream, mirror, verify=True)

    assert (unread.changed, unread.verified, len(still_broken)) == (False, False, 1)
    assert (report.fetched, report.reused, report.changed, report.verified) == (1, 6, True, True)
    assert [(f.code, f.path) for f in report.findings] == [
        (FindingCode.ARTIFACT_REPAIRED, "/" + rotten.relative_to(mirror).as_posix())
    ]
    assert broken(mirror) == []
    assert "6 reused and read again" in str(report)
    assert "read again" not in str(unread)


def test_a_file_whose_time_changed_is_read_unasked(
    upstream: FakeArtifactServer, mirror: Path
) -> None:
    """The record holds for the file that was hashed and for no other."""
    rotten = file_of(upstream, mirror, PLAIN)
    rot(rotten)
    os.utime(rotten, (1_700_000_000, 1_700_000_000))
    report = sync(upstream, mirror)

    assert codes(report) == [FindingCode.ARTIFACT_REPAIRED]
    assert broken(mirror) == []


def test_a_repair_is_not_told_of_a_release(upstream: FakeArtifactServer, mirror: Path) -> None:
    """New files are new, not repaired."""
    upstream.release()

    assert codes(sync(upstream, mirror)) == []


def test_reading_again_counts_the_bytes_it_reads(
    upstream: FakeArtifactServer, mirror: Path
) -> None:
    """The bar moves although nothing is fetched."""
    shown: list[Progress] = []
    sync_mirror(
        mirror,
        endpoint_versions=[VERSION],
        upstream=upstream.url,
        verify=True,
        progress=shown.append,
    )
    size = sum(len(a.wire) for a in upstream.artifacts(VERSION))

    assert (shown[-1].bytes, shown[-1].bytes_total) == (size, size)
    assert upstream.requests[-1].status == 304


def test_the_hint_of_a_check_cures_what_it_found(
    upstream: FakeArtifactServer, mirror: Path
) -> None:
    """`mirror sync --verify`; a status looks at lengths and does not claim more."""
    rot(file_of(upstream, mirror, PLAIN))
    with FakeArtifactServer.of_folder(mirror) as served:
        found = check_mirror(served.url, endpoint_versions=[VERSION]).findings[0]
        sync(upstream, mirror, verify=True)
        after = check_mirror(served.url, endpoint_versions=[VERSION])

    assert found.code is FindingCode.ARTIFACT_DIGEST
    assert "mirror sync --verify" in found.hint
    assert after.healthy
    assert mirror_status(mirror).complete


def test_a_bundle_repairs_what_rotted_inside(
    upstream: FakeArtifactServer, mirror: Path, tmp_path: Path
) -> None:
    """In a closed network there is no upstream to fetch it from."""
    bundle, inside = tmp_path / "mirror.tar", tmp_path / "inside"
    pack_mirror(mirror, bundle)
    unpack_mirror(bundle, inside)
    rot(file_of(upstream, inside, PLAIN))
    unpack_mirror(bundle, inside)
    still_broken = broken(inside)
    unpack_mirror(bundle, inside, verify=True)

    assert len(still_broken) == 1
    assert broken(inside) == []


@pytest.mark.usefixtures("upstream")
def test_what_does_not_decode_is_neither_packed_nor_unpacked(
    upstream: FakeArtifactServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever made the folder."""
    folder, bundle, inside = tmp_path / "outside", tmp_path / "mirror.tar", tmp_path / "inside"
    upstream.edit_manifest(VERSION, claims(PACKED, decoded_size=1))
    upstream.dump(folder)
    with pytest.raises(DigestMismatchError, match="does not decode"):
        pack_mirror(folder, bundle)
    with monkeypatch.context() as patch:
        patch.setattr(MirrorTree, "decodes", lambda *_: True)
        pack_mirror(folder, bundle)

    with pytest.raises(DigestMismatchError, match="does not decode"):
        unpack_mirror(bundle, inside)
    assert published(inside) == {}
