"""What a check, a sync, a folder or a bundle has to say (pure).

Names, paths and messages come from servers: they are data, made fit to be shown on one line here.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from elastic_mirror_policy._text import visible
from elastic_mirror_policy.mirror.codes import Severity
from elastic_mirror_policy.mirror.findings import Finding
from elastic_mirror_policy.mirror.versions import PublishedVersion, VersionResult, VersionStatus
from elastic_mirror_policy.render import words as _words
from elastic_mirror_policy.render.view import Named, Point, Section, Table, Tone, View, sections

_TOLD: Final[dict[bool | None, tuple[str, Tone]]] = {
    True: ("Healthy.", "good"),
    False: ("NOT healthy.", "bad"),
    None: ("It could not be determined whether it is healthy.", "unsure"),
}
_STATUSES: Final = {True: "healthy", False: "NOT healthy", None: "could not tell"}
_TONES: Final[dict[Severity, Tone]] = {
    Severity.ERROR: "bad",
    Severity.WARNING: "unsure",
    Severity.UNKNOWN: "unsure",
    Severity.INFO: "",
}
_FRESH: Final = {
    True: "Synced within the limit",
    False: "TOO OLD: not synced within the limit",
    None: "When it was synced is not recorded",
}
_NO_VERSION: Final = "no version"
_NOT_KNOWN: Final = "not known"


def check_view(
    url: str,
    healthy: bool | None,  # noqa: FBT001 - the status itself
    versions: tuple[VersionResult, ...],
    findings: tuple[Finding, ...],
    *,
    fast: bool = False,
) -> View:
    """Return everything worth saying about the check of a mirror."""
    lead, tone = _TOLD[healthy]
    if fast and healthy:
        lead = "Healthy, as far as headers tell."
    rows = tuple(
        (
            _words.name(version.endpoint_version),
            *_read(version),
            _STATUSES[version.healthy],
            _ago(version.age_seconds),
        )
        for version in versions
    )
    headers = ("endpoint version", "manifest", "artifacts", "status", "modified")
    return View(
        title="Mirror",
        banner=(("", _place(url)),),
        lead=lead,
        tone=tone,
        sections=sections(_rows(headers, rows), *_found(findings)),
        summary=f"{_words.count(len(versions), 'version')}; {_counted(findings)}",
    )


def _read(version: VersionResult) -> tuple[str, str]:
    """The manifest's version and how many artifacts it names, if it could be read."""
    if version.manifest_version is None and not version.artifacts:
        return _NOT_KNOWN, _NOT_KNOWN
    return _words.name(version.manifest_version or _NO_VERSION), f"{version.artifacts:,}"


def sync_view(
    folder: str,
    upstream: str,
    versions: tuple[PublishedVersion, ...],
    findings: tuple[Finding, ...],
    *,
    changed: bool,
    fetched: tuple[int, int],
    reused: int,
    pruned: int,
    requests: int,
    verified: bool,
) -> View:
    """Return everything worth saying about a sync; `fetched` are artifacts and bytes."""
    number, amount = fetched
    return View(
        title="Sync",
        banner=(("folder", _place(folder)), ("from", _place(upstream))),
        lead="Updated." if changed else "Nothing new.",
        tone="good",
        sections=sections(_published(versions), *_found(findings)),
        summary=(
            f"{_words.count(number, 'artifact')} fetched ({_words.size(amount)}), "
            f"{reused:,} reused{' and read again' if verified else ''}, "
            f"{_words.count(pruned, 'old file')} removed, "
            f"{_words.count(requests, 'request')}"
        ),
    )


_COMPLETE_IT: Final = (
    "Run `mirror sync` again; in a closed network take a new `mirror wanted --dir` outside, and "
    "carry a bundle of what it lists in."
)


