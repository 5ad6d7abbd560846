"""The shell completion that the documentation tells how to switch on."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.needs import REPOSITORY
from support.snippets import PROGRAM

PAGE = (REPOSITORY / "docs" / "how-to" / "completion.md").read_text("utf-8")
SHELLS = re.findall(r"elastic-mirror-policy completion (\w+)", PAGE)
VARIABLE = "_ELASTIC_MIRROR_POLICY_COMPLETE"


COMMAND = Path(sys.executable).with_name(PROGRAM)

BASH = """
shopt -u failglob nullglob
compopt() { echo "set $2"; }
. /dev/stdin
COMP_LINE=$1 COMP_POINT=${#1}
_elastic_mirror_policy_completion "$2"
printf 'word %s\\n' "${COMPREPLY[@]}"
"""
"""What bash does when the tabulator is pressed behind the line `$1`; `$2` is the command."""


def answer(*words: str, **variables: str) -> str:
    """Return what the installed command prints with some variables set."""
    environment = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", **variables}
    ran = subprocess.run(
        [COMMAND, *words], env=environment, capture_output=True, check=True, text=True
    )
    return ran.stdout


def completed(words: str, **variables: str) -> list[str]:
    """Return what completes a command line."""
    typed = {"COMP_WORDS": f"{PROGRAM} {words}", **variables}
    lines = answer(**{VARIABLE: "bash_complete"}, **typed).splitlines()
    return [line.split("\t")[1] for line in lines if line]


def bash(words: str, folder: Path) -> list[str]:
    """Return what the script of bash offers in a folder, and how bash is to insert it."""
    ran = subprocess.run(
        ["bash", "--norc", "-c", BASH, "bash", f"{PROGRAM} {words}", COMMAND],
        input=answer("completion", "bash"),
        cwd=folder,
        env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "HOME": str(folder)},
        capture_output=True,
        check=True,
        text=True,
    )
    assert ran.stderr == ""
    return ran.stdout.splitlines()


def test_the_page_names_three_shells() -> None:
    """Those that click completes for."""
    assert SHELLS == ["bash", "zsh", "fish"]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_line_of_the_page_gives_a_script(shell: str) -> None:
    """What a reader puts into the start-up file asks the command for what completes a word."""
    assert f"{VARIABLE}={shell}_complete" in answer("completion", shell)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ro", ["rollback"]),
        ("apply --allow el", ["elastic-cdn"]),
        ("apply --allow=el", ["elastic-cdn"]),
        ("apply --name 'a b' --allow el", ["elastic-cdn"]),
        ("plan --set linux.ch", ["linux.channel="]),
        ("plan --unset proxy_d", ["proxy_disable"]),
        ("completion f", ["fish"]),
        ("completion ", ["bash", "zsh", "fish"]),
    ],
)
def test_a_beginning_is_completed(words: str, found: list[str]) -> None:
    """Commands, risks and keys."""
    assert completed(words) == found


@pytest.mark.parametrize("words", ["rollback {}", "journal {}", "apply --resume {}"])
def test_a_journal_is_completed(words: str, tmp_path: Path) -> None:
    """Other files are not offered while there are journals."""
    for name in ("a.journal", "b.txt"):
        (tmp_path / name).touch()

    typed = words.format(f"{tmp_path}/")

    assert completed(typed) == [f"{tmp_path}/a.journal"]


def test_without_a_journal_the_shell_looks_for_files(tmp_path: Path) -> None:
    """A journal may be called as anybody likes."""
    begun = str(tmp_path / "evid")

    assert completed(f"rollback {begun}") == [begun]


@pytest.mark.parametrize("where", ["--config {}/elastic-mirror-policy.toml ", ""])
@pytest.mark.parametrize(
    ("content", "found"), [("[kibana.emea]\n[kibana.us]\n", ["emea"]), ("[", [])]
)
def test_a_kibana_is_completed(where: str, content: str, found: list[str], tmp_path: Path) -> None:
    """The names of the file that is given, or of the one in the user's folder; none if broken."""
    (tmp_path / "elastic-mirror-policy.toml").write_text(content, "utf-8")
    typed = f"plan {where.format(tmp_path)}--kibana e"

    assert completed(typed, XDG_CONFIG_HOME=str(tmp_path)) == found


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("ro", ["word rollback"]),
        ("rollback it", ["set filenames", "word it's; x.journal"]),
        ("rollback it\\'s\\;\\ ", ["set filenames", "word it's; x.journal"]),
        ('rollback "it', ["set filenames", "word it's; x.journal"]),
        ("rollback a:", ["set filenames", "word b.journal"]),
        ("plan --set ch", ["set nospace", "word channel="]),
        ("plan --allow=el", ["word elastic-cdn"]),
        ("mirror sync a", ["set default", "word "]),
        ("plan --name a", ["word "]),
    ],
)
def test_bash_inserts_what_it_can_read_again(
    words: str, offered: list[str], tmp_path: Path
) -> None:
    """It quotes what is no plain word (`filenames`), and goes on after `=` and `:`.

    A journal whose name no line can hold is not offered.
    """
    for name in ("it's; x.journal", "a:b.journal", "it\nx.journal", "it\x1b[7m.journal"):
        (tmp_path / name).touch()

    assert bash(words, tmp_path) == offered


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
def test_zsh_can_read_its_script() -> None:
    """Its own parser says so; what it offers was only ever seen at a terminal."""
    script = answer("completion", "zsh")

    ran = subprocess.run(["zsh", "-fn"], input=script, capture_output=True, check=False, text=True)

    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("ap", ["apply\tShow a plan, and write it with --yes."]),
        ("rollback it", ["it's; x.journal"]),
        ("plan --color=ne", ["--color=never"]),
        ("mirror sync a", ["a b/"]),
        ("plan --ca-cert=a", ["--ca-cert=a b/"]),
    ],
)
def test_fish_offers_it(words: str, offered: list[str], tmp_path: Path) -> None:
    """With what it means, also behind a comma, and paths where a path is wanted."""
    (tmp_path / "it's; x.journal").touch()
    (tmp_path / "a b").mkdir()
    script = tmp_path / "completion"
    script.write_text(answer("completion", "fish"), "utf-8")
    ran = subprocess.run(
        ["fish", "-N", "-c", f"source completion; complete -C '{COMMAND} {words}'"],
        cwd=tmp_path,
        env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "HOME": str(tmp_path)},
        capture_output=True,
        check=True,
        text=True,
    )

    assert (ran.stdout.splitlines(), ran.stderr) == (offered, "")
