"""What a report about endpoints has to say, before any format (pure)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from elastic_mirror_policy._text import visible
from elastic_mirror_policy._time import spoken, written
from elastic_mirror_policy.endpoints.endpoint import DataAge, Endpoint, MirrorManifest
from elastic_mirror_policy.endpoints.policy_response import Trouble
from elastic_mirror_policy.endpoints.verdicts import Verdict
from elastic_mirror_policy.render import words as _words
from elastic_mirror_policy.render.view import (
    Chart,
    Named,
    Point,
    Section,
    Table,
    Tone,
    View,
    sections,
)

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
"""The verdicts as they are shown: what is well, what is wrong, what could not be determined."""


MOST_BARS: Final = 12
"""How many versions have a bar of their own."""

LONGEST_CELL: Final = 40
"""A reason with more characters than this stands below the table of the mirrors, not in it."""

_SHADES: Final[dict[Verdict, Tone]] = {
    Verdict.CURRENT: "good",
    Verdict.STALE_REPORT: "unsure",
    Verdict.AHEAD: "unsure",
    Verdict.UNKNOWN: "unsure",
    Verdict.PINNED: "",
    Verdict.OFFLINE: "",
}
"""What a verdict means in a picture; all others are wrong."""

_TONES: Final[dict[int, Tone]] = {0: "good", 1: "unsure", 2: "bad"}
"""What each exit code means for the verdict."""


def endpoints_view(
    endpoints: tuple[Endpoint, ...],
    *,
    mirrors: tuple[MirrorManifest, ...],
    notes: tuple[str, ...],
    banner: tuple[tuple[str, str], ...],
    exit_code: int,
    age: DataAge,
    requests: int,
) -> View:
    """Return everything worth saying about a look at the endpoints."""
    counts = Counter(endpoint.verdict for endpoint in endpoints)
    by_policy = _by_policy(endpoints, counts)
    many = by_policy is not None and len(by_policy.rows) > 1
    found = (
        Section("", table=by_policy),
        Section("Not current", _cases(endpoints, many=many), tone=_TONES[exit_code]),
        Section("Access log", _deliveries(endpoints, many=many)),
        Section("Mirrors", table=_mirrors(mirrors)),
        Section("Mirrors that could not be asked", _problems(mirrors, endpoints), tone="unsure"),
        Section("Notes", tuple(Point(_words.sentence(note)) for note in notes)),
    )
    return View(
        title="Endpoints",
        banner=banner,
        lead=f"{_result(counts, exit_code)} {_age(age)}".strip(),
        tone=_TONES[exit_code],
        sections=sections(*found),
        summary=_summary(counts, requests),
        charts=tuple(_charts(endpoints, counts)),
    )


def _charts(endpoints: tuple[Endpoint, ...], counts: Counter[Verdict]) -> Iterator[Chart]:
    """Yield the verdicts by operating system and by version, the most frequent first."""
    verdicts = _there(counts)
    for title, labels in (
        ("By operating system", [one.os or "unknown" for one in endpoints]),
        ("By endpoint version", [visible(one.endpoint_version) or "unknown" for one in endpoints]),
    ):
        found: dict[str, Counter[Verdict]] = {}
        for label, one in zip(labels, endpoints, strict=True):
            found.setdefault(label, Counter())[one.verdict] += 1
        ordered = sorted(found.items(), key=lambda item: (-item[1].total(), item[0]))
        others = sum((own for _, own in ordered[MOST_BARS:]), Counter())
        bars = [*ordered[:MOST_BARS], *([("others", others)] if others else [])]
        if bars:
            yield Chart(
                title,
                tuple((verdict.value, _SHADES.get(verdict, "bad")) for verdict in verdicts),
                tuple((label, tuple(own[v] for v in verdicts)) for label, own in bars),
            )


def _result(counts: Counter[Verdict], exit_code: int) -> str:
    total, current = counts.total(), counts[Verdict.CURRENT]
    if not total:
        return "No endpoints were found, so there is nothing to report."
    if exit_code == 0:
        return "Every endpoint runs what its mirror publishes."
    if exit_code == 1 and current == total:
        return "Every endpoint that was found is current, but not everything could be looked at."
    verb = "is" if 1 in {current, total} else "are"
    return f"{current:,} of {_words.count(total, 'endpoint')} {verb} current."


def _age(age: DataAge) -> str:
    if age.newest is None or age.median is None or age.oldest is None:
        return ""
    newest, middle, oldest = map(spoken, (age.newest, age.median, age.oldest))
    if newest == oldest:
        return f"Their reports are {oldest} old."
    return f"Their reports are {newest} to {oldest} old (median {middle})."


def _by_policy(endpoints: Iterable[Endpoint], counts: Counter[Verdict]) -> Table | None:
    """Return how many endpoints of each policy have each verdict that there is."""
    names: dict[str, str] = {}
    found: dict[str, Counter[Verdict]] = {}
    for endpoint in endpoints:
        names[endpoint.policy_id] = endpoint.policy_name
        found.setdefault(endpoint.policy_id, Counter())[endpoint.verdict] += 1
    if not found:
        return None
    verdicts = _there(counts)
    return Table(
        headers=("policy", "endpoints", *(verdict.value for verdict in verdicts)),
        rows=tuple(
            (_words.name(names[policy]), *_numbers(own, verdicts)) for policy, own in found.items()
        ),
        total=("all", *_numbers(counts, verdicts)) if len(found) > 1 else (),
        weights=tuple(own.total() - own[Verdict.CURRENT] for own in found.values()),
    )


def _there(counts: Counter[Verdict]) -> tuple[Verdict, ...]:
    return tuple(verdict for verdict in ORDER if counts[verdict])


def _numbers(counts: Counter[Verdict], verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    return (f"{counts.total():,}", *(f"{counts[verdict]:,}" for verdict in verdicts))


def _cases(endpoints: Iterable[Endpoint], *, many: bool) -> tuple[Point, ...]:
    """Return the endpoints that are not current, those with one reason together."""
    groups: dict[tuple[Verdict, str], list[Endpoint]] = {}
    for endpoint in endpoints:
        if endpoint.verdict is not Verdict.CURRENT:
            groups.setdefault((endpoint.verdict, _why(endpoint)), []).append(endpoint)
    ordered = sorted(groups.items(), key=lambda item: (ORDER.index(item[0][0]), -len(item[1])))
    return tuple(
        Point(
            f"{verdict.value}: {_words.sentence(detail)}" if detail else verdict.value,
            len(found),
            tuple(_named(endpoint, many=many) for endpoint in found),
            "endpoint",
        )
        for (verdict, detail), found in ordered
    )


def _deliveries(endpoints: Iterable[Endpoint], *, many: bool) -> tuple[Point, ...]:
    """Return the endpoints by what the mirror's access log says of them, where one was read."""
    groups: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        if endpoint.delivery:
            text = f"{endpoint.delivery}: {endpoint.delivery_detail}"
            groups.setdefault(text, []).append(endpoint)
    return tuple(
        Point(
            _words.sentence(text),
            len(found),
            tuple(_named(one, many=many) for one in found),
            "endpoint",
        )
        for text, found in sorted(groups.items())
    )


