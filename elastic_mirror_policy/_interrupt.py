"""Ctrl-C and SIGTERM while policies are being written: once to finish, twice to stop at once."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Final

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def graceful_stop() -> Iterator[threading.Event]:
    """Give an event that the first interrupt sets; the second raises `KeyboardInterrupt`.

    Outside the main thread no signal can be handled, and the event is never set.
    """
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, on_signal) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
