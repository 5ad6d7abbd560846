"""HTTP without sockets: the real clients parse bytes that a function makes of each request.

Thousands of answers a second, and nothing of the HTTP stack left out but the network itself.
"""

import http.client
import io
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import pytest
import urllib3
from urllib3.connection import HTTPConnection

NEVER_CONNECTED: Final = os.open(os.devnull, os.O_RDONLY)
"""Always readable, so that a kept connection looks dropped and a new one is made."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it went out.

    Attributes:
        method: Its method.
        target: Path and query.
        headers: Its headers, names in lower case.
        body: Its body.
        host: Host and port it was sent to.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    host: str

    @property
    def path(self) -> str:
        """Its path, without the query."""
        return self.target.partition("?")[0]


Raw: TypeAlias = bytes | Exception
"""What comes over the line, or how the line breaks."""

Server: TypeAlias = Callable[[Asked], Raw]


class Broken(io.RawIOBase):
    """Gives some bytes, then raises."""

    def __init__(self, exc: Exception) -> None:
        self._exc = exc

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, _: object) -> int:
        """Break."""
        raise self._exc


class _Socket:
    """What urllib3 uses of a socket."""

    def __init__(self, server: Server, host: str) -> None:
        self._server = server
        self._host = host
        self._sent = bytearray()

    def sendall(self, data: bytes) -> None:
        self._sent += data

    def makefile(self, *_: object, **__: object) -> io.BufferedReader:
        answer = self._server(parse_request(bytes(self._sent), self._host))
        self._sent.clear()
        if isinstance(answer, Exception):
            return io.BufferedReader(Broken(answer))
        return io.BufferedReader(io.BytesIO(answer))

    def fileno(self) -> int:
        return NEVER_CONNECTED

    def settimeout(self, seconds: float | None) -> None:
        """Wait for nothing; a server may want to know how long it would have been."""
        if isinstance(self._server, Scripted):
            self._server.waits.append(seconds)

    def setsockopt(self, *_: object) -> None:
        """Take no option."""

    def close(self) -> None:
        """Close nothing."""


@dataclass
class Scripted:
    """Gives its answers in order, the last one again and again, and keeps what was asked.

    Attributes:
        answers: What is still to be given.
        asked: Every request as it came.
        waits: Seconds that were to be waited: for a connection, then for each answer.
    """

    answers: list[Raw] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    waits: list[float | None] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Raw:
        """Return the next answer."""
        self.asked.append(asked)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def add(
        self, body: bytes = b"{}", status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        """Give one answer more."""
        self.answers.append(answer(body, status, headers))


def parse_request(data: bytes, host: str) -> Asked:
    """Return the request in these bytes."""
    head, _, body = data.partition(b"\r\n\r\n")
    line, _, fields = head.partition(b"\r\n")
    method, target, _ = line.decode("ascii").split(" ")
    headers = http.client.parse_headers(io.BytesIO(fields + b"\r\n\r\n"))
    return Asked(method, target, {k.lower(): v for k, v in headers.items()}, body, host)


@contextmanager
def all_http(server: Server) -> Iterator[None]:
    """Let every HTTP client of this process talk to a function, whatever the host."""

    def connect(self: HTTPConnection) -> _Socket:
        if isinstance(server, Scripted):
            server.waits.append(float(self.timeout or 0))
        return _Socket(server, f"{self.host}:{self.port}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(urllib3.connection.HTTPConnection, "_new_conn", connect)
        yield


def answer(body: bytes = b"", status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """Return an answer with an honest length."""
    fields = {"content-length": str(len(body)), "content-type": "application/json"}
    given = {name.lower(): value for name, value in (headers or {}).items()}
    return answer_as_it_is(body, status, fields | given)


def answer_as_it_is(body: bytes, status: int, headers: Mapping[str, str]) -> bytes:
    """Return an answer with these headers and no other."""
    lines = [f"HTTP/1.1 {status} x", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body
