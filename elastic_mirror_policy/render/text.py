"""A view as plain text, for terminals of 80 columns (pure)."""

import textwrap
from collections.abc import Iterator

from elastic_mirror_policy.render import words as _words
from elastic_mirror_policy.render.table import table
from elastic_mirror_policy.render.view import Group, Line, Named, Point, Section, View, folded

WIDTH = 80


def as_text(view: View, limit: int | None) -> str:
    """Return the view as text that ends in a newline.

    Args:
        view: What there is to say.
        limit: How many of each list are shown before the rest is counted; None shows all.
    """
    blocks = [_head(view), *_groups(view.groups, limit)]
    blocks += [_section(section, limit) for section in view.sections]
    return "\n\n".join("\n".join(block) for block in [*blocks, [view.summary]]) + "\n"


def _head(view: View) -> list[str]:
    banner = ", ".join(f"{label} {value}" for label, value in view.banner)
    return [f"{view.title}: {banner}", *_wrapped(view.lead)]


def _groups(groups: tuple[Group, ...], limit: int | None) -> Iterator[list[str]]:
    most, rest = folded(len(groups), limit)
    for group in groups[:most]:
        names = _names(group.policies, limit, "    ")
        yield [*_lines(group.lines), f"  applies to {group.scope}:", *names]
    if rest:
        hidden = sum(len(group.policies) for group in groups[most:])
        yield [f"{rest} different changes, to {_words.policies(hidden)}."]


def _lines(lines: tuple[Line, ...]) -> Iterator[str]:
    width = max((len(line.setting) for line in lines), default=0)
    for line in lines:
        before, after = line.before or _words.NOT_SET, line.after or _words.NOT_SET
        whole = f"  {line.setting:{width}}  {before} -> {after}"
        if len(whole) <= WIDTH:
            yield whole
        elif len(before) + len(after) <= WIDTH - 10:
            yield from (f"  {line.setting}", f"      {before} -> {after}")
        else:
            yield from (f"  {line.setting}", f"      {before}", f"      -> {after}")


def _section(section: Section, limit: int | None) -> list[str]:
    lines = [f"{section.title}:"] if section.title else []
    if section.table:
        lines += table(section.table.shown(limit), section.table.headers).splitlines()
    most, rest = folded(len(section.points), limit)
    for point in section.points[:most]:
        lines += _point(point, limit)
    return [*lines, f"  {rest}"] if rest else lines


def _point(point: Point, limit: int | None) -> list[str]:
    who = point.only.label if point.only else point.scope
    text = ": ".join(part for part in (who, point.sentence) if part)
    lines = _wrapped(text, "  - ")
    return lines if point.only else [*lines, *_names(point.policies, limit, "      ")]


def _wrapped(text: str, bullet: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=bullet,
        subsequent_indent=" " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _names(policies: tuple[Named, ...], limit: int | None, indent: str) -> list[str]:
    most, rest = folded(len(policies), limit)
    names = [indent + policy.label for policy in policies[:most]]
    return [*names, indent + rest] if rest else names
