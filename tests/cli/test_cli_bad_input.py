"""Bad input gets one line on standard error, the right exit code, and changes nothing.

There is one case for each kind of mistake that a command can meet; what exactly a URL, a setting or
a credential may be is proven where it is read.
"""

import socket
from collections.abc import Callable

import pytest
from support.commands import Shell, assert_one_line
from support.rollouts import MIRROR

from elastic_mirror_policy.testing import FakeKibana

PLAIN = ("--base-url", MIRROR, "--no-check-mirror")
APPLY = ("apply", *PLAIN, "--yes", "--journal", "new.journal")


Prepare = Callable[[Shell, FakeKibana], object]

ENVIRONMENT: dict[str, tuple[Prepare, tuple[str, ...], str]] = {
    "no URL": (lambda s, _: s.set(KIBANA_URL=None), ("plan", *PLAIN), "Set KIBANA_URL"),
    "an URL with a password": (
        lambda s, _: s.set(KIBANA_URL="http://me:hunter2@kibana"),
        ("plan", *PLAIN),
        "user name or password",
    ),
    "no credentials": (
        lambda s, _: s.set(KIBANA_API_KEY=None),
        ("plan", *PLAIN),
        "Set KIBANA_API_KEY",
    ),
    "a key that is none": (
        lambda s, _: s.set(KIBANA_API_KEY="a b\u2028c"),
        ("plan", *PLAIN),
        "not valid in an API key",
    ),
    "a key file that is missing": (
        lambda *_: None,
        ("plan", *PLAIN, "--api-key-file", "none"),
        "No such file",
    ),
    "an empty key file": (
        lambda s, _: (s.folder / "key").write_text("\n\n"),
        ("plan", *PLAIN, "--api-key-file", "key"),
        "contains no secret",
    ),
    "a binary key file": (
        lambda s, _: (s.folder / "key").write_bytes(b"\xff\xfe"),
        ("plan", *PLAIN, "--api-key-file", "key"),
        "not text",
    ),
    "two secrets from standard input": (
        lambda *_: None,
        ("plan", *PLAIN, "--api-key-file", "-", "--password-file", "-"),
        "Only one secret",
    ),
    "a missing CA": (
        lambda *_: None,
        ("plan", *PLAIN, "--ca-cert", "none.pem"),
        "none.pem",
    ),
    "a key of a client without its certificate": (
        lambda *_: None,
        ("plan", *PLAIN, "--client-key", "k.pem"),
        "--client-cert",
    ),
    "a time-out of no time": (lambda *_: None, ("plan", *PLAIN, "--timeout", "0"), "--timeout"),
    "some spaces and all": (
        lambda *_: None,
        ("plan", *PLAIN, "--space", "a", "--all-spaces"),
        "either --space or --all-spaces",
    ),
}


@pytest.mark.parametrize("case", ENVIRONMENT)
def test_a_connection_that_cannot_be_is_64(shell: Shell, fake: FakeKibana, case: str) -> None:
    """Found before any request."""
    prepare, words, said = ENVIRONMENT[case]
    prepare(shell, fake)

    ended = shell.run(*words)

    assert_one_line(ended, 64, said)
    assert "hunter2" not in ended.err
    assert fake.requests == ()


