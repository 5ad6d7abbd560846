"""Runs of the example scripts, as their users run them."""

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
SECRET: Final = ("API_KEY", "PASSWORD")
"""What the names of variables that hold a credential contain."""


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

    Raises:
        AssertionError: It printed a traceback or a credential.
    """
    return run_python(EXAMPLES / script, *arguments, folder=folder, environment=environment)


def run_python(
    *arguments: str | Path, folder: Path, environment: Mapping[str, str], python: str = ""
) -> Ended:
    """Run Python with these arguments to its end.

    Raises:
        AssertionError: It printed a traceback or a credential.
    """
    done = subprocess.run(
        [python or sys.executable, *map(str, arguments)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
        timeout=PATIENCE,
    )
    printed = done.stdout + done.stderr
    assert "Traceback" not in printed, printed
    assert not [name for name in secrets_in(environment) if environment[name] in printed]
    return Ended(done.returncode, done.stdout, done.stderr)


def secrets_in(environment: Mapping[str, str]) -> list[str]:
    """Return the names of the variables that hold a credential."""
    return [name for name in environment if any(word in name for word in SECRET)]
