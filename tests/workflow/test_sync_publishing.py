"""A sync brings a folder to what the upstream publishes, and endpoints never see it half done."""

import errno
import os
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.trees import broken, manifest_versions, published

from elastic_mirror_policy.errors import (
    ArtifactError,
    ConfigurationError,
    DigestMismatchError,
    ManifestError,
    NotFoundError,
)
from elastic_mirror_policy.mirror import FindingCode, Progress, check_mirror, sync_mirror
from elastic_mirror_policy.testing._artifacts import faults
from elastic_mirror_policy.testing._artifacts.content import SyntheticArtifact
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

pytestmark = pytest.mark.usefixtures("quick_retries")

VERSIONS = ["9.1.3", "9.2.0"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that does not exist yet."""
    return tmp_path / "srv" / "mirror"


def test_a_sync_fills_a_folder_with_what_is_published(
    upstream: FakeArtifactServer, folder: Path
) -> None:
    """Every file under its path, and nothing else a web server would give out."""
    report = sync_mirror(folder, endpoint_versions=VERSIONS, upstream=upstream.url)
    named = {a.relative_url[1:] for v in VERSIONS for a in upstream.artifacts(v)}

    assert set(published(folder)) == named | {
        "downloads/endpoint/manifest/artifacts-9.1.3.zip",
        "downloads/endpoint/manifest/artifacts-9.2.0.zip",
    }
    assert broken(folder) == []
    assert report.changed
    assert report.fetched == len(named)
    assert [v.previous for v in report.versions] == [None, None]


def test_a_synced_folder_is_a_healthy_mirror(upstream: FakeArtifactServer, folder: Path) -> None:
    """What sync writes, check accepts."""
    sync_mirror(folder, endpoint_versions=VERSIONS, upstream=upstream.url)
    with FakeArtifactServer.of_folder(folder) as mirror:
        report = check_mirror(mirror.url, endpoint_versions=VERSIONS, upstream=upstream.url)

    assert report.healthy
    assert [f.code for f in report.findings] == [FindingCode.PLAIN_HTTP]


def test_files_have_the_times_of_the_upstream(
    upstream: FakeArtifactServer, folder: Path, tmp_path: Path
) -> None:
    """Two replicas that sync at different times serve the same ETags."""
    other = tmp_path / "other"
    sync_mirror(folder, endpoint_versions=VERSIONS, upstream=upstream.url)
    upstream.release()
    sync_mirror(folder, endpoint_versions=VERSIONS, upstream=upstream.url, keep=0, interval=0)
    sync_mirror(other, endpoint_versions=VERSIONS, upstream=upstream.url)

    assert published(folder) == published(other)
    assert {when for _, when in published(folder).values()} == {
        int(datetime(2026, 1, day, 12, tzinfo=UTC).timestamp()) for day in (5, 8)
    }


def test_a_web_server_under_another_user_can_read_the_tree(
    upstream: FakeArtifactServer, folder: Path
) -> None:
    """Whatever umask the sync runs with; and it cannot read the record."""
    before = os.umask(0o077)
    try:
        sync_mirror(folder, endpoint_versions=VERSIONS, upstream=upstream.url)
    finally:
        os.umask(before)
    visible = [folder, *(folder / "downloads").rglob("*")]
    modes = {stat.S_IMODE(path.stat().st_mode) for path in visible}

    assert modes == {0o755, 0o644}
    assert stat.S_IMODE((folder / ".elastic-mirror-policy").stat().st_mode) == 0o700


def test_a_release_replaces_manifests_and_adds_artifacts(
    upstream: FakeArtifactServer, folder: Path
) -> None:
    """What did not change is not fetched again; what the old manifests name stays."""
    sync_mirror(folder, endpoint_versions=VERSIONS, upstream=upstream.url)
    before = published(folder)
    upstream.release()
    report = sync_mirror(folder, endpoint_versions=VERSIONS, upstream=upstream.url)

    assert manifest_versions(folder) == dict.fromkeys(VERSIONS, "1.0.261")
    assert broken(folder) == []
    assert before.keys() <= published(folder).keys()
    assert (report.fetched, report.reused) == (4, 7)
    assert [v.previous for v in report.versions] == ["1.0.260"] * 2


def test_manifests_come_after_the_artifacts_they_name(
    upstream: FakeArtifactServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every rename the published tree is whole."""
    sync_mirror(folder, endpoint_versions=VERSIONS, upstream=upstream.url)
    upstream.release()
    seen: list[list[str]] = []
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        result = real(self, target)
        seen.append(broken(folder))
        return result

    monkeypatch.setattr(Path, "replace", replace)
    sync_mirror(folder, endpoint_versions=VERSIONS, upstream=upstream.url)

    assert len(seen) > 10
    assert [found for found in seen if found] == []


def test_a_withdrawn_release_is_followed(upstream: FakeArtifactServer, folder: Path) -> None:
    """Elastic takes a release back now and then; the report says so."""
    upstream.release()
    sync_mirror(folder, endpoint_versions=["9.1.3"], upstream=upstream.url)
    upstream.release(build=260)
    report = sync_mirror(folder, endpoint_versions=["9.1.3"], upstream=upstream.url)

    assert manifest_versions(folder) == {"9.1.3": "1.0.260"}
    assert [f.code for f in report.findings] == [FindingCode.MANIFEST_OLDER]


def test_files_that_change_in_place_are_replaced(folder: Path) -> None:
    """Whether paths contain hashes is not documented, so it is not relied on."""
    with FakeArtifactServer.example("9.1.3", addressed=False) as upstream:
        sync_mirror(folder, endpoint_versions=["9.1.3"], upstream=upstream.url)
        upstream.release()
        report = sync_mirror(folder, endpoint_versions=["9.1.3"], upstream=upstream.url)

    assert report.fetched == 2
    assert broken(folder) == []


def test_a_file_that_changes_in_place_needs_all_versions_that_name_it(folder: Path) -> None:
    """One tree cannot hold two contents; the other version's manifest would be left broken."""
    with FakeArtifactServer.example("9.1.3", "9.2.0", addressed=False) as upstream:
        sync_mirror(folder, endpoint_versions=VERSIONS, upstream=upstream.url)
        before = published(folder)
        upstream.release("endpoint*")
        with pytest.raises(ManifestError, match="name different files") as caught:
            sync_mirror(folder, endpoint_versions=["9.2.0"], upstream=upstream.url)

        assert "both endpoint versions" in caught.value.hint
        assert published(folder) == before
        assert sync_mirror(folder, endpoint_versions=VERSIONS, upstream=upstream.url).fetched == 2


def test_a_new_manifest_under_an_old_time_gets_a_new_time(
    upstream: FakeArtifactServer, folder: Path
) -> None:
    """Servers that make ETags of times would hide the change from every endpoint."""
    path = folder / "downloads/endpoint/manifest/artifacts-9.1.3.zip"
    sync_mirror(folder, endpoint_versions=["9.1.3"], upstream=upstream.url)
    before = path.stat().st_mtime
    upstream.edit_manifest("9.1.3", lambda document: document.update(manifest_version="1.0.261"))
    times = []
    for _ in range(2):
        sync_mirror(folder, endpoint_versions=["9.1.3"], upstream=upstream.url)
        times.append(path.stat().st_mtime)

    assert manifest_versions(folder) == {"9.1.3": "1.0.261"}
    assert times == [before + 1] * 2


@pytest.mark.parametrize("asked", ["9.2.0-SNAPSHOT", "9.2.0+build1", "9.2.0-rc1+build1"])
def test_a_version_with_a_suffix_falls_back_to_the_plain_one(
    upstream: FakeArtifactServer, folder: Path, asked: str
) -> None:
    """The report says which name was there."""
    report = sync_mirror(folder, endpoint_versions=[asked], upstream=upstream.url)

    assert manifest_versions(folder) == {"9.2.0": "1.0.260"}
    assert [f.code for f in report.findings] == [FindingCode.VERSION_STRIPPED]
    assert "9.2.0" in report.findings[0].message


def test_an_object_store_that_answers_403_has_a_plain_name_too(
    upstream: FakeArtifactServer, folder: Path
) -> None:
    """Without the right to list, that is its answer for files that are not there."""
    upstream.inject("SNAPSHOT", faults.status(403))
    sync_mirror(folder, endpoint_versions=["9.2.0-SNAPSHOT"], upstream=upstream.url)

    assert manifest_versions(folder) == {"9.2.0": "1.0.260"}


def test_a_path_with_a_hash_in_one_manifest_is_held_to_it(
    upstream: FakeArtifactServer, folder: Path
) -> None:
    """Another manifest that names it without a hash does not weaken it."""

    def unhashed(document: dict[str, dict[str, dict[str, object]]]) -> None:
        for entry in document["artifacts"].values():
            del entry["encoded_sha256"], entry["decoded_sha256"]

    upstream.edit_manifest("9.1.3", unhashed)
    upstream.inject("model", faults.wrong_bytes())

    with pytest.raises(DigestMismatchError):
        sync_mirror(folder, endpoint_versions=VERSIONS, upstream=upstream.url)
    with pytest.raises(DigestMismatchError):
        sync_mirror(folder, endpoint_versions=VERSIONS[::-1], upstream=upstream.url)
    assert published(folder) == {}


def test_two_names_of_one_manifest_are_published_once(
    upstream: FakeArtifactServer, folder: Path
) -> None:
    """A snapshot and its release may share a manifest."""
    report = sync_mirror(
        folder, endpoint_versions=["9.2.0", "9.2.0-SNAPSHOT"], upstream=upstream.url
    )

    assert [v.endpoint_version for v in report.versions] == ["9.2.0"]


def test_a_prerelease_with_its_own_manifest_keeps_its_name(folder: Path) -> None:
    """The documentation once used 9.0.0-beta1 as the version."""
    with FakeArtifactServer.example("9.0.0-beta1", "9.0.0") as upstream:
        sync_mirror(folder, endpoint_versions=["9.0.0-beta1"], upstream=upstream.url)

    assert manifest_versions(folder) == {"9.0.0-beta1": "1.0.260"}


@pytest.mark.parametrize("modified", ["", "yesterday", "Thu, 01 Jan 1960 00:00:00 GMT"])
def test_without_a_usable_time_of_the_upstream_files_have_the_present_one(
    upstream: FakeArtifactServer, folder: Path, modified: str
) -> None:
    """A header that is missing or makes no sense does no harm."""
    upstream.inject(
        "", lambda answer: replace(answer, headers={**answer.headers, "Last-Modified": modified})
    )
    before = int(datetime.now(UTC).timestamp())
    sync_mirror(folder, endpoint_versions=["9.1.3"], upstream=upstream.url)

    assert min(when for _, when in published(folder).values()) >= before
    assert broken(folder) == []


def test_a_version_the_upstream_does_not_have_fails_the_run(
    upstream: FakeArtifactServer, folder: Path
) -> None:
    """Nothing is published, not even the versions that are there."""
    with pytest.raises(NotFoundError, match=r"artifacts-9\.9\.9\.zip was answered with 404") as no:
        sync_mirror(folder, endpoint_versions=["9.1.3", "9.9.9"], upstream=upstream.url)
    assert "Check the version" in no.value.hint

    assert published(folder) == {}


def test_an_upstream_below_a_path_works(folder: Path) -> None:
    """A mirror can be filled from another mirror."""
    artifacts = [SyntheticArtifact("synthetic-v1", b"content")]
    with FakeArtifactServer({"9.1.3": artifacts}, prefix="/a/mirror") as upstream:
        sync_mirror(folder, endpoint_versions=["9.1.3"], upstream=upstream.url + "/")

    assert broken(folder) == []


def test_artifacts_without_a_hash_are_fetched_again_with_each_new_manifest(
    upstream: FakeArtifactServer, folder: Path
) -> None:
    """Nothing else shows whether they changed; with the same manifest they are left alone."""

    def unhashed(document: dict[str, dict[str, dict[str, object]]]) -> None:
        for entry in document["artifacts"].values():
            del entry["encoded_sha256"]

    upstream.edit_manifest("9.1.3", unhashed)
    first = sync_mirror(folder, endpoint_versions=["9.1.3"], upstream=upstream.url)
    same = sync_mirror(folder, endpoint_versions=["9.1.3"], upstream=upstream.url)
    upstream.release()
    upstream.edit_manifest("9.1.3", unhashed)
    after = sync_mirror(folder, endpoint_versions=["9.1.3"], upstream=upstream.url)

    assert [first.fetched, same.fetched, after.fetched] == [7, 0, 7]
    assert {f.code for f in first.findings} == {FindingCode.ARTIFACT_UNVERIFIABLE}


def test_one_content_under_two_paths_is_fetched_once(folder: Path) -> None:
    """The second path gets a copy."""
    twins = [SyntheticArtifact(name, b"the same", "none") for name in ("one-v1", "two-v1")]
    with FakeArtifactServer({"9.1.3": twins}) as upstream:
        report = sync_mirror(folder, endpoint_versions=["9.1.3"], upstream=upstream.url)

    assert (report.fetched, report.reused) == (1, 1)
    assert broken(folder) == []


def test_progress_is_shown_to_the_end(upstream: FakeArtifactServer, folder: Path) -> None:
    """First the manifests, then the artifacts, each up to its total."""
    shown: list[Progress] = []
    sync_mirror(folder, endpoint_versions=VERSIONS, upstream=upstream.url, progress=shown.append)
    last = {progress.step: progress for progress in shown}

    assert list(last) == ["manifests", "artifacts"]
    assert (last["manifests"].done, last["manifests"].total) == (2, 2)
    assert (last["artifacts"].done, last["artifacts"].total) == (11, 11)
    assert last["artifacts"].bytes == last["artifacts"].bytes_total


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"endpoint_versions": []}, "No endpoint version"),
        ({"endpoint_versions": ["latest"]}, "not an endpoint version"),
        ({"upstream": "ftp://x.test"}, "scheme"),
        ({"upstream": "https://user:secret@x.test"}, "user name"),
        ({"keep": -1}, "keep=-1"),
        ({"interval": -1.0}, "interval=-1"),
        ({"parallel": 0}, "0 downloads"),
        ({"parallel": 1000}, "1000 downloads"),
        ({"ca_cert": "/nowhere/ca.pem"}, "CA certificate"),
    ],
)
def test_a_slip_in_the_arguments_is_told_before_anything_happens(
    folder: Path, changes: dict[str, object], why: str
) -> None:
    """No request, no folder, no secret in the message."""
    arguments = {"endpoint_versions": ["9.1.3"], "upstream": "http://127.0.0.1:9"} | changes
    with pytest.raises(ConfigurationError, match=why) as caught:
        sync_mirror(folder, **arguments)  # type: ignore[arg-type]

    assert not folder.exists()
    assert "secret" not in str(caught.value)


