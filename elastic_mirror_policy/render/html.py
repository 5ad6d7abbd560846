"""Views as HTML: a fragment for notebooks, or one page to hand in (pure).

It loads nothing, runs nothing and takes its colours from the page around it, light or dark.
"""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from elastic_mirror_policy._text import visible
from elastic_mirror_policy.render import words as _words
from elastic_mirror_policy.render.svg import as_svg
from elastic_mirror_policy.render.view import Group, Named, Point, Section, Tone, View, folded

UNFOLDED: Final = 5
"""A list with more names than this starts folded, where it can be unfolded."""

UNFOLDED_ROWS: Final = 25
"""The same for the rows of a table."""

_TABLE: Final = "border-collapse:collapse;background:transparent;color:inherit;max-width:100%"
_BOX: Final = (
    "border:1px solid currentColor;padding:0.2em 0.6em;text-align:left;vertical-align:top;"
    "white-space:normal;overflow-wrap:"
)
_CELL: Final = f"{_BOX}anywhere"
_WHOLE: Final = f"{_BOX}break-word"
"""A heading, or a cell of short words, is broken between them only: no `late` above `st`."""

_ACROSS: Final = 88
"""The columns of a table share so many characters for words that are not broken."""

MOST_ACROSS: Final = 8
"""Where a table has more columns, their headings are turned: it has to fit the page."""

_TURNED: Final = "display:inline-block;writing-mode:vertical-rl;transform:rotate(180deg)"

_SHORT: Final = 24
"""Facts behind a name that are no longer than this stay on one line."""

_HINT: Final = "list-style-type:'&rarr; '"
_LIST: Final = "margin:0.2em 0;padding-left:1.4em"
_COLUMNS: Final = f"{_LIST};columns:18em;column-gap:2em"
"""A long list takes as many columns as there is room for."""

_COLOURS: Final[dict[Tone, str]] = {"good": "#23863c", "bad": "#d1353f", "unsure": "#b26a00"}
"""Readable on white and on dark pages."""

