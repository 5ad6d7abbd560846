"""What is there already is not fetched again, and nothing new costs next to nothing."""

import hashlib
import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.trees import broken, manifest_versions, published

from elastic_mirror_policy.errors import ArtifactError, ConfigurationError
from elastic_mirror_policy.mirror import FindingCode, Progress, mirror_status, sync_mirror
from elastic_mirror_policy.mirror.folder import tree as _tree
from elastic_mirror_policy.mirror.report import SyncReport
from elastic_mirror_policy.testing._artifacts.content import example_artifacts
from elastic_mirror_policy.testing.artifact_server import ETagStyle, FakeArtifactServer

pytestmark = pytest.mark.usefixtures("quick_retries")

VERSIONS = ["9.1.3", "9.2.0"]
RECORD = ".elastic-mirror-policy/sync.json"


@pytest.fixture
def mirror(upstream: FakeArtifactServer, tmp_path: Path) -> Path:
    """A folder that is in step with the upstream, which has been asked nothing since."""
    sync(upstream, tmp_path)
    upstream.forget_requests()
    return tmp_path


def sync(upstream: FakeArtifactServer, folder: Path) -> SyncReport:
    """Sync both versions."""
    return sync_mirror(folder, endpoint_versions=VERSIONS, upstream=upstream.url)


def asked(upstream: FakeArtifactServer) -> list[tuple[str, int]]:
    """Which files the upstream was asked for, and its answers."""
    return sorted((r.path.rpartition("/")[2], r.status) for r in upstream.requests)


def test_nothing_new_costs_one_request_per_version(
    upstream: FakeArtifactServer, mirror: Path
) -> None:
    """A conditional one, without a byte of an artifact; and no file is touched."""
    before = published(mirror)
    report = sync(upstream, mirror)

    assert asked(upstream) == [("artifacts-9.1.3.zip", 304), ("artifacts-9.2.0.zip", 304)]
    assert (report.requests, report.fetched, report.fetched_bytes) == (2, 0, 0)
    assert (report.reused, report.changed) == (11, False)
    assert published(mirror) == before


def test_what_is_reused_counts_as_done(upstream: FakeArtifactServer, mirror: Path) -> None:
    """The bar of a sync without news goes to its end as well, and no byte was to be read."""
    shown: list[Progress] = []
    sync_mirror(mirror, endpoint_versions=VERSIONS, upstream=upstream.url, progress=shown.append)

    assert (shown[-1].done, shown[-1].total) == (11, 11)
    assert shown[-1].bytes == shown[-1].bytes_total == 0


