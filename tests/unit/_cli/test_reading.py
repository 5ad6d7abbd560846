"""How far a long list of policies has been read."""

import sys

import pytest
from support.commands import Terminal

from elastic_mirror_policy._cli.reading import ReadingLine


def test_the_count_is_one_line_that_is_empty_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is written over, and erased once everything has been read."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    line = ReadingLine()
    for read in (0, 600, 1_200, 9_800):
        line.show(read, 9_800)
    line.erase()

    *shown, blank, rest = terminal.getvalue().split("\r")[1:]
    assert [text.rstrip() for text in shown] == [
        "Reading policies: 0 of 9,800",
        "Reading policies: 600 of 9,800",
        "Reading policies: 1,200 of 9,800",
    ]
    assert blank == " " * len(shown[-1])
    assert rest == ""
