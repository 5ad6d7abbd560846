"""Every snippet of the README and of the documentation is run, or at least parsed."""

import ast
import configparser
import contextlib
import itertools
import json
import subprocess
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click
import pytest
import yaml
from support.needs import REPOSITORY
from support.snippets import Snippet, own_commands, pages, snippets

from elastic_mirror_policy._cli import cli
from elastic_mirror_policy.plan.rules import MirrorRules
from elastic_mirror_policy.testing import FakeKibana
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

ALL = tuple(snippets())
OUTPUT = {"text"}
"""Blocks that show what a program prints, or a drawing."""
BY_SPHINX = ("{toctree}", "{include}", "{eval-rst}", "{note}", "{warning}", "{tip}")
KIBANA = "https://kibana.corp:5601"
MIRROR = "https://mirror.corp"
KEY = '"..."'


def of(*languages: str) -> list[Snippet]:
    """Return the blocks in one of these languages."""
    return [snippet for snippet in ALL if snippet.language in languages]


def parse_shell(text: str) -> None:
    """Fail unless a shell can parse it."""
    subprocess.run(["bash", "-n"], input=text, text=True, check=True, capture_output=True)


def parse_ini(text: str) -> None:
    """Fail unless it is a unit file or the like."""
    configparser.ConfigParser(strict=False, interpolation=None).read_string(text)


PARSERS: dict[str, Callable[[str], object]] = {
    "console": parse_shell,
    "ini": parse_ini,
    "json": json.loads,
    "python": ast.parse,
    "sh": parse_shell,
    "toml": tomllib.loads,
    "yaml": yaml.safe_load,
}
LOOKED_AT_ELSEWHERE = {"apache", "nginx"}
"""Web servers parse these themselves, in the tests of the served mirror."""


def python_pages() -> list[str]:
    """Return the pages that have Python to run."""
    return sorted({snippet.page for snippet in of("python")})


def python_of(page: str, replaced: Mapping[str, str]) -> Iterator[str]:
    """Yield the Python of a page, with addresses and keys replaced."""
    for snippet in of("python"):
        if snippet.page == page:
            text = snippet.text
            for shown, real in replaced.items():
                text = text.replace(shown, real)
            yield "\n" * snippet.line + text


def shell_calls() -> list[tuple[str, list[str]]]:
    """Return each call of our own command, with where it stands."""
    return [
        (str(snippet), arguments)
        for snippet in of("console", "sh", "yaml")
        for arguments in own_commands(snippet.typed)
        if arguments
    ]


def make_contexts(arguments: list[str]) -> None:
    """Parse a command line as the program does, without running it."""
    context = cli.make_context("elastic-mirror-policy", list(arguments))
    while isinstance(context.command, click.Group):
        rest = [*context._protected_args, *context.args]
        name, command, rest = context.command.resolve_command(context, rest)
        assert command is not None
        context = command.make_context(name, rest, parent=context)


@pytest.mark.parametrize("snippet", ALL, ids=str)
def test_every_block_is_in_a_language_that_is_checked(snippet: Snippet) -> None:
    """A block that nobody checks goes stale."""
    known = {*PARSERS, *OUTPUT, *LOOKED_AT_ELSEWHERE}

    assert snippet.language in known or snippet.language.startswith(BY_SPHINX)


@pytest.mark.parametrize("snippet", of(*PARSERS), ids=str)
def test_every_block_can_be_parsed(snippet: Snippet) -> None:
    """What is shown can at least be read by what it is written for."""
    PARSERS[snippet.language](snippet.typed)


@pytest.mark.parametrize("snippet", of("console"), ids=str)
def test_every_console_shows_what_to_type(snippet: Snippet) -> None:
    """A line to type begins with a prompt."""
    assert snippet.typed


@pytest.mark.parametrize(
    ("place", "arguments"), shell_calls(), ids=[place for place, _ in shell_calls()]
)
def test_every_command_that_is_shown_exists(place: str, arguments: list[str]) -> None:
    """Options and arguments are those of the program."""
    with contextlib.suppress(click.exceptions.Exit):
        make_contexts(arguments)

    assert place


def test_the_documentation_shows_every_command() -> None:
    """What can be done is shown somewhere."""
    shown = {arguments[0] for _, arguments in shell_calls() if arguments}

    assert set(cli.list_commands(click.Context(cli))) <= shown


@pytest.mark.parametrize("page", python_pages())
def test_the_python_of_a_page_runs_from_top_to_bottom(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page tells one story; its blocks share their names."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "snippet"}

    with FakeKibana.example() as fake, FakeArtifactServer.example(fake.version) as mirror:
        replaced = {KIBANA: fake.url, KEY: repr(fake.api_key), MIRROR: mirror.url}
        for source in python_of(page, replaced):
            exec(compile(source, page, "exec"), names)  # noqa: S102 - our own documentation

    assert len(names) > 1


@pytest.mark.parametrize("snippet", [s for s in of("toml") if "[[rule]]" in s.text], ids=str)
def test_every_rule_that_is_shown_can_be_used(snippet: Snippet, tmp_path: Path) -> None:
    """TOML alone does not make a rule."""
    file = tmp_path / "mirror.toml"
    file.write_text(snippet.text, encoding="utf-8")

    assert MirrorRules.from_toml(file).rules


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    """The README is read in places where nobody builds the documentation."""
    links = itertools.chain.from_iterable(
        line.split("](")[1:] for line in page.read_text("utf-8").splitlines()
    )
    targets = [link.split(")")[0].split("#")[0] for link in links]
    files = [target for target in targets if target and "://" not in target]

    assert [file for file in files if not (page.parent / file).exists()] == []
