"""Progress bars on standard error, drawn with rich; imported only on a terminal."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import click
from rich.console import Console
from rich.filesize import decimal
from rich.live import Live
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from elastic_mirror_policy._cli.options import COLOUR
from elastic_mirror_policy._text import visible


class Show(Protocol):
    """Moves the bar of `what`."""

    def __call__(
        self,
        what: str,
        done: int,
        total: int,
        *,
        size: int = 0,
        size_total: int | None = None,
        note: str = "",
    ) -> None:
        """Show that `done` of `total` items are finished, and `size` of `size_total` bytes."""
        ...


@contextlib.contextmanager
def bars(clock: Callable[[], float] = time.monotonic) -> Iterator[Show]:
    """Give what moves one bar for each thing that is under way; they go at the end.

    Args:
        clock: Seconds that only go forward.
    """
    columns = TextColumn("{task.description}", markup=False), BarColumn(bar_width=10), _Amount()
    progress = Progress(*columns, console=_console(), get_time=clock, transient=True)
    tasks: dict[str, TaskID] = {}

    def show(
        what: str,
        done: int,
        total: int,
        *,
        size: int = 0,
        size_total: int | None = None,
        note: str = "",
    ) -> None:
        # Files differ in size by a factor of a thousand: where bytes are known, they are counted.
        by_size = bool(size_total)
        fields: dict[str, Any] = {
            "done": done,
            "of": total,
            "size": size,
            "by_size": by_size,
            "note": note,
        }
        progress.start()  # not before: something else may be shown until then
        if what not in tasks:
            tasks[what] = progress.add_task(what, begun=done, **fields)
        progress.update(
            tasks[what],
            completed=size if by_size else done,
            total=size_total if by_size else total,
            at=clock(),
            **fields,
        )

    try:
        yield show
    finally:
        if tasks:
            progress.stop()


@contextlib.contextmanager
def live_line(text: Callable[[int], str]) -> Iterator[None]:
    """Draw one line again and again; it goes at the end.

    Args:
        text: Returns the line for a terminal of this many columns.
    """
    console = _console()

    def line() -> Text:
        return Text(visible(text(console.width - 1)), no_wrap=True)

    with Live(console=console, transient=True, refresh_per_second=2, get_renderable=line):
        yield


class _Amount(ProgressColumn):
    """How much is done: items, bytes and their speed where there are any, and the time left."""

    max_refresh = 0.2

    def render(self, task: Task) -> Text:
        """Return what stands behind the bar."""
        fields = task.fields
        parts = [f"{fields['done']}/{fields['of']}", *_bytes(task)]
        left = task.time_remaining if fields["by_size"] else _left(task)
        if left and left >= 1:
            parts.append(f"{_clock(left)} left")
        if fields["note"]:
            parts.append(str(fields["note"]))
        return Text("  ".join(parts), no_wrap=True)


def _left(task: Task) -> float | None:
    """Return the seconds that the other items take, if they take as long as those before.

    Writers that work at the same time end at the same time: what passed between two of their
    items says nothing.
    """
    fields = task.fields
    gone = fields["done"] - fields["begun"]
    if not gone or task.start_time is None:
        return None
    needed = (fields["at"] - task.start_time) * (fields["of"] - fields["done"]) / gone
    return float(fields["at"] + needed - task.get_time())


def _bytes(task: Task) -> list[str]:
    fields = task.fields
    if not fields["size"]:
        return []
    if not fields["by_size"]:
        return [decimal(fields["size"])]
    (read, unit), whole = decimal(fields["size"]).split(), decimal(int(task.total or 0))
    shown = [f"{read}/{whole}" if whole.endswith(unit) else f"{read} {unit}/{whole}"]
    speed = task.finished_speed or task.speed
    return [*shown, f"{decimal(int(speed))}/s"] if speed else shown


def _console() -> Console:
    context = click.get_current_context(silent=True)
    plain = context is not None and context.meta.get(COLOUR) == "never"
    return Console(stderr=True, no_color=plain or None)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
