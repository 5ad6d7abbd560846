"""The command line as it is promised: commands, options, help, and the keys of its JSON."""

import re
import shlex
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from support.commands import Shell
from support.rollouts import MIRROR, OTHER_MIRROR

from elastic_mirror_policy._cli import COMMANDS, cli
from elastic_mirror_policy._cli import mirror as mirror_group
from elastic_mirror_policy._fleet.environment import VARIABLES

PLAIN = ("--base-url", MIRROR, "--no-check-mirror")
CONNECTION = {
    *("--kibana-url", "--api-key-file", "--username", "--password-file", "--space", "--ca-cert"),
    *("--all-spaces", "--timeout", "-v"),
}
SELECTION = {"--name", "--exclude", "--id", "--agent-policy"}
INTENT = {
    *("--base-url", "--linux-base-url", "--mac-base-url", "--windows-base-url"),
    *("--set", "--unset", "--rules"),
}
GUARDS = {"--expect-policies", "--max-policies", "--max-agents", "--allow"}
WRITING = {"-y", "--yes", "--journal", "--parallel", "--max-failures"}

PROMISED: dict[str, set[str]] = {
    "doctor": {*CONNECTION, "--format"},
    "policies": {*CONNECTION, *SELECTION, "--format"},
    "plan": {*CONNECTION, *SELECTION, *INTENT, *GUARDS, "--out", "--format"},
    "apply": {
        *(*CONNECTION, *SELECTION, *INTENT, *GUARDS, *WRITING, "--format"),
        *("--resume", "--wave", "--gate"),
    },
    "rollback": {*CONNECTION, *GUARDS, *WRITING, "--format"},
    "journal": {"--format"},
    "endpoints": {
        *(*CONNECTION, *SELECTION, "--mirror", "--wait", "--format"),
        "--elasticsearch-url",
    },
    "mirror check": {*CONNECTION, "--endpoint-version", "--fleet", "--fast", "--format"},
    "mirror sync": {"--endpoint-version", "--upstream", "--keep", "--format"},
    "mirror pack": {"--format"},
    "mirror unpack": {"--format"},
    "mirror config": {
        *("--mode", "--root", "--server-name", "--tls-cert", "--tls-key", "--upstream"),
    },
    "demo": {"--serve"},
    "completion": set(),
}
FORMATS = {
    "plan": {"text", "json", "markdown", "diff"},
    "apply": {"text", "json", "markdown", "diff"},
}
WITHOUT_RESULTS = {"completion", "demo", "mirror", "mirror config"}
EVERY = sorted([*COMMANDS, *(f"mirror {name}" for name in mirror_group.COMMANDS)])


def found(name: str) -> click.Command:
    """Return a command by its words."""
    command: click.Command = cli
    for word in name.split():
        assert isinstance(command, click.Group)
        inner = command.get_command(click.Context(command), word)
        assert inner is not None, f"there is no command {name}"
        command = inner
    return command


def options_of(name: str) -> set[str]:
    """Return every spelling of every option of a command."""
    return {
        spelling
        for option in found(name).params
        for spelling in (*option.opts, *option.secondary_opts)
    }


def test_every_promised_option_exists() -> None:
    """None of them was forgotten."""
    missing = {name: promised - options_of(name) for name, promised in PROMISED.items()}

    assert {name: options for name, options in missing.items() if options} == {}


def test_a_secret_has_no_option_of_its_own() -> None:
    """A command line can be seen by every user of the machine."""
    secret = re.compile(r"--(.*-)?(password|api-key|secret|token)$")

    assert [
        (name, option) for name in EVERY for option in options_of(name) if secret.match(option)
    ] == []


def described(shell: Shell, name: str, option: str) -> str | None:
    """Return what the help of a command says of an option, or None where it has none."""
    text = shell.run(*name.split(), "--help").out
    found = re.search(rf"(?m)^  {option} [A-Z]+\s+((?:.+\n)(?:\s{{8,}}.+\n)*)", text)
    return " ".join(found[1].split()) if found else None


