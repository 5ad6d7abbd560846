"""Every result in every format, and in colour where a person looks at it."""

import re
import sys
from collections.abc import Callable

import pytest
from support.commands import Shell, Terminal
from support.rollouts import MIRROR

from elastic_mirror_policy.testing import FakeArtifactServer, FakeKibana

PLAIN = ("--base-url", MIRROR, "--no-check-mirror")
COLOURED = "\x1b["
RESULTS = {
    "plan": ("plan", *PLAIN),
    "policies": ("policies",),
    "doctor": ("doctor",),
    "endpoints": ("endpoints",),
}


MADE = re.compile(r"<footer>Made on .*</footer>")
"""When a page was made, which is another time for the next one."""

Watch = Callable[..., str]


@pytest.fixture
def watch(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Runs a command line on a terminal, and returns all that is seen on it."""
    shell.set(TERM="xterm-256color", COLUMNS="100")

    def run(*words: str) -> str:
        terminal = Terminal()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", terminal)
            patch.setattr(sys, "stdout", terminal)
            shell.run(*words)
        return terminal.getvalue()

    return run


@pytest.mark.parametrize("words", RESULTS.values(), ids=RESULTS)
@pytest.mark.parametrize(
    ("form", "start"), [("markdown", "### "), ("html", "<!DOCTYPE html>\n"), ("json", "{\n")]
)
@pytest.mark.usefixtures("fake")
def test_a_result_comes_in_every_format(
    shell: Shell, words: tuple[str, ...], form: str, start: str
) -> None:
    """The exit code is the same in all of them."""
    ended = shell.run(*words, "--format", form)

    assert ended.out.startswith(start)
    assert ended.code == shell.run(*words).code


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize("form", ["markdown", "html"])
def test_a_rollout_and_its_journal_come_in_every_format(shell: Shell, form: str) -> None:
    """The report of what was written, what is left of it, and its rollback."""
    applied = shell.run("apply", *PLAIN, "--yes", "--journal", "a.journal", "--format", form)
    read = shell.run("journal", "a.journal", "--format", form)
    left = shell.run("apply", "--resume", "a.journal", "--format", form)
    back = shell.run("rollback", "a.journal", "--format", form)

    assert (applied.code, read.code, left.code, back.code) == (0, 0, 0, 2)
    assert "6 succeeded" in applied.out
    assert "6 written" in read.out
    assert MADE.sub("", left.out) == MADE.sub("", read.out)
    assert "Rollback plan" in back.out


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_what_is_said_of_a_mirror_comes_in_every_format(shell: Shell, form: str) -> None:
    """Check, sync, status, pack and unpack."""
    with FakeArtifactServer.example() as mirror:
        upstream = ("--endpoint-version", "9.1.3", "--upstream", mirror.url)
        runs = [
            shell.run(*words, "--format", form)
            for words in (
                ("mirror", "check", mirror.url, "--endpoint-version", "9.1.3"),
                ("mirror", "sync", "folder", *upstream),
                ("mirror", "status", "folder"),
                ("mirror", "pack", "folder", "bundle.tar"),
                ("mirror", "unpack", "bundle.tar", "other"),
            )
        ]

    assert [ended.code for ended in runs] == [0] * 5
    assert all("9.1.3" in ended.out for ended in runs)
    assert all(ended.out.startswith(("### ", "<!DOCTYPE html>")) for ended in runs)


@pytest.mark.parametrize("command", ["policies", "endpoints"])
@pytest.mark.usefixtures("fake")
def test_lists_come_as_csv(shell: Shell, command: str) -> None:
    """One line for each policy or endpoint, below the names of the columns."""
    ended = shell.run(command, "--format", "csv")
    head, *rows = ended.out.splitlines()

    assert head.startswith(("policy_id,name,", "agent_id,hostname,"))
    assert len(rows) == (6 if command == "policies" else 22)


@pytest.mark.usefixtures("fake")
def test_a_pipe_has_no_colour_unless_it_is_asked_for(shell: Shell) -> None:
    """And JSON never has."""
    assert COLOURED not in shell.run(*RESULTS["plan"]).out
    assert COLOURED in shell.run(*RESULTS["plan"], "--color", "always").out
    assert COLOURED not in shell.run(*RESULTS["plan"], "--color", "always", "--format", "json").out


@pytest.mark.parametrize(
    ("given", "words", "coloured"),
    [
        ({}, (), True),
        ({"NO_COLOR": "1"}, (), False),
        ({"NO_COLOR": ""}, (), True),
        ({"TERM": "dumb"}, (), False),
        ({"NO_COLOR": "1"}, ("--color", "always"), True),
        ({}, ("--color", "never"), False),
    ],
)
@pytest.mark.usefixtures("fake")
def test_a_terminal_has_colours_unless_they_are_not_wanted(
    shell: Shell, watch: Watch, given: dict[str, str], words: tuple[str, ...], *, coloured: bool
) -> None:
    """NO_COLOR is asked, and an option wins over it."""
    shell.set(**given)
    seen = watch(*RESULTS["plan"], *words)

    assert bool(re.search("\x1b\\[3[123]m", seen)) is coloured


@pytest.mark.usefixtures("fake")
def test_on_a_terminal_kibana_is_named_once(watch: Watch) -> None:
    """The banner said it before; in a pipe the result stands for itself."""
    seen = watch(*RESULTS["plan"], "--color", "never")

    assert seen.count("version 9.4.2") == 1


@pytest.mark.usefixtures("fake")
def test_text_has_the_width_of_the_terminal(shell: Shell, watch: Watch) -> None:
    """A long line is broken later in a wide one."""
    url = "https://" + "mirror." * 9 + "corp"
    words = ("plan", "--base-url", url, "--no-check-mirror", "--color", "never")
    wide = watch(*words)
    shell.set(COLUMNS="80")
    narrow = watch(*words)

    assert f"windows):\n      (not set)\n      -> {url}" in narrow
    assert f"windows):\n      (not set) -> {url}\n" in wide


def test_a_page_to_hand_in_says_where_and_when_it_was(shell: Shell, fake: FakeKibana) -> None:
    """A list of policies names its Kibana too, which text leaves to the banner."""
    page = shell.run("policies", "--format", "html").out

    assert f"Kibana <code>{fake.url}</code>, version <code>9.4.2</code>" in page
    assert re.search(
        r"<footer>Made on \d{4}-\d\d-\d\d \d\d:\d\d UTC by [\w-]+ [\d.]+</footer>", page
    )
    assert f"Kibana `{fake.url}`" in shell.run("policies", "--format", "markdown").out
    assert fake.url not in shell.run("policies").out


@pytest.mark.parametrize("again", [False, True], ids=["first", "again"])
def test_the_page_of_a_report_says_what_was_written(
    shell: Shell, fake: FakeKibana, *, again: bool
) -> None:
    """With each value before and after, below what became of it; nothing of it where none was."""
    words = ("apply", *PLAIN, "--yes", "--format", "html")
    page = [shell.run(*words, "--journal", name).out for name in ("a.journal", "b.journal")][again]

    assert f"<h1>Report</h1>\n<p>Kibana <code>{fake.url}</code>" in page
    assert "begun <code>20" in page
    assert ("journal <code>a.journal</code>" in page) is not again
    assert ("There was nothing to write" in page) is again
    assert (f"<code>{MIRROR}</code>" in page) is not again


@pytest.mark.usefixtures("fake")
def test_the_totals_fit_a_narrow_terminal(shell: Shell, watch: Watch) -> None:
    """They are broken between words there; a pipe gets one line."""
    shell.set(COLUMNS="60", NO_COLOR="1")
    seen, piped = watch("plan", *PLAIN), shell.run("plan", *PLAIN).out.splitlines()[-1]

    assert len(piped) > 60
    assert piped not in seen
    assert piped in seen.replace("\n", " ")
