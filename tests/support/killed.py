"""Run our code in a process of its own that kills itself in the middle."""

import os
import signal
import subprocess
import sys

_HARNESS = """
import os, signal, sys

left = int(sys.argv[1])

def counted(name):
    real = getattr(os, name)
    def call(*args, **kwargs):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)
    setattr(os, name, call)

from elastic_mirror_policy.mirror import sync_mirror, unpack_mirror
for name in ("fsync", "replace", "unlink", "utime"):
    counted(name)
"""


def unmeasured() -> dict[str, str]:
    """Return the environment without what makes child processes measure their coverage.

    A process that is killed, or that may not write, would leave a broken file of measurements.
    """
    return {name: value for name, value in os.environ.items() if not name.startswith("COV")}


def killed_at(step: int, code: str, *arguments: str) -> bool:
    """Run `code` and kill it with SIGKILL before its `step`-th change of the disk.

    Returns:
        Whether it was killed; it ends by itself when it makes fewer changes.

    Raises:
        AssertionError: It failed in another way.
    """
    run = subprocess.run(
        [sys.executable, "-c", _HARNESS + code, str(step), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=unmeasured(),
    )
    assert run.returncode in {0, -signal.SIGKILL}, run.stderr
    return run.returncode != 0
