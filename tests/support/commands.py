"""The command line against a fake: within this process, or as a process that can be killed."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from elastic_mirror_policy.testing import FakeKibana

PATIENCE: Final = 60.0
"""Seconds after which a process that should have ended is given up."""


def environment_for(fake: FakeKibana, **more: str) -> dict[str, str]:
    """Return the environment of a process that talks to a fake."""
    known = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    return {**known, "KIBANA_URL": fake.url, "KIBANA_API_KEY": fake.api_key, **more}


def finish_requests(fake: FakeKibana) -> None:
    """Return when a fake has dealt with every request of clients that are gone."""
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
