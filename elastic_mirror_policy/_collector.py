"""Python's cyclic garbage collector, asked to wait while large answers are turned into values.

It looks through what is new after every 700 objects, and through all there is from time to time.
Decoded JSON has no cycles, so it finds nothing there: for a list of 100,000 agents that took more
than half of the CPU.
"""

import contextlib
import gc
import threading
from collections.abc import Iterator
from typing import Final

SELDOM: Final = 1_000_000
"""Objects that are made between two collections meanwhile; some ten megabytes."""


class _Pause:
    """Counts who asked for it: the setting belongs to the whole process, all its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._before = gc.get_threshold()

    def begin(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._before = gc.get_threshold()
                gc.set_threshold(_seldom(self._before[0]), *self._before[1:])

    def end(self) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                gc.set_threshold(*self._before)


_PAUSE: Final = _Pause()


@contextlib.contextmanager
def collecting_seldom() -> Iterator[None]:
    """Collect garbage more seldom in the block; afterwards as often as before.

    A process that collects more seldom anyhow, or not at all (0), is left as it is.
    """
    _PAUSE.begin()
    try:
        yield
    finally:
        _PAUSE.end()


def _seldom(now: int) -> int:
    return max(now, SELDOM) if now else now
