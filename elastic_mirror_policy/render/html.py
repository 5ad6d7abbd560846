"""A view as one HTML fragment, for notebooks (pure).

It loads nothing, runs nothing and takes its colours from the page around it, light or dark.
"""

import html
from collections.abc import Iterable, Iterator

from elastic_mirror_policy.render import words as _words
from elastic_mirror_policy.render.view import Group, Named, Point, Section, View, folded

UNFOLDED = 5
"""A list with more names than this starts folded."""

_TABLE = "border-collapse:collapse;background:transparent;color:inherit"
_CELL = "border:1px solid currentColor;padding:0.2em 0.6em;text-align:left;vertical-align:top"


def as_html(view: View, limit: int | None) -> str:
    """Return the view as one `<div>`; no name in it is markup.

    Args:
        view: What there is to say.
        limit: How many of each list are there before the rest is counted; None gives all.
    """
    banner = ", ".join(f"{label} {_code(value)}" for label, value in view.banner)
    parts = [f"<p><strong>{_text(view.title)}</strong>: {banner}</p>"]
    if view.lead:
        parts.append(f"<p>{_text(view.lead)}</p>")
    if view.counts:
        parts.append(_table(("what", "number"), (_cells(pair) for pair in view.counts)))
    if view.groups:
        parts.append(_table(("setting", "before", "after", "policies"), _groups(view, limit)))
    parts += [_section(section, limit) for section in view.sections]
    parts.append(f"<p><strong>{_text(view.summary)}</strong></p>")
    return "<div>" + "\n".join(parts) + "</div>"


def _text(words: str) -> str:
    return html.escape(words, quote=True)


def _code(words: str) -> str:
    return f"<code>{_text(words)}</code>"


def _table(headings: Iterable[str], rows: Iterable[str]) -> str:
    head = "".join(f'<th style="{_CELL}">{_text(heading)}</th>' for heading in headings)
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    return (
        f'<table style="{_TABLE}"><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>'
    )


def _cell(content: str, rows: int = 1) -> str:
    span = f' rowspan="{rows}"' if rows > 1 else ""
    return f'<td style="{_CELL}"{span}>{content}</td>'


def _cells(words: Iterable[str]) -> str:
    return "".join(_cell(_text(word)) for word in words)


def _groups(view: View, limit: int | None) -> Iterator[str]:
    most, rest = folded(len(view.groups), limit)
    for group in view.groups[:most]:
        yield from _group(group, limit)
    if rest:
        hidden = sum(len(group.policies) for group in view.groups[most:])
        yield _cells((f"{rest} different changes", "", "", _words.policies(hidden)))


def _group(group: Group, limit: int | None) -> Iterator[str]:
    policies = _cell(_list(group.scope, group.policies, limit), len(group.lines))
    for line in group.lines:
        sides = (
            _cell(_code(side) if side else _words.NOT_SET) for side in (line.before, line.after)
        )
        yield _cell(_code(line.setting)) + "".join(sides) + policies
        policies = ""


def _section(section: Section, limit: int | None) -> str:
    title = f"<p><strong>{_text(section.title)}</strong></p>\n" if section.title else ""
    if section.table:
        return title + _table(section.table.headers, map(_cells, section.table.shown(limit)))
    most, rest = folded(len(section.points), limit)
    items = [_point(point, limit) for point in section.points[:most]]
    items += [_text(rest)] if rest else []
    listed = "\n".join(f"<li>{item}</li>" for item in items)
    return f"{title}<ul>\n{listed}\n</ul>"


def _point(point: Point, limit: int | None) -> str:
    who = _label(point.only) if point.only else _text(point.scope)
    words = ": ".join(part for part in (who, _text(point.sentence)) if part)
    if point.only or not point.policies:
        return words
    return _list(words, point.policies, limit)


def _list(title: str, policies: tuple[Named, ...], limit: int | None) -> str:
    most, rest = folded(len(policies), limit)
    names = [_label(policy) for policy in policies[:most]] + ([_text(rest)] if rest else [])
    listed = "<ul>" + "".join(f"<li>{name}</li>" for name in names) + "</ul>"
    if len(policies) <= UNFOLDED:
        return title + listed
    return f"<details><summary>{title}</summary>{listed}</details>"


def _label(policy: Named) -> str:
    return _code(policy.name) + (f" ({_text(policy.facts)})" if policy.facts else "")
