"""Tables of text, in the width of a terminal."""

import pytest
from support.golden import golden

from elastic_mirror_policy.render.table import broken, table


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    """Cells stand below their headers, and no line ends in spaces."""
    assert table([("a", "long cell", "x"), ("bb", "", "")], ("1", "2", "three")) == golden(
        """
        1   2          three
        a   long cell  x
        bb
        """
    )


@pytest.mark.parametrize(
    ("cell", "columns"),
    [("\u540d\u524d", 4), ("e\u0301", 1), ("\uff21", 2), ("\u00e9", 1), ("a\x1bb", 6)],
)
def test_columns_are_counted_as_a_terminal_draws_them(cell: str, columns: int) -> None:
    """Wide characters take two columns, combining ones none, escapes what they are shown as."""
    line = table([(cell, "|")], ("", "")).splitlines()[1]
    before = line.removesuffix("|")

    assert before.endswith("  ")
    assert len(before.strip()) + 2 == len(before)
    assert table([(cell, "|"), ("." * columns, "|")], ("", "")).splitlines()[2] == (
        "." * columns + "  |"
    )


def test_no_cell_acts_on_a_terminal() -> None:
    """Nor does a header."""
    assert table([("a\x1b\n",)], ("\u202e",)) == "\\u202e\na\\x1b\\x0a\n"


@pytest.mark.parametrize(
    ("text", "most", "lines"),
    [
        ("one two", 7, ["one two"]),
        ("one two", 5, ["one", "  two"]),
        ("https://mirror.corp/a", 14, ["https://", "  mirror.corp/", "  a"]),
        ("abcdefghij", 4, ["abcd", "  ef", "  gh", "  ij"]),
        ("\u540d\u524d\u540d", 4, ["\u540d\u524d", "  \u540d"]),
        ("", 4, [""]),
        ("to http://old-mirror.corp got", 24, ["to http://old-", "  mirror.corp got"]),
        ("not http://mirror.corp (Errno -2)", 29, ["not http://mirror.corp (Errno", "  -2)"]),
        ("GET /downloads/a --", 13, ["GET", "  /downloads/", "  a --"]),
        ("2026-01-05T12:00:00Z", 18, ["2026-01-05", "  T12:00:00Z"]),
        ("2026-01-05T12:00:00Z", 9, ["2026-01-0", "  5T12:00", "  :00Z"]),
    ],
)
def test_a_cell_is_broken_where_it_can_be(text: str, most: int, lines: list[str]) -> None:
    """What goes on is indented, so that it is not taken for another row."""
    assert broken(text, most) == lines


def test_the_widest_columns_are_narrowed_first() -> None:
    """A number or a date stays whole beside a long name."""
    text = table([("word " * 20, "2026-02-01T12:00:00Z", "12")], ("name", "date", "n"), 60)

    assert "2026-02-01T12:00:00Z  12\n" in text
    assert max(map(len, text.splitlines())) <= 60


def test_many_wide_columns_are_narrowed_alike() -> None:
    """Where no few of them are enough."""
    text = table([["abcdefghijklmnopqrstuvwxyz"] * 6], ["column"] * 6, 80)

    assert max(map(len, text.splitlines())) <= 80


def test_a_time_is_not_broken_at_its_hyphens() -> None:
    """Where there is room for all of it on one line."""
    shown = table([("not known (modified 2026-01-05T12:00:00Z)", "x")], ("published", ""), fit=40)

    assert "  2026-01-05T12:00:00Z)" in shown.splitlines()
