"""Bounded, streamed, retried requests to a server that is not trusted.

Owns how much is read and for how long. Sends no credential, asks for no compression, follows no
redirect. What the bytes should be is the caller's business: it consumes them as they arrive.
"""

import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

import urllib3

from elastic_mirror_policy._given import optional_path
from elastic_mirror_policy._http.auth import NoAuth
from elastic_mirror_policy._http.client import HEADERS, Reply, redirect_error
from elastic_mirror_policy._http.connections import PUBLIC_CAS, Connections, Exchange, Tls
from elastic_mirror_policy._http.failures import FinalTransportError
from elastic_mirror_policy._http.retry import Retrying, RetryPolicy, is_retryable_read
from elastic_mirror_policy.errors import (
    ApiError,
    AuthenticationError,
    ConfigurationError,
    LengthMismatchError,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
    TransportError,
)

T = TypeVar("T")

_LENGTH = re.compile("[0-9]{1,18}")

CHUNK = 1 << 18
SLOWEST = 32 * 1024
"""Bytes per second below which a download is given up, counted over its whole length."""
RETRY = RetryPolicy(attempts=4, total=60.0)

NOT_MODIFIED = 304
_REDIRECTS = frozenset({300, 301, 302, 303, 307, 308})

_HEADERS = HEADERS | {"Accept-Encoding": "identity"}
_ERRORS: dict[int, type[ApiError]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    410: NotFoundError,
    429: ServerError,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and headers of an answer, whose body is read by the caller."""

    status: int
    headers: Mapping[str, str]

    @property
    def length(self) -> int | None:
        """The Content-Length, or None when there is none that can be read."""
        text = self.headers.get("content-length", "")
        return int(text) if _LENGTH.fullmatch(text) else None


class RedirectedError(FinalTransportError):
    """The server points elsewhere; nobody goes there."""


Consume = Callable[[Answer, Iterator[bytes]], T]
"""Takes an answer and its body in pieces, from the beginning, once per attempt."""


class Fetcher:
    """A mirror or an upstream at `base_url`; safe to use from several threads.

    Raises:
        ConfigurationError: The CA certificate cannot be read.
    """

    def __init__(
        self,
        base_url: str,
        *,
        ca_cert: str | None = None,
        timeout: float = 30.0,
        parallel: int = 8,
    ) -> None:
        self.base_url = base_url
        self._timeout = timeout
        self._waits = urllib3.Timeout(connect=min(5.0, timeout), read=timeout)
        self._auth = NoAuth()
        self._connections = Connections(
            base_url,
            auth=self._auth,
            headers=_HEADERS,
            tls=Tls(() if ca_cert is None else (PUBLIC_CAS, usable_ca(ca_cert))),
            pool=parallel,
        )
        self._aborted = threading.Event()
        self._retrying = Retrying(RETRY, is_retryable_read, self._aborted.wait)

    @property
    def requests_sent(self) -> int:
        """How many requests have been sent, retries included."""
        return self._connections.requests_sent

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.abort()
        self._connections.close()

    def abort(self) -> None:
        """End every exchange that is under way, and refuse new ones."""
        self._aborted.set()
        self._connections.end()

    def get(
        self,
        path: str,
        consume: Consume[T],
        *,
        limit: int,
        headers: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (200,),
    ) -> T:
        """Return what `consume` makes of the answer, trying again when it did not arrive.

        Raises:
            LengthMismatchError: There are more than `limit` bytes.
            TransportError: No usable answer arrived; also for a redirect.
            ApiError: The status is not one of those to accept.
        """
        return self._retrying(self._once, "GET", path, consume, limit, headers, accept)

    def head(self, path: str) -> Answer:
        """Return status and headers, trying again when they did not arrive.

        Raises:
            TransportError: No usable answer arrived; also for a redirect.
            ApiError: The status is not 200.
        """
        return self._retrying(self._once, "HEAD", path, _headers_only, 0, None, (200,))

    def _once(
        self,
        method: str,
        path: str,
        consume: Consume[T],
        limit: int,
        headers: Mapping[str, str] | None,
        accept: tuple[int, ...],
    ) -> T:
        with self._connections.exchange(
            method,
            path,
            headers=headers,
            timeout=self._waits,
            seconds=10 * self._timeout + limit / SLOWEST,
        ) as found:
            answer = Answer(found.status, found.headers)
            if answer.status not in accept:
                raise self._refusal(method, path, found)
            if method == "HEAD" or answer.status == NOT_MODIFIED:
                next(found.pieces(1, decoded=False), None)  # there is nothing; frees the connection
            return consume(answer, _bounded(found, answer, f"{method} {path}", limit))

    def _refusal(self, method: str, path: str, answer: Exchange) -> TransportError | ApiError:
        hide = self._auth.reflected.hide
        proxy = self._connections.forwarding_proxy
        reply = Reply(method, path, answer.status, answer.headers, b"", proxy, hide)
        if reply.by_proxy:
            return reply.proxy_error(self.base_url)
        if answer.status in _REDIRECTS:
            seen = redirect_error(reply)
            return RedirectedError(seen.message, hint=seen.hint, sent=False)
        kind = ServerError if answer.status >= 500 else _ERRORS.get(answer.status, ApiError)  # noqa: PLR2004 - the class of server errors
        return reply.refused(kind, f"{self.base_url}{path} was answered with {answer.status}.")


def _bounded(found: Exchange, answer: Answer, what: str, limit: int) -> Iterator[bytes]:
    """The body in pieces, as long as there are no more than `limit` bytes of it."""
    if answer.length is not None and answer.length > limit:
        raise too_long(what, limit)
    left = limit
    for piece in found.pieces(min(CHUNK, limit + 1), decoded=False):
        left -= len(piece)
        if left < 0:
            raise too_long(what, limit)
        yield piece


def usable_ca(ca_cert: str) -> str:
    """Return the path of a CA certificate that can be read; a folder is left to the first use.

    Raises:
        ConfigurationError: It cannot be read.
    """
    if not Path(ca_cert).is_dir():
        try:
            ssl.create_default_context(cafile=ca_cert)
        except OSError as exc:
            raise ConfigurationError(
                f"The CA certificate {ca_cert!r} cannot be read: {exc.strerror or exc}.",
                hint="Give the path of a PEM file that begins with -----BEGIN CERTIFICATE-----; "
                "from DER (.cer), convert it: openssl x509 -inform der -in CA.cer -out ca.pem",
            ) from exc
    return ca_cert


def optional_ca(ca_cert: object, what: str) -> str | None:
    """Return the path of a CA certificate that can be read, or None where none was given.

    Raises:
        ConfigurationError: It is not a path, or cannot be read.
    """
    path = optional_path(ca_cert, what)
    return None if path is None else usable_ca(path)


def read_all(answer: Answer, chunks: Iterator[bytes]) -> tuple[Answer, bytes]:
    """Consume a small body whole; the limit of the request bounds it."""
    return answer, b"".join(chunks)


def _headers_only(answer: Answer, _: Iterator[bytes]) -> Answer:
    return answer


def too_long(what: str, limit: int) -> LengthMismatchError:
    """The error for a body that goes on after its last byte."""
    return LengthMismatchError(f"{what} was answered with more than the expected {limit} bytes.")