def status_view(
    folder: str,
    versions: tuple[VersionStatus, ...],
    *,
    complete: bool,
    fresh: bool | None,
    limit: float | None,
) -> View:
    """Return everything worth saying about what a folder holds."""
    lead = f"{'Complete' if complete else 'NOT complete'}, as far as lengths tell."
    if limit is not None:
        lead += f" {_FRESH[fresh]} (limit: {_words.age(limit)})."
    rows = tuple(_held(version) for version in versions if not version.problem)
    broken = tuple(
        Point(
            f"It cannot be used: {_words.sentence(version.problem)}",
            1,
            (Named(_words.name(version.endpoint_version)),),
        )
        for version in versions
        if version.problem
    )
    headers = ("endpoint version", "manifest", "artifacts", "missing", "synced", "modified")
    return View(
        title="Mirror folder",
        banner=(("", _place(folder)),),
        lead=lead if versions else "There is no manifest in it.",
        tone="good" if complete and fresh is not False else "bad",
        sections=sections(
            _rows(headers, rows),
            Section("Broken", broken, tone="bad"),
            Section("To complete it", () if complete else (Point(_COMPLETE_IT),)),
        ),
        summary=_words.count(len(versions), "version"),
    )


def bundle_view(
    action: str,
    bundle: str,
    folder: str,
    versions: tuple[PublishedVersion, ...],
    findings: tuple[Finding, ...],
    *,
    index_sha256: str,
    files: tuple[int, int],
    required: int,
    pruned: int,
) -> View:
    """Return everything worth saying about a bundle; `files` are artifacts and bytes."""
    number, amount = files
    told = [f"{_words.count(number, 'artifact')} ({_words.size(amount)})"]
    told += [f"{required:,} left out because the other side has them"] if required else []
    told += [f"{_words.count(pruned, 'old file')} removed"] if pruned else []
    return View(
        title=f"Bundle {action}",
        banner=(("file", _place(bundle)), ("folder", _place(folder))),
        lead="",
        sections=sections(
            _published(versions),
            Section("Index SHA-256, to be compared on both sides", (Point(index_sha256),)),
            *_found(findings),
        ),
        summary=", ".join(told),
    )


def wanted_view(
    versions: tuple[tuple[str, bool, str | None], ...], *, files: int, digest: str
) -> View:
    """Return everything worth saying about what a closed network needs and has."""
    rows = tuple(
        (_words.name(version), _words.name(manifest or _NO_VERSION) if there else "none")
        for version, there, manifest in versions
    )
    return View(
        title="Wanted",
        banner=(),
        lead="",
        sections=sections(
            _rows(("endpoint version", "manifest inside"), rows),
            Section("SHA-256 of what it says", (Point(digest),)),
        ),
        summary=(
            f"{_words.count(len(versions), 'version')}; "
            f"{_words.count(files, 'file')} inside need not be carried"
        ),
    )


def _place(text: str) -> str:
    return _words.clip(visible(text), _words.LONGEST_VALUE)


def _rows(headers: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Section:
    return Section("", table=Table(headers, rows) if rows else None)


def _published(versions: tuple[PublishedVersion, ...]) -> Section:
    rows = tuple(
        (
            _words.name(version.endpoint_version),
            _words.name(version.manifest_version or _NO_VERSION),
            _words.name(version.previous) if version.changed and version.previous else "",
            f"{version.artifacts:,}",
        )
        for version in versions
    )
    return _rows(("endpoint version", "manifest", "before", "artifacts"), rows)


def _held(version: VersionStatus) -> tuple[str, ...]:
    return (
        _words.name(version.endpoint_version),
        _words.name(version.manifest_version or _NO_VERSION),
        f"{version.artifacts:,}",
        f"{version.missing:,}",
        _ago(version.age_seconds),
        _ago(version.manifest_age_seconds),
    )


def _ago(seconds: float | None) -> str:
    return _NOT_KNOWN if seconds is None else f"{_words.age(max(0.0, seconds))} ago"


def _found(findings: Iterable[Finding]) -> Iterator[Section]:
    """Yield one section for each kind of finding, with its hints once."""
    for (severity, code), group in groupby(findings, key=lambda f: (f.severity, f.code)):
        same = list(group)
        hints = dict.fromkeys(finding.hint for finding in same if finding.hint)
        yield Section(
            f"{severity.value}: {code.value}",
            tuple(map(_point, same)),
            hints=tuple(map(_words.sentence, hints)),
            tone=_TONES[severity],
        )


def _point(finding: Finding) -> Point:
    message = _words.sentence(finding.message)
    if not finding.path or finding.path in message:
        return Point(message)
    return Point(message, 1, (Named(_place(finding.path)),))


def _counted(findings: tuple[Finding, ...]) -> str:
    found = [(s, sum(one.severity is s for one in findings)) for s in Severity]
    return ", ".join(_words.count(n, s.value) for s, n in found if n) or "no findings"