def test_the_time_of_the_run_can_be_given(upstream: FakeArtifactServer, folder: Path) -> None:
    """A test, or a run for a moment of the past, brings its own clock."""
    moment = datetime(2026, 1, 5, tzinfo=UTC)
    sync_mirror(folder, endpoint_versions=["9.1.3"], upstream=upstream.url, now=moment)
    upstream.release()
    sync_mirror(
        folder,
        endpoint_versions=["9.1.3"],
        upstream=upstream.url,
        keep=0,
        now=moment + timedelta(hours=2),
    )
    late = sync_mirror(
        folder,
        endpoint_versions=["9.1.3"],
        upstream=upstream.url,
        keep=0,
        now=moment + timedelta(hours=3),
    )

    assert len(late.pruned) == 2


def test_every_file_is_on_the_disk_before_the_first_is_visible(
    upstream: FakeArtifactServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a power failure no manifest may name a file that is there by name only."""
    seen: list[tuple[Path, bool]] = []

    def flushed(path: Path) -> None:
        seen.append((path, any(folder.glob("downloads/endpoint/*/*"))))

    monkeypatch.setattr("elastic_mirror_policy.mirror.folder.publish.fsync_file", flushed)
    report = sync_mirror(folder, endpoint_versions=["9.1.3"], upstream=upstream.url)

    assert len({path for path, _ in seen}) == report.fetched == 7
    assert not any(visible for _, visible in seen)


def test_a_disk_that_does_not_take_a_file_leaves_all_as_it_was(
    upstream: FakeArtifactServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is moved before everything is safe."""

    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fspath(path))

    monkeypatch.setattr("elastic_mirror_policy.mirror.folder.publish.fsync_file", full)
    with pytest.raises(ArtifactError, match="No space left"):
        sync_mirror(folder, endpoint_versions=["9.1.3"], upstream=upstream.url)

    assert published(folder) == {}
