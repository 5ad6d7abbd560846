"""Names and texts from servers are data: no terminal, browser or reader acts on them."""

from collections.abc import Callable

import pytest
from support.commands import Ended, Shell
from support.rollouts import MIRROR

from elastic_mirror_policy.testing import FakeKibana, Fault

PLAIN = ("--base-url", MIRROR, "--no-check-mirror")
APPLY = ("apply", *PLAIN, "--yes", "--journal", "a.journal")
NAMES = (
    "\x1b[2J\x1b[31mred\x07\x9b31m\x08\x7f",
    "\x1b]8;;https://evil.example\x07click\x1b]8;;\x07",
    "\u202egnp.exe\u2066",
    "a\nb\r\nError: all is well\rc\u2028d",
    '<script>alert(1)</script><img src=x onerror="y">',
    "[bold red]loud[/] [link=https://evil.example]x[/link]",
    "| a | b |\n|---|---|\n[x](https://evil.example) **loud** `code` ![i](x)",
    "--- a\n+++ b\n@@ -1 +1 @@\n-evil",
    "\"'`$(touch pwned)\\",
    "\u200b\u2060\ufeff",
    "x" * 5000,
    "{0} %s ${HOME} {{7*7}}",
)
"""Names that would like to be more than names: to a terminal, a shell, a browser or a reader."""

ACTING = {*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u202e", "\u2066", "\u2028"} - {
    "\n"
}
PRINTING = (
    ("policies",),
    ("plan", *PLAIN),
    ("plan", *PLAIN, "--format", "markdown"),
    ("plan", *PLAIN, "--format", "diff"),
    ("plan", *PLAIN, "--name", "nothing like it"),
    APPLY,
    ("journal", "a.journal"),
    ("endpoints",),
    ("rollback", "a.journal", "--format", "markdown"),
    ("rollback", "a.journal", "--yes", "--journal", "b.journal"),
)


@pytest.fixture
def hostile(fake: FakeKibana) -> FakeKibana:
    """An estate in which everything has such a name, and something is odd besides."""
    for name in NAMES:
        first, second, third = (
            fake.add_policy(f"{name}{number}", agent_policies=[f"{name} agents {number}"])
            for number in ("", " 2", " 3")
        )
        fake.rename(first, name, by=name)
        fake.edit(second, "linux.advanced", name)
        fake.edit(third, "linux.advanced.artifacts.global.base_url", name)
    return fake


def assert_inert(*ended: Ended) -> None:
    """Check that nothing that was printed is more than text."""
    for one in ended:
        assert set(one.out + one.err) & ACTING == set()


@pytest.mark.usefixtures("hostile")
def test_hostile_names_come_out_inert_in_every_format(shell: Shell) -> None:
    """On both streams; nothing is run, and nothing but journals is made."""
    ended = [shell.run(*words) for words in PRINTING]

    assert_inert(*ended)
    assert "[bold red]loud[/]" in ended[0].out
    assert shell.files == ["a.journal", "b.journal"]


@pytest.mark.usefixtures("hostile")
def test_a_hostile_name_begins_no_line_of_its_own(shell: Shell) -> None:
    """What could be taken for a line of the program is not at the beginning of one."""
    texts = [shell.run(*words).out for words in PRINTING]
    starts = ("Error:", "-evil", "@@ -1 +1 @@", "|---")

    assert [line for text in texts for line in text.splitlines() if line.startswith(starts)] == []


@pytest.mark.usefixtures("hostile")
def test_json_keeps_a_hostile_name_as_it_is(shell: Shell) -> None:
    """For programs it is the name; in the text of the document it is escaped."""
    ended = shell.run("plan", *PLAIN, "--format", "json")
    names = {change["name"] for change in ended.json["changes"]}

    assert ended.out.isascii()
    assert {*NAMES, *(f"{name} 3" for name in NAMES)} - names == set()


def redirect_to(name: str) -> Fault:
    """Return a redirect to a page of this name, as far as a header can hold it."""
    latin = name.encode("latin-1", "replace").decode("latin-1").translate({10: 32, 13: 32})
    return Fault(redirect=f"https://evil.example/{latin}", times=None)


ANSWERS: dict[str, Callable[[str], Fault]] = {
    "message": lambda name: Fault(status=400, json={"message": name}, times=None),
    "page": lambda name: Fault(status=502, html=name, times=None),
    "redirect": redirect_to,
    "version": lambda name: Fault(
        path="/api/status", status=200, json={"version": {"number": name}}
    ),
}


def told(shell: Shell, fault: Fault) -> Ended:
    """Return what is said about a Kibana that answers so."""
    with FakeKibana.example() as fake:
        shell.talk_to(fake)
        fake.inject(fault)
        return shell.run("plan", *PLAIN)


@pytest.mark.parametrize("answer", ANSWERS)
def test_what_a_server_says_comes_out_inert(shell: Shell, answer: str) -> None:
    """In one line, whatever it is."""
    ended = [told(shell, ANSWERS[answer](name)) for name in NAMES]

    assert {(one.code, len(one.err.splitlines())) for one in ended} == {(1, 1)}
    assert_inert(*ended)


@pytest.mark.usefixtures("hostile")
def test_hostile_names_survive_a_saved_plan_and_a_journal(shell: Shell) -> None:
    """Written, read, resumed and taken back; 1 because the odd policy is left out."""
    ended = [
        shell.run("plan", *PLAIN, "--out", "plan.json"),
        shell.run("apply", "plan.json", "--yes", "--journal", "a.journal"),
        shell.run("apply", "--resume", "a.journal"),
        shell.run("rollback", "a.journal", "--yes"),
    ]

    assert [one.code for one in ended] == [2, 1, 0, 0]
    assert_inert(*ended)
