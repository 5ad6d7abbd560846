"""A bar says how much is done, how fast, and how long the rest takes."""

import contextlib
import re
import sys
from collections.abc import Callable, Iterator

import click
import pytest
from support.commands import Terminal

from elastic_mirror_policy._cli.bars import Show, _clock, bars, live_line
from elastic_mirror_policy._cli.options import COLOUR

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


@pytest.mark.parametrize(
    ("moments", "shown"),
    [
        ([(0, 0), (2.0, 3), (2.001, 4)], "4/12  0:04 left"),
        ([(0, 0), (2.0, 4), (4.0, 4)], "4/12  0:02 left"),
        ([(0, 0), (2.0, 4), (6.0, 4)], "4/12\n"),
        ([(0, 4), (2.0, 8)], "8/12  0:02 left"),
        ([(0, 4)], "4/12\n"),
        ([(0, 0), (2.0, 12)], "12/12\n"),
    ],
)
def test_items_that_end_together_do_not_shorten_the_time_left(
    moments: list[tuple[float, int]], shown: str
) -> None:
    """It is counted from the first look on, goes on between two items, and is never negative."""
    now = [0.0]
    with at_terminal() as terminal, bars(lambda: now[0]) as show:
        done = -1
        for now[0], seen in moments:
            if seen != done:
                show("Writing policies", seen, 12)
            done = seen
    last = re.sub("\x1b\\[[0-9;?]*[a-zA-Z]", "", terminal.getvalue()).rpartition("━ ")[2]

    assert last.replace("\r", "\n").startswith(shown)


def test_everything_that_matters_fits_eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time left stands last, and would be cut."""
    now = [0.0]
    with at_terminal() as terminal, bars(lambda: now[0]) as show:
        monkeypatch.setenv("COLUMNS", "80")
        for now[0], size in ((0.0, 0), (1.0, 99_800_000), (2.0, 199_600_000)):
            show("Fetching artifacts", 123, 200, size=size, size_total=9_900_000_000)

    assert "123/200  199.6 MB/9.9 GB  99.8 MB/s  1:38 left" in re.sub(
        "\x1b\\[[0-9;]*m", "", terminal.getvalue()
    )


@pytest.mark.parametrize(("colour", "coloured"), [("auto", True), ("never", False)])
def test_a_bar_has_no_colours_with_color_never(colour: str, *, coloured: bool) -> None:
    """Like the result."""
    context = click.Context(click.Command("sync"))
    context.meta[COLOUR] = colour
    with context.scope(cleanup=False), at_terminal() as terminal, bars() as show:
        show("Fetching artifacts", 1, 2)

    assert bool(re.search("\x1b\\[[0-9;]*m", terminal.getvalue())) is coloured


def test_nothing_is_drawn_until_something_is_under_way(draw: Draw) -> None:
    """An error may be all there is to say."""
    assert draw(lambda _: None) == ""


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
