"""What a check, a sync, a status or a bundle found, as text for a terminal (pure).

Names, paths and messages come from servers: they are shown as data, with everything a terminal
would act on spelled out.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby

from elastic_mirror_policy._text import visible
from elastic_mirror_policy.mirror.codes import FindingCode, Severity
from elastic_mirror_policy.mirror.findings import Finding
from elastic_mirror_policy.mirror.report import (
    BundleReport,
    MirrorReport,
    MirrorStatus,
    PublishedVersion,
    SyncReport,
    VersionStatus,
)

MOST_PATHS = 5
"""How many findings of one kind are shown in full; the JSON has all of them."""

_VERDICTS = {True: "healthy", False: "NOT healthy", None: "could not tell"}


def mirror_report_text(report: MirrorReport) -> str:
    """Return the report of a check as text."""
    return _lines(
        [
            f"{visible(report.url)}: {_VERDICTS[report.healthy]}",
            *(
                f"  {version.endpoint_version}  {_manifest(version.manifest_version)}  "
                f"{_count(version.artifacts, 'artifact')}  {_VERDICTS[version.healthy]}"
                for version in report.versions
            ),
            *_findings(report.findings),
        ]
    )


def sync_report_text(report: SyncReport) -> str:
    """Return the report of a sync as text."""
    return _lines(
        [
            (
                f"{visible(report.folder)}: {'updated' if report.changed else 'nothing new'} "
                f"(from {visible(report.upstream)})"
            ),
            *map(_published, report.versions),
            (
                f"  {_count(report.fetched, 'artifact')} fetched ({size(report.fetched_bytes)}), "
                f"{report.reused} reused, {_count(len(report.pruned), 'old file')} removed, "
                f"{_count(report.requests, 'request')}"
            ),
            *_findings(report.findings),
        ]
    )


def mirror_status_text(status: MirrorStatus) -> str:
    """Return the status of a folder as text."""
    if not status.versions:
        return _lines([f"{visible(status.folder)}: there is no manifest in it"])
    verdict = "complete" if status.complete else "NOT complete"
    return _lines([f"{visible(status.folder)}: {verdict}", *map(_status, status.versions)])


def bundle_report_text(report: BundleReport) -> str:
    """Return the report of packing or unpacking as text."""
    where = f"{visible(report.bundle)}, folder {visible(report.folder)}"
    return _lines(
        [
            f"{report.action}: {where}",
            *map(_published, report.versions),
            (
                f"  {_count(report.files, 'artifact')} ({size(report.bytes)}), "
                f"{report.required} brought by an earlier bundle, "
                f"{_count(len(report.pruned), 'old file')} removed"
            ),
            f"  index SHA-256: {report.index_sha256}",
            *_findings(report.findings),
        ]
    )


def size(count: int) -> str:
    """Return a number of bytes for people: 1.2 MB."""
    value = float(count)
    for unit in ("B", "kB", "MB"):
        if value < 1000:  # noqa: PLR2004 - the step between units
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def age(seconds: float) -> str:
    """Return a time span for people: 3 days, 5 hours, 12 minutes."""
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            return _count(int(seconds // length), unit)
    return "less than a minute"


def _published(version: PublishedVersion) -> str:
    before = f" (before: {visible(version.previous)})" if version.previous else ""
    return (
        f"  {version.endpoint_version}  {_manifest(version.manifest_version)}"
        f"{before if version.changed else ''}  {_count(version.artifacts, 'artifact')}"
    )


def _status(version: VersionStatus) -> str:
    if version.problem:
        return f"  {version.endpoint_version}  cannot be used: {visible(version.problem)}"
    lost = f", {version.missing} missing" if version.missing else ""
    known = "when it was checked is not recorded"
    if version.age_seconds is not None:
        known = f"last checked {age(version.age_seconds)} ago"
    return (
        f"  {version.endpoint_version}  {_manifest(version.manifest_version)}  "
        f"{_count(version.artifacts, 'artifact')}{lost}  {known}"
    )


def _findings(findings: Iterable[Finding]) -> Iterator[str]:
    for (severity, code), group in groupby(findings, key=lambda f: (f.severity, f.code)):
        yield from _finding_group(severity, code, list(group))


def _finding_group(severity: Severity, code: FindingCode, group: list[Finding]) -> Iterator[str]:
    yield ""
    for finding in group[:MOST_PATHS]:
        about = f" {visible(finding.path)}" if finding.path else ""
        yield f"{severity.value} [{code.value}]{about}"
        yield f"  {visible(finding.message)}"
    if len(group) > MOST_PATHS:
        yield f"  ... and {len(group) - MOST_PATHS} more of this kind"
    hints = dict.fromkeys(finding.hint for finding in group if finding.hint)
    yield from (f"  -> {visible(hint)}" for hint in hints)


def _manifest(version: str | None) -> str:
    return f"manifest {visible(version)}" if version else "no manifest version"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines)
