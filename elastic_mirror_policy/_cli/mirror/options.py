"""Options and progress that the mirror's commands share."""

import contextlib
from collections.abc import Iterator

import click

from elastic_mirror_policy._cli.output import on_terminal
from elastic_mirror_policy.mirror.progress import Progress, ShowProgress

versions_option = click.option(
    "--endpoint-version",
    multiple=True,
    required=True,
    metavar="V",
    help="Version of endpoints, such as 9.1.3; several.",
)
keep_option = click.option(
    "--keep",
    type=click.IntRange(0, 1000),
    default=1,
    show_default=True,
    metavar="N",
    help="Previous manifests whose artifacts are kept.",
)


@contextlib.contextmanager
def work_progress(what: str) -> Iterator[ShowProgress | None]:
    """Give a callback that moves a bar on a terminal, or None in a pipe."""
    if not on_terminal():
        yield None
        return
    from rich import progress as bars  # noqa: PLC0415 - only on a terminal
    from rich.console import Console  # noqa: PLC0415 - only on a terminal

    with bars.Progress(
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.DownloadColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as shown:
        tasks: dict[str, bars.TaskID] = {}

        def advance(now: Progress) -> None:
            if now.step not in tasks:
                tasks[now.step] = shown.add_task(f"{what} {now.step}", total=now.total)
            shown.update(tasks[now.step], completed=now.done, total=now.total)

        yield advance