def test_nothing_new_hashes_nothing(
    upstream: FakeArtifactServer, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that look the same as when they were hashed are the same."""
    hashed: list[Path] = []
    monkeypatch.setattr(_tree, "sha256_file", hashed.append)
    sync(upstream, mirror)

    assert hashed == []


def staged_by_an_earlier_run(folder: Path, name: str, content: bytes) -> None:
    """Leave what a run that was killed had fetched."""
    staging = folder / ".elastic-mirror-policy" / "staging"
    staging.mkdir(parents=True)
    (staging / name).write_bytes(content)


@pytest.mark.parametrize("whole", [True, False])
def test_what_a_killed_run_had_fetched_is_used_if_it_is_right(
    upstream: FakeArtifactServer, tmp_path: Path, *, whole: bool
) -> None:
    """Its bytes decide, not its name."""
    artifact = example_artifacts("9.1.3")[0]
    digest = hashlib.sha256(artifact.wire).hexdigest()
    staged_by_an_earlier_run(tmp_path, digest, artifact.wire if whole else b"half of it")

    report = sync(upstream, tmp_path)
    fetched = [one.path for one in upstream.requests if one.path == artifact.relative_url]

    assert len(fetched) == (not whole)
    assert report.changed
    assert published(tmp_path)[artifact.relative_url.lstrip("/")][0] == digest


def test_without_a_hash_of_the_file_what_it_inflates_to_is_checked(
    upstream: FakeArtifactServer, tmp_path: Path
) -> None:
    """Some hash has to hold; the file is refused when the only one does not."""

    def unhashed(document: dict[str, dict[str, dict[str, object]]]) -> None:
        for entry in document["artifacts"].values():
            del entry["encoded_sha256"]
            entry["decoded_sha256"] = "0" * 64

    upstream.edit_manifest("9.1.3", unhashed)

    with pytest.raises(ArtifactError, match="SHA-256"):
        sync(upstream, tmp_path)
    assert published(tmp_path) == {}


@pytest.mark.parametrize("style", [ETagStyle.ABSENT, ETagStyle.WEAK, ETagStyle.DASHED])
def test_any_etag_of_the_upstream_will_do(tmp_path: Path, style: ETagStyle) -> None:
    """It is sent back as it came; without one the date serves."""
    with FakeArtifactServer.example() as upstream:
        upstream.etag_style = style
        sync(upstream, tmp_path)
        report = sync(upstream, tmp_path)

    assert (report.requests, report.fetched, report.changed) == (2, 0, False)


def test_a_constant_etag_of_the_upstream_hides_no_release(tmp_path: Path) -> None:
    """Two manifests with one ETag show it; from then on the ETag is not sent back."""
    with FakeArtifactServer.example() as upstream:
        upstream.etag_style = ETagStyle.CONSTANT
        first = sync(upstream, tmp_path)
        upstream.release()
        second = sync(upstream, tmp_path)
        upstream.release()
        third = sync(upstream, tmp_path)

    for report in (first, second, third):
        assert {f.code for f in report.findings} == {FindingCode.UPSTREAM_ETAG_CONSTANT}
        assert [f.path.rpartition("/")[2] for f in report.findings] == [
            "artifacts-9.1.3.zip",
            "artifacts-9.2.0.zip",
        ]
        assert report.changed
    assert "if-none-match" not in {name for r in upstream.requests for name in r.headers}


def test_an_etag_that_stayed_while_the_manifest_changed_is_not_relied_on(tmp_path: Path) -> None:
    """It is remembered for good: the next release must not be missed either."""
    with FakeArtifactServer.example("9.1.3") as upstream:
        upstream.etag_style = ETagStyle.CONSTANT
        upstream.conditional = False
        sync_mirror(tmp_path, endpoint_versions=["9.1.3"], upstream=upstream.url)
        upstream.release()
        report = sync_mirror(tmp_path, endpoint_versions=["9.1.3"], upstream=upstream.url)
        upstream.conditional = True
        upstream.release()
        last = sync_mirror(tmp_path, endpoint_versions=["9.1.3"], upstream=upstream.url)
        upstream.release()
        again = sync_mirror(tmp_path, endpoint_versions=["9.1.3"], upstream=upstream.url)

    for one in (report, last, again):
        assert [f.code for f in one.findings] == [FindingCode.UPSTREAM_ETAG_CONSTANT]
        assert one.changed


def test_an_upstream_without_etags_is_asked_by_date(tmp_path: Path) -> None:
    """If-Modified-Since stands in for If-None-Match."""
    with FakeArtifactServer.example() as upstream:
        upstream.etag_style = ETagStyle.ABSENT
        sync(upstream, tmp_path)
        upstream.forget_requests()
        sync(upstream, tmp_path)

    assert {r.headers["if-modified-since"] for r in upstream.requests} == {
        "Mon, 05 Jan 2026 12:00:00 GMT"
    }


def test_an_upstream_that_ignores_conditions_costs_the_manifests(
    upstream: FakeArtifactServer, mirror: Path
) -> None:
    """They are compared by their bytes."""
    upstream.conditional = False
    before = published(mirror)
    report = sync(upstream, mirror)

    assert (report.requests, report.fetched, report.changed) == (2, 0, False)
    assert published(mirror) == before


def test_a_lost_artifact_is_fetched_although_nothing_is_new(
    upstream: FakeArtifactServer, mirror: Path
) -> None:
    """The manifest is unchanged; the folder is looked at all the same."""
    lost = upstream.artifacts("9.1.3")[0].relative_url
    (mirror / lost[1:]).unlink()
    report = sync(upstream, mirror)

    assert report.fetched == 1
    assert report.changed
    assert broken(mirror) == []


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"x" * 30_000])
def test_a_wrong_file_is_replaced(
    upstream: FakeArtifactServer, mirror: Path, content: bytes
) -> None:
    """Of another length, or of the same length with other bytes."""
    (mirror / upstream.artifacts("9.1.3")[0].relative_url[1:]).write_bytes(content)
    report = sync(upstream, mirror)

    assert report.fetched == 1
    assert broken(mirror) == []


def test_a_manifest_that_was_tampered_with_is_replaced(
    upstream: FakeArtifactServer, mirror: Path
) -> None:
    """A condition is only sent for the bytes that were recorded."""
    path = mirror / "downloads/endpoint/manifest/artifacts-9.1.3.zip"
    good = path.read_bytes()
    path.write_bytes(b"something else")
    sync(upstream, mirror)

    assert path.read_bytes() == good
    assert ("artifacts-9.1.3.zip", 200) in asked(upstream)


def test_a_new_version_fetches_only_what_no_other_version_brought(
    upstream: FakeArtifactServer, mirror: Path
) -> None:
    """Shared artifacts are fetched once."""
    report = sync_mirror(mirror, endpoint_versions=["8.19.4"], upstream=upstream.url)

    assert (report.fetched, report.reused) == (4, 3)
    assert manifest_versions(mirror).keys() == {"8.19.4", "9.1.3", "9.2.0"}
    assert broken(mirror) == []


def test_an_artifact_that_moved_is_copied_and_not_fetched(
    upstream: FakeArtifactServer, mirror: Path
) -> None:
    """The same SHA-256 under another path is the same file."""

    def move(document: dict[str, dict[str, dict[str, str]]]) -> None:
        entry = document["artifacts"]["endpointpe-v4-model"]
        entry["relative_url"] = "/downloads/endpoint/elsewhere/model"

    upstream.edit_manifest("9.1.3", move)
    report = sync(upstream, mirror)

    assert report.fetched == 0
    assert (mirror / "downloads/endpoint/elsewhere/model").is_file()
    assert broken(mirror) == []


@pytest.fixture
def script_mirror(upstream: FakeArtifactServer, tmp_path: Path) -> Path:
    """A mirror as the documented script leaves it: no record, and a second manifest beside."""
    folder = tmp_path / "script"
    upstream.dump(folder)
    manifests = folder / "downloads/endpoint/manifest"
    shutil.copy(manifests / "artifacts-9.1.3.zip", manifests / "artifacts-9.1.3.zip.1")
    upstream.forget_requests()
    return folder


def test_a_mirror_of_the_documented_script_is_taken_over(
    upstream: FakeArtifactServer, script_mirror: Path
) -> None:
    """Its artifacts are hashed and kept; only the manifests are asked for."""
    report = sync(upstream, script_mirror)

    assert asked(upstream) == [("artifacts-9.1.3.zip", 200), ("artifacts-9.2.0.zip", 200)]
    assert (report.fetched, report.reused, report.changed) == (0, 11, False)
    assert sync(upstream, script_mirror).requests == 2


def test_a_manifest_that_is_taken_over_gets_the_time_of_the_upstream(
    upstream: FakeArtifactServer, script_mirror: Path
) -> None:
    """A copy made by curl has the time of the copying, and so an ETag of its own."""
    path = script_mirror / "downloads/endpoint/manifest/artifacts-9.1.3.zip"
    upstreams = path.stat().st_mtime
    os.utime(path, (1, 1))
    sync(upstream, script_mirror)

    assert path.stat().st_mtime == upstreams


def test_an_old_mirror_that_is_taken_over_is_brought_up_to_date(
    upstream: FakeArtifactServer, script_mirror: Path
) -> None:
    """The manifest it had counts as the previous one, and its artifacts are pruned in time."""
    upstream.release()
    first = sync(upstream, script_mirror)
    upstream.release()
    second = sync_mirror(
        script_mirror, endpoint_versions=VERSIONS, upstream=upstream.url, interval=0
    )

    assert [v.previous for v in first.versions] == ["1.0.260"] * 2
    assert first.pruned == ()
    assert len(second.pruned) == 4
    assert broken(script_mirror) == []


def test_error_pages_that_the_script_stored_are_replaced(
    upstream: FakeArtifactServer, script_mirror: Path
) -> None:
    """It stores a 404 page as an artifact, and ends with exit code 0."""
    bad = script_mirror / upstream.artifacts("9.1.3")[1].relative_url[1:]
    bad.write_text("<html>404</html>")

    assert sync(upstream, script_mirror).fetched == 1
    assert broken(script_mirror) == []


def test_another_upstream_is_not_asked_with_the_etag_of_the_first(mirror: Path) -> None:
    """An ETag means something to the server that made it."""
    with FakeArtifactServer.example() as other:
        sync(other, mirror)

        assert [s for _, s in asked(other)] == [200, 200]


def test_a_lost_record_costs_one_look_at_the_files(
    upstream: FakeArtifactServer, mirror: Path
) -> None:
    """Nothing is fetched again."""
    (mirror / RECORD).unlink()
    report = sync(upstream, mirror)

    assert (report.fetched, report.changed) == (0, False)


def test_a_damaged_record_stops_the_sync(upstream: FakeArtifactServer, mirror: Path) -> None:
    """It decides what is removed, so it is not guessed at."""
    (mirror / RECORD).write_text("{")
    before = published(mirror)

    with pytest.raises(ArtifactError, match="cannot be understood"):
        sync(upstream, mirror)
    assert published(mirror) == before


def test_the_record_tells_what_was_synced_when(
    upstream: FakeArtifactServer, tmp_path: Path
) -> None:
    """ETag, Last-Modified, manifest version and times, for people and programs."""
    moment = datetime(2026, 1, 6, 8, 30, tzinfo=UTC)
    sync_mirror(tmp_path, endpoint_versions=["9.1.3"], upstream=upstream.url, now=moment)
    record = json.loads((tmp_path / RECORD).read_text())["versions"]["9.1.3"]

    assert record["upstream"] == upstream.url
    assert record["manifest_version"] == "1.0.260"
    assert record["last_modified"] == "Mon, 05 Jan 2026 12:00:00 GMT"
    assert record["etag"].startswith('"')
    assert record["published_at"] == record["checked_at"] == "2026-01-06T08:30:00Z"


def test_a_status_tells_how_old_each_version_is(
    upstream: FakeArtifactServer, tmp_path: Path
) -> None:
    """Published once, checked later: both are told."""
    published_at = datetime(2026, 1, 6, tzinfo=UTC)
    checked_at = datetime(2026, 1, 8, tzinfo=UTC)
    now = datetime(2026, 1, 9, tzinfo=UTC)
    for moment in (published_at, checked_at):
        sync_mirror(tmp_path, endpoint_versions=["9.1.3"], upstream=upstream.url, now=moment)
    (version,) = mirror_status(tmp_path, now=now).versions

    assert version.published_at == published_at.isoformat()
    assert version.checked_at == checked_at.isoformat()
    assert version.age_seconds == 86400
    assert version.upstream == upstream.url
    assert (version.artifacts, version.missing) == (7, 0)


def test_a_status_counts_what_is_missing(upstream: FakeArtifactServer, mirror: Path) -> None:
    """Lost files and files of another length."""
    first, second, *_ = upstream.artifacts("9.1.3")
    (mirror / first.relative_url[1:]).unlink()
    (mirror / second.relative_url[1:]).write_bytes(b"short")
    status = mirror_status(mirror)

    assert [version.missing for version in status.versions] == [2, 2]
    assert not status.complete


def test_a_status_names_a_manifest_that_cannot_be_used(mirror: Path) -> None:
    """The other versions are told all the same."""
    (mirror / "downloads/endpoint/manifest/artifacts-9.1.3.zip").write_bytes(b"<html>")
    bad, good = mirror_status(mirror).versions

    assert "not a zip file" in bad.problem
    assert good.problem == ""


def test_a_status_needs_no_record(script_mirror: Path) -> None:
    """A mirror of the documented script has versions, and no known age."""
    status = mirror_status(script_mirror)

    assert [v.age_seconds for v in status.versions] == [None] * 3
    assert status.complete


def test_a_status_of_nothing_is_a_mistake(tmp_path: Path) -> None:
    """A slip in the folder's name must not look like an empty mirror."""
    with pytest.raises(ConfigurationError, match="no folder"):
        mirror_status(tmp_path / "none")


def test_a_status_changes_nothing(tmp_path: Path) -> None:
    """Looking makes no file."""
    status = mirror_status(tmp_path)

    assert status.versions == ()
    assert list(tmp_path.iterdir()) == []
