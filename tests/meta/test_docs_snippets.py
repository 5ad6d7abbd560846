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
from support.snippets import Snippet, own_commands, pages, snippets

from elastic_mirror_policy._cli import cli
from elastic_mirror_policy.errors import ConfigurationError
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


def test_every_block_is_in_a_language_that_is_checked() -> None:
    """A block that nobody checks goes stale."""
    known = {*PARSERS, *OUTPUT, *LOOKED_AT_ELSEWHERE}
    strange = [s for s in ALL if s.language not in known and not s.language.startswith(BY_SPHINX)]

    assert [str(snippet) for snippet in strange] == []


def parse_error(snippet: Snippet) -> str:
    """Return why a block cannot be parsed, or nothing."""
    try:
        PARSERS[snippet.language](snippet.typed)
    except (
        SyntaxError,
        ValueError,
        configparser.Error,
        subprocess.CalledProcessError,
        yaml.YAMLError,
    ) as exc:
        return f"{snippet}: {exc}"
    return ""


def test_every_block_can_be_parsed() -> None:
    """What is shown can at least be read by what it is written for."""
    assert list(filter(None, map(parse_error, of(*PARSERS)))) == []


def test_a_block_that_cannot_be_parsed_is_named() -> None:
    """The rule above can fail."""
    assert "docs/x.md:3" in parse_error(Snippet("docs/x.md", 3, "python", "def ("))


def test_every_console_shows_what_to_type() -> None:
    """A line to type begins with a prompt."""
    assert [str(snippet) for snippet in of("console") if not snippet.typed] == []


def usage_error(place: str, arguments: list[str]) -> str:
    """Return why the program would refuse a command line, or nothing."""
    try:
        with contextlib.suppress(click.exceptions.Exit):
            make_contexts([MIRROR if word == "$MIRROR" else word for word in arguments])
    except (click.UsageError, ConfigurationError) as exc:
        return f"{place}: {exc}"
    return ""


def test_every_command_that_is_shown_exists() -> None:
    """Options and arguments are those of the program."""
    calls = shell_calls()

    assert list(filter(None, (usage_error(*call) for call in calls))) == []
    assert usage_error("docs/x.md", ["plan", "--no-such-option"])


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
        monkeypatch.setenv("KIBANA_URL", fake.url)
        monkeypatch.setenv("KIBANA_API_KEY", fake.api_key)
        monkeypatch.setenv("MIRROR", mirror.url)
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


def broken_links(page: Path) -> list[str]:
    """Return the links of a page to files that are not there."""
    links = itertools.chain.from_iterable(
        line.split("](")[1:] for line in page.read_text("utf-8").splitlines()
    )
    targets = [link.split(")")[0].split("#")[0] for link in links]
    files = [target for target in targets if target and "://" not in target]
    return [f"{page.name}: {file}" for file in files if not (page.parent / file).exists()]


def test_every_link_to_a_file_leads_somewhere() -> None:
    """The README is read in places where nobody builds the documentation."""
    assert [link for page in pages() for link in broken_links(page)] == []
