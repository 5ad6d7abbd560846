"""The sockets of FakeArtifactServer: HTTP/1.1 on the loopback, one thread per connection.

Knows nothing about artifacts. It can be stopped at any moment, also while answers wait.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from elastic_mirror_policy.testing._artifacts.faults import ArtifactAnswer

Respond = Callable[[str, dict[str, str]], ArtifactAnswer]
"""Path and headers (names in lower case) to the answer that is sent."""

Log = Callable[[str, str, dict[str, str], ArtifactAnswer], None]
"""Method, path, headers and the answer; called before it is sent."""


class LoopbackServer:
    """An HTTP server on a free port of 127.0.0.1; `close` returns when all its threads ended."""

    def __init__(self, respond: Respond, log: Log, tls: ssl.SSLContext | None) -> None:
        self._server = _Server(respond, log, tls)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def connections(self) -> int:
        """How many connections it has accepted."""
        return self._server.accepted

    def close(self) -> None:
        """Hang up on everybody and stop."""
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, respond: Respond, log: Log, tls: ssl.SSLContext | None) -> None:
        self.respond = respond
        self.log = log
        self.tls = tls
        self.accepted = 0
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)
            self.accepted += 1

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)
        connection.close()

    def hang_up(self) -> None:
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that hangs up is what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        """Take the connection, with TLS where that is asked for."""
        if self.server.tls is not None:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        """Give the connection back."""
        try:
            super().finish()
        finally:
            self.server.closed(self.connection)

    def do_GET(self) -> None:
        """Answer with headers and body."""
        self._answer()

    def do_HEAD(self) -> None:
        """Answer with headers."""
        self._answer()

    def _answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.respond(self.path, headers)
        self.server.log(self.command, self.path, headers, answer)
        self._send_headers(answer)
        sent = 0
        for piece in answer.pieces() if self.command == "GET" else ():
            self.wfile.write(piece)
            sent += len(piece)
        self.close_connection |= answer.length != sent and self.command == "GET"

    def _send_headers(self, answer: ArtifactAnswer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.length is None:
            self.send_header("Connection", "close")
        elif answer.status != 304:  # noqa: PLR2004 - Not Modified has no body
            self.send_header("Content-Length", str(answer.length))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Write nothing to the terminal."""
