"""Old artifacts stay as long as an endpoint may ask for them, and go after that."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.trees import broken, published

from elastic_mirror_policy.mirror import FindingCode, sync_mirror
from elastic_mirror_policy.mirror.report import SyncReport
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

START = datetime(2026, 1, 6, tzinfo=UTC)


@pytest.fixture
def upstream() -> Iterator[FakeArtifactServer]:
    """An upstream of two endpoint versions."""
    with FakeArtifactServer.example("9.1.3", "9.2.0") as server:
        yield server


def rules(upstream: FakeArtifactServer, version: str = "9.1.3") -> set[str]:
    """The files of a version that the next release replaces."""
    return {a.relative_url[1:] for a in upstream.artifacts(version) if "rules" in a.name}


def sync(
    upstream: FakeArtifactServer, folder: Path, hours: float, *versions: str, keep: int = 1
) -> SyncReport:
    """Sync so many hours after the start."""
    return sync_mirror(
        folder,
        endpoint_versions=versions or ["9.1.3"],
        upstream=upstream.url,
        keep=keep,
        now=START + timedelta(hours=hours),
    )


def test_with_one_kept_the_release_before_the_last_goes(
    upstream: FakeArtifactServer, tmp_path: Path
) -> None:
    """Endpoints that are one release behind still find their files."""
    first = rules(upstream)
    sync(upstream, tmp_path, 0)
    upstream.release()
    second = rules(upstream)
    one_later = sync(upstream, tmp_path, 24)
    upstream.release()
    two_later = sync(upstream, tmp_path, 48)

    assert one_later.pruned == ()
    assert set(two_later.pruned) == first
    assert second <= published(tmp_path).keys()
    assert broken(tmp_path) == []


def test_with_none_kept_a_poll_interval_protects_all_the_same(
    upstream: FakeArtifactServer, tmp_path: Path
) -> None:
    """An endpoint that just read the old manifest is still loading its artifacts."""
    first = rules(upstream)
    sync(upstream, tmp_path, 0, keep=0)
    upstream.release()
    at_once = sync(upstream, tmp_path, 1, keep=0)
    too_early = sync(upstream, tmp_path, 1.9, keep=0)
    in_time = sync(upstream, tmp_path, 2, keep=0)

    assert (at_once.pruned, too_early.pruned) == ((), ())
    assert set(in_time.pruned) == first
    assert in_time.changed


def test_with_two_kept_two_older_releases_stay(
    upstream: FakeArtifactServer, tmp_path: Path
) -> None:
    """The number counts manifests that were published here, not releases upstream."""
    sync(upstream, tmp_path, 0, keep=2)
    kept = set()
    for day in (1, 2):
        kept |= rules(upstream)
        upstream.release()
        assert sync(upstream, tmp_path, 24 * day, keep=2).pruned == ()

    assert kept <= published(tmp_path).keys()


def test_a_shared_artifact_stays_while_another_version_names_it(
    upstream: FakeArtifactServer, tmp_path: Path
) -> None:
    """Also when that version is not synced any more."""
    model = next(a for a in upstream.artifacts("9.1.3") if a.name == "endpointpe-v4-model")
    sync(upstream, tmp_path, 0, "9.1.3", "9.2.0", keep=0)
    upstream.release("*model*")
    sync(upstream, tmp_path, 24, "9.1.3", keep=0)
    late = sync(upstream, tmp_path, 48, "9.1.3", keep=0)

    assert late.pruned == ()
    assert (tmp_path / model.relative_url[1:]).is_file()
    assert broken(tmp_path) == []


def test_empty_folders_go_with_the_last_file(upstream: FakeArtifactServer, tmp_path: Path) -> None:
    """What is left is what is served."""
    sync(upstream, tmp_path, 0, keep=0)
    upstream.edit_manifest(
        "9.1.3", lambda document: document["artifacts"].pop("production-rules-linux-v1")
    )
    sync(upstream, tmp_path, 24, keep=0)
    sync(upstream, tmp_path, 48, keep=0)
    folders = [p.name for p in (tmp_path / "downloads/endpoint").iterdir()]

    assert "production-rules-windows-v1" in folders
    assert "production-rules-linux-v1" not in folders


def test_files_that_no_manifest_ever_named_are_left_alone(
    upstream: FakeArtifactServer, tmp_path: Path
) -> None:
    """Other people's files may lie in the folder."""
    other = tmp_path / "downloads/endpoint/synthetic/other.txt"
    other.parent.mkdir(parents=True)
    other.write_text("not ours")
    sync(upstream, tmp_path, 0, keep=0)
    for day in (1, 2, 3):
        upstream.release()
        sync(upstream, tmp_path, 24 * day, keep=0)

    assert other.read_text() == "not ours"


def test_nothing_is_removed_while_a_manifest_cannot_be_read(
    upstream: FakeArtifactServer, tmp_path: Path
) -> None:
    """What it names is not known; the report says so."""
    sync(upstream, tmp_path, 0, "9.1.3", "9.2.0", keep=0)
    (tmp_path / "downloads/endpoint/manifest/artifacts-9.2.0.zip").write_bytes(b"<html>")
    upstream.release()
    sync(upstream, tmp_path, 24, keep=0)
    report = sync(upstream, tmp_path, 48, keep=0)

    assert report.pruned == ()
    assert [f.code for f in report.findings] == [FindingCode.PRUNE_SKIPPED]
    assert "9.2.0" in report.findings[0].path


def test_a_release_that_comes_back_keeps_its_files(
    upstream: FakeArtifactServer, tmp_path: Path
) -> None:
    """Taken back upstream: the older files are published again, and not removed."""
    sync(upstream, tmp_path, 0, keep=0)
    before = published(tmp_path).keys()
    upstream.release()
    sync(upstream, tmp_path, 0.5, keep=0)
    with FakeArtifactServer.example("9.1.3", "9.2.0") as reverted:
        sync(reverted, tmp_path, 0.6, keep=0)
        report = sync(reverted, tmp_path, 5, keep=0)

    assert published(tmp_path).keys() == before
    assert len(report.pruned) == 2
    assert broken(tmp_path) == []
