"""What a report about endpoints has to say, before any format (pure)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from elastic_mirror_policy._text import visible
from elastic_mirror_policy._time import spoken, written
from elastic_mirror_policy.endpoints.verdicts import Verdict
from elastic_mirror_policy.render import words as _words
from elastic_mirror_policy.render.view import folded

if TYPE_CHECKING:  # it imports us to be printed
    from elastic_mirror_policy.endpoints.report import Endpoint, EndpointReport

ORDER: Final = (
    Verdict.CURRENT,
    Verdict.BEHIND,
    Verdict.POLICY_NOT_APPLIED,
    Verdict.NO_ARTIFACTS,
    Verdict.NO_MANIFEST,
    Verdict.NO_DOCUMENT,
    Verdict.STALE_REPORT,
    Verdict.AHEAD,
    Verdict.PINNED,
    Verdict.OFFLINE,
    Verdict.UNKNOWN,
)
"""The verdicts as they are shown: what is well, what is wrong, what could not be told."""


@dataclass(frozen=True, slots=True)
class Case:
    """Endpoints with the same verdict for the same reason.

    Attributes:
        title: How many they are, and what it is.
        endpoints: The endpoints.
        many: Whether there are several policies, so that theirs is worth naming.
    """

    title: str
    endpoints: "tuple[Endpoint, ...]"
    many: bool

    def names(self, limit: int | None) -> tuple[list[str], str]:
        """Return so many names, and what to say about the rest."""
        most, rest = folded(len(self.endpoints), limit)
        return [_label(endpoint, many=self.many) for endpoint in self.endpoints[:most]], rest


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """The endpoints of one policy, counted.

    Attributes:
        cells: Its name and its numbers.
        open: How many of its endpoints are not current.
    """

    cells: tuple[str, ...]
    open: int


@dataclass(frozen=True, slots=True)
class EndpointsView:
    """A report about endpoints, in words.

    Attributes:
        banner: Label and value of how it was made.
        lead: One sentence: the result.
        headers: The columns of the table by policy.
        rows: Its rows.
        total: The row of all of them, when there are several.
        cases: What is not current, and why, in the order of `ORDER`.
        mirror_headers: The columns of the table of mirrors.
        mirrors: Its rows.
        notes: What is worth knowing about all of it.
        summary: The arithmetic in one line.
    """

    banner: tuple[tuple[str, str], ...]
    lead: str
    headers: tuple[str, ...]
    rows: tuple[PolicyRow, ...]
    total: tuple[str, ...]
    cases: tuple[Case, ...]
    mirror_headers: tuple[str, ...]
    mirrors: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]
    summary: str

    def table(self, limit: int | None) -> Iterator[tuple[str, ...]]:
        """Yield the rows of the table; where not all fit, those with most that is not current."""
        most, rest = folded(len(self.rows), limit)
        rows = sorted(self.rows, key=lambda row: -row.open) if rest else self.rows
        yield from (row.cells for row in rows[:most])
        if rest:
            yield (rest, *("" for _ in self.headers[1:]))
        if self.total:
            yield self.total


def endpoints_view(report: "EndpointReport") -> EndpointsView:
    """Return everything worth saying about a report."""
    shown = tuple(verdict for verdict in ORDER if report.counts[verdict])
    rows = tuple(_rows(report, shown))
    return EndpointsView(
        banner=(
            ("source", report.source),
            ("window", report.window),
            ("read at", written(report.read_at)),
        ),
        lead=f"{_result(report)} {_age(report)}".strip(),
        headers=("policy", "endpoints", *(verdict.value for verdict in shown)),
        rows=rows,
        total=("all", *_numbers(report.counts, shown)) if len(rows) > 1 else (),
        cases=_cases(report.endpoints, many=len(rows) > 1),
        mirror_headers=("mirror", "endpoint version", "manifest", "published"),
        mirrors=tuple(_mirrors(report)),
        notes=tuple(_words.sentence(note) for note in report.notes),
        summary=_summary(report, shown),
    )


def _result(report: "EndpointReport") -> str:
    total, current = len(report.endpoints), report.counts[Verdict.CURRENT]
    if not total:
        return "There is no endpoint, so nothing can be said."
    if report.exit_code == 0:
        return "Every endpoint runs what its mirror publishes."
    if report.exit_code == 1 and current == total:
        return "Every endpoint that could be looked at is current, but not all could."
    return f"{current:,} of {_words.count(total, 'endpoint')} are current."


def _age(report: "EndpointReport") -> str:
    age = report.data_age
    if age.newest is None or age.median is None or age.oldest is None:
        return ""
    newest, middle, oldest = map(spoken, (age.newest, age.median, age.oldest))
    if newest == oldest:
        return f"Their reports are {oldest} old."
    return f"Their reports are {newest} to {oldest} old, half of them {middle} or more."


def _rows(report: "EndpointReport", shown: Sequence[Verdict]) -> Iterator[PolicyRow]:
    names: dict[str, str] = {}
    counts: dict[str, Counter[Verdict]] = {}
    for endpoint in report.endpoints:
        names[endpoint.policy_id] = endpoint.policy_name
        counts.setdefault(endpoint.policy_id, Counter())[endpoint.verdict] += 1
    for policy, found in counts.items():
        cells = (_words.name(names[policy]), *_numbers(found, shown))
        yield PolicyRow(cells, found.total() - found[Verdict.CURRENT])


def _numbers(counts: Counter[Verdict], shown: Sequence[Verdict]) -> tuple[str, ...]:
    return (f"{counts.total():,}", *(f"{counts[verdict]:,}" for verdict in shown))


def _cases(endpoints: "Sequence[Endpoint]", *, many: bool) -> tuple[Case, ...]:
    groups: dict[tuple[Verdict, str], list[Endpoint]] = {}
    for endpoint in endpoints:
        if endpoint.verdict is not Verdict.CURRENT:
            groups.setdefault((endpoint.verdict, endpoint.detail), []).append(endpoint)
    ordered = sorted(groups.items(), key=lambda item: (ORDER.index(item[0][0]), -len(item[1])))
    return tuple(
        Case(_title(len(found), verdict, detail), tuple(found), many)
        for (verdict, detail), found in ordered
    )


def _title(number: int, verdict: Verdict, detail: str) -> str:
    what = f"{verdict.value} ({_words.sentence(detail)})" if detail else verdict.value
    return f"{_words.count(number, 'endpoint')}: {what}"


def _label(endpoint: "Endpoint", *, many: bool) -> str:
    facts = [visible(endpoint.endpoint_version) or "version unknown", endpoint.os]
    facts += [_words.name(endpoint.policy_name)] if many else []
    name = _words.name(endpoint.hostname or endpoint.agent_id)
    return f"{name} ({', '.join(fact for fact in facts if fact)})"


def _mirrors(report: "EndpointReport") -> Iterator[tuple[str, ...]]:
    for mirror in report.mirrors:
        since = "" if mirror.published_at is None else written(mirror.published_at)
        yield (
            _words.clip(visible(mirror.mirror), _words.LONGEST_VALUE),
            _words.name(mirror.endpoint_version),
            _words.sentence(mirror.manifest_version or mirror.problem or "without a version"),
            since,
        )


def _summary(report: "EndpointReport", shown: Sequence[Verdict]) -> str:
    counts = ", ".join(f"{report.counts[verdict]:,} {verdict.value}" for verdict in shown)
    total = _words.count(len(report.endpoints), "endpoint")
    requests = _words.count(report.requests, "request")
    return f"{total}: {counts}; {requests}" if counts else f"{total}; {requests}"
