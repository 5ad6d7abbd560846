"""A file goes when nothing that an endpoint may have read names it any more."""

from datetime import UTC, datetime, timedelta

import pytest

from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.mirror.folder.prune import prunable, with_previous
from elastic_mirror_policy.mirror.folder.record import PreviousManifest, VersionRecord
from elastic_mirror_policy.mirror.folder.retention import check_retention

NOW = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
HOUR = 3600


def previous(name: str, *paths: str, hours: float = 100) -> PreviousManifest:
    """A manifest that was replaced so many hours ago."""
    return PreviousManifest(name, name, NOW - timedelta(hours=hours), paths)


def record(*manifests: PreviousManifest) -> VersionRecord:
    """A version with these previous manifests, the newest first."""
    return VersionRecord(None, "1.0.9", "now", None, None, NOW, NOW, manifests)


def gone(
    versions: dict[str, VersionRecord], published: set[str], *, keep: int = 1
) -> frozenset[str]:
    """The paths that may go after an hour."""
    return prunable(versions, frozenset(published), keep=keep, interval=HOUR, now=NOW)[0]


def test_what_only_old_manifests_name_may_go() -> None:
    """Neither published nor among those that are kept."""
    versions = {"9.1.3": record(previous("b", "y", "z"), previous("a", "x", "y"))}

    assert gone(versions, {"z"}) == {"x"}


@pytest.mark.parametrize(
    ("keep", "expected"), [(0, {"x", "y"}), (1, {"x"}), (2, set()), (9, set())]
)
def test_keep_counts_the_previous_manifests(keep: int, expected: set[str]) -> None:
    """The artifacts of that many stay, for endpoints that lag behind."""
    versions = {"9.1.3": record(previous("b", "y"), previous("a", "x"))}

    assert gone(versions, {"z"}, keep=keep) == expected


@pytest.mark.parametrize(("hours", "expected"), [(0.9, set()), (1.0, {"x"}), (5.0, {"x"})])
def test_nothing_goes_before_a_poll_interval_has_passed(hours: float, expected: set[str]) -> None:
    """An endpoint that read the manifest just before still asks for its artifacts."""
    versions = {"9.1.3": record(previous("a", "x", hours=hours))}

    assert gone(versions, set(), keep=0) == expected


def test_what_is_published_stays() -> None:
    """Also when an old manifest named it as well."""
    assert gone({"9.1.3": record(previous("a", "x"))}, {"x"}, keep=0) == set()


def test_another_version_protects_a_shared_artifact() -> None:
    """Its kept previous manifest still names it."""
    versions = {
        "9.1.3": record(previous("b"), previous("a", "x")),
        "9.2.0": record(previous("c", "x")),
    }

    assert gone(versions, set()) == set()


def test_a_manifest_that_is_not_expired_protects_its_artifacts() -> None:
    """Beyond those that are kept, time protects as well."""
    versions = {"9.1.3": record(previous("b"), previous("a", "x", hours=0.5))}

    assert gone(versions, set()) == set()


def test_expired_manifests_are_forgotten_and_others_are_not() -> None:
    """The record does not grow for ever."""
    kept, expired = previous("b", "y"), previous("a", "x")
    _, versions = prunable(
        {"9.1.3": record(kept, expired)}, frozenset(), keep=1, interval=HOUR, now=NOW
    )

    assert versions["9.1.3"].previous == (kept,)


def test_a_clock_that_went_back_removes_nothing() -> None:
    """A manifest replaced in the future is not old."""
    assert gone({"9.1.3": record(previous("a", "x", hours=-24))}, set(), keep=0) == set()


def test_a_replaced_manifest_is_the_newest_of_the_previous_ones() -> None:
    """They are counted from the newest."""
    old, new = previous("a"), previous("b")

    assert with_previous(record(old), new) == (new, old)
    assert with_previous(None, new) == (new,)


def test_a_manifest_that_comes_again_is_counted_once() -> None:
    """After an interrupted run it is noted a second time, and time starts anew."""
    first, other = previous("a", hours=9), previous("b", hours=8)
    again = previous("a", hours=0)

    assert with_previous(record(other, first), again) == (again, other)


@pytest.mark.parametrize(
    ("keep", "interval"), [(-1, 3600), (1, -1), (1, float("nan")), (1, float("inf"))]
)
def test_less_than_nothing_cannot_be_kept(keep: int, interval: float) -> None:
    """A slip in the arguments must not remove anything."""
    with pytest.raises(ConfigurationError, match="cannot be used"):
        check_retention(keep, interval)


def test_keeping_nothing_can_be_asked_for() -> None:
    """Zero is a number."""
    check_retention(0, 0)

    assert gone({"9.1.3": record(previous("a", "x"))}, set(), keep=0) == {"x"}
