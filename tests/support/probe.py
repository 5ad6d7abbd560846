"""Plain HTTP requests that change nothing: no redirect followed, no encoding asked for."""

import http.client
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def etag(self) -> str | None:
        """Its ETag."""
        return self.headers.get("etag")


@dataclass(frozen=True, slots=True)
class Probe:
    """Asks one server on the loopback, by the host name it is configured for."""

    port: int
    host: str
    context: ssl.SSLContext | None = None

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Return the answer; `if_none_match="x"` becomes the header `If-None-Match: x`."""
        return self.ask_in_turn((path, headers), method=method)[0]

    def ask_in_turn(
        self, *questions: tuple[str, Mapping[str, str]], method: str = "GET"
    ) -> list[Answer]:
        """Return the answers to several requests over one connection."""
        connection = self._connection()
        try:
            return [_exchange(connection, method, self.host, *question) for question in questions]
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if self.context is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20, context=self.context)


def _exchange(
    connection: http.client.HTTPConnection,
    method: str,
    host: str,
    path: str,
    headers: Mapping[str, str],
) -> Answer:
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in {"host": host, **headers}.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    response = connection.getresponse()
    return Answer(response.status, _joined(response.getheaders()), response.read())


def _joined(lines: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Join the lines of one header the way HTTP defines it; empty elements do not count."""
    found: dict[str, str] = {}
    for name, value in lines:
        found[name.lower()] = ", ".join(filter(None, [found.get(name.lower(), ""), value]))
    return found
