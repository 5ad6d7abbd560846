"""An end to an exchange that a server drags out: its socket is shut when the time is up.

A read timeout is renewed by every byte, so a server that sends one byte now and then, in the
headers or in the body, would hold a download for days. Only shutting the socket ends that, and
only the connection knows its socket: hence connections that report it when a request was sent.
"""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class _OfThread(threading.local):
    alarm: "Alarm | None" = None


_of_thread = _OfThread()


class Alarm:
    """Shuts the socket of this thread's exchange after so many seconds, or when it is rung.

    Attributes:
        rang: Whether the exchange was ended.
    """

    def __init__(self, seconds: float) -> None:
        self.rang = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self.ring)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        _of_thread.alarm = self
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _of_thread.alarm = None
        self._timer.cancel()
        with self._lock:
            self._socket = None

    def watch(self, sock: socket.socket | None) -> None:
        """Take the socket that is to be shut."""
        with self._lock:
            self._socket = sock
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


class _WatchedConnection(HTTPConnection):
    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]  # as in urllib3
        """Report the socket; everything slow comes after this."""
        if _of_thread.alarm is not None:
            _of_thread.alarm.watch(self.sock)
        return super().getresponse()


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

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: object) -> urllib3.ProxyManager:
        """Return the pools of connections through a proxy."""
        pools: urllib3.ProxyManager = super().proxy_manager_for(proxy, **proxy_kwargs)
        pools.pool_classes_by_scheme = _POOLS
        return pools
