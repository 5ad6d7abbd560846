"""One HTTP session: credentials, TLS, timeouts, retries; an answer becomes a value or an error.

Used for Kibana, for Elasticsearch and for the mirror. It knows HTTP and nothing about Fleet.
Exceptions of `requests` and `urllib3` do not leave this module.
"""

import logging
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy

import requests
import tenacity
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from elastic_mirror_policy._json import JsonValue, decode, encode
from elastic_mirror_policy.errors import (
    ApiError,
    MirrorPolicyError,
    RequestTimeoutError,
    TransportError,
)

logger = logging.getLogger("elastic_mirror_policy.http")

MAX_BODY = 512 * 1024 * 1024
"""Largest answer that is read into memory, in bytes."""

RETRYABLE_STATUS = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait: for a connection, for an answer to a read, for an answer to a write."""

    connect: float = 5.0
    read: float = 30.0
    write: float = 120.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When to stop trying again: after so many attempts, or so many seconds in total."""

    attempts: int = 5
    total: float = 120.0
    base: float = 0.25
    longest: float = 20.0


@dataclass(frozen=True, slots=True)
class Tls:
    """Whom to trust, and who we are: paths to PEM files."""

    ca_cert: str | None = None
    client_cert: str | tuple[str, str] | None = None

    @property
    def verify(self) -> str | bool:
        """The value `requests` wants; given per request, or the environment would win over it."""
        return self.ca_cert or True


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer, read whole."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> JsonValue:
        """Return the decoded body.

        Raises:
            TransportError: The body is not JSON, or was cut short.
        """
        try:
            return decode(self.body)
        except ValueError as exc:
            raise TransportError(
                f"{self.method} {self.path} was answered with {self.status} and a body that is not "
                f"JSON (it begins {self.excerpt()!r}).",
                hint="A proxy or a login page may stand between here and the server.",
            ) from exc

    def excerpt(self) -> str:
        """The first 60 characters of the body, on one line."""
        return " ".join(self.body[:240].decode("utf-8", "replace").split())[:60]

    def retry_after(self, now: datetime | None = None) -> float | None:
        """Seconds named by `Retry-After`, in either of its two forms, or None."""
        return parse_retry_after(self.headers.get("retry-after", ""), now or datetime.now(UTC))


class NoAuth(AuthBase):
    """Sends no credential, and keeps `~/.netrc` from adding one."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Leave the request as it is."""
        return request


class HeaderAuth(AuthBase):
    """Sends one `Authorization` value and never shows it."""

    def __init__(self, scheme: str, secret: str) -> None:
        self.scheme = scheme
        self._secret = secret

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Set the header, over whatever was there."""
        request.headers["Authorization"] = f"{self.scheme} {self._secret}"
        return request

    def __repr__(self) -> str:
        return f"HeaderAuth({self.scheme!r}, <hidden>)"

    def __reduce__(self) -> tuple[object, ...]:
        """Refuse to be pickled: the secret would be in the pickle."""
        raise TypeError("credentials cannot be pickled")


def new_session(auth: AuthBase, *, pool: int, headers: Mapping[str, str]) -> requests.Session:
    """Return a session that keeps at most `pool` connections to a host and stores no cookies."""
    session = requests.Session()
    session.auth = auth
    session.headers.update(headers)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=4, pool_maxsize=pool, pool_block=True)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class HttpClient:
    """A server at `base_url`, asked with one set of credentials; safe to use from several threads.

    `explain` turns a reply with a status of 400 or more into the error to raise. Redirects are
    never followed: a redirect is an error that names the other address.
    """

    def __init__(  # noqa: PLR0913 - each is one decision about the connection
        self,
        base_url: str,
        *,
        explain: Callable[[Reply], MirrorPolicyError],
        auth: AuthBase | None = None,
        headers: Mapping[str, str] | None = None,
        tls: Tls | None = None,
        timeouts: Timeouts | None = None,
        retry: RetryPolicy | None = None,
        pool: int = 4,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._explain = explain
        self._tls = tls or Tls()
        self._timeouts = timeouts or Timeouts()
        self._retry = retry or RetryPolicy()
        self._sleep = sleep
        self._session = new_session(auth or NoAuth(), pool=pool, headers=headers or {})
        self._counter = _Counter()

    @property
    def requests_sent(self) -> int:
        """How many requests have been sent, retries included."""
        return self._counter.value

    def close(self) -> None:
        """Close every connection."""
        self._session.close()

    def read(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: JsonValue = None,
    ) -> JsonValue:
        """Return the decoded answer of a request that changes nothing, trying again if need be.

        Raises:
            TransportError: No usable answer arrived.
            ApiError: The server said no.
        """
        return self._retrying(is_retryable_read)(self._once, method, path, params, body)

    def write(self, method: str, path: str, *, body: JsonValue) -> JsonValue:
        """Return the decoded answer of a request that changes something.

        It is sent again only where it certainly was not carried out: no connection was made, or
        the server answered 429. Everything else is for the caller to find out by reading.

        Raises:
            TransportError: No usable answer; `sent` says whether it may have been carried out.
            ApiError: The server said no.
        """
        return self._retrying(is_retryable_write)(self._once, method, path, None, body)

    def _once(
        self, method: str, path: str, params: Mapping[str, str] | None, body: JsonValue
    ) -> JsonValue:
        reply = self.send(method, path, params=params, body=body)
        if 300 <= reply.status < 400:  # noqa: PLR2004 - the class of redirects
            raise redirect_error(reply)
        if reply.status >= 400:  # noqa: PLR2004 - the classes of errors
            raise self._explain(reply)
        return reply.json()

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: JsonValue = None,
    ) -> Reply:
        """Send one request once and return the answer, whatever its status.

        Raises:
            TransportError: No usable answer arrived.
        """
        read = self._timeouts.write if method in {"PUT", "DELETE"} else self._timeouts.read
        started = time.monotonic()
        self._counter.add()
        try:
            with self._session.request(
                method,
                self.base_url + path,
                params=params,
                data=None if body is None else encode(body),
                headers=None if body is None else {"Content-Type": "application/json"},
                timeout=(self._timeouts.connect, read),
                verify=self._tls.verify,
                cert=self._tls.client_cert,
                allow_redirects=False,
                stream=True,
            ) as response:
                content = response.raw.read(MAX_BODY + 1, decode_content=True)
        except (OSError, urllib3.exceptions.HTTPError, ValueError) as exc:
            raise transport_error(exc, f"{method} {path}", self.base_url) from exc
        logger.debug(
            "%s %s -> %s in %.3f s", method, path, response.status_code, time.monotonic() - started
        )
        if len(content) > MAX_BODY:
            raise TransportError(f"{method} {path} was answered with more than {MAX_BODY} bytes.")
        return Reply(method, path, response.status_code, response.headers, content)

    def _retrying(self, predicate: Callable[[BaseException], bool]) -> tenacity.Retrying:
        policy = self._retry
        return tenacity.Retrying(
            stop=tenacity.stop_after_attempt(policy.attempts)
            | tenacity.stop_before_delay(policy.total),
            wait=lambda state: wait_before_retry(state.outcome, state.attempt_number, policy),
            retry=tenacity.retry_if_exception(predicate),
            sleep=self._sleep,
            before_sleep=_log_retry,
            reraise=True,
        )


def is_retryable_read(error: BaseException) -> bool:
    """Whether a request that changes nothing is worth sending again."""
    if isinstance(error, ApiError):
        return error.status in RETRYABLE_STATUS
    return isinstance(error, TransportError) and not isinstance(error, _FinalTransportError)


def is_retryable_write(error: BaseException) -> bool:
    """Whether a write certainly was not carried out, and may be sent again."""
    if isinstance(error, ApiError):
        return error.status == 429  # noqa: PLR2004 - Too Many Requests
    return (
        isinstance(error, TransportError)
        and not isinstance(error, _FinalTransportError)
        and not error.sent
    )


def wait_before_retry(outcome: tenacity.Future | None, attempt: int, policy: RetryPolicy) -> float:
    """Seconds to wait: what the server asked for, else full jitter over a doubling window."""
    error = outcome.exception() if outcome is not None else None
    if isinstance(error, ApiError) and error.retry_after is not None:
        return error.retry_after
    window = min(policy.longest, policy.base * 2.0**attempt)
    return random.uniform(0, window)  # noqa: S311 - spreads load, guards nothing


def parse_retry_after(value: str, now: datetime) -> float | None:
    """Return the seconds a `Retry-After` value names, as a number or as a date; None if neither."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), 86400.0)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), 86400.0)


