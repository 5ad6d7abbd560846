"""After a plan it is said what comes next; a person may agree at a terminal, no script is asked."""

import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import certifi
import pytest
from support.commands import Ended, Shell, Terminal
from support.rollouts import MIRROR, writes

from elastic_mirror_policy._files import locked
from elastic_mirror_policy.testing import FakeKibana, Fault, Habit

PLAIN = ("--base-url", MIRROR, "--no-check-mirror")
ASKS = "Type the number of policies"

At = Callable[..., tuple[Ended, str]]


@pytest.fixture
def at_terminal(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> At:
    """Runs a command line with a person in front of it, who types something."""
    shell.set(TERM="dumb", NO_COLOR="1")

    def run(*words: str, typed: str) -> tuple[Ended, str]:
        terminal = Terminal()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", terminal)
            patch.setattr(sys, "stdin", Terminal(typed))
            ended = shell.run(*words)
        return ended, terminal.getvalue()

    return run


def next_command(told: str, begin: str = "To write it: ") -> list[str]:
    """Return the words of the command that is named as the next one, without the program."""
    line = next(line for line in told.splitlines() if begin in line)
    program, *words = shlex.split(line.partition(begin)[2])
    assert program == "elastic-mirror-policy"
    return words


@pytest.mark.parametrize(
    "words",
    [
        ("plan", *PLAIN, "--name", "EMEA *"),
        ("plan", *PLAIN, "-v", "--name=EMEA *", "--out", "my plan.json"),
        ("apply", *PLAIN, "--name", "EMEA *", "--color", "never", "-otext"),
        ("plan", *PLAIN, "--name", "EMEA *", "--metrics", "defend.prom", "-vo", "text"),
    ],
)
def test_the_command_named_after_a_plan_writes_it(
    shell: Shell, fake: FakeKibana, words: tuple[str, ...]
) -> None:
    """Quoted for the shell: it can be pasted as it is."""
    shown = shell.run(*words)
    before = len(writes(fake))

    written = shell.run(*next_command(shown.err))

    assert shown.code == 2
    assert "Nothing was written." in shown.err
    assert (written.code, before) == (0, 0)
    assert "2 succeeded" in written.out


@pytest.mark.usefixtures("fake")
def test_the_commands_named_after_a_rollout_take_it_back(shell: Shell) -> None:
    """And the plan of a rollback names the command that writes it."""
    before = shell.run("policies").out
    written = shell.run("apply", *PLAIN, "-y", "--journal", "my first.journal", "--timeout", "20")

    undo = next_command(written.err, "To undo: ")
    shown = shell.run(*undo[:-1])

    assert undo == ["rollback", "my first.journal", "--timeout", "20", "--yes"]
    assert next_command(shown.err) == undo
    assert shell.run(*undo, "--journal", "undo.journal").code == 0
    assert shell.run("policies").out == before


@pytest.mark.usefixtures("fake")
def test_the_command_that_undoes_has_no_option_that_only_apply_knows(shell: Shell) -> None:
    """A mirror's authority is of no use where no mirror is asked."""
    authority = ("--mirror-ca-cert", certifi.where())

    written = shell.run("apply", *PLAIN, *authority, "-y", "--journal", "a.journal")

    assert next_command(written.err, "To undo: ") == ["rollback", "a.journal", "--yes"]


@pytest.mark.usefixtures("fake")
def test_what_would_be_refused_is_not_offered(shell: Shell) -> None:
    """Nor is there a next step when nothing is to be done."""
    refused = shell.run("plan", *PLAIN, "--expect-policies", "5")
    shell.run("apply", *PLAIN, "--yes", "--journal", "a.journal")
    nothing = shell.run("plan", *PLAIN)

    assert "To write it" not in refused.err
    assert "this plan is refused: see 'Refused' above" in refused.err
    assert "Nothing was written" not in nothing.err


@pytest.mark.usefixtures("fake")
def test_quiet_leaves_out_what_is_not_a_result(shell: Shell) -> None:
    """Banner and next step; the result and its exit code stay, and so do errors."""
    quiet = shell.run("plan", *PLAIN, "-q")

    assert (quiet.code, quiet.err) == (2, "")
    assert "6 to change" in quiet.out
    assert shell.run("plan", "-q").err.startswith("Error: ")


@pytest.mark.parametrize(("typed", "written"), [("6\n", 6), ("y\n", 0), ("5\n", 0), ("", 0)])
def test_a_person_who_types_the_number_has_it_written(
    fake: FakeKibana, at_terminal: At, typed: str, written: int
) -> None:
    """Anything else, and the end of the input too, leaves everything as it is."""
    ended, told = at_terminal("apply", *PLAIN, "--journal", "a.journal", typed=typed)

    assert ASKS in told
    assert len(writes(fake)) == written
    assert ended.code == (0 if written else 2)
    assert ("Nothing was written." in told) is not bool(written)


def test_a_rollback_asks_too(fake: FakeKibana, shell: Shell, at_terminal: At) -> None:
    """It writes as much as the rollout did."""
    shell.run("apply", *PLAIN, "--yes", "--journal", "a.journal")

    ended, told = at_terminal("rollback", "a.journal", "--journal", "b.journal", typed="6\n")

    assert ASKS in told
    assert (ended.code, len(writes(fake))) == (0, 12)


@pytest.mark.parametrize("form", ["json", "markdown", "diff", "html"])
def test_nobody_is_asked_for_another_format_than_text(
    fake: FakeKibana, at_terminal: At, form: str
) -> None:
    """What is printed so is read by a program, or handed on."""
    ended, told = at_terminal("apply", *PLAIN, "-o", form, typed="6\n")

    assert ASKS not in told
    assert (ended.code, len(writes(fake))) == (2, 0)


def test_nobody_is_asked_without_a_terminal(fake: FakeKibana, shell: Shell) -> None:
    """Whatever comes through the pipe."""
    shell.type("6\n")
    ended = shell.run("apply", *PLAIN)

    assert ASKS not in ended.err
    assert (ended.code, len(writes(fake))) == (2, 0)


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("rolback", "a.journal"), "rollback"),
        (("plan", *PLAIN, "--allow", "elastic-cdm"), "elastic-cdn"),
        (("plan", "--set", "chanel=stable"), "channel"),
        (("plan", "--unset", "mac.base_ulr"), "base_url"),
        (("plan", "--bas-url", MIRROR), "--base-url"),
    ],
)
def test_what_is_nearly_right_is_answered_with_what_was_meant(
    shell: Shell, words: tuple[str, ...], meant: str
) -> None:
    """Commands, options, risks and keys."""
    ended = shell.run(*words)

    assert ended.code == 64
    assert meant in ended.err.partition("Did you mean")[2]


