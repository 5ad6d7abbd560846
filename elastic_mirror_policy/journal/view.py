"""What a journal has to say (pure)."""

from collections.abc import Iterable, Sequence

from elastic_mirror_policy._text import visible
from elastic_mirror_policy._time import written
from elastic_mirror_policy.journal.phases import PolicyState, Replaced
from elastic_mirror_policy.journal.waves import WaveOutcome
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.plan.view import kibana_banner
from elastic_mirror_policy.policies.residual import AlsoChanged
from elastic_mirror_policy.render import words as _words
from elastic_mirror_policy.render.view import Named, Point, Section, Table, View, grouped, sections

_JUMPED = "Its revision moved by more than one: our write may have replaced"
_NO_ANSWER = "no answer"
_IN_DOUBT = "A write was announced, and whether it was carried out is not known."


def journal_view(
    path: str,
    plan: Plan,
    states: tuple[PolicyState, ...],
    *,
    complete: bool,
    waves: tuple[WaveOutcome, ...] = (),
    gated: bool = False,
    times: tuple[float | None, float | None] = (None, None),
) -> View:
    """Return everything worth saying about a journal."""
    many = len({state.change.space for state in states}) > 1
    unknown = tuple(state for state in states if state.in_doubt)
    remaining = tuple(state for state in states if state.remains)
    unchanged = tuple(state for state in states if state.is_unchanged)
    done = tuple(state for state in states if state.is_written and not state.is_unchanged)
    return View(
        title="Rollback journal" if plan.is_rollback else "Journal",
        banner=(
            ("file", _words.clip(visible(path), _words.LONGEST_VALUE)),
            *kibana_banner(plan.kibana),
            *banner_times(("begun", "last entry"), times),
        ),
        lead=_lead(
            complete=complete,
            done=not (unknown or remaining),
            unchanged=bool(unchanged),
            unanswered=gated and bool(waves) and not waves[-1].health,
        ),
        tone="good" if complete and not unknown and not remaining else "unsure",
        sections=sections(
            *beside_sections(
                (state.replaced, state.also_changed, _named(state, many=many)) for state in states
            ),
            Section("Waves", table=_wave_table(waves, gated=gated)),
            Section("Unknown", _points(unknown, _IN_DOUBT, many=many), tone="unsure"),
            Section(
                "Failed",
                _points(_at(remaining, "failed"), "It was not written.", many=many),
                tone="bad",
            ),
            Section("Skipped", _points(_at(remaining, "skipped"), "It was left out.", many=many)),
            Section("Not sent", _list(_at(remaining, "planned", "pre_image"), many=many)),
            Section("Written", _list(done, many=many), tone="good"),
            Section("Unchanged", _list(unchanged, many=many), tone="good"),
        ),
        summary=(
            f"{_words.policies(len(states))}: {counted(len(done), len(unchanged))}, "
            f"{len(unknown):,} unknown, {len(remaining):,} remaining; digest {plan.digest[:12]}"
        ),
    )


def banner_times(
    labels: Sequence[str], times: Sequence[float | None]
) -> tuple[tuple[str, str], ...]:
    """Return the moments that are known, with their labels."""
    known = zip(labels, times, strict=True)
    return tuple((label, written(at)) for label, at in known if at is not None)


def _wave_table(waves: tuple[WaveOutcome, ...], *, gated: bool) -> Table | None:
    rows = tuple(
        (str(wave.wave), f"{len(wave.policies):,}", _words.sentence(wave.health) or _NO_ANSWER)
        for wave in waves
    )
    if not rows:
        return None
    if not gated:
        return Table(("wave", "policies"), tuple(row[:2] for row in rows))
    return Table(("wave", "policies", "gate"), rows)


def beside_sections(
    found: Iterable[tuple[Replaced | None, tuple[AlsoChanged, ...], Named]],
) -> tuple[Section, ...]:
    """Return what happened beside what was asked for, the worst first."""
    rows = list(found)
    replaced = grouped(
        (f"{_JUMPED} {visible(str(one))}. Look at the policy's history.", named)
        for one, _, named in rows
        if one
    )
    every = [(one, named) for _, also_changed, named in rows for one in also_changed]
    lost = grouped(
        (f"{visible(one.path)} was {one.change}.", named)
        for one, named in every
        if one.change != "added"
    )
    added = grouped(
        (f"Kibana added {visible(one.path)}.", named)
        for one, named in every
        if one.change == "added"
    )
    return (
        Section("Somebody else's changes may be replaced", replaced, tone="bad"),
        Section("Changed beside what was asked for", lost, tone="bad"),
        Section("Added by Kibana", added),
    )


def counted(written: int, unchanged: int) -> str:
    """Return how many policies have the wanted values, those that had them already apart."""
    return f"{written:,} written" + (f", {unchanged:,} unchanged" if unchanged else "")


def _lead(*, complete: bool, done: bool, unchanged: bool, unanswered: bool) -> str:
    if not complete:
        return "The run ended before its plan was written down; nothing was sent to Kibana."
    if not done:
        return "Not every policy is known to be written; apply --resume finds out and goes on."
    written = "Every policy of the plan was written"
    written += ", or had the wanted values already" if unchanged else ""
    return f"{written}, but the last gate has no answer." if unanswered else f"{written}."


def _at(states: Iterable[PolicyState], *phases: str) -> tuple[PolicyState, ...]:
    return tuple(state for state in states if state.phase in phases)


def _named(state: PolicyState, *, many: bool) -> Named:
    facts = [f"space {visible(state.change.space)}"] if many else []
    if state.revision is not None:
        facts.append(f"revision {state.revision}")
    return Named(_words.name(state.change.name), ", ".join(facts))


def _points(states: Iterable[PolicyState], otherwise: str, *, many: bool) -> tuple[Point, ...]:
    return grouped(
        (_words.sentence(state.error or otherwise), _named(state, many=many)) for state in states
    )


def _list(states: Iterable[PolicyState], *, many: bool) -> tuple[Point, ...]:
    found = tuple(_named(state, many=many) for state in states)
    return (Point("", len(found), found),) if found else ()
