"""A deadline for a whole exchange: whatever reads from its socket looks at the clock first.

A read timeout is renewed by every byte, so a server that sends one byte now and then, in the
headers or in the body, would hold a request for days. The class that reads an answer can be chosen
for each connection (`response_class`); ours checks the deadline before it reads on, so a dripping
server is left at the latest one read timeout after the deadline, whatever part of the answer drips.
"""

import contextlib
import http.client
import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar

from urllib3.connectionpool import HTTPConnectionPool


class Deadline:
    """When one exchange has to end; it can be ended before, from another thread."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds
        self._ended = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    @property
    def passed(self) -> bool:
        """Whether the exchange has to end."""
        return self._ended or time.monotonic() >= self._at

    def check(self) -> None:
        """Raise a timeout when the exchange has to end.

        Raises:
            TimeoutError: It has to.
        """
        if self.passed:
            raise TimeoutError("the exchange took too long")

    def watch(self, sock: object) -> None:
        """Take the socket that is to be shut when the exchange is ended early."""
        # A connection within TLS to a proxy has an object around the socket.
        found = sock if isinstance(sock, socket.socket) else getattr(sock, "socket", None)
        with self._lock:
            self._socket = found

    def end(self) -> None:
        """End the exchange now, even while it waits for the next byte."""
        with self._lock:
            self._ended = True
            if self._socket is not None:
                # Not the method of an SSL socket: that one forgets its state, under the reader.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def release(self) -> None:
        """Let go of the socket: it may serve another exchange from now on."""
        with self._lock:
            self._socket = None


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextlib.contextmanager
def applied(deadline: Deadline) -> Iterator[None]:
    """Apply a deadline to every answer that this thread begins to read meanwhile."""
    token = _current.set(deadline)
    try:
        yield
    finally:
        _current.reset(token)


class _Timed(io.RawIOBase):
    """Reads from a socket as long as there is time."""

    def __init__(self, raw: io.RawIOBase, deadline: Deadline) -> None:
        super().__init__()
        self._raw = raw
        self._fill: Callable[..., int | None] = raw.readinto
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int | None:
        self._deadline.check()
        return self._fill(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """An answer, of a server or of a proxy that was asked for a tunnel, that is read in time."""

    def __init__(
        self,
        sock: socket.socket,
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        deadline = _current.get()
        if deadline is not None:
            deadline.watch(sock)
            self.fp = io.BufferedReader(_Timed(self.fp.detach(), deadline))


def apply_deadlines(pool: HTTPConnectionPool) -> None:
    """Have the connections of a pool keep to the deadline of whoever uses them."""
    kind = pool.ConnectionCls
    pool.ConnectionCls = type(kind.__name__, (kind,), {"response_class": _TimedResponse})