@pytest.mark.usefixtures("fake")
def test_a_person_is_not_asked_to_write_what_would_be_refused(at_terminal: At) -> None:
    """They are told where the reason stands."""
    ended, told = at_terminal("apply", *PLAIN, "--expect-policies", "5", typed="6\n")

    assert ended.code == 2
    assert ASKS not in told
    assert "Nothing was written, and with --yes this plan is refused" in told


def test_a_journal_names_the_command_that_goes_on(shell: Shell, fake: FakeKibana) -> None:
    """When something is left, and not when all is written."""
    fake.inject(Fault(method="PUT", nth=3, status=403, json={"message": "Forbidden"}))
    failed = shell.run("apply", *PLAIN, "--yes", "--journal", "a.journal")
    left = shell.run("journal", "a.journal")
    command = next_command(left.err, "To go on: ")
    ended = shell.run(*command)
    done = shell.run("journal", "a.journal")

    assert next_command(failed.err, "To go on: ") == command
    assert (left.code, ended.code, done.code) == (2, 0, 0)
    assert "To go on: " not in ended.err
    assert "1 succeeded" in ended.out or "6 succeeded" in ended.out
    assert done.err == ""


@pytest.mark.usefixtures("fake")
def test_a_file_that_is_named_like_an_option_is_not_taken_for_one(shell: Shell) -> None:
    """By none of the commands that are named as the next one."""
    planned = shell.run("plan", *PLAIN, "--out", "-x.json")
    written = shell.run(*next_command(planned.err), "--journal", "-x.journal")
    shown = shell.run(*next_command(written.err, "To undo: ")[:-1])
    again = shell.run("rollback", "--", "-x.journal")
    undone = shell.run(*next_command(shown.err))

    assert (planned.code, written.code, shown.code, undone.code) == (2, 0, 2, 0)
    assert next_command(again.err) == next_command(shown.err)


