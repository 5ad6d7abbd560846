"""Findings say what their codes mean, and add up to a health that does not guess."""

import pytest

from elastic_mirror_policy.mirror.codes import FindingCode, Severity
from elastic_mirror_policy.mirror.findings import Finding, health_of, worst_first

ERROR = Finding.of(FindingCode.ETAG_ABSENT, "/m")
WARNING = Finding.of(FindingCode.ETAG_WEAK, "/m")
INFO = Finding.of(FindingCode.PLAIN_HTTP, "")
UNKNOWN = Finding.of(FindingCode.UNREACHABLE, "/m")


@pytest.mark.parametrize(
    ("findings", "healthy"),
    [
        ((), True),
        ((INFO,), True),
        ((WARNING, INFO), True),
        ((UNKNOWN,), None),
        ((UNKNOWN, WARNING), None),
        ((ERROR,), False),
        ((ERROR, UNKNOWN), False),
    ],
)
def test_findings_add_up_to_a_health(
    findings: tuple[Finding, ...],
    healthy: bool | None,  # noqa: FBT001 - one of three answers
) -> None:
    """An error decides; without one, what could not be determined stays unknown."""
    assert health_of(findings) is healthy


def test_a_finding_takes_severity_and_hint_from_its_code() -> None:
    """What is written about a code stands in one place."""
    finding = Finding.of(FindingCode.ETAG_WEAK, "/m", "Seen: W/x")

    assert finding.severity is Severity.WARNING
    assert finding.message == "Seen: W/x"
    assert finding.hint == FindingCode.ETAG_WEAK.hint
    assert finding.to_dict() == {
        "severity": "warning",
        "code": "etag-weak",
        "path": "/m",
        "message": "Seen: W/x",
        "hint": FindingCode.ETAG_WEAK.hint,
    }


def test_a_finding_without_words_says_what_its_code_means() -> None:
    """There is always a sentence."""
    assert INFO.message == FindingCode.PLAIN_HTTP.meaning


def test_a_finding_knows_the_versions_it_is_about() -> None:
    """Which says nothing about whether two findings are the same."""
    finding = ERROR.concerning("9.1.3", "9.2.0")

    assert finding.versions == ("9.1.3", "9.2.0")
    assert finding == ERROR


def test_findings_are_sorted_by_how_bad_they_are() -> None:
    """The worst first, each once, whatever the order they were found in."""
    assert worst_first([INFO, WARNING, UNKNOWN, ERROR, WARNING]) == (ERROR, UNKNOWN, WARNING, INFO)
