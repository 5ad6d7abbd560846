"""The tests run where no other host can be reached, so that none of them needs one."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from support import offline
from support.needs import REPOSITORY

LOOK: Final = """
import errno, socket
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname()).close()
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
    found = other.connect_ex(("192.0.2.1", 9))
print([name for _, name in socket.if_nameindex()], errno.errorcode.get(found))
"""
"""Reaches the loopback, then looks for a way elsewhere; nothing is sent."""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command as the test sessions do."""
    program = (sys.executable, str(Path(offline.__file__)))
    return subprocess.run([*program, *command], capture_output=True, text=True, check=True)


def test_the_command_has_the_loopback_and_no_other_network() -> None:
    """A test that asks another host fails, whatever library it uses."""
    ended = run(sys.executable, "-c", LOOK)
    if "the network stays" in ended.stderr:
        pytest.skip(f"not allowed here: {ended.stderr.strip()}")

    assert ended.stdout.strip() == "['lo'] ENETUNREACH"


def test_where_it_is_not_allowed_the_command_still_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A developer who is not root gets the same tests, and is told."""
    started: list[tuple[str, list[str]]] = []

    def refuse() -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(offline, "leave_network", refuse)
    monkeypatch.setattr("os.execvp", lambda *call: started.append(call))

    offline.main(["pytest", "-q"])

    assert started == [("pytest", ["pytest", "-q"])]
    assert "the network stays as it is" in capsys.readouterr().err


def test_every_session_that_tests_in_ci_is_offline() -> None:
    """The one that measures is not among them, and the one that installs tests nothing."""
    text = (REPOSITORY / "noxfile.py").read_text("utf-8")

    assert text.count('"pytest", ') == text.count('session.run(*OFFLINE, "pytest", ') + 1
