"""A report about endpoints as text and as HTML (pure)."""

import html
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from elastic_mirror_policy.endpoints.view import Case, EndpointsView, endpoints_view
from elastic_mirror_policy.render.table import table
from elastic_mirror_policy.render.view import folded

if TYPE_CHECKING:  # it imports us to be printed
    from elastic_mirror_policy.endpoints.report import EndpointReport

LIMIT: Final = 20
"""How many cases, and endpoints of each, text shows before the rest is only counted."""

HTML_LIMIT: Final = 200
"""The same for HTML, where lists start folded."""

WIDTH: Final = 80
_TABLE: Final = "border-collapse:collapse;background:transparent;color:inherit"
_CELL: Final = "border:1px solid currentColor;padding:0.2em 0.6em;text-align:left"


def endpoints_text(report: "EndpointReport", *, limit: int | None = LIMIT) -> str:
    """Return the report as text for a terminal: a table by policy and verdict, then the reasons.

    Args:
        report: The report.
        limit: How many of each list are shown; None shows all.
    """
    view = endpoints_view(report)
    banner = ", ".join(f"{label} {value}" for label, value in view.banner)
    blocks = ["\n".join((f"Endpoints: {banner}", *_wrapped(view.lead, "")))]
    if view.rows:
        blocks.append(table(view.table(limit), view.headers).rstrip("\n"))
    if view.cases:
        blocks.append("\n".join(_cases(view.cases, limit)))
    if view.mirrors:
        blocks.append(table(view.mirrors, view.mirror_headers).rstrip("\n"))
    if view.notes:
        notes = (line for note in view.notes for line in _wrapped(note, "  - "))
        blocks.append("\n".join(("Notes:", *notes)))
    return "\n\n".join([*blocks, view.summary]) + "\n"


def _cases(cases: Sequence[Case], limit: int | None) -> Iterator[str]:
    yield "Not current:"
    most, rest = folded(len(cases), limit)
    for case in cases[:most]:
        yield from _wrapped(case.title, "  - ")
        names, others = case.names(limit)
        yield from (f"      {name}" for name in [*names, others] if name)
    if rest:
        yield f"  {rest}"


def _wrapped(text: str, bullet: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=bullet,
        subsequent_indent=" " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )


def endpoints_html(report: "EndpointReport", *, limit: int | None = HTML_LIMIT) -> str:
    """Return the report as an HTML fragment for a notebook; no name in it is markup.

    Args:
        report: The report.
        limit: How many of each list are in it; None gives all.
    """
    view = endpoints_view(report)
    banner = ", ".join(f"{label} <code>{_text(value)}</code>" for label, value in view.banner)
    parts = [f"<p><strong>Endpoints</strong>: {banner}</p>", f"<p>{_text(view.lead)}</p>"]
    if view.rows:
        parts.append(_html_table(view.headers, view.table(limit)))
    if view.cases:
        parts.append(f"<p><strong>Not current</strong></p>\n{_html_cases(view, limit)}")
    if view.mirrors:
        parts.append(_html_table(view.mirror_headers, view.mirrors))
    if view.notes:
        parts.append(f"<p><strong>Notes</strong></p>\n{_items(map(_text, view.notes))}")
    parts.append(f"<p><strong>{_text(view.summary)}</strong></p>")
    return "<div>" + "\n".join(parts) + "</div>"


def _html_cases(view: EndpointsView, limit: int | None) -> str:
    most, rest = folded(len(view.cases), limit)
    cases = [_html_case(case, limit) for case in view.cases[:most]]
    return _items([*cases, _text(rest)] if rest else cases)


def _html_case(case: Case, limit: int | None) -> str:
    names, rest = case.names(limit)
    listed = _items([f"<code>{_text(name)}</code>" for name in names] + [_text(rest)] * bool(rest))
    return f"<details><summary>{_text(case.title)}</summary>{listed}</details>"


def _items(items: Iterable[str]) -> str:
    return "<ul>\n" + "\n".join(f"<li>{item}</li>" for item in items) + "\n</ul>"


def _html_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th style="{_CELL}">{_text(header)}</th>' for header in headers)
    cells = ("".join(f'<td style="{_CELL}">{_text(cell)}</td>' for cell in row) for row in rows)
    body = "\n".join(f"<tr>{row}</tr>" for row in cells)
    return (
        f'<table style="{_TABLE}"><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>'
    )


def _text(words: str) -> str:
    return html.escape(words, quote=True)