def redirect_error(reply: Reply) -> TransportError:
    """The error for an answer that points elsewhere."""
    target = reply.headers.get("location", "an address it does not name")
    return _FinalTransportError(
        f"{reply.method} {reply.path} was answered with a redirect to {target.split('?')[0]!r}, "
        "which is not followed.",
        hint="Give the final address, with its base path if there is one.",
        sent=False,
    )


def transport_error(exc: BaseException, what: str, where: str) -> TransportError:
    """Turn an exception of the HTTP stack into ours: one sentence, with a hint for TLS."""
    if isinstance(exc, requests.exceptions.ConnectTimeout):
        return RequestTimeoutError(
            f"{where} did not accept a connection in time ({what}).", sent=False
        )
    if isinstance(exc, requests.exceptions.Timeout | urllib3.exceptions.ReadTimeoutError):
        return RequestTimeoutError(f"{where} did not answer {what} in time.")
    reason = root_cause(exc)
    if isinstance(exc, requests.exceptions.SSLError):
        return _FinalTransportError(
            f"The TLS connection to {where} failed: {reason}.",
            hint="If the server's certificate comes from your own authority, pass its PEM file "
            "as the CA certificate (--ca-cert, ca_cert=).",
            sent=False,
        )
    if isinstance(exc, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return _FinalTransportError(f"{where} is not an address that can be asked.", sent=False)
    if not isinstance(exc, OSError | urllib3.exceptions.HTTPError):
        return _FinalTransportError(f"{what} to {where} could not be sent: {reason}.", sent=False)
    return TransportError(f"{what} to {where} got no answer: {reason}.", sent=not _unsent(exc))


def root_cause(exc: BaseException) -> str:
    """The innermost reason of an exception, on one line, without addresses of objects."""
    seen = exc
    for _ in range(8):
        inner = getattr(seen, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((a for a in seen.args if isinstance(a, BaseException)), None)
        if inner is None:
            break
        seen = inner
    text = re.sub(r"^<?HTTPS?Connection[^:]*: ", "", str(seen))
    return " ".join(text.split())[:200].rstrip(".") or type(seen).__name__


def _unsent(exc: BaseException) -> bool:
    cause = exc.args[0] if exc.args else None
    reason = getattr(cause, "reason", cause)
    return isinstance(reason, urllib3.exceptions.NewConnectionError)


def _log_retry(state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    pause = state.next_action.sleep if state.next_action else 0.0
    logger.warning("trying again in %.1f s: %s", pause, error)


class _FinalTransportError(TransportError):
    """A transport error that trying again cannot cure."""


@dataclass(slots=True)
class _Counter:
    value: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self) -> None:
        with self._lock:
            self.value += 1
