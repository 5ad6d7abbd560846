"""What was found out about a mirror, a sync, a folder or a bundle, as a status and as JSON."""

import pytest

from elastic_mirror_policy.mirror.codes import FindingCode
from elastic_mirror_policy.mirror.findings import Finding
from elastic_mirror_policy.mirror.report import BundleReport, MirrorReport, MirrorStatus, SyncReport
from elastic_mirror_policy.mirror.versions import PublishedVersion, VersionResult, VersionStatus

ERROR = Finding.of(FindingCode.ETAG_ABSENT, "/m")
WARNING = Finding.of(FindingCode.ETAG_WEAK, "/m")
UNKNOWN = Finding.of(FindingCode.UNREACHABLE, "/m")
VERSION = VersionResult("9.1.3", "1.0.261", 7, healthy=True)
PUBLISHED = PublishedVersion("9.1.3", "1.0.261", "1.0.260", changed=True, artifacts=7)


@pytest.mark.parametrize(
    ("findings", "healthy", "exit_code"),
    [((), True, 0), ((ERROR,), False, 2), ((UNKNOWN,), None, 1), ((WARNING,), True, 0)],
)
def test_a_report_has_an_exit_code(
    findings: tuple[Finding, ...],
    healthy: bool | None,  # noqa: FBT001 - one of three answers
    exit_code: int,
) -> None:
    """0 all well, 2 problems found, 1 could not tell."""
    report = MirrorReport("https://mirror.test", (VERSION,), findings)

    assert report.healthy is healthy
    assert report.exit_code == exit_code


def test_nothing_checked_is_not_healthy() -> None:
    """Zero versions prove nothing."""
    assert MirrorReport("https://mirror.test", ()).healthy is None


def test_a_mirror_report_is_the_json_of_the_contract() -> None:
    """Exactly these keys, for programs that read them."""
    report = MirrorReport("https://mirror.test", (VERSION,), (ERROR,))

    assert report.to_dict() == {
        "schema_version": 1,
        "kind": "mirror-report",
        "healthy": False,
        "fast": False,
        "versions": [
            {
                "endpoint_version": "9.1.3",
                "manifest_version": "1.0.261",
                "artifacts": 7,
                "healthy": True,
                "modified_at": None,
                "age_seconds": None,
            }
        ],
        "findings": [ERROR.to_dict()],
    }


def sync_report(**changes: object) -> SyncReport:
    """A report of a sync that changed nothing, with some of it changed."""
    values: dict[str, object] = {
        "folder": "/srv/mirror",
        "upstream": "https://upstream.test",
        "versions": (),
        "fetched": 0,
        "fetched_bytes": 0,
        "reused": 7,
        "pruned": (),
        "requests": 1,
    }
    return SyncReport(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes", [{"fetched": 1}, {"pruned": ("downloads/x",)}, {"versions": (PUBLISHED,)}]
)
def test_a_sync_that_did_anything_has_changed_something(changes: dict[str, object]) -> None:
    """Fetched, removed or published: the folder is another one now."""
    assert sync_report(**changes).changed


def test_a_sync_that_did_nothing_has_changed_nothing() -> None:
    """Looking is not changing."""
    assert not sync_report().changed


def test_a_sync_report_is_json() -> None:
    """Programs read what people read."""
    document = sync_report(versions=(PUBLISHED,), findings=(WARNING,)).to_dict()

    assert document["kind"] == "sync-report"
    assert document["schema_version"] == 1
    assert document["changed"] is True
    assert document["versions"][0]["previous"] == "1.0.260"
    assert document["findings"] == [WARNING.to_dict()]


def status(*, missing: int = 0, problem: str = "") -> VersionStatus:
    """The status of one version."""
    return VersionStatus(
        "9.1.3", "1.0.261", 7, missing, None, None, None, None, None, None, problem
    )


@pytest.mark.parametrize(
    ("versions", "complete"),
    [
        ((status(),), True),
        ((status(), status(missing=1)), False),
        ((status(problem="broken"),), False),
        ((), False),
    ],
)
def test_a_folder_is_complete_when_nothing_is_missing(
    versions: tuple[VersionStatus, ...],
    complete: bool,  # noqa: FBT001 - the expected answer
) -> None:
    """An empty folder is not a complete mirror."""
    report = MirrorStatus("/srv/mirror", versions)

    assert report.complete is complete
    assert report.to_dict()["complete"] is complete
    assert report.to_dict()["kind"] == "mirror-status"


def test_a_bundle_report_is_json() -> None:
    """Both sides can compare the hash of the index."""
    report = BundleReport("packed", "b.tar", "/srv/mirror", "ab" * 32, (PUBLISHED,), 7, 100, 2)

    assert report.to_dict() | {"versions": []} == {
        "schema_version": 1,
        "kind": "bundle-report",
        "action": "packed",
        "bundle": "b.tar",
        "folder": "/srv/mirror",
        "index_sha256": "ab" * 32,
        "versions": [],
        "files": 7,
        "bytes": 100,
        "required": 2,
        "pruned": [],
        "findings": [],
    }
