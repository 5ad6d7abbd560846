"""How far a check or a sync has got."""

import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work has got.

    Attributes:
        step: What is under way: `manifests` or `artifacts`.
        done: Items that are finished.
        total: Items in this step.
        bytes: Bytes read so far in this step, also of files that are not finished.
        bytes_total: Bytes to be read in this step, or None when the manifests do not say. It
            shrinks when a file need not be read.
    """

    step: str
    done: int
    total: int
    bytes: int = 0
    bytes_total: int | None = None


ShowProgress = Callable[[Progress], None]
"""Called by one thread at a time, often; it should return at once."""


class Meter:
    """Counts items and bytes of one step, from several threads, and shows them."""

    def __init__(
        self, show: ShowProgress | None, step: str, total: int, bytes_total: int | None = None
    ) -> None:
        self._show = show
        self._step = step
        self._total = total
        self._bytes_total = bytes_total
        self._done = 0
        self._bytes = 0
        self._lock = threading.Lock()
        self.add()

    def add(self, *, items: int = 0, size: int = 0, spared: int = 0) -> None:
        """Count what was finished, read (negative: it has to be read again) or need not be read."""
        with self._lock:
            if self._bytes_total is not None:
                self._bytes_total -= spared
            self._done += items
            self._bytes += size
            if self._show is not None:
                self._show(
                    Progress(self._step, self._done, self._total, self._bytes, self._bytes_total)
                )
