"""A chart as one SVG picture without script: a bar for each label, its parts in colour (pure).

Every number stands in the picture as text too, so that colour is not needed to read it.
"""

import html
from collections.abc import Iterator
from typing import Final

from elastic_mirror_policy._text import visible
from elastic_mirror_policy.render.view import Chart, Tone

_ROW: Final = 26
_LABEL: Final = 150
_BAR: Final = 280
_END: Final = 60
_LONGEST: Final = 20
"""Longest label, in characters."""

_NARROW: Final = 22
"""A stretch narrower than this, in pixels, has no room for its number."""

_SHADES: Final[dict[Tone, tuple[str, ...]]] = {
    "good": ("#23863c", "#58a86b", "#8fc79c"),
    "bad": ("#d1353f", "#e06a71", "#eda0a5"),
    "unsure": ("#b26a00", "#cf9440", "#e3bd88"),
    "": ("#5b6b7f", "#8b98a9", "#bcc5d0"),
}
_DARK: Final = frozenset(shades[0] for shades in _SHADES.values())
"""White can be read on these, black on the others."""


def as_svg(chart: Chart) -> str:
    """Return the chart as an `<svg>` that fits the width it is given; empty without bars."""
    if not chart.bars:
        return ""
    legend = list(_legend(chart))
    rows = 1 + (len(chart.series) + _PER_LINE - 1) // _PER_LINE
    height = _ROW * (rows + len(chart.bars)) + 8
    width = _LABEL + _BAR + _END
    most = max(1, *(sum(values) for _, values in chart.bars))
    bars = [
        part
        for number, (label, values) in enumerate(chart.bars)
        for part in _bar(chart, (rows + number) * _ROW, label, values, most)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width} {height}" '
        f'style="display:block;margin-bottom:1em;width:100%;max-width:{width}px;height:auto;'
        f'font:13px sans-serif" '
        f'aria-label="{_text(chart.title)}">'
        f'<text x="0" y="17" fill="currentColor" font-weight="bold">{_text(chart.title)}</text>'
        + "".join([*legend, *bars])
        + "</svg>"
    )


_PER_LINE: Final = 3


def _legend(chart: Chart) -> Iterator[str]:
    colours = _colours(chart)
    for number, (name, _) in enumerate(chart.series):
        line, place = divmod(number, _PER_LINE)
        x, y = place * 163, (line + 1) * _ROW
        yield f'<rect x="{x}" y="{y + 5}" width="12" height="12" fill="{colours[number]}"/>'
        yield f'<text x="{x + 18}" y="{y + 16}" fill="currentColor">{_text(name)}</text>'


def _bar(chart: Chart, top: int, label: str, values: tuple[int, ...], most: int) -> Iterator[str]:
    short = label if len(label) <= _LONGEST else f"{label[: _LONGEST - 3]}..."
    yield (
        f'<text x="{_LABEL - 8}" y="{top + 17}" text-anchor="end" fill="currentColor">'
        f"{_text(short)}</text>"
    )
    left = float(_LABEL)
    for (name, _), colour, value in zip(chart.series, _colours(chart), values, strict=True):
        if not value:
            continue
        wide = _BAR * value / most
        yield (
            f'<rect x="{left:.1f}" y="{top + 3}" width="{wide:.1f}" height="20" fill="{colour}">'
            f"<title>{_text(f'{label}: {value:,} {name}')}</title></rect>"
        )
        if wide >= _NARROW:
            middle, ink = left + wide / 2, "#fff" if colour in _DARK else "#000"
            yield (
                f'<text x="{middle:.1f}" y="{top + 17}" text-anchor="middle" fill="{ink}">'
                f"{value:,}</text>"
            )
        left += wide
    yield f'<text x="{left + 6:.1f}" y="{top + 17}" fill="currentColor">{sum(values):,}</text>'


def _colours(chart: Chart) -> list[str]:
    """Return a colour for each series: of its tone, and of another shade for the next of them."""
    seen: dict[Tone, int] = {}
    colours = []
    for _, tone in chart.series:
        number = seen.setdefault(tone, 0)
        seen[tone] += 1
        colours.append(_SHADES[tone][number % len(_SHADES[tone])])
    return colours


def _text(words: str) -> str:
    return html.escape(visible(words), quote=True)
