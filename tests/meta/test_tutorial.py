"""The tutorial, typed line by line against a Kibana and a mirror made up for it."""

import itertools
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.snippets import PROGRAM, snippets
from support.transcripts import missing_parts, parts_of

from elastic_mirror_policy._cli import run
from elastic_mirror_policy.testing import FakeKibana
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

PAGE = "docs/tutorial.md"
EXIT_CODES = {
    "doctor": 0,
    "policies": 0,
    "mirror": 0,
    "journal": 0,
    "plan": 2,
    "rollback": 2,
    "apply": 1,
    "apply again": 0,
    "plan again": 0,
    "rollback again": 0,
}
"""How each command of the tutorial ends, the first time and the second."""


def steps() -> Iterator[tuple[str, str]]:
    """Yield each call of our command that shows what it prints, with that."""
    for snippet in snippets():
        if snippet.page == PAGE and snippet.language == "console":
            for text in re.split(r"^\$ ", snippet.text, flags=re.MULTILINE)[1:]:
                line, _, shown = text.partition("\n")
                if line.startswith(PROGRAM) and shown.strip():
                    yield line.removeprefix(PROGRAM), shown


@pytest.fixture
def playground(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Be where the tutorial is after its first section."""
    with FakeKibana.example() as kibana, FakeArtifactServer.example(kibana.version) as mirror:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("KIBANA_URL", kibana.url)
        monkeypatch.setenv("KIBANA_API_KEY", kibana.api_key)
        monkeypatch.setenv("MIRROR", mirror.url)
        yield


def typed(line: str) -> list[str]:
    """Return the words that the shell makes of a line."""
    return shlex.split(os.path.expandvars(line))


def python_parts() -> Iterator[tuple[str, str]]:
    """Yield each piece of Python of the tutorial, with the output shown after it."""
    blocks = [snippet for snippet in snippets() if snippet.page == PAGE]
    for code, shown in itertools.pairwise(blocks):
        if code.language == "python":
            yield code.text, shown.text


@pytest.mark.usefixtures("playground")
def test_the_python_of_the_tutorial_prints_what_it_shows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is pasted where the commands were typed, and ends as they did."""
    ((code, shown),) = python_parts()

    exec(compile(code, PAGE, "exec"), {})  # noqa: S102 - our own documentation

    assert missing_parts(shown, capsys.readouterr().out) == []


@pytest.mark.usefixtures("playground")
def test_the_tutorial_prints_what_it_shows(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever follows it sees what is on the page, with the exit codes that the text names."""
    ended: dict[str, int] = {}
    missing: list[str] = []

    for line, shown in steps():
        name = line.split()[0]
        code = run(typed(line))
        ended[f"{name} again" if name in ended else name] = code
        printed = capsys.readouterr()
        missing += missing_parts(shown, printed.err + printed.out)

    assert missing == []
    assert ended == EXIT_CODES


def test_parts_in_another_order_are_noticed() -> None:
    """A comparison that finds everything compares nothing."""
    assert missing_parts("b\n[...]\na\n[...]\nx", "a\nb\nc") == ["a", "x"]
    assert parts_of("[...]\nport 127.0.0.1:80\n") == ["port 127.0.0.1:PORT"]