def test_an_undo_that_did_not_get_through_names_the_command_that_goes_on_with_it(
    shell: Shell, fake: FakeKibana
) -> None:
    """The rollout itself is not gone on with, and undoing it all is not undone."""
    fake.set_habit(Habit(status="failure"))
    fake.before("GET", "/api/endpoint/metadata", 1, fake.tick)
    fake.inject(Fault(method="PUT", nth=8, status=403, json={"message": "Forbidden"}))
    gate = ("--gate", "--gate-timeout", "0s", "--on-unhealthy", "rollback")
    ended = shell.run("apply", *PLAIN, *gate, "--yes", "--journal", "a.journal")
    left = shell.run(*next_command(ended.err, "To go on: "))

    assert (ended.code, left.code) == (1, 0)
    assert "To undo: " not in ended.err
    assert {fake.revision(policy_id) for policy_id in fake.policy_ids[:6]} == {3}


@pytest.mark.usefixtures("fake")
def test_nobody_is_told_to_go_on_with_what_was_taken_back(shell: Shell) -> None:
    """Going on would end in the same way: a new plan is named, and no command."""
    shell.run("apply", *PLAIN, "--yes", "--journal", "a.journal")
    shell.run("rollback", "a.journal", "--yes")
    ended = shell.run("apply", "--resume", "a.journal", "--yes")

    assert ended.code == 1
    assert "make a new plan" in " ".join(ended.out.split())
    assert "To go on: " not in ended.err


def test_what_is_not_attempted_is_not_a_line_for_each(shell: Shell, fake: FakeKibana) -> None:
    """In a pipe the failure is one; why the rest was left stands in the report."""
    fake.inject(Fault(method="PUT", nth=1, status=403, json={"message": "Forbidden"}))
    ended = shell.run("apply", *PLAIN, "-y", "--parallel", "1", "--max-failures", "0")

    assert ended.err.count(" failed: ") == 1
    assert "skipped: " not in ended.err
    assert "5 policies: Not attempted" in ended.out


def test_nobody_is_told_to_go_on_with_a_rollout_that_is_under_way(
    shell: Shell, fake: FakeKibana
) -> None:
    """It goes on by itself; another process would be refused."""
    fake.inject(Fault(method="PUT", nth=3, status=403, json={"message": "Forbidden"}))
    shell.run("apply", *PLAIN, "--yes", "--journal", "a.journal")
    with locked(shell.folder / "a.journal"):
        left = shell.run("journal", "a.journal")

    assert (left.code, left.err) == (2, "The rollout is still under way.\n")


@pytest.mark.usefixtures("fake")
def test_a_gate_without_an_answer_is_named(shell: Shell, at_terminal: At) -> None:
    """Nobody is asked to type the number 0, nor told that nothing was written."""
    shell.run("apply", *PLAIN, "-y", "--gate", "--gate-timeout", "1s", "--journal", "a.journal")
    _lose_answers(shell.folder / "a.journal")

    seen = shell.run("journal", "a.journal")
    ended, told = at_terminal("apply", "--resume", "a.journal", typed="0\n")

    assert "Every policy of the plan was written, but the last gate has no answer." in seen.out
    assert re.search(r"^1 +6 +no answer$", seen.out, re.MULTILINE)
    assert ended.code == 2
    assert ASKS not in told
    assert "Nothing was written" not in told
    assert "To ask it again:\n  elastic-mirror-policy apply --resume a.journal --yes" in told


def _lose_answers(journal: Path) -> None:
    """Leave a journal as it is when the program is killed while it asks the gate."""
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(line for line in lines if '"phase":"gate"' not in line))


def test_a_command_to_paste_is_never_broken(at_terminal: At, fake: FakeKibana) -> None:
    """One that is longer than the terminal is wide stands on a line of its own."""
    name = "A name that is long enough to make the command longer than a line of the terminal"
    fake.add_policy(name)

    _, told = at_terminal("plan", *PLAIN, "--name", name, typed="")

    assert f"To write it:\n  {shlex.join(['elastic-mirror-policy', 'apply', *PLAIN])}" in told
    assert next_command(told.replace(":\n  ", ": "))[-3:] == ["--name", name, "--yes"]


def test_a_person_may_agree_to_what_a_journal_has_left(
    shell: Shell, fake: FakeKibana, at_terminal: At
) -> None:
    """The number is that of the policies that are left."""
    fake.inject(Fault(method="PUT", nth=3, status=403, json={"message": "Forbidden"}))
    shell.run("apply", *PLAIN, "--yes", "--journal", "a.journal")
    before = len(writes(fake))

    ended, told = at_terminal("apply", "--resume", "a.journal", typed="1\n")

    assert ended.code == 0
    assert f"{ASKS} that are left (1)" in told
    assert len(writes(fake)) == before + 1