def test_the_variables_in_every_help_are_those_that_are_read(shell: Shell) -> None:
    """Each by the first of its names."""
    read = {names[0] for names in VARIABLES.values()}
    read |= {"ELASTICSEARCH_URL", "ELASTICSEARCH_API_KEY"}
    helps = "".join(shell.run(*name.split(), "--help").out for name in EVERY)

    assert set(re.findall(r"\[((?:KIBANA|ELASTICSEARCH)_[A-Z_]+)\]", helps)) == read


@pytest.mark.parametrize("name", EVERY)
def test_ca_cert_means_one_thing_wherever_a_server_is_asked(shell: Shell, name: str) -> None:
    """The CAs that are trusted for every server; one server's own are named after it."""
    sentence = "PEM of CAs to trust besides the public ones, for every server that is asked."
    asks = "--timeout" in options_of(name)
    own = {option for option in options_of(name) if option.endswith("-ca-cert")} - {"--ca-cert"}

    assert described(shell, name, "--ca-cert") == (sentence if asks else None)
    assert own <= {"--kibana-ca-cert", "--mirror-ca-cert", "--elasticsearch-ca-cert"}
    limits = "PEM of the only CAs to trust for Kibana. [KIBANA_CA_CERT]"
    assert described(shell, name, "--kibana-ca-cert") == (limits if asks else None)
    for option in own - {"--kibana-ca-cert"}:
        whose = option.removeprefix("--").removesuffix("-ca-cert")
        told = described(shell, name, option) or ""
        assert re.match(rf"In place of --ca-cert for (the )?{whose}\.", told, re.IGNORECASE)


def formats_of(name: str) -> set[str]:
    """Return what `--format` of a command can be."""
    types = [option.type for option in found(name).params if "--format" in option.opts]
    return {str(form) for one in types if isinstance(one, click.Choice) for form in one.choices}


def test_every_command_with_results_takes_text_and_json() -> None:
    """`plan` and `apply` also Markdown and a diff."""
    results = [name for name in EVERY if name not in WITHOUT_RESULTS]
    wanted = {name: {"text", "json"} | FORMATS.get(name, set()) for name in results}

    assert [name for name in results if wanted[name] - formats_of(name)] == []


def test_the_table_of_commands_is_what_their_helps_say() -> None:
    """It is shown without importing any of them."""
    helps = {name: (found(name).help or "").split("\n")[0] for name in COMMANDS}

    assert helps == COMMANDS


def test_the_table_of_mirror_commands_is_what_their_helps_say() -> None:
    """As above."""
    helps = {
        name: (found(f"mirror {name}").help or "").split("\n")[0] for name in mirror_group.COMMANDS
    }

    assert helps == mirror_group.COMMANDS


def test_every_help_names_its_exit_codes(shell: Shell) -> None:
    """And fits into 100 columns."""
    helps = {name: shell.run(*name.split(), "--help") for name in EVERY}

    assert {(ended.code, ended.err) for ended in helps.values()} == {(0, "")}
    assert [n for n, ended in helps.items() if not re.search(r"Exit codes.*\b0\b", ended.out)] == []
    assert [n for n, ended in helps.items() if max(map(len, ended.out.splitlines())) > 100] == []


def examples_of(name: str) -> list[str]:
    """Return the command lines in the help of a command."""
    return re.findall(r"^ *elastic-mirror-policy (.*)$", found(name).help or "", re.MULTILINE)


def options_given(line: str) -> dict[str, object]:
    """Return what a command line says, as its command understands it."""
    words = shlex.split(line)
    command: click.Command = cli
    while isinstance(command, click.Group):
        inner = command.get_command(click.Context(command), words.pop(0))
        assert inner is not None
        command = inner
    return command.make_context("example", words).params


def test_every_help_has_one_example_that_parses() -> None:
    """It is a line of this very command."""
    examples = {name: examples_of(name) for name in EVERY}
    lines = {name: "".join(found) for name, found in examples.items()}

    assert [name for name, found in examples.items() if len(found) != 1] == []
    assert [name for name, line in lines.items() if not line.startswith(name)] == []
    assert [name for name, line in lines.items() if not options_given(line)] == []


