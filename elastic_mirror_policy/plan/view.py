"""What a plan has to say (pure)."""

from collections.abc import Iterable, Iterator

from elastic_mirror_policy._text import visible
from elastic_mirror_policy._url import shown
from elastic_mirror_policy.plan.change import Edit, KibanaInfo, PolicyChange, Skipped, Unchanged
from elastic_mirror_policy.plan.contents import PlanContents
from elastic_mirror_policy.policies.policy import total_agents
from elastic_mirror_policy.render import words as _words
from elastic_mirror_policy.render.view import (
    Group,
    Line,
    Named,
    Point,
    Section,
    View,
    grouped,
    sections,
)
from elastic_mirror_policy.risks import meaning_of


def plan_view(plan: PlanContents, digest: str, refusals: Iterable[str] = ()) -> View:
    """Return everything worth saying about a plan."""
    entries: tuple[PolicyChange | Unchanged | Skipped, ...]
    entries = (*plan.changes, *plan.unchanged, *plan.skipped)
    many = len({entry.space for entry in entries}) > 1
    asked = [skip for skip in plan.skipped if skip.intended]
    others = [skip for skip in plan.skipped if not skip.intended]
    return View(
        title="Rollback plan" if plan.is_rollback else "Plan",
        banner=kibana_banner(plan.kibana),
        lead="" if plan.changes else "Nothing to change.",
        groups=group_changes(plan.changes, many=many),
        sections=sections(
            Section("Refused", _sentences(refusals), tone="bad"),
            Section(
                "Risks, each to be accepted by name",
                tuple(_risks(plan.changes, many=many)),
                tone="unsure",
            ),
            Section("Warnings", _warnings(plan.changes, many=many), tone="unsure"),
            Section("Skipped", _skipped(others, many=many)),
            Section("Left alone, as asked", _skipped(asked, many=many)),
            Section("Notes", _sentences(plan.notes)),
        ),
        summary=_arithmetic(plan, digest),
    )


def group_changes(changes: Iterable[PolicyChange], *, many: bool) -> tuple[Group, ...]:
    """Return the changes with identical edits together, the largest group first.

    Args:
        changes: The changes of a plan.
        many: Whether they are in more than one space, which then goes with each name.
    """
    groups: dict[tuple[tuple[object, ...], ...], list[PolicyChange]] = {}
    for change in changes:
        groups.setdefault(tuple(_identity(edit) for edit in change.edits), []).append(change)
    made = (
        Group(
            lines=tuple(edit_lines(same[0].edits)),
            policies=tuple(_named(change, many=many) for change in same),
            agents=total_agents(change.agents for change in same),
        )
        for same in groups.values()
    )
    return tuple(sorted(made, key=lambda group: -len(group.policies)))


def edit_lines(edits: Iterable[Edit]) -> Iterator[Line]:
    """Yield edits in words; one line where several operating systems get the same."""
    systems: dict[tuple[object, ...], list[str]] = {}
    first: dict[tuple[object, ...], Edit] = {}
    for edit in edits:
        same = (edit.key, *_values(edit))
        systems.setdefault(same, []).append(edit.os.value)
        first.setdefault(same, edit)
    for same, edit in first.items():
        yield Line(f"{_words.name(edit.setting)} ({', '.join(systems[same])})", *shown_values(edit))


def shown_values(edit: Edit) -> tuple[str | None, str | None]:
    """Return what an edit finds and leaves, in words; None for absence."""
    return (
        None if edit.before is None else _words.value(edit.before),
        None if edit.after is None else _words.value(edit.after),
    )


def _identity(edit: Edit) -> tuple[object, ...]:
    # The kinds as well: to Python 1 and True are the same, in a document they are not.
    return (edit.name, *_values(edit))


def _values(edit: Edit) -> tuple[object, ...]:
    return (type(edit.before), edit.before, type(edit.after), edit.after)


def kibana_banner(kibana: KibanaInfo) -> tuple[tuple[str, str], ...]:
    """Return what names a Kibana above whatever was made with it."""
    spaces = [visible(space) for space in kibana.spaces]
    found = (
        ("Kibana", visible(str(shown(kibana.url))) or "unknown"),
        ("version", visible(kibana.version) or "unknown"),
        ("space" if len(spaces) == 1 else "spaces", _words.listed(spaces)),
    )
    return tuple((label, _words.clip(text, _words.LONGEST_VALUE)) for label, text in found if text)


def _named(change: PolicyChange, *, many: bool) -> Named:
    facts = [f"space {visible(change.space)}"] if many else []
    if change.agents is not None:
        facts.append(_words.agents(change.agents))
    return Named(_words.name(change.name), ", ".join(facts))


def _sentences(found: Iterable[str]) -> tuple[Point, ...]:
    return tuple(Point(_words.sentence(one)) for one in found)


def _risks(changes: tuple[PolicyChange, ...], *, many: bool) -> Iterator[Point]:
    points = grouped(
        ((risk, _named(change, many=many)) for change in changes for risk in change.risks),
        everybody=len(changes),
    )
    for point in points:
        risk = visible(point.sentence)
        meaning = meaning_of(point.sentence)
        yield Point(
            f"{risk} ({meaning})",
            point.count,
            point.policies,
        )


def _warnings(changes: tuple[PolicyChange, ...], *, many: bool) -> tuple[Point, ...]:
    return grouped(
        (
            (_words.sentence(warning), _named(change, many=many))
            for change in changes
            for warning in change.warnings
        ),
        everybody=len(changes),
    )


def _skipped(skipped: list[Skipped], *, many: bool) -> tuple[Point, ...]:
    return grouped(
        (
            _words.sentence(skip.reason),
            Named(_words.name(skip.name), f"space {visible(skip.space)}" if many else ""),
        )
        for skip in skipped
    )


def _arithmetic(plan: PlanContents, digest: str) -> str:
    return (
        f"{_words.policies(plan.policies)}: {len(plan.changes):,} to change, "
        f"{len(plan.unchanged):,} unchanged, {len(plan.skipped):,} skipped; "
        f"{_words.agents(plan.agents)}; digest {digest[:12]}"
    )
