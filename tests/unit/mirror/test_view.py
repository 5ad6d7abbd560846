"""Reports read well in a terminal, and nothing from a server can drive it."""

from dataclasses import replace

import pytest
from support.golden import golden

from elastic_mirror_policy.mirror.codes import FindingCode
from elastic_mirror_policy.mirror.findings import Finding
from elastic_mirror_policy.mirror.report import BundleReport, MirrorReport, MirrorStatus, SyncReport
from elastic_mirror_policy.mirror.versions import PublishedVersion, VersionResult, VersionStatus
from elastic_mirror_policy.render.words import age, size

EVIL = "evil\x1b[2J\nname"
SHOWN = "evil\\x1b[2J\\x0aname"
PUBLISHED = PublishedVersion("9.1.3", "1.0.261", "1.0.260", changed=True, artifacts=7)
SYNC = SyncReport("/srv/mirror", "https://up.test", (PUBLISHED,), 4, 1_200_000, 3, ("x",), 6)
STATUS = VersionStatus(
    "9.1.3", "1.0.261", 7, 0, "2026-01-05", "2026-01-06", 7300.0, "https://up.test", None
)
BUNDLE = BundleReport("packed", "b.tar", "/srv/mirror", "ab" * 32, (PUBLISHED,), 7, 90_828, 2)


def test_a_healthy_mirror_is_called_so() -> None:
    """The status, and one line for each version."""
    report = MirrorReport("https://m.test", (VersionResult("9.1.3", "1.0.261", 1, healthy=True),))

    assert str(report) == golden(
        """
        Mirror: https://m.test
        Healthy.

        endpoint version  manifest  artifacts  status   modified
        9.1.3             1.0.261   1          healthy  not known

        1 version; no findings
        """
    )


def test_what_only_headers_told_is_not_called_more() -> None:
    """Nobody has read the artifacts then."""
    version = VersionResult("9.1.3", "1.0.261", 1, healthy=True)
    report = MirrorReport("https://m.test", (version,), fast=True)

    assert str(report).splitlines()[1] == "Healthy, as far as headers tell."
    assert report.to_dict()["fast"]


def test_a_finding_is_shown_with_what_mends_it() -> None:
    """Severity, code, path, what was seen, and the hint once for all of its kind."""
    findings = tuple(
        Finding.of(FindingCode.ARTIFACT_MISSING, f"/x/{n}", f"It is lost, {n}.", hint="Fill it.")
        for n in (1, 2)
    )
    report = MirrorReport(
        "https://m.test", (VersionResult("9.1.3", None, 2, healthy=False),), findings
    )

    assert str(report) == golden(
        """
        Mirror: https://m.test
        NOT healthy.

        endpoint version  manifest    artifacts  status       modified
        9.1.3             no version  2          NOT healthy  not known

        error: artifact-missing:
          - /x/1: It is lost, 1.
          - /x/2: It is lost, 2.
          -> Fill it.

        1 version; 2 errors
        """
    )


def test_many_findings_of_one_kind_are_shortened() -> None:
    """Forty lost files are one problem, not a page."""
    findings = tuple(Finding.of(FindingCode.ARTIFACT_MISSING, f"/x/{n}") for n in range(40))
    text = str(MirrorReport("https://m.test", (), findings))

    assert "  and 20 more\n" in text
    assert text.count("artifact-missing") == 1


def test_what_could_not_be_told_is_neither_good_nor_bad() -> None:
    """The third answer has its own words."""
    version = VersionResult("9.1.3", None, 0, healthy=None)
    report = MirrorReport("https://m.test", (version,), (Finding.of(FindingCode.UNREACHABLE, ""),))

    assert "\nIt could not be determined whether it is healthy.\n" in str(report)
    assert "\nunknown: unreachable:\n  - The mirror did not answer" in str(report)
    assert "\n9.1.3             not known  not known  could not tell  not known\n" in str(report)
    assert report.views()[0].tone == "unsure"


def test_a_message_that_names_its_path_is_not_told_under_the_path() -> None:
    """It would stand there twice."""
    told = "https://m.test/x/1 was answered with 404."
    found = (Finding.of(FindingCode.MANIFEST_MISSING, "/x/1", told),)

    assert f"\n  - {told}\n" in str(MirrorReport("https://m.test", (), found))


def test_a_sync_tells_what_it_did() -> None:
    """Old and new manifest, fetched, reused, removed, and how many requests it took."""
    assert str(SYNC) == golden(
        """
        Sync: folder /srv/mirror, from https://up.test
        Updated.

        endpoint version  manifest  before   artifacts
        9.1.3             1.0.261   1.0.260  7

        4 artifacts fetched (1.2 MB), 3 reused, 1 old file removed, 6 requests
        """
    )


