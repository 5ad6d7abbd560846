"""The command line against a fake: within this process, or as a process that can be killed."""

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from elastic_mirror_policy.__main__ import main
from elastic_mirror_policy._json import JsonValue, decode
from elastic_mirror_policy.testing import FakeKibana

PATIENCE: Final = 60.0
"""Seconds after which a process that should have ended is given up."""


def environment_for(fake: FakeKibana, **more: str) -> dict[str, str]:
    """Return the environment of a process that talks to a fake."""
    known = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    return {**known, "KIBANA_URL": fake.url, "KIBANA_API_KEY": fake.api_key, **more}


def finish_requests(fake: FakeKibana) -> None:
    """Wait until a fake has dealt with every request of clients that are gone."""
    port = urlsplit(fake.url).port
    fake.close()
    fake.serve(port=port or 0)


class Command:
    """`elastic-mirror-policy` in a process of its own, which hooks of a fake may signal.

    Hooks can be set before it is started: they wait for it.
    """

    def __init__(self, fake: FakeKibana, folder: Path) -> None:
        self.stdout = ""
        self.stderr = ""
        self._fake = fake
        self._folder = folder
        self._ended = threading.Event()
        self._process: Future[subprocess.Popen[str]] = Future()

    def run(self, *arguments: str, environment: Mapping[str, str] | None = None) -> int:
        """Run it to its end and return its exit code; minus the signal that killed it."""
        with subprocess.Popen(
            [sys.executable, "-m", "elastic_mirror_policy", *arguments],
            cwd=self._folder,
            env=environment or environment_for(self._fake),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            self._process.set_result(process)
            self.stdout, self.stderr = process.communicate(timeout=PATIENCE)
        self._ended.set()
        return process.returncode

    @property
    def pid(self) -> int:
        """The id of its process, when that has been started."""
        return self._process.result(PATIENCE).pid

    def signalled(self, *signals: signal.Signals) -> Callable[[], None]:
        """Return a hook that sends these signals and lets the request go on."""

        def hook() -> None:
            process = self._process.result(PATIENCE)
            for number in signals:
                process.send_signal(number)

        return hook

    def ended_by(self, *signals: signal.Signals) -> Callable[[], None]:
        """Return a hook that sends these signals and goes on when the process has ended."""
        send = self.signalled(*signals)

        def hook() -> None:
            send()
            assert self._ended.wait(PATIENCE)

        return hook


class Terminal(io.StringIO):
    """Takes what is written, and gives what is typed, as a terminal."""

    def isatty(self) -> bool:
        """Whether it is a terminal: yes."""
        return True


@dataclass(frozen=True, slots=True)
class Ended:
    """How one command line ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> JsonValue:
        """Standard output, which must be one JSON document and nothing else."""
        return decode(self.out)


class Shell:
    """Calls the command within this process, in an empty folder and an environment of its own."""

    def __init__(
        self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str], folder: Path
    ) -> None:
        self.folder = folder
        self._patch = patch
        self._capture = capture
        patch.chdir(folder)
        # Waiting between attempts is for the real world.
        patch.setattr("elastic_mirror_policy._http.retry.random.uniform", lambda *_: 0.0)

    def talk_to(self, fake: FakeKibana) -> None:
        """Set the environment as a user of this Kibana would."""
        self.set(KIBANA_URL=fake.url, KIBANA_API_KEY=fake.api_key)

    def set(self, **variables: str | None) -> None:
        """Set variables of the environment; None takes one away."""
        for name, value in variables.items():
            if value is None:
                self._patch.delenv(name, raising=False)
            else:
                self._patch.setenv(name, value)

    def type(self, text: str) -> None:
        """Let standard input hold a text."""
        self._patch.setattr(sys, "stdin", io.StringIO(text))

    def run(self, *arguments: str | Path) -> Ended:
        """Run one command line."""
        self._capture.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = self._capture.readouterr()
        return Ended(code, out, err)

    @property
    def files(self) -> list[str]:
        """The files in its folder."""
        return sorted(path.name for path in self.folder.iterdir())


def assert_one_line(ended: Ended, code: int, *words: str) -> None:
    """Check that a command line ended with one clear line and nothing else."""
    lines = [line for line in ended.err.splitlines() if not line.startswith("Kibana http")]

    assert ended.code == code
    assert ended.out == ""
    assert len(lines) == 1, lines
    assert lines[0].startswith("Error: ")
    assert [word for word in words if word not in lines[0]] == []