def _why(endpoint: Endpoint) -> str:
    """What was seen, and what the endpoint itself says of its artifacts."""
    trouble = Trouble(endpoint.download_status, endpoint.download_message)
    words = str(trouble) if trouble.status else ""
    return "; ".join(text for text in (endpoint.detail, words) if text)


def _named(endpoint: Endpoint, *, many: bool) -> Named:
    facts = [visible(endpoint.endpoint_version) or "version unknown", endpoint.os]
    facts += [_words.name(endpoint.policy_name)] if many else []
    name = _words.name(endpoint.hostname or endpoint.agent_id)
    return Named(name, ", ".join(fact for fact in facts if fact))


def _mirrors(mirrors: tuple[MirrorManifest, ...]) -> Table | None:
    if not mirrors:
        return None
    return Table(
        headers=("mirror", "endpoint version", "manifest", "published"),
        rows=tuple(
            (
                _words.clip(visible(mirror.mirror), _words.LONGEST_VALUE),
                _words.name(mirror.endpoint_version),
                _words.sentence(_manifest(mirror)),
                _published(mirror),
            )
            for mirror in mirrors
        ),
    )


def _manifest(mirror: MirrorManifest) -> str:
    if len(mirror.problem) > LONGEST_CELL:
        return "not known"
    return mirror.manifest_version or mirror.problem or "without a version"


def _problems(
    mirrors: tuple[MirrorManifest, ...], endpoints: Iterable[Endpoint]
) -> tuple[Point, ...]:
    """Return the reasons that are too long for a table, each once, unless an endpoint has it."""
    told = {endpoint.detail for endpoint in endpoints}
    found = dict.fromkeys(one.problem for one in mirrors if len(one.problem) > LONGEST_CELL)
    return tuple(Point(_words.sentence(problem)) for problem in found if problem not in told)


def _published(mirror: MirrorManifest) -> str:
    if mirror.published_at is not None:
        return written(mirror.published_at)
    if mirror.modified_at is None:
        return ""
    return f"not known (modified {written(mirror.modified_at)})"


def _summary(counts: Counter[Verdict], requests: int) -> str:
    found = ", ".join(f"{counts[verdict]:,} {verdict.value}" for verdict in _there(counts))
    total = _words.count(counts.total(), "endpoint")
    asked = _words.count(requests, "request")
    return f"{total}: {found}; {asked}" if found else f"{total}; {asked}"
