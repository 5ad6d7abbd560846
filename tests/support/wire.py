"""A server of bytes on 127.0.0.1: says exactly what a test wants said, or breaks off."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import takewhile

TLS_HELLO = b"\x16"
"""First byte of a client that speaks TLS; it is all there is to read from one."""

Action = Callable[[socket.socket], None]
"""What to do with a connection after its request was read."""


@dataclass
class Wire:
    """What was asked so far, and where.

    Attributes:
        port: Port on 127.0.0.1.
        requests: Every request that arrived whole, as bytes.
        connections: How many connections were accepted.
    """

    port: int
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        """Its address without TLS."""
        return f"http://127.0.0.1:{self.port}"


def answer(
    body: bytes = b"{}", status: str = "200 OK", *headers: str, length: int | None = None
) -> Action:
    """Return the action that answers and closes; `length` may lie about the body."""
    head = [
        f"HTTP/1.1 {status}",
        f"Content-Length: {len(body) if length is None else length}",
        "Connection: close",
        *headers,
    ]
    return raw("\r\n".join([*head, "", ""]).encode() + body)


def raw(data: bytes) -> Action:
    """Return the action that sends these bytes and closes."""
    return lambda connection: connection.sendall(data)


def drop(connection: socket.socket) -> None:
    """Close without an answer."""
    connection.close()


def plain_text_on(connection: socket.socket) -> None:
    """Send something that is not TLS over a connection that is."""
    with socket.socket(fileno=connection.detach()) as below:
        below.sendall(b"this is not a TLS record, whatever it is taken for\r\n")


@contextmanager
def wire(*actions: Action, tls: ssl.SSLContext | None = None) -> Iterator[Wire]:
    """Serve one connection for each action, in order; more are closed at once."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Wire(listener.getsockname()[1])
        thread = threading.Thread(target=_serve, args=(listener, server, list(actions), tls))
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(
    listener: socket.socket, server: Wire, actions: list[Action], tls: ssl.SSLContext | None
) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        server.connections += 1
        with connection, suppress(OSError):
            _exchange(connection, server, actions, tls)


def _exchange(
    connection: socket.socket, server: Wire, actions: list[Action], tls: ssl.SSLContext | None
) -> None:
    secured = tls.wrap_socket(connection, server_side=True) if tls else connection
    with secured:
        request = _read_request(secured)
        if request and actions:
            server.requests.append(request)
            actions.pop(0)(secured)


def _read_request(connection: socket.socket) -> bytes:
    with connection.makefile("rb") as stream:
        if stream.peek(1)[:1] == TLS_HELLO:
            return TLS_HELLO
        lines = list(takewhile(lambda line: line not in {b"", b"\r\n"}, stream))
        if not lines or not lines[0].endswith((b" HTTP/1.1\r\n", b" HTTP/1.0\r\n")):
            return b""
        sizes = [line for line in lines if line.lower().startswith(b"content-length:")]
        size = int(sizes[0].split(b":")[1]) if sizes else 0
        return b"".join(lines) + b"\r\n" + stream.read(size)
