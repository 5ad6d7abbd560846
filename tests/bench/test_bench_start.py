"""What it costs to start: the help of every command beside Python itself, and beside click."""

import os
import statistics
import sys
from collections.abc import Iterator

import click
from support.measure import Table

from elastic_mirror_policy._cli import cli

ROUNDS = 7
BARE_CLICK = """
import click

@click.group()
def cli() -> None:
    "Do as little as can be."

@cli.command()
def command(**_: object) -> None:
    "Do nothing."

for number in range({options}):
    command = click.option(f"--option-{{number}}", help="What it is for, in one line.")(command)
cli(["command", "--help"])
"""
"""A program of one command with as many options, which imports nothing but click."""


def cpu(*arguments: str) -> float:
    """Return the seconds of CPU that a new Python takes for this."""
    quiet = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
    process = os.posix_spawn(
        sys.executable, [sys.executable, *arguments], os.environ, file_actions=[quiet]
    )
    _, status, used = os.wait4(process, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    return used.ru_utime + used.ru_stime


def medians(wanted: dict[str, tuple[str, ...]]) -> dict[str, float]:
    """Return the median of each, taken in turns so that all see the same machine."""
    taken: dict[str, list[float]] = {name: [] for name in wanted}
    for _ in range(ROUNDS):
        for name, arguments in wanted.items():
            taken[name].append(cpu(*arguments))
    return {name: statistics.median(values) for name, values in taken.items()}


def every_command(command: click.Command, *names: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield the words of every command, and how many options it has."""
    yield names, len(command.params)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from every_command(below, *names, name)


def test_importing(table: Table) -> None:
    """Importing the package, and everything in it, costs little beside its dependencies."""
    taken = medians(
        {
            "nothing": ("-c", "pass"),
            "package": ("-c", "import elastic_mirror_policy"),
            "everything": ("-c", "from elastic_mirror_policy import *"),
            "needs": ("-c", "import requests, pydantic"),
        }
    )
    lazy = (taken["package"] - taken["nothing"]) / (taken["needs"] - taken["nothing"])
    whole = (taken["everything"] - taken["nothing"]) / (taken["needs"] - taken["nothing"])

    table.add(
        "import elastic_mirror_policy",
        f"{lazy:.2f} of its dependencies (every name of it loaded: {whole:.2f})",
        "<= 1.3 of `import requests, pydantic`",
        holds=lazy <= 1.3,
    )


def test_help(table: Table) -> None:
    """The help of every command costs no more than click does, or six times Python alone."""
    commands = {" ".join(names): count for names, count in every_command(cli)}
    module = ("-m", "elastic_mirror_policy")
    wanted = {name: (*module, *name.split(), "--help") for name in commands}
    bare = {f"bare {n}": ("-c", BARE_CLICK.format(options=n)) for n in set(commands.values())}
    taken = medians(
        {"nothing": ("-c", "pass"), "--version": (*module, "--version"), **wanted, **bare}
    )
    nothing = taken["nothing"]
    limits = {
        name: max(6 * nothing, 1.15 * taken[f"bare {count}"]) for name, count in commands.items()
    }
    limits["--version"] = 6 * nothing
    slowest = max(limits, key=lambda name: taken[name] / limits[name])

    table.add(
        f"CPU of --help of all {len(commands)} commands, and of --version",
        f"{min(taken[name] for name in limits) / nothing:.1f} to "
        f"{max(taken[name] for name in limits) / nothing:.1f} times `python -c pass` "
        f"({1000 * nothing:.0f} ms); nearest to its limit: "
        f"{taken[slowest] / limits[slowest]:.2f} ({slowest or 'the command itself'})",
        "<= 6 times, or 1.15 of a bare click program with as many options",
        holds=all(taken[name] <= limit for name, limit in limits.items()),
    )
