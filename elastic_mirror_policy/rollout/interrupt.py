"""Ctrl-C and SIGTERM while policies are being written: once to finish, twice to stop at once."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from types import FrameType
from typing import Final, TypeVar

Result = TypeVar("Result")

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
SLICE: Final = 0.5


class StopFlag:
    """Says whether somebody asked to stop.

    A plain attribute and no `threading.Event`: a signal handler that sets an event can wait for a
    lock which the code it interrupted holds.
    """

    def __init__(self) -> None:
        self._asked = False
        self._at_once = False

    def set(self) -> None:
        """Ask to stop; the second time, to stop at once."""
        self._at_once = self._asked
        self._asked = True

    @property
    def is_at_once(self) -> bool:
        """Whether somebody asked a second time."""
        return self._at_once

    def is_set(self) -> bool:
        """Whether somebody asked to stop."""
        return self._asked

    def wait(self, seconds: float, sleep: Callable[[float], None]) -> None:
        """Return after this many seconds, or soon after somebody asked to stop."""
        while seconds > 0 and not self._asked:
            sleep(min(seconds, SLICE))
            seconds -= SLICE

    def outlast(self, seconds: float, sleep: Callable[[float], None]) -> None:
        """Return after this many seconds, although somebody asked to stop, but not at once."""
        while seconds > 0 and not self._at_once:
            sleep(min(seconds, SLICE))
            seconds -= SLICE


class Pauses:
    """What a client waits with; its waits end soon once somebody asked a rollout to stop."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self.sleep = sleep
        self._stop: StopFlag | None = None

    def __call__(self, seconds: float) -> None:
        """Wait this many seconds, or until somebody asks to stop."""
        if self._stop is None:
            self.sleep(seconds)
        else:
            self._stop.wait(seconds, self.sleep)

    @contextlib.contextmanager
    def end_with(self, stop: StopFlag) -> Iterator[None]:
        """Let waits end with `stop` as long as the block lasts."""
        before, self._stop = self._stop, stop
        try:
            yield
        finally:
            self._stop = before


def as_they_end(
    futures: Iterable[Future[Result]], look: Callable[[], None]
) -> Iterator[Future[Result]]:
    """Yield each future once it has its result; until then `look` is called now and then.

    The main thread looks up now and then: a signal can be delivered to another thread, which does
    not wake this one, and only this one runs the handlers.
    """
    left = list(futures)
    while left:
        ended = [future for future in left if future.done()]
        if not ended:
            wait(left, timeout=SLICE, return_when=FIRST_COMPLETED)
            look()
        yield from ended
        left = [future for future in left if future not in ended]


@contextlib.contextmanager
def graceful_stop() -> Iterator[StopFlag]:
    """Give a flag that the first interrupt sets; the second raises `KeyboardInterrupt`.

    Outside the main thread no signal can be handled, and the flag is never set.
    """
    stop = StopFlag()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        if stop.is_at_once:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, on_signal) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
