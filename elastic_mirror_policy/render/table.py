"""Rows as aligned text that holds in a given width (pure)."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import accumulate, zip_longest
from typing import Final

from elastic_mirror_policy._text import visible

GAP: Final = 2
HANG: Final = "  "
COMFORTABLE: Final = 16
"""A column this wide can be read although it is broken; narrower, and others are cut as well."""

NARROWEST: Final = 8
"""No column is made narrower than this, even where the table then does not fit."""

_PIECES: Final = re.compile(r"\s+|\d{4}-\d\d-\d\d[T\d:.Z]*|(?:[a-z]+://)?[/-]*[^\s/-]+[/-]*|[/-]+")
"""Blanks, dates, hosts, and words with the slash or hyphen behind which they may be broken."""

_SEAM: Final = re.compile(r"\d{4}-\d\d-\d\d(?=T)|[a-z]+://")
"""Where a time or an address is broken that is too long for a line of its own."""


def table(rows: Iterable[Sequence[str]], headers: Sequence[str], fit: int | None = None) -> str:
    """Return the rows below their headers, each column as wide as its widest cell.

    Cells are data: what a terminal would act on is spelled out. Wide East Asian characters
    count as two columns, as terminals draw them.

    Args:
        rows: The cells of each row.
        headers: The names of the columns.
        fit: How many columns of a terminal there are; the cells of the widest columns are then
            broken into several lines. None breaks nothing.

    >>> print(table([("Servers", "4"), ("Lab", "12")], ("name", "agents")), end="")
    name     agents
    Servers  4
    Lab      12
    """
    return "".join(laid_out(rows, headers, fit))


def laid_out(
    rows: Iterable[Sequence[str]], headers: Sequence[str], fit: int | None = None
) -> list[str]:
    """Return the headers and each row as `table` shows them; one may take several lines."""
    lines = [[visible(cell) for cell in row] for row in (headers, *rows)]
    widths = [max(width(cell) for cell in column) for column in zip(*lines, strict=True)]
    if fit is not None:
        widths = _narrowed(widths, fit)
    return [_row(line, widths) for line in lines]


def width(text: str) -> int:
    """Return how many columns of a terminal `text` takes."""
    return sum(_columns(char) for char in text) if not text.isascii() else len(text)


def broken(text: str, most: int) -> list[str]:
    """Return a text as lines of at most this many columns, broken between words where it can be.

    All but the first are indented: no part of a name can be taken for a line of the program's.
    """
    lines = [""]
    for piece in _PIECES.findall(text):
        rest = piece
        if lines[-1].strip() and width(lines[-1] + rest.rstrip()) > most:
            lines.append(HANG)
            rest = rest.lstrip()
        while width(lines[-1] + rest.rstrip()) > most:
            end = _fitting(rest, most - width(lines[-1]))
            if seam := _SEAM.match(rest):
                end = min(end, seam.end())
            lines[-1] += rest[:end]
            lines.append(HANG)
            rest = rest[end:]
        lines[-1] += rest
    return [line.rstrip() for line in lines if line.strip()] or [""]


def _narrowed(widths: list[int], fit: int) -> list[int]:
    """Return widths that fit: as few columns as can be are cut, the widest, to one measure."""
    room = fit - GAP * (len(widths) - 1)
    if sum(widths) <= room:
        return widths
    widest = sorted(range(len(widths)), key=lambda index: -widths[index])
    for number in range(1, len(widths) + 1):
        cut, rest = widest[:number], widest[number:]
        most = (room - sum(widths[index] for index in rest)) // number
        if most >= COMFORTABLE:
            return [min(w, most) if index in cut else w for index, w in enumerate(widths)]
    most = max(widths)
    while most > NARROWEST and sum(min(one, most) for one in widths) > room:
        most -= 1
    return [min(one, most) for one in widths]


def _fitting(text: str, most: int) -> int:
    """Return how many characters of a text that is too long fit, at least one."""
    ends = accumulate(map(_columns, text))
    return max(sum(end <= most for end in ends), 1)


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    parts = [
        [cell] if width(cell) <= most else broken(cell, most)
        for cell, most in zip(cells, widths, strict=True)
    ]
    return "".join(_line(line, widths) for line in zip_longest(*parts, fillvalue=""))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (most - width(cell)) for cell, most in zip(cells, widths, strict=True))
    return (" " * GAP).join(padded).rstrip() + "\n"
