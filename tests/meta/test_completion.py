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
SHELLS = re.findall(r"elastic-mirror-policy completion (\w+)", PAGE)
VARIABLE = "_ELASTIC_MIRROR_POLICY_COMPLETE"


def answer(*words: str, **variables: str) -> str:
    """Return what the installed command prints with some variables set."""
    command = Path(sys.executable).with_name(PROGRAM)
    environment = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", **variables}
    ran = subprocess.run(
        [command, *words], env=environment, capture_output=True, check=True, text=True
    )
    return ran.stdout


def completed(words: str, begun: int, **variables: str) -> list[str]:
    """Return what completes the word at a place of a command line."""
    typed = {"COMP_WORDS": f"{PROGRAM} {words}", "COMP_CWORD": str(begun), **variables}
    lines = answer(**{VARIABLE: "bash_complete"}, **typed).split()
    return [line.partition(",")[2] for line in lines]


def test_the_page_names_three_shells() -> None:
    """Those that click completes for."""
    assert SHELLS == ["bash", "zsh", "fish"]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_line_of_the_page_gives_a_script(shell: str) -> None:
    """What a reader puts into the start-up file asks the command for what completes a word."""
    assert f"{VARIABLE}={shell}_complete" in answer("completion", shell)


@pytest.mark.parametrize(
    ("words", "begun", "found"),
    [
        ("ro", 1, ["rollback"]),
        ("apply --allow el", 3, ["elastic-cdn"]),
        ("plan --set linux.ch", 3, ["linux.channel="]),
        ("plan --unset proxy_d", 3, ["proxy_disable"]),
        ("completion f", 2, ["fish"]),
    ],
)
def test_a_beginning_is_completed(words: str, begun: int, found: list[str]) -> None:
    """Commands, risks and keys."""
    assert completed(words, begun) == found


@pytest.mark.parametrize("words", ["rollback {}", "journal {}", "apply --resume {}"])
def test_a_journal_is_completed(words: str, tmp_path: Path) -> None:
    """Other files are not offered while there are journals."""
    for name in ("a.journal", "b.txt"):
        (tmp_path / name).touch()

    typed = words.format(f"{tmp_path}/")

    assert completed(typed, len(typed.split())) == [f"{tmp_path}/a.journal"]


def test_without_a_journal_the_shell_looks_for_files(tmp_path: Path) -> None:
    """A journal may be called as anybody likes."""
    begun = str(tmp_path / "evid")

    assert completed(f"rollback {begun}", 2) == [begun]


@pytest.mark.parametrize("where", ["--config {}/elastic-mirror-policy.toml ", ""])
@pytest.mark.parametrize(
    ("content", "found"), [("[kibana.emea]\n[kibana.us]\n", ["emea"]), ("[", [])]
)
def test_a_kibana_is_completed(where: str, content: str, found: list[str], tmp_path: Path) -> None:
    """The names of the file that is given, or of the one in the user's folder; none if broken."""
    (tmp_path / "elastic-mirror-policy.toml").write_text(content, "utf-8")
    typed = f"plan {where.format(tmp_path)}--kibana e"

    assert completed(typed, len(typed.split()), XDG_CONFIG_HOME=str(tmp_path)) == found
