"""What a journal has to say (pure)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from elastic_mirror_policy._text import visible
from elastic_mirror_policy.journal.phases import PolicyState
from elastic_mirror_policy.policies.policy import shown
from elastic_mirror_policy.render import words as _words
from elastic_mirror_policy.render.view import Named, Point, View, grouped, sections

if TYPE_CHECKING:  # the module reads files, which nothing here does
    from elastic_mirror_policy.journal.journal import Journal

_IN_DOUBT = "A write was announced, and whether it was carried out is not known."


def journal_view(journal: "Journal") -> View:
    """Return everything worth saying about a journal."""
    many = len({state.change.space for state in journal.states}) > 1
    banner = (str(journal.path), str(shown(journal.plan.kibana.url)))
    return View(
        title="Rollback journal" if journal.plan.is_rollback else "Journal",
        banner=tuple(
            (label, _words.clip(visible(text), _words.LONGEST_VALUE))
            for label, text in zip(("file", "Kibana"), banner, strict=True)
        ),
        lead=_lead(journal),
        sections=sections(
            ("Unknown", _points(journal.unknown, _IN_DOUBT, many=many)),
            ("Failed", _points(_at(journal.remaining, "failed"), "It was not written.", many=many)),
            ("Skipped", _points(_at(journal.remaining, "skipped"), "It was left out.", many=many)),
            ("Not sent", _list(_at(journal.remaining, "planned", "pre_image"), many=many)),
            ("Written", _list(journal.written, many=many)),
        ),
        summary=_arithmetic(journal),
    )


def _lead(journal: "Journal") -> str:
    if not journal.complete:
        return "The run ended before its plan was written down; nothing was sent to Kibana."
    if journal.unknown or journal.remaining:
        return "Not every policy is known to be written; apply --resume finds out and goes on."
    return "Every policy of the plan was written."


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


def _arithmetic(journal: "Journal") -> str:
    return (
        f"{_words.policies(len(journal.states))}: {len(journal.written):,} written, "
        f"{len(journal.unknown):,} unknown, {len(journal.remaining):,} remaining; "
        f"digest {journal.plan.digest[:12]}"
    )
