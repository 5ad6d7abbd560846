"""A view as Markdown, for pull requests (pure)."""

from collections.abc import Iterable, Iterator

from elastic_mirror_policy.render import words as _words
from elastic_mirror_policy.render.escape import code, prose
from elastic_mirror_policy.render.view import (
    Group,
    Line,
    Named,
    Point,
    Section,
    Table,
    View,
    folded,
    side,
)


def as_markdown(view: View, limit: int | None) -> str:
    """Return the view as Markdown that ends in a newline; no name in it is markup.

    Args:
        view: What there is to say.
        limit: How many of each list are shown before the rest is counted; None shows all.
    """
    banner = ", ".join(f"{label} {code(value)}".strip() for label, value in view.banner)
    blocks = [f"### {view.title}", banner, prose(view.lead)]
    blocks += ["\n".join(_counts(view.counts))] if view.counts else []
    blocks += _groups(view.groups, limit)
    for section in view.sections:
        blocks += [f"#### {section.title}"] if section.title else []
        blocks += ["\n".join(_table(section.table, limit))] if section.table else []
        blocks += ["\n".join(_section(section, limit))] if section.points or section.hints else []
    blocks += [f"**{view.summary}**"] if view.summary else []
    return "\n\n".join(filter(None, blocks)) + "\n"


def _counts(counts: tuple[tuple[str, str], ...]) -> Iterator[str]:
    yield "| what | number |"
    yield "| --- | ---: |"
    for label, number in counts:
        yield f"| {label} | {number} |"


def _groups(groups: tuple[Group, ...], limit: int | None) -> Iterator[str]:
    most, rest = folded(len(groups), limit)
    for group in groups[:most]:
        yield "\n".join(_diff(group.lines))
        yield f"Applies to {group.scope}:"
        yield "\n".join(_names(group.policies, limit, ""))
    if rest:
        hidden = sum(len(group.policies) for group in groups[most:])
        yield f"{rest} different changes, to {_words.policies(hidden)}."


def _diff(lines: tuple[Line, ...]) -> Iterator[str]:
    # Each line begins with a sign, so none of them can close the fence.
    yield "```diff"
    for line in lines:
        yield from (f"- {text}" for text in side([line], after=False))
        yield from (f"+ {text}" for text in side([line], after=True))
    yield "```"


def _table(table: Table, limit: int | None) -> Iterator[str]:
    yield _row(table.headers)
    yield _row("---" for _ in table.headers)
    yield from (_row(map(_cell, row)) for row in table.shown(limit))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    # A table ends a cell at every bar but an escaped one, inside code too.
    return prose(text).replace("|", "\\|")


def _section(section: Section, limit: int | None) -> Iterator[str]:
    most, rest = folded(len(section.points), limit)
    for point in section.points[:most]:
        yield from _point(point, limit)
    if rest:
        yield f"- {rest}"
    yield from (f"- {prose(hint)}" for hint in section.hints)


def _point(point: Point, limit: int | None) -> Iterator[str]:
    if not point.sentence:
        yield from _names(point.policies, limit, "")
        return
    who = _label(point.only) if point.only else point.scope
    text = ": ".join(part for part in (who, prose(point.sentence)) if part)
    yield f"- {text}"
    if not point.only:
        yield from _names(point.policies, limit, "  ")


def _names(policies: tuple[Named, ...], limit: int | None, indent: str) -> Iterator[str]:
    most, rest = folded(len(policies), limit)
    for policy in policies[:most]:
        yield f"{indent}- {_label(policy)}"
    if rest:
        yield f"{indent}- {rest}"


def _label(policy: Named) -> str:
    facts = f" ({prose(policy.facts)})" if policy.facts else ""
    return f"{code(policy.name)}{facts}"
