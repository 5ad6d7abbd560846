"""A bar says how much is done, how fast, and how long the rest takes."""

import contextlib
import re
import sys
from collections.abc import Callable, Iterator

import pytest
from support.commands import Terminal

from elastic_mirror_policy._cli.bars import Show, _clock, bars, live_line

Draw = Callable[[Callable[[Show], None]], str]


@contextlib.contextmanager
def at_terminal() -> Iterator[Terminal]:
    """Give a terminal of 100 columns, which is standard error."""
    terminal = Terminal()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TERM", "xterm-256color")
        patch.setenv("COLUMNS", "100")
        patch.setattr(sys, "stderr", terminal)
        yield terminal


@pytest.fixture
def draw() -> Draw:
    """Returns what a terminal is sent while bars are shown."""

    def run(use: Callable[[Show], None]) -> str:
        with at_terminal() as terminal, bars() as show:
            use(show)
        return re.sub("\x1b\\[[0-9;]*m", "", terminal.getvalue())

    return run


def test_items_are_counted(draw: Draw) -> None:
    """From the first look on, with what is worth knowing beside it."""

    def use(show: Show) -> None:
        show("Writing policies", 36, 187)
        show("Writing policies", 37, 187, note="2 not done")

    seen = draw(use)

    assert "0/0" not in seen
    assert "37/187" in seen
    assert "2 not done" in seen


def test_bytes_are_counted_within_a_file(draw: Draw) -> None:
    """Something moves although no file is finished."""

    def use(show: Show) -> None:
        show("Fetching artifacts", 0, 2, size=1_000, size_total=4_000_000)
        show("Fetching artifacts", 0, 2, size=3_000_000, size_total=4_000_000)

    assert "0/2  3.0/4.0 MB" in draw(use)


def test_bytes_of_an_unknown_total_are_shown(draw: Draw) -> None:
    """The bar itself counts items then."""
    seen = draw(lambda show: show("Fetching artifacts", 1, 2, size=1_000))

    assert "1/2  1.0 kB" in seen
    assert "kB/" not in seen


def test_a_description_is_no_markup(draw: Draw) -> None:
    """What stands in brackets is shown."""
    assert "[red]x" in draw(lambda show: show("Reading [red]x", 1, 2))


@pytest.mark.parametrize(
    ("seconds", "shown"), [(5.9, "0:05"), (65, "1:05"), (3_600, "1:00:00"), (90_061, "25:01:01")]
)
def test_the_time_left_is_a_clock(seconds: float, shown: str) -> None:
    """Minutes and seconds, and hours where there are any."""
    assert _clock(seconds) == shown


def test_a_live_line_is_drawn_for_the_width_there_is() -> None:
    """What it shows cannot act on the terminal, and it goes when the work ends."""
    widths: list[int] = []

    def text(width: int) -> str:
        widths.append(width)
        return "wave 1 of [red]2\x1b[2J"

    with at_terminal() as terminal, live_line(text):
        pass
    before, erased, after = terminal.getvalue().rpartition("\x1b[2K")

    assert set(widths) == {99}
    assert "wave 1 of [red]2\\x1b[2J" in before
    assert erased
    assert "wave" not in after
