"""An end to an exchange that a server drags out: its socket is shut when the time is up.

A read timeout is renewed by every byte, so a server that sends one byte now and then, in the
headers or in the body, would hold a request for days. Only shutting the socket ends that, and
only the connection knows its socket: hence connections that report it to the alarm of their thread.

One thread watches all exchanges of a client. It sleeps until the first of them has to end and is
not woken by those that end in time, so that watching costs a request next to nothing.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from elastic_mirror_policy._http.quiet import quiet_headers


class _OfThread(threading.local):
    alarm: "Alarm | None" = None


_of_thread = _OfThread()


class Alarm:
    """Shuts the socket of one exchange when it is rung.

    Attributes:
        deadline: When the exchange has to end, on the monotonic clock.
        rang: Whether the exchange was ended.
    """

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.rang = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def watch(self, sock: object) -> None:
        """Take the socket that is to be shut; None lets go of it."""
        # A connection within TLS to a proxy has an object around the socket.
        found = sock if isinstance(sock, socket.socket) else getattr(sock, "socket", None)
        with self._lock:
            self._socket = found
        if self.rang:
            self.ring()

    def ring(self) -> None:
        """End the exchange now."""
        with self._lock:
            self.rang = True
            if self._socket is not None:
                # Not the method of an SSL socket: that one forgets its state, under the reader.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class Watchdog:
    """Rings the alarms of one client's exchanges; safe to use from several threads."""

    def __init__(self) -> None:
        self._alarms: set[Alarm] = set()
        self._wakes = 0.0
        self._thread: threading.Thread | None = None
        self._guard = threading.Condition()

    @contextlib.contextmanager
    def watching(self, seconds: float) -> Iterator[Alarm]:
        """Give the alarm that ends this thread's exchange after so many seconds."""
        alarm = Alarm(time.monotonic() + seconds)
        self._add(alarm)
        _of_thread.alarm = alarm
        try:
            yield alarm
        finally:
            _of_thread.alarm = None
            with self._guard:
                self._alarms.discard(alarm)
            alarm.watch(None)

    def ring(self) -> None:
        """End every exchange that is under way."""
        with self._guard:
            for alarm in self._alarms:
                alarm.ring()

    def close(self) -> None:
        """Let the thread end as soon as nothing is under way."""
        with self._guard:
            self._guard.notify()

    def _add(self, alarm: Alarm) -> None:
        with self._guard:
            self._alarms.add(alarm)
            # A process that was forked has the object without the thread.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
                self._thread.start()
            elif alarm.deadline < self._wakes:
                self._guard.notify()

    def _run(self) -> None:
        with self._guard:
            while self._alarms:
                self._wakes = min(alarm.deadline for alarm in self._alarms)
                left = self._wakes - time.monotonic()
                if left > 0:
                    self._guard.wait(left)
                else:
                    self._ring_late()
            self._thread = None

    def _ring_late(self) -> None:
        now = time.monotonic()
        for alarm in [alarm for alarm in self._alarms if alarm.deadline <= now]:
            alarm.ring()
            self._alarms.discard(alarm)


class _WatchedConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        """Report a new socket: the proxy that it may lead to can be slow as well."""
        sock = super()._new_conn()
        _report(sock)
        return sock

    def _tunnel(self) -> None:
        """Go no further through a proxy whose time was up: nobody closes TLS on a shut socket."""
        super()._tunnel()
        if _of_thread.alarm is not None and _of_thread.alarm.rang:
            raise TimeoutError("the proxy took too long")

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]  # as in urllib3
        """Report the socket that the answer comes from: it may have been kept, or have TLS now."""
        _report(self.sock)
        with quiet_headers():
            return super().getresponse()


def _report(sock: object) -> None:
    if _of_thread.alarm is not None:
        _of_thread.alarm.watch(sock)


class _WatchedTlsConnection(_WatchedConnection, HTTPSConnection):
    pass


class _WatchedPool(HTTPConnectionPool):
    ConnectionCls = _WatchedConnection


class _WatchedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTlsConnection


_POOLS = {"http": _WatchedPool, "https": _WatchedTlsPool}


class WatchedAdapter(HTTPAdapter):
    """An adapter whose connections report their sockets to the alarm of the thread."""

    def __init__(self, *, pool: int) -> None:
        super().__init__(pool_connections=4, pool_maxsize=pool, pool_block=True)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def close(self) -> None:
        """Close every connection now.

        urllib3 leaves that to the end of its pools, which an error that somebody keeps holds off.
        """
        for key in self.poolmanager.pools.keys():  # noqa: SIM118 - it cannot be iterated over
            self.poolmanager.pools[key].close()
        super().close()

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: object) -> urllib3.ProxyManager:
        """Return the pools of connections through a proxy."""
        pools: urllib3.ProxyManager = super().proxy_manager_for(proxy, **proxy_kwargs)
        pools.pool_classes_by_scheme = _POOLS
        return pools
