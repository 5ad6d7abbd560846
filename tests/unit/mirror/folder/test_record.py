"""The sync record survives, and a damaged one is not believed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from elastic_mirror_policy.errors import ArtifactError
from elastic_mirror_policy.mirror.folder.record import (
    FileIdentity,
    PreviousManifest,
    SyncRecord,
    VersionRecord,
    load_record,
    record_path,
    save_record,
)

NOW = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
RECORD = SyncRecord(
    versions={
        "9.1.3": VersionRecord(
            upstream="https://up.test",
            manifest_version="1.0.261",
            sha256="ab" * 32,
            etag='"abc"',
            last_modified="Mon, 05 Jan 2026 12:00:00 GMT",
            published_at=NOW,
            checked_at=NOW,
            previous=(PreviousManifest("1.0.260", "cd" * 32, NOW, ("downloads/endpoint/100%",)),),
        )
    },
    files={"downloads/endpoint/x": FileIdentity("ef" * 32, 7, 1_700_000_000_000_000_001, 42)},
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a record."""
    record_path(tmp_path).parent.mkdir()
    save_record(tmp_path, RECORD)
    return tmp_path


def test_a_record_is_read_as_it_was_written(root: Path) -> None:
    """Nothing is lost, down to the nanosecond of a file's time."""
    assert load_record(root) == RECORD


def test_a_folder_without_a_record_has_an_empty_one(tmp_path: Path) -> None:
    """As a mirror that the documented script filled."""
    assert load_record(tmp_path) == SyncRecord()


def test_a_record_is_for_its_owner_only(root: Path) -> None:
    """A web server under another user does not give it out."""
    assert record_path(root).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"schema_version": 1', b'"schema_version": 2'),
        (b'"mirror-sync-record"', b'"something-else"'),
        (b"downloads/endpoint/x", b"../../etc/passwd"),
        (b"downloads/endpoint/100%", b"/etc/passwd"),
        (b"downloads/endpoint/100%", b".git/config"),
        (b'"9.1.3"', b'"../9.1.3"'),
        (b'"size": 7', b'"size": "seven"'),
        (b"2026-01-10T12:00:00Z", b"yesterday"),
        (b"2026-01-10T12:00:00Z", b"2026-01-10T12:00:00"),
        (b"{", b"["),
    ],
)
def test_a_record_that_was_edited_or_damaged_is_refused(root: Path, old: bytes, new: bytes) -> None:
    """What it says decides which files are removed, so it is checked like any input."""
    path = record_path(root)
    assert old in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(old, new))

    with pytest.raises(ArtifactError, match="cannot be understood") as caught:
        load_record(root)
    assert "Move it away" in caught.value.hint
