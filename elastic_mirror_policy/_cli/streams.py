"""Standard output and standard error, as a process finds them."""

import io
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Unheard(io.FileIO):
    """A file that takes everything, also when its disk is full or its reader has left.

    For standard error: a rollout does not stop half-way because nobody listens any more.
    """

    def write(self, data: "ReadableBuffer") -> int:
        """Write what can be written; return how much of it needs no second attempt."""
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def prepare_streams() -> None:
    """Let both streams show any text, and standard error never fail."""
    # Exactly this type: what a test or a notebook put there has no file of its own.
    if type(sys.stderr) is io.TextIOWrapper:
        raw = Unheard(sys.stderr.fileno(), "w", closefd=False)
        sys.stderr = io.TextIOWrapper(
            io.BufferedWriter(raw), encoding=sys.stderr.encoding, line_buffering=True
        )
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
