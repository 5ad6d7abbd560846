"""How the command ends: what it tells, what it returns, and what it does to its process."""

import errno
import os
import runpy
import sys
from pathlib import Path
from typing import NoReturn

import click
import pytest
from support.commands import Shell
from support.rollouts import MIRROR

from elastic_mirror_policy import Kibana
from elastic_mirror_policy.__main__ import MISSING, main
from elastic_mirror_policy._cli import run
from elastic_mirror_policy.testing import FakeKibana

MODULE = "elastic_mirror_policy"
PLAN = ("plan", "--base-url", MIRROR, "--no-check-mirror")


class Ended(BaseException):
    """Stands for the end of the process."""


def end(code: int) -> NoReturn:
    """Take the place of `os._exit`."""
    raise Ended(code)


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, click.Abort])
@pytest.mark.parametrize(
    ("verb", "told"),
    [
        ("plan", "Stopped at once."),
        ("apply", "Stopped at once; the journal, if there is one, tells what is unknown."),
    ],
)
def test_an_interrupt_ends_the_process_without_waiting_for_its_threads(
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    interrupt: type[BaseException],
    verb: str,
    told: str,
) -> None:
    """With 1, one line, and no traceback; a write that hangs would be joined otherwise."""

    def interrupted(*_: object, **__: object) -> NoReturn:
        raise interrupt

    monkeypatch.setattr(Kibana, "plan", interrupted)
    monkeypatch.setattr(os, "_exit", end)

    with pytest.raises(Ended, match="1"):
        shell.run(verb, *PLAN[1:])

    assert capsys.readouterr().err.strip() == told


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
@pytest.mark.usefixtures("fake")
def test_a_full_disk_is_told(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Since somebody waits for the output."""
    with Path("/dev/full").open("w") as full, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", full)
        ended = shell.run("policies")

    assert ended.code == 1
    assert ended.err.splitlines()[1:] == [
        "Error: The output cannot be written: No space left on device."
    ]


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize("mistake", [ZeroDivisionError(), OSError(errno.EBADF, "Bad file")])
def test_a_mistake_of_ours_keeps_its_traceback(
    monkeypatch: pytest.MonkeyPatch, mistake: Exception
) -> None:
    """It is not taken for something that a user can mend."""

    def mistaken(*_: object, **__: object) -> NoReturn:
        raise mistake

    monkeypatch.setattr(Kibana, "plan", mistaken)

    with pytest.raises(type(mistake)):
        run(PLAN)


def test_the_module_ends_the_process_with_the_code_of_its_command(
    shell: Shell, fake: FakeKibana, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`python -m elastic_mirror_policy` takes its words from the command line."""
    monkeypatch.setattr(sys, "argv", [MODULE, *PLAN])
    monkeypatch.delitem(sys.modules, f"{MODULE}.__main__")

    with pytest.raises(SystemExit, match="2"):
        runpy.run_module(MODULE, run_name="__main__")

    assert fake.requests
    assert shell.files == []


@pytest.mark.parametrize("module", ["click", "pydantic_settings"])
def test_without_the_extra_one_line_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], module: str
) -> None:
    """Where a module of it is missing."""
    for name in [name for name in sys.modules if name.startswith(f"{MODULE}._cli")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)

    assert main(["policies"]) == 1
    assert capsys.readouterr().err == MISSING