def test_a_sync_without_news_says_so() -> None:
    """Nothing fetched, nothing replaced."""
    same = replace(PUBLISHED, changed=False, previous="1.0.261")
    text = str(replace(SYNC, versions=(same,), fetched=0, pruned=()))

    assert "\nNothing new.\n" in text
    assert text.count("1.0.261") == 1


def test_a_status_tells_the_age() -> None:
    """How long ago the upstream was asked."""
    assert str(MirrorStatus("/srv/mirror", (STATUS,))) == golden(
        """
        Mirror folder: /srv/mirror
        Complete, as far as lengths tell.

        endpoint version  manifest  artifacts  missing  synced       modified
        9.1.3             1.0.261   7          0        2 hours ago  not known

        1 version
        """
    )


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (replace(STATUS, missing=2), "7          2        2 hours ago"),
        (replace(STATUS, age_seconds=None), "7          0        not known"),
        (replace(STATUS, manifest_age_seconds=864_000.0), "2 hours ago  10 days ago"),
        (replace(STATUS, problem="It is broken."), "9.1.3: It cannot be used: It is broken."),
    ],
)
def test_a_status_tells_what_is_wrong(version: VersionStatus, words: str) -> None:
    """Missing files, no record, an unusable manifest."""
    assert words in str(MirrorStatus("/srv/mirror", (version,)))


@pytest.mark.parametrize(("missing", "times"), [(0, 0), (2, 1)])
def test_a_status_that_is_not_complete_says_what_completes_it(missing: int, times: int) -> None:
    """Inside as well as outside; nothing is to be done for a complete one."""
    text = str(MirrorStatus("/srv/mirror", (replace(STATUS, missing=missing),)))

    assert text.count("Run `mirror sync` again; in a closed network") == times


@pytest.mark.parametrize(
    ("age", "limit", "words", "code"),
    [
        (7200.0, 7200.0, "Synced within the limit (limit: 2 hours).", 0),
        (7201.0, 7200.0, "TOO OLD: not synced within the limit (limit: 2 hours).", 2),
        (None, 7200.0, "When it was synced is not recorded (limit: 2 hours).", 1),
        (None, None, "Complete, as far as lengths tell.", 0),
    ],
)
def test_a_status_is_held_against_a_limit(
    age: float | None, limit: float | None, words: str, code: int
) -> None:
    """A version whose age nobody recorded is neither new nor old."""
    status = MirrorStatus("/srv/mirror", (replace(STATUS, age_seconds=age),), limit)

    assert words in " ".join(str(status).split())
    assert status.exit_code == code


def test_an_empty_folder_is_told() -> None:
    """Without a manifest there is no mirror."""
    assert "\nThere is no manifest in it.\n" in str(MirrorStatus("/srv/mirror", ()))


def test_a_bundle_tells_the_hash_to_compare() -> None:
    """The same line on both sides of the air gap."""
    assert str(BUNDLE) == golden(
        f"""
        Bundle packed: file b.tar, folder /srv/mirror

        endpoint version  manifest  before   artifacts
        9.1.3             1.0.261   1.0.260  7

        Index SHA-256, to be compared on both sides:
          - {"ab" * 32}

        7 artifacts (90.8 kB), 2 left out because the other side has them
        """
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            MirrorReport("u", ()),
            "<MirrorReport: could not tell; 0 versions, 0 findings>",
        ),
        (SYNC, "<SyncReport: updated; 4 artifacts fetched, 3 reused>"),
        (MirrorStatus("/srv", (STATUS,)), "<MirrorStatus: complete; 1 version>"),
        (BUNDLE, "<BundleReport: packed; 7 artifacts>"),
    ],
)
def test_a_report_is_short_where_a_program_is_looked_at(value: object, text: str) -> None:
    """A list of them stays readable."""
    assert repr(value) == text


@pytest.mark.parametrize(
    "text",
    [
        str(
            MirrorReport(
                "https://m.test",
                (VersionResult("9.1.3", EVIL, 1, healthy=False),),
                (Finding.of(FindingCode.ARTIFACT_MISSING, EVIL, EVIL, hint=EVIL),),
            )
        ),
        str(replace(SYNC, versions=(replace(PUBLISHED, previous=EVIL),))),
        str(replace(SYNC, folder=EVIL, upstream=EVIL)),
        str(MirrorStatus(EVIL, (replace(STATUS, manifest_version=EVIL),))),
        str(MirrorStatus("/srv", (replace(STATUS, problem=EVIL),))),
        str(replace(BUNDLE, bundle=EVIL, folder=EVIL)),
    ],
)
def test_text_from_servers_is_data(text: str) -> None:
    """An escape sequence in a name is spelled out, wherever it appears."""
    assert SHOWN in text or "evil\\x1b[2J name" in text
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
