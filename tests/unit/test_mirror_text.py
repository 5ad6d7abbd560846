"""Reports read well in a terminal, and nothing from a server can drive it."""

from dataclasses import replace

import pytest

from elastic_mirror_policy.mirror.codes import FindingCode
from elastic_mirror_policy.mirror.findings import Finding
from elastic_mirror_policy.mirror.report import (
    BundleReport,
    MirrorReport,
    MirrorStatus,
    PublishedVersion,
    SyncReport,
    VersionResult,
    VersionStatus,
)
from elastic_mirror_policy.mirror.text import (
    age,
    bundle_report_text,
    mirror_report_text,
    mirror_status_text,
    size,
    sync_report_text,
)

EVIL = "evil\x1b[2J\nname"
SHOWN = "evil\\x1b[2J\\x0aname"
PUBLISHED = PublishedVersion("9.1.3", "1.0.261", "1.0.260", changed=True, artifacts=7)
SYNC = SyncReport("/srv/mirror", "https://up.test", (PUBLISHED,), 4, 1_200_000, 3, ("x",), 6)
STATUS = VersionStatus(
    "9.1.3", "1.0.261", 7, 0, "2026-01-05", "2026-01-06", 7300.0, "https://up.test", None
)
BUNDLE = BundleReport("packed", "b.tar", "/srv/mirror", "ab" * 32, (PUBLISHED,), 7, 90_828, 2)


def test_a_healthy_mirror_is_called_so() -> None:
    """One line for the mirror, one for each version."""
    report = MirrorReport("https://m.test", (VersionResult("9.1.3", "1.0.261", 1, healthy=True),))

    assert mirror_report_text(report) == (
        "https://m.test: healthy\n  9.1.3  manifest 1.0.261  1 artifact  healthy"
    )


def test_a_finding_is_shown_with_what_mends_it() -> None:
    """Severity, code, path, what was seen, and the hint once for all of its kind."""
    findings = tuple(
        Finding.of(FindingCode.ARTIFACT_MISSING, f"/x/{n}", f"/x/{n} is lost.") for n in (1, 2)
    )
    report = MirrorReport(
        "https://m.test", (VersionResult("9.1.3", None, 2, healthy=False),), findings
    )

    assert mirror_report_text(report).splitlines() == [
        "https://m.test: NOT healthy",
        "  9.1.3  no manifest version  2 artifacts  NOT healthy",
        "",
        "error [artifact-missing] /x/1",
        "  /x/1 is lost.",
        "error [artifact-missing] /x/2",
        "  /x/2 is lost.",
        f"  -> {FindingCode.ARTIFACT_MISSING.hint}",
    ]


def test_many_findings_of_one_kind_are_shortened() -> None:
    """Forty lost files are one problem, not a page."""
    findings = tuple(Finding.of(FindingCode.ARTIFACT_MISSING, f"/x/{n}") for n in range(40))
    text = mirror_report_text(MirrorReport("https://m.test", (), findings))

    assert "... and 35 more of this kind" in text
    assert text.count("[artifact-missing]") == 5


def test_what_could_not_be_told_is_neither_good_nor_bad() -> None:
    """The third answer has its own words."""
    version = VersionResult("9.1.3", None, 0, healthy=None)
    report = MirrorReport("https://m.test", (version,), (Finding.of(FindingCode.UNREACHABLE, ""),))

    assert "https://m.test: could not tell" in mirror_report_text(report)
    assert "unknown [unreachable]\n" in mirror_report_text(report)


def test_a_sync_tells_what_it_did() -> None:
    """Old and new manifest, fetched, reused, removed, and how many requests it took."""
    assert sync_report_text(SYNC) == (
        "/srv/mirror: updated (from https://up.test)\n"
        "  9.1.3  manifest 1.0.261 (before: 1.0.260)  7 artifacts\n"
        "  4 artifacts fetched (1.2 MB), 3 reused, 1 old file removed, 6 requests"
    )


def test_a_sync_without_news_says_so() -> None:
    """Nothing fetched, nothing replaced."""
    same = replace(PUBLISHED, changed=False, previous="1.0.261")
    text = sync_report_text(replace(SYNC, versions=(same,), fetched=0, pruned=()))

    assert text.startswith("/srv/mirror: nothing new")
    assert "before" not in text


def test_a_status_tells_the_age() -> None:
    """How long ago the upstream was asked."""
    assert mirror_status_text(MirrorStatus("/srv/mirror", (STATUS,))) == (
        "/srv/mirror: complete\n  9.1.3  manifest 1.0.261  7 artifacts  last checked 2 hours ago"
    )


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (replace(STATUS, missing=2), "7 artifacts, 2 missing"),
        (replace(STATUS, age_seconds=None), "when it was checked is not recorded"),
        (replace(STATUS, problem="It is broken."), "cannot be used: It is broken."),
    ],
)
def test_a_status_tells_what_is_wrong(version: VersionStatus, words: str) -> None:
    """Missing files, no record, an unusable manifest."""
    assert words in mirror_status_text(MirrorStatus("/srv/mirror", (version,)))


def test_an_empty_folder_is_told() -> None:
    """Without a manifest there is no mirror."""
    assert "no manifest" in mirror_status_text(MirrorStatus("/srv/mirror", ()))


def test_a_bundle_tells_the_hash_to_compare() -> None:
    """The same line on both sides of the air gap."""
    assert bundle_report_text(BUNDLE) == (
        "packed: b.tar, folder /srv/mirror\n"
        "  9.1.3  manifest 1.0.261 (before: 1.0.260)  7 artifacts\n"
        "  7 artifacts (90.8 kB), 2 brought by an earlier bundle, 0 old files removed\n"
        f"  index SHA-256: {'ab' * 32}"
    )


@pytest.mark.parametrize(
    "text",
    [
        mirror_report_text(
            MirrorReport(
                "https://m.test",
                (VersionResult("9.1.3", EVIL, 1, healthy=False),),
                (Finding.of(FindingCode.ARTIFACT_MISSING, EVIL, EVIL, hint=EVIL),),
            )
        ),
        sync_report_text(replace(SYNC, versions=(replace(PUBLISHED, previous=EVIL),))),
        sync_report_text(replace(SYNC, folder=EVIL, upstream=EVIL)),
        mirror_status_text(MirrorStatus(EVIL, (replace(STATUS, manifest_version=EVIL),))),
        mirror_status_text(MirrorStatus("/srv", (replace(STATUS, problem=EVIL),))),
        bundle_report_text(replace(BUNDLE, bundle=EVIL, folder=EVIL)),
    ],
)
def test_text_from_servers_is_data(text: str) -> None:
    """An escape sequence in a name is spelled out, wherever it appears."""
    assert SHOWN in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (90_828, "90.8 kB"),
        (1_200_000, "1.2 MB"),
        (3_000_000_000, "3.0 GB"),
        (4_000_000_000_000, "4000.0 GB"),
    ],
)
def test_sizes_are_for_people(count: int, words: str) -> None:
    """Three digits and a unit."""
    assert size(count) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 minute"),
        (7300, "2 hours"),
        (86400, "1 day"),
        (864000, "10 days"),
    ],
)
def test_ages_are_for_people(seconds: float, words: str) -> None:
    """One number and one unit."""
    assert age(seconds) == words
