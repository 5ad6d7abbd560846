"""Measuring: servers and clients in processes of their own, and medians."""

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.bench_page import Table

__all__ = ["Table", "client", "medians", "served"]

SERVERS = Path(__file__).with_name("bench_servers.py")
ROUNDS = 5
"""How often everything is measured; the median counts."""

Facts = dict[str, Any]


@contextmanager
def served(kind: str, **options: object) -> Iterator[Facts]:
    """Run a server of `bench_servers.py` in a process of its own for the time of the block."""
    with started(SERVERS, kind, json.dumps(options)) as (facts, _):
        yield facts


@contextmanager
def started(script: Path, *arguments: str) -> Iterator[tuple[Facts, Callable[[str], Facts]]]:
    """Run a server for the time of the block; give its facts, and what asks it a question."""
    command = [sys.executable, str(script), *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        questions, answers = process.stdin, process.stdout
        assert questions is not None
        assert answers is not None

        def ask(question: str) -> Facts:
            questions.write(f"{question}\n")
            questions.flush()
            return dict(json.loads(answers.readline()))

        try:
            yield json.loads(answers.readline()), ask
        finally:
            questions.close()
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
