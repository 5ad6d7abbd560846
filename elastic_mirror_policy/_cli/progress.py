"""Progress on a terminal: one kind of bar for everything that takes a while."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Protocol

import click

from elastic_mirror_policy._cli.options import QUIET
from elastic_mirror_policy._cli.terminal import on_terminal
from elastic_mirror_policy.mirror.progress import Progress, ShowProgress
from elastic_mirror_policy.rollout.outcome import Outcome


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
def progress_shown() -> Iterator[Show | None]:
    """Give a callback that moves bars on a terminal, or None in a pipe."""
    context = click.get_current_context(silent=True)
    if not on_terminal() or (context is not None and context.meta.get(QUIET)):
        yield None
        return
    from elastic_mirror_policy._cli.bars import Bars

    with Bars() as bars:
        yield bars.show


@contextlib.contextmanager
def outcomes_shown(total: int, what: str) -> Iterator[Callable[[object], None]]:
    """Give a callback that counts outcomes on a terminal, and how many are no success."""
    with progress_shown() if total else contextlib.nullcontext() as show:
        done = failures = 0

        def advance(item: object) -> None:
            nonlocal done, failures
            done += 1
            failures += isinstance(item, Outcome) and not item.ok
            if show is not None:
                show(what, done, total, note=f"{failures} not done" if failures else "")

        yield advance


@contextlib.contextmanager
def work_shown(what: str) -> Iterator[ShowProgress | None]:
    """Give a callback for work on a mirror, which counts items and bytes; None in a pipe."""
    with progress_shown() as show:
        if show is None:
            yield None
            return

        def advance(now: Progress) -> None:
            show(
                f"{what} {now.step}", now.done, now.total, size=now.bytes,
                size_total=now.bytes_total,
            )  # fmt: skip

        yield advance
