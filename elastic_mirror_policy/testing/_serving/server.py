"""Serves a fake over HTTP/1.1 on 127.0.0.1, one thread per connection, silently."""

import contextlib
import itertools
import socket
import socketserver
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, TypeAlias


class Sendable(Protocol):
    """An answer that can be sent; one with status 0 closes the connection in place of it."""

    @property
    def status(self) -> int:
        """HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers besides Content-Length."""
        ...

    @property
    def length(self) -> int | None:
        """What Content-Length says; None leaves it out and closes the connection after."""
        ...

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it is sent."""
        ...


Answerer: TypeAlias = Callable[[str, str, Mapping[str, str], bytes], Sendable]

_JOIN = 10.0


class LocalServer(ThreadingHTTPServer):
    """A running server; `close` ends it with all its connections.

    Attributes:
        connections: How many TCP connections were accepted.
        failures: Exceptions out of the code that answers, oldest first.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, answerer: Answerer, *, port: int = 0, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answerer = answerer
        self.connections = 0
        self.failures: list[BaseException] = []
        self._ssl_context = ssl_context
        self._open: dict[threading.Thread, socket.socket] = {}
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        scheme = "https" if self._ssl_context else "http"
        return f"{scheme}://127.0.0.1:{self.server_address[1]}"

    def close(self) -> None:
        """Stop listening, close every connection, wait for the threads."""
        self.shutdown()
        self._thread.join(_JOIN)
        with self._lock:
            running = list(self._open.items())
        for _, connection in running:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread, _ in running:
            thread.join(_JOIN)
        self.server_close()

    def server_bind(self) -> None:
        """Bind without asking the name service what this machine is called: that can take long."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; the TLS handshake is left to its own thread."""
        connection, address = super().get_request()
        self.connections += 1
        if self._ssl_context is not None:
            connection = self._ssl_context.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as in socketserver
        """Answer the requests of one connection in a thread that `close` knows of."""
        thread = threading.Thread(
            target=self._run, args=(request, client_address), daemon=True, name="fake-connection"
        )
        with self._lock:
            self._open[thread] = request
        thread.start()

    def _run(self, request: socket.socket, client_address: tuple[str, int]) -> None:
        try:
            self.process_request_thread(request, client_address)
        except BaseException as error:  # noqa: BLE001 - a failed assertion need not be an Exception
            self.failures.append(error)
        finally:
            with self._lock:
                self._open.pop(threading.current_thread(), None)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, ARG002 - as in socketserver
        """Keep what the answering code raised; a client that went away is nothing to keep."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, ConnectionError | ssl.SSLError):
            self.failures.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: LocalServer

    def setup(self) -> None:
        if isinstance(self.request, ssl.SSLSocket):
            self.request.do_handshake()
        super().setup()

    def _answer(self) -> None:
        try:
            body = self._body()
        except ValueError:
            self.send_error(HTTPStatus.BAD_REQUEST)
            return
        if body is None:
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.answerer(self.command, self.path, headers, body)
        if answer.status == 0:
            self.close_connection = True
            return
        bare, unsent, sent = self.command == "HEAD", _head(answer), 0
        # The empty piece at the end sends the head of an answer without any other.
        for piece in itertools.chain(() if bare else answer.pieces(), (b"",)):
            self.wfile.write(unsent + piece)
            unsent, sent = b"", sent + len(piece)
        self.close_connection |= answer.length is None or (not bare and answer.length != sent)

    def _body(self) -> bytes | None:
        """Return the body of the request, or None when the client went away in it.

        Raises:
            ValueError: Its length cannot be told.
        """
        if "Transfer-Encoding" not in self.headers:
            length = int(self.headers.get("Content-Length", "0"))
            body = self.rfile.read(length)
            return body if len(body) == length else None
        if self.headers["Transfer-Encoding"].strip().lower() != "chunked":
            raise ValueError(self.headers["Transfer-Encoding"])
        chunks = []
        while line := self.rfile.readline(_LONGEST_LINE):
            size = int(line.partition(b";")[0], 16)
            chunks.append(self.rfile.read(size))
            if self.rfile.readline(_LONGEST_LINE) != b"\r\n":
                return None
            if not size:
                return b"".join(chunks)
        return None

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _answer  # noqa: N815 - named by http.server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by http.server
        """Say nothing: the fake keeps its own record."""


def _head(answer: Sendable) -> bytes:
    reason = HTTPStatus(answer.status).phrase if answer.status in _KNOWN else "Unknown"
    lines = [f"HTTP/1.1 {answer.status} {reason}"]
    if answer.length is None:
        lines.append("connection: close")
    elif answer.status != HTTPStatus.NOT_MODIFIED:
        lines.append(f"content-length: {answer.length}")
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


_LONGEST_LINE = 1024
_KNOWN = frozenset(int(status) for status in HTTPStatus)
