"""A user's first minutes with the installed command, and nothing but the README."""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.needs import REPOSITORY
from support.snippets import FENCE, PROGRAM

README = (REPOSITORY / "README.md").read_text("utf-8")
COMMAND = Path(sys.executable).with_name(PROGRAM)
MIRROR = "https://mirror.corp"
LIMIT = 60


@dataclass(frozen=True, slots=True)
class Playground:
    """What `demo --serve` runs.

    Attributes:
        process: The process that serves.
        environment: What it says to set.
        mirror: The mirror it names.
        folder: Where the user is.
    """

    process: subprocess.Popen[str]
    environment: dict[str, str]
    mirror: str
    folder: Path

    def type(self, line: str) -> int:
        """Return the exit code of a line of the README, with the mirror that there is."""
        words = shlex.split(line.replace(MIRROR, self.mirror))
        assert words[0] == PROGRAM
        ran = subprocess.run(
            [COMMAND, *words[1:]],
            cwd=self.folder,
            env=os.environ | self.environment,
            capture_output=True,
            timeout=LIMIT,
            check=False,
        )
        return ran.returncode


@pytest.fixture
def playground(tmp_path: Path) -> Iterator[Playground]:
    """Start `demo --serve` and read what it prints."""
    with subprocess.Popen(
        [COMMAND, "demo", "--serve"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        exports = [process.stdout.readline() for _ in range(2)]
        told = process.stderr.readline()
        environment = dict(re.findall(r"export (\w+)=(\S+)", "".join(exports)))
        yield Playground(process, environment, told.split()[-1], tmp_path)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=LIMIT)


def typed_in(title: str) -> list[str]:
    """Return the lines to type of a section of the README."""
    section = README.split(f"## {title}\n")[1].split("\n## ")[0]
    match = FENCE.search(section)
    assert match is not None
    return [line.removeprefix("$ ") for line in match["body"].splitlines()]


def test_the_first_minutes_go_as_the_readme_says(playground: Playground) -> None:
    """Look, plan, check the mirror, apply, read the journal, roll back."""
    look = [f"{PROGRAM} doctor", f"{PROGRAM} plan --base-url {MIRROR}"]
    check = typed_in("Verify the mirror, and the endpoints")[:1]
    write = typed_in("Apply, look, roll back")

    codes = [playground.type(line) for line in (*look, *check, *write, look[1])]

    assert "demo --serve" in README
    assert codes == [0, 2, 0, 0, 0, 0, 2]


def test_a_served_demo_ends_with_ctrl_c(playground: Playground) -> None:
    """It is no failure to stop it."""
    playground.process.send_signal(signal.SIGINT)

    assert playground.process.wait(LIMIT) == 0
