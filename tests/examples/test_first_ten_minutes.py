"""A user's first ten minutes: the README's commands, typed into a shell on a fresh machine."""

import itertools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from support.example_runs import Ended, run_program
from support.needs import REPOSITORY, leave_out
from support.snippets import FENCE, PROGRAM, snippets
from support.transcripts import missing_parts

from elastic_mirror_policy import __version__

MACHINE: Final = {name: os.environ[name] for name in os.environ if not name.startswith("PYTHON")}
"""The environment before the tests hide it: pip may need it to reach its index."""
README: Final = (REPOSITORY / "README.md").read_text("utf-8")
MIRROR: Final = "https://mirror.corp"
"""The mirror in the README."""
NO_INDEX: Final = ("No matching distribution found", "No route to host", "connection", "timed out")
"""What pip says when it reaches no index, or one that has nothing."""
READY: Final = "Ctrl-C ends it.\n"
PATIENCE: Final = 240.0
TREE: Final = ("elastic_mirror_policy", "README.md", "LICENSE", "pyproject.toml")


def typed(beginning: str) -> str:
    """Return the one command line of the README that begins like this."""
    blocks = (s.typed for s in snippets() if s.page == "README.md" and s.language == "console")
    (line,) = [line for text in blocks for line in text.splitlines() if line.startswith(beginning)]
    return line


def shown_demo() -> str:
    """Return what the README shows of the demo."""
    match = FENCE.search(README.split("<!-- demo:begin -->")[1])
    assert match is not None
    return match["body"]


def shell(line: str, folder: Path, environment: Mapping[str, str]) -> Ended:
    """Type one line."""
    return run_program("sh", "-c", line, folder=folder, environment=environment, patience=PATIENCE)


def install(line: str, folder: Path) -> Ended:
    """Type a line that installs something; without an index the test is left out."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{MACHINE['PATH']}"
    ended = shell(line, folder, {**MACHINE, "PATH": path})
    if ended.returncode and any(words in ended.stderr for words in NO_INDEX):
        leave_out("pip reaches no package index")
    assert ended.returncode == 0, ended
    return ended


@dataclass(frozen=True, slots=True)
class Installed:
    """A copy of the project after the first command of the README, and what that printed."""

    folder: Path
    printed: str

    @property
    def programs(self) -> Path:
        """Where the commands are."""
        return self.folder / ".venv" / "bin"


@dataclass(frozen=True, slots=True)
class Terminal:
    """A shell in which the environment is activated and the Kibana of the demo is set."""

    folder: Path
    environment: Mapping[str, str]
    mirror: str
    suggested: tuple[str, ...]

    def type(self, line: str) -> Ended:
        """Type a line, with the demo's mirror in the place of the README's."""
        return shell(line.replace(MIRROR, self.mirror), self.folder, self.environment)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Type the first command of the quick start."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in TREE:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    line = README.split("## Quick start")[1].split("\n$ ")[1].partition("\n")[0]
    return Installed(folder, install(line, folder).stdout)


@pytest.fixture
def terminal(installed: Installed, tmp_path: Path) -> Iterator[Terminal]:
    """Give a terminal for the Kibana that `demo --serve` keeps running in another."""
    path = f"{installed.programs}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(tmp_path)}
    with subprocess.Popen(
        [installed.programs / PROGRAM, "demo", "--serve"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as demo:
        try:
            yield terminal_beside(demo, tmp_path, environment)
        finally:
            demo.send_signal(signal.SIGINT)
        assert demo.wait(PATIENCE) == 0


def terminal_beside(
    demo: subprocess.Popen[str], folder: Path, environment: Mapping[str, str]
) -> Terminal:
    """Return a terminal where what the demo printed when it was ready has been pasted."""
    assert demo.stdout is not None
    lines = [line.strip() for line in itertools.takewhile(lambda s: s != READY, demo.stdout)]
    pasted = [line.removeprefix("export ") for line in lines if line.startswith("export ")]
    exported = dict(line.split("=", 1) for line in pasted)
    (mirror,) = [line.split()[-1] for line in lines if line.startswith("A mirror ")]
    tries = tuple(line.removeprefix("Try: ") for line in lines if line.startswith("Try: "))
    return Terminal(folder, {**environment, **exported}, mirror, tries)


def test_the_first_command_shows_the_tour(installed: Installed) -> None:
    """It prints what the README shows."""
    assert missing_parts(shown_demo(), installed.printed) == []


def test_what_the_served_demo_suggests_works(terminal: Terminal) -> None:
    """`doctor` finds all well, and `plan` has changes to show."""
    doctor, plan = map(terminal.type, terminal.suggested)

    assert "doctor" in terminal.suggested[0]
    assert doctor.returncode == 0, doctor
    assert plan.returncode == 2, plan
    assert f"(not set) -> {terminal.mirror}" in plan.stdout


def test_apply_look_and_roll_back_as_the_readme_says(terminal: Terminal) -> None:
    """Everything is done, all of it is in the journal, and all of it is taken back."""
    plan = f"{PROGRAM} plan --base-url {MIRROR}"
    before = terminal.type(plan)

    checked = terminal.type(typed(f"{PROGRAM} mirror check"))
    applied = terminal.type(typed(f"{PROGRAM} apply"))
    nothing = terminal.type(plan)
    journal = terminal.type(typed(f"{PROGRAM} journal"))
    undone = terminal.type(typed(f"{PROGRAM} rollback"))
    after = terminal.type(plan)

    assert checked.returncode == applied.returncode == journal.returncode == undone.returncode == 0
    assert (before.returncode, nothing.returncode, after.returncode) == (2, 0, 2)
    assert "6 policies: 6 succeeded" in applied.stdout
    assert "6 policies: 6 succeeded" in undone.stdout
    assert "APAC 東京 workstations" in journal.stdout
    assert after.stdout.count("->") == before.stdout.count("->")


@pytest.mark.parametrize("command", [PROGRAM, "python -m elastic_mirror_policy"])
def test_the_version_is_told(installed: Installed, tmp_path: Path, command: str) -> None:
    """By the command and by the module."""
    environment = {"PATH": f"{installed.programs}{os.pathsep}{os.environ['PATH']}"}

    ended = shell(f"{command} --version", tmp_path, environment)

    assert ended.returncode == 0, ended
    assert ended.stdout.strip().endswith(__version__)


def test_without_the_extra_one_line_says_how_to_get_it(
    installed: Installed, tmp_path: Path
) -> None:
    """Python users need no click; who then types the command learns what is missing."""
    pip = installed.programs / "pip"
    install(
        f"python3 -m venv --without-pip bare && {pip} --python bare install -q {installed.folder}",
        tmp_path,
    )
    environment = {"PATH": f"{tmp_path / 'bare' / 'bin'}{os.pathsep}{os.environ['PATH']}"}

    ended = shell(f"{PROGRAM} --version", tmp_path, environment)
    imported = shell("python -c 'import elastic_mirror_policy.testing'", tmp_path, environment)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.count("\n") == 1
    assert "pip install 'PATH[cli]'" in ended.stderr
    assert imported.returncode == 0, imported
