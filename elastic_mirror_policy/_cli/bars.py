"""Progress bars on standard error, drawn with rich; imported only on a terminal."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.filesize import decimal
from rich.live import Live
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from elastic_mirror_policy._text import visible


class Bars:
    """One bar per thing that is under way; they go when the `with` block ends."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=16),
            _Amount(),
            console=Console(stderr=True),
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._tasks:
            self._progress.stop()

    def show(
        self,
        what: str,
        done: int,
        total: int,
        *,
        size: int = 0,
        size_total: int | None = None,
        note: str = "",
    ) -> None:
        """Move the bar of `what`, which is made when it is first shown."""
        # Files differ in size by a factor of a thousand: where bytes are known, they are counted.
        by_size = bool(size_total)
        if not self._tasks:
            self._progress.start()  # not before: something else may be shown until then
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(
                what, done=done, of=total, size=size, by_size=by_size, note=note
            )
        self._progress.update(
            self._tasks[what],
            completed=size if by_size else done,
            total=size_total if by_size else total,
            done=done,
            of=total,
            size=size,
            by_size=by_size,
            note=note,
        )


class LiveLine:
    """One line that is drawn again and again; it goes when the `with` block ends.

    Args:
        text: Returns the line for a terminal of so many columns.
    """

    def __init__(self, text: Callable[[int], str]) -> None:
        self._text = text
        self._console = Console(stderr=True)
        self._live = Live(
            console=self._console,
            transient=True,
            refresh_per_second=2,
            get_renderable=self._line,
        )

    def _line(self) -> Text:
        return Text(visible(self._text(self._console.width - 1)), no_wrap=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._live.stop()


class _Amount(ProgressColumn):
    """How much is done: items, bytes and their speed where there are any, and the time left."""

    max_refresh = 0.2

    def render(self, task: Task) -> Text:
        """Return what stands behind the bar."""
        fields = task.fields
        parts = [f"{fields['done']}/{fields['of']}", *_bytes(task)]
        if task.time_remaining:
            parts.append(f"{_clock(task.time_remaining)} left")
        if fields["note"]:
            parts.append(str(fields["note"]))
        return Text("  ".join(parts), no_wrap=True)


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


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
