"""Measuring: servers and clients in processes of their own, medians, and one table of results."""

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SERVERS = Path(__file__).with_name("bench_servers.py")
ROUNDS = 5
"""How often everything is measured; the median counts."""

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what was measured, what came out, and what must hold."""

    what: str
    measured: str
    hold: str
    holds: bool

    def __str__(self) -> str:
        return f"| {self.what} | {self.measured} | {self.hold} | {'yes' if self.holds else 'NO'} |"


@dataclass
class Table:
    """The rows of one run, in the order they were measured."""

    rows: list[Row] = field(default_factory=list)

    def add(self, what: str, measured: str, hold: str, *, holds: bool) -> None:
        """Keep a row, and fail when it does not hold."""
        row = Row(what, measured, hold, holds)
        self.rows.append(row)

        assert row.holds, f"{what}: {measured}, but {hold}"

    def note(self, what: str, measured: str) -> None:
        """Keep a row that promises nothing."""
        self.rows.append(Row(what, measured, "", holds=True))

    def __str__(self) -> str:
        head = "| what | measured | must hold | holds |\n| --- | --- | --- | --- |"
        return "\n".join([head, *map(str, self.rows)])


@contextmanager
def served(kind: str, **options: object) -> Iterator[Facts]:
    """Run a server of `bench_servers.py` in a process of its own for the time of the block."""
    command = [sys.executable, str(SERVERS), kind, json.dumps(options)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(timeout=60)


PROBE = """
import json, resource, sys, time
facts = json.loads(sys.argv[1])
def cpu():
    return time.process_time()
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
result = {}
"""


def client(code: str, **facts: object) -> Facts:
    """Run a client in a process of its own; it fills `result`, and may use `cpu` and `peak`."""
    script = PROBE + code + "\nprint(json.dumps(result))"
    command = [sys.executable, "-c", script, json.dumps(facts)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)

    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def medians(**measures: Callable[[], float]) -> dict[str, float]:
    """Return the median of each measure, taken in turns so that all see the same machine."""
    taken: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(ROUNDS):
        for name, measure in measures.items():
            taken[name].append(measure())
    return {name: statistics.median(values) for name, values in taken.items()}
