"""What a report has to say (pure)."""

from collections.abc import Iterable, Iterator

from elastic_mirror_policy._text import visible
from elastic_mirror_policy.plan.plan import total_agents
from elastic_mirror_policy.render import words as _words
from elastic_mirror_policy.render.view import Named, Point, View, grouped, sections
from elastic_mirror_policy.rollout.report import Outcome, OutcomeKind, Report

_REASONS = {
    OutcomeKind.FAILED: "It was not written.",
    OutcomeKind.UNKNOWN: "A write was sent, and whether it was carried out is not known.",
    OutcomeKind.SKIPPED: "It was left out.",
}
"""What to say where an outcome brings no sentence of its own."""


def report_views(report: Report, title: str = "Report") -> tuple[View, ...]:
    """Return everything worth saying about a report, and about the rollback that came of it."""
    after = report_views(report.rollback, "Rollback report") if report.rollback else ()
    return (_report_view(report, title), *after)


def _report_view(report: Report, title: str) -> View:
    many = len({outcome.space for outcome in report.outcomes}) > 1
    named = [(outcome, _named(outcome, many=many)) for outcome in report.outcomes]
    asked = [pair for pair in named if pair[0].intended]
    others = [pair for pair in named if not pair[0].intended]
    return View(
        title=title,
        banner=(("journal", _words.clip(visible(report.journal) or "none", _words.LONGEST_VALUE)),),
        lead=_lead(report),
        sections=sections(
            ("Stopped early", _stopped(report)),
            ("Unknown", _why(named, OutcomeKind.UNKNOWN)),
            ("Failed", _why(named, OutcomeKind.FAILED)),
            ("Skipped", _why(others, OutcomeKind.SKIPPED)),
            ("Left alone, as asked", _why(asked, OutcomeKind.SKIPPED)),
            ("Notes", _notes(named)),
            ("Succeeded", _succeeded(named)),
        ),
        counts=_counts(report),
        summary=_arithmetic(report),
    )


_Pairs = Iterable[tuple[Outcome, Named]]


def _lead(report: Report) -> str:
    if not report.outcomes:
        return "There was nothing to write."
    if report.ok:
        return "Every policy is as it should be."
    return "Not every policy is as it should be."


def _stopped(report: Report) -> tuple[Point, ...]:
    return (Point(_words.sentence(report.stopped)),) if report.stopped else ()


def _named(outcome: Outcome, *, many: bool) -> Named:
    facts = [f"space {visible(outcome.space)}"] if many else []
    if outcome.revision_after is not None:
        before = "?" if outcome.revision_before is None else outcome.revision_before
        facts.append(f"revision {before} -> {outcome.revision_after}")
    return Named(_words.name(outcome.name), ", ".join(facts))


def _why(pairs: _Pairs, kind: OutcomeKind) -> tuple[Point, ...]:
    return grouped(
        (_words.sentence(outcome.error or _REASONS[kind]), named)
        for outcome, named in pairs
        if outcome.outcome is kind
    )


def _notes(pairs: _Pairs) -> tuple[Point, ...]:
    return grouped(
        (_words.sentence(note), named) for outcome, named in pairs for note in outcome.notes
    )


def _succeeded(pairs: _Pairs) -> Iterator[Point]:
    done = tuple(named for outcome, named in pairs if outcome.outcome is OutcomeKind.SUCCEEDED)
    if done:
        yield Point("", len(done), done)


def _counts(report: Report) -> tuple[tuple[str, str], ...]:
    agents = total_agents(outcome.agents for outcome in report.outcomes if outcome.written)
    return (
        *((kind.value, f"{report.count(kind):,}") for kind in OutcomeKind),
        ("affected agents", "unknown" if agents is None else f"{agents:,}"),
        ("requests", f"{report.requests:,}"),
    )


def _arithmetic(report: Report) -> str:
    kinds = ", ".join(f"{report.count(kind):,} {kind.value}" for kind in OutcomeKind)
    agents = total_agents(outcome.agents for outcome in report.outcomes if outcome.written)
    return (
        f"{_words.policies(len(report.outcomes))}: {kinds}; {_words.agents(agents)}; "
        f"{_words.count(report.requests, 'request')}"
    )
