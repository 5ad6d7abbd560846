"""Runs of the example scripts, as their users run them."""

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from support.commands import PATIENCE
from support.needs import REPOSITORY

EXAMPLES: Final = REPOSITORY / "examples"
SCRIPTS: Final = tuple(sorted(path.name for path in EXAMPLES.glob("*.py")))
SECRET: Final = re.compile(r"(KIBANA|ELASTICSEARCH)_(API_KEY|PASSWORD)")
"""How the names of variables that hold a credential begin."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended."""

    returncode: int
    stdout: str
    stderr: str


def run_script(
    script: str | Path, *arguments: str | Path, folder: Path, environment: Mapping[str, str]
) -> Ended:
    """Run an example, or a copy of one, to its end.

    Args:
        script: Its name, or the path of the copy.
        arguments: What stands behind it on the command line.
        folder: Where it is run.
        environment: All that its user has set.
    """
    return run_python(EXAMPLES / script, *arguments, folder=folder, environment=environment)


def run_python(*arguments: str | Path, folder: Path, environment: Mapping[str, str]) -> Ended:
    """Run Python with these arguments to its end."""
    return run_program(sys.executable, *arguments, folder=folder, environment=environment)


def run_program(
    *words: str | Path,
    folder: Path,
    environment: Mapping[str, str],
    patience: float = PATIENCE,
) -> Ended:
    """Run a program to its end.

    Raises:
        AssertionError: It printed a traceback or a credential.
    """
    done = subprocess.run(
        list(map(str, words)),
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
        timeout=patience,
    )
    printed = done.stdout + done.stderr
    assert "Traceback" not in printed, printed
    assert not [name for name in secrets_in(environment) if environment[name] in printed]
    return Ended(done.returncode, done.stdout, done.stderr)


def secrets_in(environment: Mapping[str, str]) -> list[str]:
    """Return the names of the variables that hold a credential of ours."""
    return [name for name, value in environment.items() if SECRET.match(name) and value]
