"""The shell completion that the documentation tells how to switch on."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.needs import REPOSITORY
from support.snippets import PROGRAM

PAGE = (REPOSITORY / "docs" / "how-to" / "completion.md").read_text("utf-8")
LINES = re.findall(r"(_[A-Z_]+_COMPLETE)=(\w+)_source", PAGE)


def answer(**variables: str) -> str:
    """Return what the installed command prints with some variables set."""
    command = Path(sys.executable).with_name(PROGRAM)
    environment = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", **variables}
    ran = subprocess.run([command], env=environment, capture_output=True, check=True, text=True)
    return ran.stdout


def test_the_page_names_three_shells() -> None:
    """Those that click completes for."""
    assert [shell for _, shell in LINES] == ["bash", "zsh", "fish"]


@pytest.mark.parametrize(("variable", "shell"), LINES)
def test_the_line_of_the_page_gives_a_script(variable: str, shell: str) -> None:
    """What a reader puts into the start-up file does something."""
    assert f"{variable}={shell}_complete" in answer(**{variable: f"{shell}_source"})


@pytest.mark.parametrize("variable", {variable for variable, _ in LINES})
def test_a_beginning_is_completed(variable: str) -> None:
    """Commands are found without loading them all."""
    words = {"COMP_WORDS": f"{PROGRAM} ro", "COMP_CWORD": "1"}

    assert answer(**{variable: "bash_complete"}, **words).split() == ["plain,rollback"]
