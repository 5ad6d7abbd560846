"""Runs the real command and ends it with SIGKILL at one point of its journal or its requests.

Started as a program it reads one order per line from standard input, forks, and lets the child do
what `python -m elastic_mirror_policy` does. In the child every system call on the journal and
every HTTP request is a step with a point before it and one after it; a write has one in the middle
too. The order names the point at which the child is killed, or the step at which the disk fails.
"""

import errno
import importlib
import json
import os
import runpy
import signal
import sys
import threading
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from elastic_mirror_policy._http.client import HttpClient

OUTPUTS: Final = ((1, "stdout"), (2, "stderr"))
LOADED_BEFORE: Final = ("_cli", "_cli.apply", "_cli.rollback", "kibana", "render", "_cli.session")
"""What the commands load when they are used: loaded once, before the first fork."""


@dataclass(frozen=True, slots=True)
class Order:
    """What one child is to do.

    Attributes:
        argv: The command line, without the program.
        env: Variables to set.
        folder: Where the child runs, and where its output and its trace go.
        kill_at: The point at which it is killed, counted from 1; 0 is never.
        fail_at: The step on the journal at which the disk is full, counted from 1; 0 is never.
        for_good: Whether the disk stays full from then on.
    """

    argv: list[str]
    env: dict[str, str]
    folder: str
    kill_at: int = 0
    fail_at: int = 0
    for_good: bool = False


@dataclass(slots=True)
class Tracer:
    """Counts points and steps, writes each down, and strikes when the order says so."""

    order: Order
    trace: int
    points: int = 0
    steps: int = 0
    guard: threading.Lock = field(default_factory=threading.Lock)

    def point(self, name: str, durable: int = 0) -> None:
        """Note that a point was reached; the process ends here if it is the one."""
        with self.guard:
            self.points += 1
            self._note(self.points, name, durable)
            if self.points == self.order.kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    def disk(self, name: str) -> None:
        """Note a step on the journal; it fails if it is the one.

        Raises:
            OSError: The disk is full, as far as this child can see.
        """
        with self.guard:
            self.steps += 1
            self._note(0, name, 0)
            first = self.order.fail_at
            fails = self.steps == first or (self.order.for_good and 0 < first < self.steps)
        if fails:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _note(self, point: int, name: str, durable: int) -> None:
        line = json.dumps({"point": point, "name": name, "durable": durable})
        REAL_WRITE(self.trace, line.encode() + b"\n")


REAL_OPEN, REAL_CLOSE = os.open, os.close
REAL_WRITE, REAL_FSYNC, REAL_TRUNCATE = os.write, os.fsync, os.ftruncate
REAL_SEND = HttpClient.send


@dataclass(slots=True)
class WatchedDisk:
    """The functions of `os` that a journal uses; on a journal or its folder they are steps."""

    tracer: Tracer
    watched: dict[int, str] = field(default_factory=dict)

    def open(self, path: Any, flags: int, *rest: Any, **more: Any) -> int:  # noqa: ANN401 - as in os
        """Open a file as `os.open` does."""
        name = "journal" if str(path).endswith(".journal") else "folder"
        if name == "folder" and not flags & os.O_DIRECTORY:
            return REAL_OPEN(path, flags, *rest, **more)
        self.tracer.point(f"before open of the {name}")
        self.tracer.disk(f"open {name}")
        descriptor = REAL_OPEN(path, flags, *rest, **more)
        self.watched[descriptor] = name
        self.tracer.point(f"after open of the {name}")
        return descriptor

    def write(self, descriptor: int, data: memoryview) -> int:
        """Write as `os.write` does, in two pieces."""
        if descriptor not in self.watched:
            return REAL_WRITE(descriptor, data)
        self.tracer.point("before write")
        half = len(data) // 2
        done = REAL_WRITE(descriptor, data[:half])
        self.tracer.point("in the middle of write")
        self.tracer.disk("write")
        done += REAL_WRITE(descriptor, data[half:])
        self.tracer.point("after write")
        return done

    def fsync(self, descriptor: int) -> None:
        """Sync as `os.fsync` does."""
        name = self.watched.get(descriptor)
        if name is None:
            REAL_FSYNC(descriptor)
            return
        durable = os.fstat(descriptor).st_size if name == "journal" else 0
        self.tracer.point(f"before fsync of the {name}")
        self.tracer.disk(f"fsync {name}")
        REAL_FSYNC(descriptor)
        self.tracer.point(f"after fsync of the {name}", durable)

    def ftruncate(self, descriptor: int, length: int) -> None:
        """Truncate as `os.ftruncate` does."""
        if descriptor not in self.watched:
            REAL_TRUNCATE(descriptor, length)
            return
        self.tracer.point("before ftruncate")
        self.tracer.disk("ftruncate")
        REAL_TRUNCATE(descriptor, length)
        self.tracer.point("after ftruncate")

    def close(self, descriptor: int) -> None:
        """Close as `os.close` does."""
        if self.watched.pop(descriptor, None) == "journal":
            self.tracer.point("before close of the journal")
        REAL_CLOSE(descriptor)


def watch_journals(tracer: Tracer) -> None:
    """Make every system call on a journal, or on its folder, a step."""
    disk = WatchedDisk(tracer)
    for name in ("open", "write", "fsync", "ftruncate", "close"):
        setattr(os, name, getattr(disk, name))


def watch_requests(tracer: Tracer) -> None:
    """Make every HTTP request a step."""

    def send(client: HttpClient, method: str, path: str, **more: Any) -> object:  # noqa: ANN401 - as in HttpClient
        tracer.point(f"before {method} {path}")
        reply = REAL_SEND(client, method, path, **more)
        tracer.point(f"after {method} {path}")
        return reply

    HttpClient.send = send  # type: ignore[method-assign,assignment]


def run(order: Order) -> int:
    """Do what `python -m elastic_mirror_policy` does, and return its exit code."""
    folder = Path(order.folder)
    for number, name in OUTPUTS:
        target = REAL_OPEN(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(target, number)
    trace = REAL_OPEN(folder / "trace", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    tracer = Tracer(order, trace)
    watch_journals(tracer)
    watch_requests(tracer)
    os.environ.update(order.env)
    os.chdir(folder)
    sys.argv[1:] = order.argv
    try:
        runpy.run_module("elastic_mirror_policy", run_name="__main__", alter_sys=True)
    except SystemExit as exc:
        return exc.code if isinstance(exc.code, int) else 1
    return 0


def child(order: Order) -> None:
    """Run one order to its end; the process ends with it."""
    code = 70
    try:
        code = run(order)
    except BaseException:  # noqa: BLE001 - the parent must not go on in two processes
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Carry out orders until standard input ends."""
    for name in LOADED_BEFORE:
        importlib.import_module(f"elastic_mirror_policy.{name}")
    for line in sys.stdin:
        order = Order(**json.loads(line))
        pid = os.fork()
        if pid == 0:
            child(order)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