def test_every_option_says_what_it_does() -> None:
    """In the help."""
    silent = [
        (name, option.name)
        for name in EVERY
        for option in found(name).params
        if isinstance(option, click.Option) and not option.help
    ]

    assert silent == []


@pytest.mark.parametrize("words", [("--help",), ("-h",)])
def test_the_help_lists_every_command(shell: Shell, words: tuple[str, ...]) -> None:
    """With its one line."""
    ended = shell.run(*words)

    assert ended.code == 0
    for name, line in COMMANDS.items():
        assert re.search(rf"^ +{name} +{re.escape(line)}$", ended.out, re.MULTILINE)


def test_the_version_can_be_asked(shell: Shell) -> None:
    """With the name of the command."""
    ended = shell.run("--version")

    assert ended.code == 0
    assert version("elastic-mirror-policy") in ended.out


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("policies",), "policies"),
        (("plan", *PLAIN), "plan"),
        (("apply", *PLAIN, "--yes", "--journal", "a.journal"), "report"),
        (("doctor",), "doctor"),
        (("endpoints",), "endpoint-report"),
    ],
)
@pytest.mark.usefixtures("fake")
def test_all_json_says_what_it_is(shell: Shell, words: tuple[str, ...], kind: str) -> None:
    """With the version of its schema."""
    document = shell.run(*words, "--format", "json").json

    assert (document["schema_version"], document["kind"]) == (1, kind)


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize(
    "own", [("--mac-base-url", OTHER_MIRROR), ("--set", f"mac.base_url={OTHER_MIRROR}")]
)
@pytest.mark.parametrize("common", [("--base-url", MIRROR), ("--set", f"base_url={MIRROR}")])
@pytest.mark.parametrize("turned", [False, True])
def test_the_base_url_of_one_system_wins(
    shell: Shell, common: tuple[str, ...], own: tuple[str, ...], *, turned: bool
) -> None:
    """However both were said, and in which order."""
    words = (*own, *common) if turned else (*common, *own)
    plan = shell.run("plan", *words, "--no-check-mirror", "--format", "json").json
    urls = {(e["os"], e["after"]) for change in plan["changes"] for e in change["edits"]}

    assert urls == {("linux", MIRROR), ("mac", OTHER_MIRROR), ("windows", MIRROR)}


@pytest.mark.usefixtures("fake")
def test_a_saved_plan_is_the_printed_plan(shell: Shell, tmp_path: Path) -> None:
    """`--out` writes what `--format json` prints."""
    printed = shell.run("plan", *PLAIN, "--format", "json", "--out", tmp_path / "plan.json")

    assert (tmp_path / "plan.json").read_text() == printed.out


def test_the_options_of_apply_stand_in_five_sections(shell: Shell) -> None:
    """None of them is outside, and those that can be given several times are marked."""
    out = shell.run("apply", "--help").out

    assert re.findall(r"^(\S.*):$", out, re.MULTILINE) == [
        "What to set",
        "Which policies",
        "Limits and risks",
        "Writing",
        "Connection and output",
    ]
    assert re.search(r"^ +--allow RISK\.\.\. ", out, re.MULTILINE)
    assert re.search(r"^ +--journal FILE ", out, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        (("endpoints",), ["Options", "Which policies", "Connection and output"]),
        (("mirror", "check"), ["Options", "Which policies", "Connection and output"]),
        (("mirror", "pack"), ["Options", "Output"]),
        (("demo",), ["Options", "Output"]),
    ],
)
def test_a_section_is_only_there_for_what_its_title_says(
    shell: Shell, words: tuple[str, ...], titles: list[str]
) -> None:
    """A command that writes no policy has no `Writing`, and one without Kibana no `Connection`."""
    out = shell.run(*words, "--help").out

    assert re.findall(r"^(\S.*):$", out, re.MULTILINE) == titles


@pytest.mark.parametrize("name", ["", *EVERY])
def test_no_line_of_the_help_is_broken_by_a_narrow_terminal(shell: Shell, name: str) -> None:
    """Examples can be pasted, and exit codes stand below each other, in 80 columns."""
    shell.set(COLUMNS="80")
    lines = shell.run(*name.split(), "--help").out.splitlines()

    assert [line for line in lines if len(line) > 80] == []
