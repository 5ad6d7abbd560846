"""One HTTP session: credentials, TLS, timeouts, retries; an answer becomes a value or an error.

Used for Kibana, for Elasticsearch and for the mirror. It knows HTTP and nothing about Fleet.
Exceptions of `requests` and `urllib3` do not leave this module.
"""

import contextlib
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy

import requests

from elastic_mirror_policy._http.auth import NoAuth, Signer
from elastic_mirror_policy._http.deadline import Alarm, Watchdog, WatchedAdapter
from elastic_mirror_policy._http.failures import FAILURES, FinalTransportError, transport_error
from elastic_mirror_policy._http.retry import (
    RetryPolicy,
    is_retryable_read,
    is_retryable_write,
    parse_retry_after,
    retrying,
)
from elastic_mirror_policy._json import JsonValue, decode, encode
from elastic_mirror_policy.errors import MirrorPolicyError, RequestTimeoutError, TransportError

logger = logging.getLogger("elastic_mirror_policy.http")

MAX_BODY = 128 * 1024 * 1024
"""Largest answer that is read into memory, in bytes."""

PATIENCE = 10
"""How many times the wait for a single byte a whole answer may take."""

_USER_INFO = re.compile("//[^/?#]*@")
_LONGEST_ADDRESS = 200


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait: for a connection, for an answer to a read, for an answer to a write."""

    connect: float = 5.0
    read: float = 30.0
    write: float = 120.0


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
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    hide: Callable[[bytes], bytes] = field(default=bytes, repr=False, compare=False)

    def json(self) -> JsonValue:
        """Return the decoded body.

        Raises:
            TransportError: The body is not JSON, or was cut short.
        """
        with contextlib.suppress(ValueError):  # it would carry the whole body along
            return decode(self.body)
        raise TransportError(
            f"{self.method} {self.path} was answered with {self.status} and a body that is not "
            f"JSON (it begins {self.excerpt()!r}).",
            hint="A proxy or a login page may stand between here and the server.",
        )

    def excerpt(self) -> str:
        """The first 60 characters of the body, on one line and without an echo of secrets."""
        bare = self.body.replace(b"\0", b"")  # in UTF-16 every letter has one beside it
        hidden = self.hide(bare)
        shown = self.hide(self.body) if hidden == bare else hidden
        return " ".join(shown[:240].decode("utf-8", "replace").split())[:60]

    def retry_after(self, now: datetime | None = None) -> float | None:
        """Seconds named by `Retry-After`, in either of its two forms, or None."""
        return parse_retry_after(self.headers.get("retry-after", ""), now or datetime.now(UTC))


def new_session(auth: Signer, *, pool: int, headers: Mapping[str, str]) -> requests.Session:
    """Return a session that keeps at most `pool` connections to a host and stores no cookies."""
    session = _Session()
    session.auth = auth
    session.headers.update(headers)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = WatchedAdapter(pool=pool)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class _Session(requests.Session):
    def get_redirect_target(self, _: requests.Response) -> None:
        """Know of no redirect: to prepare one that is not followed, all of its body is read."""


class HttpClient:
    """A server at `base_url`, asked with one set of credentials; safe to use from several threads.

    `explain` turns a reply with a status of 400 or more into the error to raise. Redirects are
    never followed: a redirect is an error that names the other address.
    """

    def __init__(
        self,
        base_url: str,
        *,
        explain: Callable[[Reply], MirrorPolicyError],
        auth: Signer | None = None,
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
        self._auth = auth or NoAuth()
        self._session = new_session(self._auth, pool=pool, headers=headers or {})
        self._counter = _Counter()
        self._watchdog = Watchdog()

    @property
    def requests_sent(self) -> int:
        """How many requests have been sent, retries included."""
        return self._counter.value

    def close(self) -> None:
        """Close every connection."""
        self._session.close()
        self._watchdog.close()

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
        return retrying(self._retry, is_retryable_read, self._sleep)(
            self._once, method, path, params, body
        )

    def write(self, method: str, path: str, *, body: JsonValue) -> JsonValue:
        """Return the decoded answer of a request that changes something.

        It is sent again only where it certainly was not carried out: no connection was made, or
        the server answered 429. Everything else is for the caller to find out by reading.

        Raises:
            TransportError: No usable answer; `sent` says whether it may have been carried out.
            ApiError: The server said no.
        """
        return retrying(self._retry, is_retryable_write, self._sleep)(
            self._once, method, path, None, body
        )

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
        what = f"{method} {path}"
        started = time.monotonic()
        self._counter.add()
        with self._watchdog.watching(PATIENCE * read) as alarm:
            found = self._exchange(method, path, params, body, read, alarm)
        if isinstance(found, TransportError):
            raise found
        logger.debug("%s -> %s in %.3f s", what, found.status, time.monotonic() - started)
        if len(found.body) > MAX_BODY:
            raise FinalTransportError(f"{what} was answered with more than {MAX_BODY} bytes.")
        if found.status >= 300:  # noqa: PLR2004 - it may end up in an error
            return replace(found, body=found.hide(found.body))
        return found

    def _exchange(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: JsonValue,
        read: float,
        alarm: Alarm,
    ) -> Reply | TransportError:
        """Send and read; return an error, which is not raised in here.

        An exception of the HTTP stack has frames that hold the credential. Raised while it is
        being handled, ours would carry it along.
        """
        found: Reply | TransportError
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
        except FAILURES as exc:
            hide = self._auth.echo.hide_in
            found = transport_error(exc, f"{method} {path}", self.base_url, hide=hide)
        else:
            status, hidden = response.status_code, self._auth.echo.hide
            found = Reply(method, path, status, response.headers, content, hidden)
        return timed_out(f"{method} {path}", self.base_url) if alarm.rang else found


def timed_out(what: str, where: str) -> RequestTimeoutError:
    """The error for an exchange that was ended because it took too long as a whole."""
    return RequestTimeoutError(
        f"{where} did not finish answering {what} in time.",
        hint="It sends, but too slowly; give a longer timeout if the line is that slow.",
    )


def redirect_error(reply: Reply) -> TransportError:
    """The error for an answer that points elsewhere."""
    location = reply.headers.get("location", "an address it does not name")
    shown = reply.hide(location.encode()).decode("utf-8", "replace")  # before it is cut in pieces
    target = _USER_INFO.sub("//", shown.split("?", 1)[0])[:_LONGEST_ADDRESS]
    return FinalTransportError(
        f"{reply.method} {reply.path} was answered with a redirect to {target!r}, "
        "which is not followed.",
        hint="Give the final address, with its base path if there is one.",
    )


@dataclass(slots=True)
class _Counter:
    value: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self) -> None:
        with self._lock:
            self.value += 1