USAGE: dict[str, tuple[tuple[str, ...], str]] = {
    "no such command": (("plann",), "plan"),
    "no such option": (("plan", "--base-uri", "x"), "--base-url"),
    "an argument too many": (("plan", "x"), "unexpected extra argument"),
    "too many writers": (("apply", *PLAIN, "--parallel", "17"), "--parallel"),
    "a limit below zero": (("plan", *PLAIN, "--max-agents", "-1"), "--max-agents"),
    "a format that is none": (("plan", *PLAIN, "--format", "yaml"), "--format"),
    "an option without a value": (("plan", "--base-url"), "--base-url"),
    "a risk that is none": (("plan", *PLAIN, "--allow", "all"), "'all' is not a risk"),
    "nothing to set": (("plan", "--no-check-mirror"), "nothing to set"),
    "a password in the mirror": (("plan", "--base-url", "http://me:hunter2@m"), "user name"),
    "a setting that is none": (("plan", "--set", "base_uri=x"), "base_uri"),
    "a setting without a value": (("plan", "--set", "channel"), "KEY=VALUE"),
    "a system that is none": (("plan", "--set", "macos.channel=stable"), "mac.KEY"),
    "a URL of one system twice": (
        ("plan", "--mac-base-url", "https://a", "--set", "mac.base_url=https://b"),
        "given twice",
    ),
    "set and unset": (("plan", "--set", "interval=1", "--unset", "interval"), "given twice"),
    "a device without an end": (("plan", "--set", "ca_cert=@/dev/zero"), "longer than 65536"),
    "a file that is missing": (("plan", "--set", "ca_cert=@none.pem"), "No such file"),
    "rules and settings": (
        ("plan", "--rules", "r.toml", "--base-url", MIRROR),
        "--rules cannot be combined",
    ),
    "rules that are missing": (("plan", "--rules", "none.toml"), "none.toml cannot be read"),
    "an empty name": (("plan", *PLAIN, "--name", ""), "an empty text"),
    "a plan and settings": (("apply", "plan.json", *PLAIN), "A saved plan cannot be combined"),
    "a plan and a journal": (("apply", "plan.json", "--resume", "j"), "A saved plan cannot be"),
    "a journal and settings": (("apply", "--resume", "j", *PLAIN), "--resume cannot be combined"),
    "a journal and a journal": (("apply", "--resume", "j", "--journal", "k"), "--resume cannot be"),
    "a journal and waves": (("apply", "--resume", "j", "--wave", "1"), "waves or a gate"),
    "a journal and a limit": (("apply", "--resume", "j", "--max-agents", "5"), "limits or --allow"),
    "a wave that is none": (("apply", *PLAIN, "--wave", "Half"), "'Half' is not a wave"),
    "a gate's answer without a gate": (
        ("apply", *PLAIN, "--wave", "1", "--wave", "rest", "--on-unhealthy", "rollback"),
        "Give --gate",
    ),
    "a gate's share without a gate": (("apply", *PLAIN, "--min-healthy", "90%"), "Give --gate"),
    "a share that is none": (("apply", *PLAIN, "--min-healthy", "most"), "'most' is not a share"),
    "no journal": (("rollback",), "JOURNAL"),
    "no file": (("journal",), "FILE"),
    "no server": (("mirror", "config", "--server-name", "m"), "nginx"),
    "a server that is none": (("mirror", "config", "iis", "--server-name", "m"), "nginx"),
    "no versions": (("mirror", "check", "http://m"), "--endpoint-version or --fleet"),
    "a time that is none": (("endpoints", "--wait", "soon"), "--wait"),
    "a window that is none": (("endpoints", "--window", "soon"), "--window 'soon' is not a span"),
    "a mirror that is none": (("endpoints", "--mirror", "mirror.corp"), "The mirror's URL"),
    "an empty name of an endpoint's policy": (("endpoints", "--name", ""), "an empty text"),
    "a version that is none": (
        ("mirror", "sync", "d", "--fleet", "--endpoint-version", "latest"),
        "'latest' is not an endpoint version",
    ),
    "a mirror to check that is none": (("mirror", "check", "ftp://m", "--fleet"), "The mirror's"),
    "an upstream that is none": (
        ("mirror", "check", MIRROR, "--fleet", "--upstream", "ftp://u"),
        "The upstream's URL",
    ),
    "an age of nothing": (("mirror", "check", MIRROR, "--fleet", "--max-age", "0"), "--max-age"),
}


@pytest.mark.parametrize("case", USAGE)
def test_a_slip_in_the_command_line_is_64(shell: Shell, fake: FakeKibana, case: str) -> None:
    """So that 2 keeps its meaning; nothing was asked and nothing was made."""
    words, said = USAGE[case]
    before = shell.files

    ended = shell.run(*words)

    assert_one_line(ended, 64, said)
    assert "hunter2" not in ended.err
    assert fake.requests == ()
    assert shell.files == before


@pytest.mark.parametrize("words", [(), ("mirror",)])
def test_a_bare_command_shows_its_help_as_a_slip(shell: Shell, words: tuple[str, ...]) -> None:
    """On standard error."""
    ended = shell.run(*words)

    assert ended.code == 64
    assert ended.out == ""
    assert ended.err.startswith("Usage: ")


@pytest.mark.parametrize("word", ["a\nb", "a\x1b[31mb", "\u202eb"])
@pytest.mark.parametrize(
    "words", [("{}",), ("plan", "--{}"), ("plan", "--rules", "{}"), ("journal", "{}")]
)
def test_a_slip_stays_one_line_whatever_was_typed(
    shell: Shell, words: tuple[str, ...], word: str
) -> None:
    """What a terminal would act on is spelled out."""
    ended = shell.run(*(one.format(word) for one in words))

    assert ended.code in {1, 64}
    assert len(ended.err.splitlines()) == 1
    assert not {"\x1b", "\u202e"} & set(ended.err)


def closed_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("command", [("plan", *PLAIN), ("policies",), APPLY, ("endpoints",)])
def test_a_host_that_cannot_be_reached_is_1(shell: Shell, command: tuple[str, ...]) -> None:
    """With its address; no journal is made."""
    url = f"http://127.0.0.1:{closed_port()}"
    shell.set(KIBANA_URL=url, KIBANA_API_KEY="a2V5OnNlY3JldA==")

    assert_one_line(shell.run(*command), 1, url, "Connection refused")
    assert shell.files == []


def test_a_wrong_password_is_1(shell: Shell, fake: FakeKibana) -> None:
    """And says what to check."""
    shell.set(KIBANA_API_KEY=None, KIBANA_USERNAME="elastic", KIBANA_PASSWORD="hunter2")

    ended = shell.run("plan", *PLAIN)

    assert_one_line(ended, 1, "401", "user name and password")
    assert "hunter2" not in ended.err
    assert fake.requests


def test_a_kibana_that_is_too_old_is_1(shell: Shell) -> None:
    """With its version."""
    with FakeKibana("7.17.0") as old:
        shell.talk_to(old)

        assert_one_line(shell.run("plan", *PLAIN), 1, "7.17.0", "8.0")


def test_a_kibana_without_defend_policies_is_1(shell: Shell) -> None:
    """An empty estate is no success."""
    with FakeKibana() as empty:
        shell.talk_to(empty)

        assert_one_line(shell.run(*APPLY), 1, "No Elastic Defend policy was found")
