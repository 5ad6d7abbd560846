"""What a report has to say (pure)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from elastic_mirror_policy._text import visible
from elastic_mirror_policy.journal.view import banner_times, beside_sections
from elastic_mirror_policy.journal.waves import WaveOutcome
from elastic_mirror_policy.plan.change import KibanaInfo
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.plan.view import kibana_banner
from elastic_mirror_policy.policies.policy import total_agents
from elastic_mirror_policy.render import words as _words
from elastic_mirror_policy.render.view import (
    Chart,
    Named,
    Point,
    Section,
    Table,
    Tone,
    View,
    grouped,
    sections,
)
from elastic_mirror_policy.rollout.outcome import Outcome, OutcomeKind

_REASONS = {
    OutcomeKind.FAILED: "It was not written.",
    OutcomeKind.UNKNOWN: "A write was sent, and whether it was carried out is not known.",
    OutcomeKind.SKIPPED: "It was left out.",
}
"""What to say where an outcome brings no sentence of its own."""


_UNDONE = {
    True: "The rollout stopped early, and what it wrote was undone.",
    False: "The rollout stopped early, and not everything it wrote was undone.",
}


def report_view(
    title: str,
    outcomes: tuple[Outcome, ...],
    *,
    banner: tuple[tuple[str, str], ...],
    stopped: str,
    requests: int,
    ok: bool,
    waves: tuple[WaveOutcome, ...] = (),
    notes: tuple[str, ...] = (),
    undone: bool | None = None,
) -> View:
    """Return everything worth saying about one report.

    `undone` says whether all that it wrote was taken back; None when that was not tried.
    """
    many = len({outcome.space for outcome in outcomes}) > 1
    named = [(outcome, _named(outcome, many=many)) for outcome in outcomes]
    asked = [pair for pair in named if pair[0].intended]
    others = [pair for pair in named if not pair[0].intended]
    agents = total_agents(outcome.agents for outcome in outcomes if outcome.written)
    kinds = Counter(outcome.outcome for outcome in outcomes)
    return View(
        title=title,
        banner=banner,
        lead=_lead(outcomes, kinds, ok=ok) if undone is None else _UNDONE[undone],
        tone="good" if ok else "bad",
        sections=sections(
            *beside_sections((one.replaced, one.also_changed, name) for one, name in named),
            Section("Stopped early", _sentences(stopped), tone="bad"),
            Section("Waves", table=_wave_table(waves, outcomes)),
            Section("Unknown", _why(named, OutcomeKind.UNKNOWN), tone="unsure"),
            Section("Failed", _why(named, OutcomeKind.FAILED), tone="bad"),
            Section("Skipped", _why(others, OutcomeKind.SKIPPED)),
            Section("Left alone, as asked", _why(asked, OutcomeKind.SKIPPED)),
            Section("Notes", (*(Point(_words.sentence(n)) for n in notes), *_notes(named))),
            Section("Succeeded", _succeeded(named), tone="good"),
        ),
        counts=(
            *((kind.value, f"{kinds[kind]:,}") for kind in OutcomeKind),
            ("affected agents", "unknown" if agents is None else f"{agents:,}"),
            ("requests", f"{requests:,}"),
        ),
        summary=(
            f"{_words.policies(len(outcomes))}: "
            + ", ".join(f"{kinds[kind]:,} {kind.value}" for kind in OutcomeKind)
            + f"; {_words.agents(agents)}; {_words.count(requests, 'request')}"
        ),
        charts=_wave_chart(waves, outcomes),
    )


def run_banner(
    kibana: KibanaInfo | None, journal: str, started_at: float | None, ended_at: float | None
) -> tuple[tuple[str, str], ...]:
    """Return what names a run: its Kibana, its journal, and when it was."""
    name = _words.clip(visible(journal), _words.LONGEST_VALUE)
    return (
        *(kibana_banner(kibana) if kibana else ()),
        *((("journal", name),) if name else ()),
        *banner_times(("begun", "ended"), (started_at, ended_at)),
    )


def waves_views(plan: Plan, waves: tuple[WaveOutcome, ...]) -> tuple[View, ...]:
    """Return which policies of a plan are in which wave; nothing without waves."""
    changes = {change.policy_id: change for change in plan.changes}
    found = []
    for wave in waves:
        own = [changes[one] for one in wave.policies]
        agents = _words.agents(total_agents(change.agents for change in own))
        names = tuple(Named(_words.name(change.name)) for change in own)
        found.append(
            Section(
                f"Wave {wave.wave}: {_words.policies(len(own))}, {agents}",
                (Point("", len(own), names),),
            )
        )
    left = len(changes) - sum(len(wave.policies) for wave in waves)
    rest = f"{_words.policies(left)} in no wave are left for apply --resume" if left else ""
    summary = rest or f"{_words.policies(len(changes))} in {_words.count(len(waves), 'wave')}"
    return (View("Waves", (), "", summary, sections=tuple(found)),) if waves else ()


_TONES: Final[dict[OutcomeKind, Tone]] = {
    OutcomeKind.SUCCEEDED: "good",
    OutcomeKind.UNCHANGED: "good",
    OutcomeKind.SKIPPED: "",
    OutcomeKind.FAILED: "bad",
    OutcomeKind.UNKNOWN: "unsure",
}


def _by_wave(
    waves: Iterable[WaveOutcome], outcomes: Iterable[Outcome]
) -> Iterator[tuple[WaveOutcome, Counter[OutcomeKind]]]:
    kinds = {outcome.policy_id: outcome.outcome for outcome in outcomes}
    for wave in waves:
        yield wave, Counter(kinds[one] for one in wave.policies if one in kinds)


def _wave_table(waves: tuple[WaveOutcome, ...], outcomes: tuple[Outcome, ...]) -> Table | None:
    rows = tuple(
        (
            str(wave.wave),
            f"{len(wave.policies):,}",
            f"{found[OutcomeKind.SUCCEEDED] + found[OutcomeKind.UNCHANGED]:,}",
            f"{wave.gate.health.value}: {_words.sentence(wave.gate.reason)}"
            if wave.gate
            else "not asked",
        )
        for wave, found in _by_wave(waves, outcomes)
    )
    if not rows:
        return None
    if not any(wave.gate for wave in waves):
        return Table(("wave", "policies", "done"), tuple(row[:3] for row in rows))
    return Table(("wave", "policies", "done", "gate"), rows)


def _wave_chart(waves: tuple[WaveOutcome, ...], outcomes: tuple[Outcome, ...]) -> tuple[Chart, ...]:
    found = tuple(_by_wave(waves, outcomes))
    there = [kind for kind in OutcomeKind if any(counts[kind] for _, counts in found)]
    bars = tuple((f"wave {wave.wave}", tuple(c[kind] for kind in there)) for wave, c in found)
    series = tuple((kind.value, _TONES[kind]) for kind in there)
    return (Chart("By wave", series, bars),) if bars else ()


_Pairs = Iterable[tuple[Outcome, Named]]


def _lead(outcomes: tuple[Outcome, ...], kinds: Counter[OutcomeKind], *, ok: bool) -> str:
    if not kinds:
        return "There was nothing to write."
    if ok:
        nothing = not any(outcome.written for outcome in outcomes)
        start = "There was nothing to write: all" if nothing else "All"
        return f"{start} policies have the requested settings."
    if all(outcome.ok for outcome in outcomes):
        return "All policies have the requested settings, but the rollout stopped early."
    if kinds[OutcomeKind.FAILED] or kinds[OutcomeKind.SKIPPED]:
        return "Some policies were not updated."
    if kinds[OutcomeKind.UNKNOWN]:
        return "It is not known whether all policies were updated."
    return "All policies were updated, but other changes may have been made or lost."


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


def _sentences(text: str) -> tuple[Point, ...]:
    return (Point(_words.sentence(text)),) if text else ()


def _succeeded(pairs: _Pairs) -> tuple[Point, ...]:
    done = tuple(named for outcome, named in pairs if outcome.outcome is OutcomeKind.SUCCEEDED)
    return (Point("", len(done), done),) if done else ()
