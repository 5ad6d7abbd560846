"""Bounded, streamed, retried requests to a server that is not trusted.

Owns how much is read and for how long. Sends no credential, asks for no compression, follows no
redirect. What the bytes should be is the caller's business: it consumes them as they arrive.
"""

import contextlib
import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import requests
import tenacity

from elastic_mirror_policy._http.auth import NoAuth
from elastic_mirror_policy._http.client import Reply, Tls, new_session, redirect_error, timed_out
from elastic_mirror_policy._http.deadline import Alarm, Watchdog
from elastic_mirror_policy._http.failures import FAILURES, FinalTransportError, transport_error
from elastic_mirror_policy._http.retry import RetryPolicy, is_retryable_read, retrying
from elastic_mirror_policy._version import __version__
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

_HEADERS = {
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "User-Agent": f"elastic-mirror-policy/{__version__}",
}
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
        self._verify = Tls(ca_cert=usable_ca(ca_cert)).verify
        self._timeout = timeout
        auth = NoAuth()
        self._echo = auth.echo
        self._session = new_session(auth, pool=parallel, headers=_HEADERS)
        self._watchdog = Watchdog()
        self._aborted = threading.Event()
        self._lock = threading.Lock()
        self.requests_sent = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.abort()
        self._session.close()
        self._watchdog.close()

    def abort(self) -> None:
        """End every exchange that is under way, and refuse new ones."""
        self._aborted.set()
        self._watchdog.ring()

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
        result: T = self._retrying()(self._once, "GET", path, consume, limit, headers, accept)
        return result

    def head(self, path: str) -> Answer:
        """Return status and headers, trying again when they did not arrive.

        Raises:
            TransportError: No usable answer arrived; also for a redirect.
            ApiError: The status is not 200.
        """
        answer: Answer = self._retrying()(self._once, "HEAD", path, _headers_only, 0, None, (200,))
        return answer

    def _once(
        self,
        method: str,
        path: str,
        consume: Consume[T],
        limit: int,
        headers: Mapping[str, str] | None,
        accept: tuple[int, ...],
    ) -> T:
        what = f"{method} {path}"
        if self._aborted.is_set():
            raise self._ended(what)
        with self._watched(10 * self._timeout + limit / SLOWEST) as alarm:
            response = self._send(method, path, headers, alarm)
            if isinstance(response, TransportError):
                raise response
            with response:
                answer = Answer(response.status_code, response.headers)
                if answer.status not in accept:
                    raise self._refusal(method, path, answer)
                if method == "HEAD" or answer.status == NOT_MODIFIED:
                    response.raw.drain_conn()  # there is nothing; it frees the connection
                return consume(answer, self._chunks(response, answer, what, limit, alarm))

    def _send(
        self, method: str, path: str, headers: Mapping[str, str] | None, alarm: Alarm
    ) -> requests.Response | TransportError:
        """Send; return an error, which would carry the password of a proxy along if raised here."""
        with self._lock:
            self.requests_sent += 1
        try:
            return self._session.request(
                method,
                self.base_url + path,
                headers=headers,
                timeout=(min(5.0, self._timeout), self._timeout),
                verify=self._verify,
                allow_redirects=False,
                stream=True,
            )
        except FAILURES as exc:
            return self._failure(exc, f"{method} {path}", alarm)

    def _chunks(
        self, response: requests.Response, answer: Answer, what: str, limit: int, alarm: Alarm
    ) -> Iterator[bytes]:
        """The body in pieces; every error of the transport comes out as one of ours."""
        if answer.length is not None and answer.length > limit:
            raise too_long(what, limit)
        left = limit
        while True:
            chunk = self._read(response, min(CHUNK, left + 1), what, alarm)
            if isinstance(chunk, TransportError):
                raise chunk
            if alarm.rang:
                raise self._ended(what)
            if not chunk:
                return
            left -= len(chunk)
            if left < 0:
                raise too_long(what, limit)
            yield chunk

    def _read(
        self, response: requests.Response, size: int, what: str, alarm: Alarm
    ) -> bytes | TransportError:
        try:
            piece: bytes = response.raw.read(size, decode_content=False)
        except FAILURES as exc:
            return self._failure(exc, what, alarm)
        return piece

    def _failure(self, exc: BaseException, what: str, alarm: Alarm) -> TransportError:
        if alarm.rang:
            return self._ended(what)
        return transport_error(exc, what, self.base_url, hide=self._echo.hide_in)

    def _ended(self, what: str) -> TransportError:
        if self._aborted.is_set():
            return FinalTransportError(f"{what} was called off.")
        return timed_out(what, self.base_url)

    def _refusal(self, method: str, path: str, answer: Answer) -> TransportError | ApiError:
        reply = Reply(method, path, answer.status, answer.headers, b"", self._echo.hide)
        if answer.status in _REDIRECTS:
            seen = redirect_error(reply)
            return RedirectedError(seen.message, hint=seen.hint, sent=False)
        kind = ServerError if answer.status >= 500 else _ERRORS.get(answer.status, ApiError)  # noqa: PLR2004 - the class of server errors
        return kind(
            f"{self.base_url}{path} was answered with {answer.status}.",
            status=answer.status,
            method=method,
            path=path,
            retry_after=reply.retry_after(),
        )

    @contextlib.contextmanager
    def _watched(self, seconds: float) -> Iterator[Alarm]:
        with self._watchdog.watching(seconds) as alarm:
            if self._aborted.is_set():
                alarm.ring()
            yield alarm

    def _retrying(self) -> tenacity.Retrying:
        return retrying(RETRY, is_retryable_read, tenacity.sleep_using_event(self._aborted))


def usable_ca(ca_cert: str | None) -> str | None:
    """Return the path of a CA certificate that can be read; a folder is left to the first use.

    Raises:
        ConfigurationError: It cannot be read.
    """
    if ca_cert is not None and not Path(ca_cert).is_dir():
        try:
            ssl.create_default_context(cafile=ca_cert)
        except OSError as exc:
            raise ConfigurationError(
                f"The CA certificate {ca_cert!r} cannot be read: {exc.strerror or exc}.",
                hint="Give the path of a PEM file that begins with -----BEGIN CERTIFICATE-----.",
            ) from exc
    return ca_cert


def read_all(answer: Answer, chunks: Iterator[bytes]) -> tuple[Answer, bytes]:
    """Consume a small body whole; the limit of the request bounds it."""
    return answer, b"".join(chunks)


def _headers_only(answer: Answer, _: Iterator[bytes]) -> Answer:
    return answer


def too_long(what: str, limit: int) -> LengthMismatchError:
    """The error for a body that goes on after its last byte."""
    return LengthMismatchError(f"{what} was answered with more than the expected {limit} bytes.")
