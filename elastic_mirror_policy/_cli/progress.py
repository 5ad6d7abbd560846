"""Progress on a terminal: one kind of bar for everything that takes a while."""

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

from elastic_mirror_policy._cli.options import is_quiet
from elastic_mirror_policy._cli.terminal import draws
from elastic_mirror_policy._fleet.api import Reading
from elastic_mirror_policy.mirror.progress import Progress, ShowProgress
from elastic_mirror_policy.rollout.outcome import Outcome

if TYPE_CHECKING:
    from elastic_mirror_policy._cli.bars import Show


@contextlib.contextmanager
def progress_shown() -> "Iterator[Show | None]":
    """Give a callback that moves bars on a terminal, or None in a pipe."""
    if not draws() or is_quiet():
        yield None
        return
    from elastic_mirror_policy._cli.bars import bars

    with bars() as show:
        yield show


def reading_shown() -> Reading | None:
    """Return what moves a bar while a long list of policies is read; it goes at the list's end.

    None in a pipe, with --quiet and where JSON is printed.
    """
    context = click.get_current_context()
    if not draws() or is_quiet() or context.params.get("form") == "json":
        return None
    opened = context.with_resource(contextlib.ExitStack())  # also where reading ends in an error
    shown: list[Show] = []

    def advance(read: int, total: int) -> None:
        if read >= total:
            opened.close()
            shown.clear()
            return
        if not shown:
            from elastic_mirror_policy._cli.bars import bars

            shown.append(opened.enter_context(bars()))
        shown[0]("Reading policies", read, total)

    return advance


@contextlib.contextmanager
def outcomes_shown(total: int, what: str) -> Iterator[Callable[[object], None]]:
    """Give a callback that counts outcomes on a terminal, and those that did not succeed."""
    with progress_shown() if total else contextlib.nullcontext() as show:
        done = failures = 0
        if show is not None:
            show(what, done, total)  # the first outcome may take a while

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