_STYLE: Final = """\
body {
  font: 15px/1.45 sans-serif; max-width: 70em; margin: 2em auto; padding: 0 1em;
  overflow-wrap: anywhere;
}
h1 { font-size: 1.5em; margin: 0; }
h2 { font-size: 1.1em; margin: 1.4em 0 0.5em; }
code { font-size: 0.92em; overflow-wrap: anywhere; }
footer { font-size: 0.85em; margin-top: 2em; }
body > div + div { border-top: 2px solid; margin-top: 2em; padding-top: 1em; }
@media screen and (prefers-color-scheme: dark) {
  body { background: #16181d; color: #e8e8e8; }
  span[style^="color"] { filter: brightness(1.4); }
}
@media screen and (max-width: 45em) {
  th, td { font-size: 12px; padding: 0.2em !important; overflow-wrap: anywhere !important; }
}
@media print {
  @page { margin: 15mm; }
  body { font-size: 10pt; max-width: none; margin: 0; padding: 0; background: #fff; color: #000; }
  thead { display: table-header-group; }
  tr, li, svg { break-inside: avoid; }
  tr:has(ul), li:has(ul) { break-inside: auto; }
  h1, h2 { break-after: avoid; }
}"""

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""What the page may load: nothing; its own style is in it."""


def as_page(views: tuple[View, ...], limit: int | None, made: str = "") -> str:
    """Return views as one page; nothing in it is folded, so that paper shows all of it.

    Args:
        views: What there is to say.
        limit: How many of each list are there before the rest is counted; None gives all.
        made: When it was made, and by what; the last line.
    """
    title = " - ".join([views[0].title, *(value for _, value in views[0].banner)])
    body = "\n".join(HtmlWriter(limit, folds=False).write(view) for view in views)
    if made:
        body += f"\n<footer>{_text(made)}</footer>"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{_text(title)}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def as_html(view: View, limit: int | None) -> str:
    """Return the view as one `<div>`; no name in it is markup.

    Args:
        view: What there is to say.
        limit: How many of each list are there before the rest is counted; None gives all.
    """
    return HtmlWriter(limit).write(view)


class HtmlWriter:
    """Writes views for one kind of reader.

    Args:
        limit: How many of each list are there before the rest is counted; None gives all.
        folds: Whether long lists start folded, as they must not on paper.
    """

    def __init__(self, limit: int | None, *, folds: bool = True) -> None:
        self._limit = limit
        self._folds = folds

    def write(self, view: View) -> str:
        """Return the view as one `<div>`."""
        banner = ", ".join(f"{label} {_code(value)}".strip() for label, value in view.banner)
        parts = self._title(_text(view.title), banner)
        if view.lead:
            parts.append(f"<p>{_toned(_text(view.lead), view.tone)}</p>")
        parts += map(as_svg, view.charts)
        if view.counts:
            parts.append(_table(("what", "number"), [_cells(pair) for pair in view.counts]))
        if view.groups:
            headings = ("setting", "before", "after", "policies")
            parts.append(_table(headings, self._groups(view)))
        parts += map(self._section, view.sections)
        if view.summary:
            parts.append(f"<p><strong>{_text(view.summary)}</strong></p>")
        return "<div>" + "\n".join(parts) + "</div>"

    def _title(self, title: str, banner: str) -> list[str]:
        if self._folds:
            return [f"<p><strong>{title}</strong>{': ' if banner else ''}{banner}</p>"]
        return [f"<h1>{title}</h1>", *([f"<p>{banner}</p>"] if banner else [])]

    def _groups(self, view: View) -> Iterator[str]:
        most, rest = folded(len(view.groups), self._limit)
        for group in view.groups[:most]:
            yield from self._group(group)
        if rest:
            hidden = sum(len(group.policies) for group in view.groups[most:])
            yield _cells((f"{rest} different changes", "", "", _words.policies(hidden)))

    def _group(self, group: Group) -> Iterator[str]:
        below = not self._folds and len(group.policies) > UNFOLDED
        named = _text(group.scope) if below else self._list(group.scope, group.policies)
        policies = _cell(named, len(group.lines))
        for line in group.lines:
            before = _toned(_code(line.before), "bad") if line.before else _words.NOT_SET
            after = _toned(_code(line.after), "good") if line.after else _words.NOT_SET
            told = (line.setting, line.before or _words.NOT_SET, line.after or _words.NOT_SET)
            cells = zip((_code(line.setting), before, after), told, strict=True)
            yield "".join(_cell(cell, whole=_fits(words, 4)) for cell, words in cells) + policies
            policies = ""
        if below:
            yield f'<td style="{_CELL}" colspan="4">{self._list("", group.policies)}</td>'

    def _section(self, section: Section) -> str:
        title = _toned(_text(section.title), section.tone)
        heading = f"<p><strong>{title}</strong></p>" if self._folds else f"<h2>{title}</h2>"
        parts = [heading] if section.title else []
        if section.table:
            rows = [_cells(row) for row in section.table.shown(self._limit)]
            made = _table(section.table.headers, rows)
            fold = self._folds and len(rows) > UNFOLDED_ROWS
            parts.append(_fold(_words.count(len(rows), "row"), made) if fold else made)
        parts += [self._names(point) for point in section.points if not point.sentence]
        entries = [f"<li>{entry}</li>" for entry in self._entries(section)]
        entries += [f'<li style="{_HINT}">{_prose(hint)}</li>' for hint in section.hints]
        if entries:
            parts.append("\n".join(("<ul>", *entries, "</ul>")))
        return "\n".join(parts)

    def _entries(self, section: Section) -> Iterator[str]:
        points = [point for point in section.points if point.sentence]
        most, rest = folded(len(points), self._limit)
        yield from map(self._point, points[:most])
        if rest:
            yield _text(rest)

    def _point(self, point: Point) -> str:
        who = _label(point.only) if point.only else _text(point.scope)
        words = ": ".join(part for part in (who, _text(point.sentence)) if part)
        if point.only or not point.policies:
            return words
        return self._list(words, point.policies)

    def _names(self, point: Point) -> str:
        """Return the names of a point whose section says it all."""
        long = self._folds and len(point.policies) > UNFOLDED
        return self._list(_text(point.scope) if long else "", point.policies)

    def _list(self, title: str, policies: tuple[Named, ...]) -> str:
        most, rest = folded(len(policies), self._limit)
        names = [_label(policy) for policy in policies[:most]] + ([_text(rest)] if rest else [])
        long = len(policies) > UNFOLDED
        items = "".join(f"<li>{name}</li>" for name in names)
        listed = f'<ul style="{_COLUMNS if long else _LIST}">{items}</ul>'
        if self._folds and long:
            return _fold(title, listed)
        return title + listed


def _text(words: str) -> str:
    return html.escape(visible(words), quote=True)


def _code(words: str) -> str:
    return f"<code>{_text(words)}</code>"


def _prose(words: str) -> str:
    """Return a sentence in which what stands between backticks is code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", _text(words))


def _toned(markup: str, tone: Tone) -> str:
    return f'<span style="color:{_COLOURS[tone]}">{markup}</span>' if tone else markup


def _fold(title: str, content: str) -> str:
    return f"<details><summary>{title}</summary>{content}</details>"


def _table(headings: Sequence[str], rows: Iterable[str]) -> str:
    named = [_text(heading) for heading in headings]
    if len(named) > MOST_ACROSS:
        named[1:] = [f'<span style="{_TURNED}">{heading}</span>' for heading in named[1:]]
    head = "".join(f'<th style="{_WHOLE}">{heading}</th>' for heading in named)
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    return (
        f'<table style="{_TABLE}"><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>'
    )


def _cell(content: str, rows: int = 1, *, whole: bool = False) -> str:
    span = f' rowspan="{rows}"' if rows > 1 else ""
    return f'<td style="{_WHOLE if whole else _CELL}"{span}>{content}</td>'


def _cells(row: Sequence[str]) -> str:
    return "".join(_cell(_text(cell), whole=_fits(cell, len(row))) for cell in row)


def _fits(text: str, columns: int) -> bool:
    """Whether none of its words is longer than the share of one of so many columns."""
    return max(map(len, visible(text).split()), default=0) <= _ACROSS // columns


def _label(policy: Named) -> str:
    name = f"<bdi>{_code(policy.name)}</bdi>"
    if not policy.facts:
        return name
    facts = f"({_text(policy.facts)})"
    if len(facts) <= _SHORT:
        facts = f'<span style="white-space:nowrap">{facts}</span>'
    return f"{name} {facts}"
