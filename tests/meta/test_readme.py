"""The README is short, and true: its demo, its two commands, its numbers."""

import ast
import re

import pytest
from support.needs import REPOSITORY
from support.snippets import FENCE, snippets
from support.transcripts import missing_parts, parts_of

from elastic_mirror_policy._cli import USAGE, run

README = (REPOSITORY / "README.md").read_text("utf-8")
NOXFILE = (REPOSITORY / "noxfile.py").read_text("utf-8")
MOST_LINES = 120
MARKS = ("<!-- demo:begin -->", "<!-- demo:end -->")


def shown_demo() -> str:
    """Return what the README shows of the demo."""
    block = README.split(MARKS[0])[1].split(MARKS[1])[0]
    match = FENCE.search(block)
    assert match is not None
    return match["body"]


def quick_start() -> list[str]:
    """Return the commands of the quick start."""
    section = README.split("## Quick start")[1].split("\n## ")[0]
    match = FENCE.search(section)
    assert match is not None
    return [line.removeprefix("$ ") for line in match["body"].splitlines()]


def test_the_readme_has_at_most_120_lines() -> None:
    """Longer matter has its own pages."""
    assert README.count("\n") <= MOST_LINES


def test_the_demo_in_the_readme_is_what_the_program_prints(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Parts are left out, none is made up, and their order is kept."""
    code = run(["demo"])

    assert code == 0
    assert len(parts_of(shown_demo())) > 1
    assert missing_parts(shown_demo(), capsys.readouterr().out) == []


def test_the_quick_start_has_exactly_two_commands() -> None:
    """One shows the product, one runs the tests; each is one line."""
    demo, tests = quick_start()

    assert demo.endswith("elastic-mirror-policy demo")
    assert tests.endswith("nox")


def test_ci_runs_the_test_command_of_the_readme() -> None:
    """What readers are told is what is tried."""
    script = (REPOSITORY / ".ci" / "run").read_text("utf-8")

    assert quick_start()[1] in script.splitlines()


def test_the_exit_codes_are_those_of_the_program() -> None:
    """The table lists 0, 1, 2 and the code for a mistake."""
    table = README.split("## Exit codes")[1].split("\n## ")[0]

    assert re.findall(r"^\| (\d+) \|", table, re.MULTILINE) == ["0", "1", "2", str(USAGE)]


def test_a_plain_nox_runs_what_ci_runs() -> None:
    """The sessions that are run without a name, in their order."""
    listed = re.search(r"^nox\.options\.sessions = (\[.*?\])", NOXFILE, re.MULTILINE | re.DOTALL)

    assert listed is not None
    assert ast.literal_eval(listed[1]) == [
        "lint",
        "tests",
        "tests_min",
        "examples",
        "galaxy",
        "docs",
        "package",
    ]


def test_the_python_of_the_readme_is_short() -> None:
    """The first look fits on half a screen."""
    (example,) = (s for s in snippets() if s.page == "README.md" and s.language == "python")

    assert example.text.count("\n") <= 10
