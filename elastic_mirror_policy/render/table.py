"""Rows as aligned text (pure)."""

import unicodedata
from collections.abc import Iterable, Sequence

from elastic_mirror_policy._text import visible


def table(rows: Iterable[Sequence[str]], headers: Sequence[str]) -> str:
    """Return the rows below their headers, each column as wide as its widest cell.

    Cells are data: what a terminal would act on is spelled out. Wide East Asian characters
    count as two columns, as terminals draw them.

    >>> print(table([("Servers", "4"), ("Lab", "12")], ("name", "agents")), end="")
    name     agents
    Servers  4
    Lab      12
    """
    lines = [[visible(cell) for cell in row] for row in (headers, *rows)]
    widths = [max(width(cell) for cell in column) for column in zip(*lines, strict=True)]
    return "".join(_line(line, widths) for line in lines)


def width(text: str) -> int:
    """Return how many columns of a terminal `text` takes."""
    return sum(_columns(char) for char in text) if not text.isascii() else len(text)


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (most - width(cell)) for cell, most in zip(cells, widths, strict=True))
    return "  ".join(padded).rstrip() + "\n"
