"""Lines fit the terminal, whatever a name is made of."""

import pytest

from elastic_mirror_policy.render.table import width
from elastic_mirror_policy.render.text import TextWriter, filled
from elastic_mirror_policy.render.view import Group, Named, Point, Section, View

WIDE = "\u6771\u4eac" * 32
VIEW = View(
    title="Plan",
    banner=(),
    lead="",
    groups=(Group((), (Named(WIDE, "4 agents"),), 4),),
    sections=(Section("Risks", (Point("clear", 1, (Named(WIDE, "4 agents"),)),)),),
    summary="",
)


def test_a_name_that_is_wider_than_the_terminal_goes_on_below_itself() -> None:
    """Indented: its end cannot be taken for a line of the program's."""
    lines = TextWriter(one_line=False).write(VIEW).splitlines()

    assert max(map(width, lines)) <= 80
    assert lines[3].startswith("    \u6771")
    assert lines[4].startswith("      \u6771")
    assert "".join(lines).count("\u6771\u4eac") == 2 * 32


def test_a_name_in_a_list_stays_one_line_for_whoever_reads_a_pipe() -> None:
    """It can be searched for."""
    assert f"    {WIDE} (4 agents)" in TextWriter().write(VIEW).splitlines()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("https://mirror.corp/downloads is long", ["https://mirror.corp/downloads", "is long"]),
        ("\u6771 " * 7, ["\u6771 \u6771 \u6771", "\u6771 \u6771 \u6771", "\u6771"]),
    ],
)
def test_lines_are_filled_as_a_terminal_counts(text: str, lines: list[str]) -> None:
    """An address stays whole, though it is too long."""
    assert filled(text, 10) == lines
