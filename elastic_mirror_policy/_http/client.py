"""One HTTP client: credentials, TLS, timeouts, retries; an answer becomes a value or an error.

Used for Kibana and for Elasticsearch. It knows HTTP and nothing about Fleet.
"""

import contextlib
import copy
import logging
import re
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TypeAlias

import urllib3

from elastic_mirror_policy._http.auth import NoAuth
from elastic_mirror_policy._http.connections import PIECE, Connections, Counter, Exchange, Tls
from elastic_mirror_policy._http.failures import FinalTransportError, proxy_refused
from elastic_mirror_policy._http.foreign import by_proxy, describe
from elastic_mirror_policy._http.retry import (
    Retrying,
    RetryPolicy,
    is_retryable_read,
    is_retryable_write,
    parse_retry_after,
)
from elastic_mirror_policy._json import JsonValue, decode, encode_for_wire
from elastic_mirror_policy._version import __version__
from elastic_mirror_policy.errors import ApiError, MirrorPolicyError, TransportError

logger = logging.getLogger("elastic_mirror_policy.http")
# Silent until the application asks; here, because `logging` costs more than the package's root.
logging.getLogger("elastic_mirror_policy").addHandler(logging.NullHandler())

MAX_REASON = 500
"""Longest reason that is taken out of an answer, in characters."""

MAX_BODY = 128 * 1024 * 1024
"""Largest answer that is read into memory, in bytes."""

PATIENCE = 10
"""How many times the wait for a single byte a whole answer may take."""

HEADERS: Final = {
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate",
    "User-Agent": f"elastic-mirror-policy/{__version__}",
}
"""Sent with every request, unless a client has other values for them."""

Decoder: TypeAlias = Callable[[bytes], JsonValue]
"""Makes a value of JSON, or raises `ValueError`."""

_USER_INFO = re.compile("//[^/?#]*@")
_LONGEST_ADDRESS = 200


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait: for a connection, for an answer to a read, for an answer to a write."""

    connect: float = 5.0
    read: float = 30.0
    write: float = 120.0


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer, read whole.

    Attributes:
        method: Method of the request.
        path: Its path, without the query.
        status: Status of the answer.
        headers: Its headers, by name in any case.
        body: Its body.
        proxy: The proxy of the environment that it came through, or that made it; empty for none.
        hide: Takes away reflected secrets; for whatever of it is shown, before it is cut.
    """

    method: str
    path: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    proxy: str = ""
    hide: Callable[[str], str] = field(default=str, repr=False, compare=False)

    def json(self, decoder: Decoder = decode) -> JsonValue:
        """Return the body as `decoder` decodes it.

        Raises:
            TransportError: The body is not JSON, or was cut short.
        """
        with contextlib.suppress(ValueError):  # it would carry the whole body along
            return decoder(self.body)
        raise TransportError(
            f"{self.method} {self.path} was answered with {self.status} and {self.described()} in "
            "place of JSON.",
            hint="A firewall, a proxy or a login page stands between here and the server, or the "
            "answer was cut short.",
            answered=True,
        )

    def described(self) -> str:
        """What kind of answer it is, for one that the server itself did not make."""
        return describe(self.text(), self.header("server"))

    @property
    def by_proxy(self) -> bool:
        """Whether the proxy of the environment made it."""
        return by_proxy(self.proxy, self.status, self.headers)

    def proxy_error(self, where: str) -> TransportError:
        """The error for an answer that a proxy made in place of the server at `where`."""
        sent = self.status >= 500  # noqa: PLR2004 - it may have failed after passing it on
        return proxy_refused(
            f"{self.method} {self.path}", where, self.proxy, self.status, sent=sent
        )

    def refused(
        self, kind: type[ApiError], message: str, *, reason: str = "", hint: str = ""
    ) -> ApiError:
        """The error of this kind for an answer by which a request was refused."""
        return kind(
            message,
            status=self.status,
            method=self.method,
            path=self.path,
            reason=reason,
            hint=hint,
            retry_after=self.retry_after(),
        )

    def text(self) -> str:
        """The body as text, without reflected secrets; as Latin-1 where it is not UTF-8."""
        try:
            text = self.body.decode()
        except UnicodeDecodeError:
            text = self.body.decode("latin-1")
        return self.hide(text)

    def one_line(self, text: str) -> str:
        """A text out of the decoded body on one line, without reflected secrets, cut at the end.

        Decoded, it may hold what could not be found in the body.
        """
        return " ".join(self.hide(text).split())[:MAX_REASON]

    def header(self, name: str) -> str:
        """The value of a header without reflected secrets; empty when it is not there."""
        return self.hide(self.headers.get(name, ""))

    def retry_after(self, now: datetime | None = None) -> float | None:
        """Seconds named by `Retry-After`, in either of its two forms, or None."""
        return parse_retry_after(self.headers.get("retry-after", ""), now or datetime.now(UTC))


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
        auth: NoAuth | None = None,
        headers: Mapping[str, str] | None = None,
        tls: Tls | None = None,
        timeouts: Timeouts | None = None,
        retry: RetryPolicy | None = None,
        pool: int = 4,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._explain = explain
        self._auth = auth or NoAuth()
        waits = timeouts or Timeouts()
        self._read_waits = urllib3.Timeout(connect=waits.connect, read=waits.read)
        self._write_waits = urllib3.Timeout(connect=waits.connect, read=waits.write)
        self.tally: Counter | None = None
        policy = retry or RetryPolicy()
        self._read_again = Retrying(policy, is_retryable_read, sleep)
        self._write_again = Retrying(policy, is_retryable_write, sleep)
        self._connections = Connections(
            self.base_url,
            auth=self._auth,
            headers=HEADERS | dict(headers or {}),
            tls=tls or Tls(),
            pool=pool,
        )

    @property
    def requests_sent(self) -> int:
        """How many requests have been sent, retries included."""
        return self._connections.requests_sent if self.tally is None else self.tally.value

    def counted_apart(self) -> "HttpClient":
        """Return a client over the same connections that counts only what is sent through it."""
        other = copy.copy(self)
        other.tally = Counter()
        return other

    def close(self) -> None:
        """Close every connection."""
        self._connections.close()

    def read(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: JsonValue = None,
        again: bool = True,
        usable: Callable[[Reply], bool] = lambda _: False,
        decoder: Decoder = decode,
    ) -> JsonValue:
        """Return the decoded answer of a request that changes nothing.

        Args:
            method: The HTTP method.
            path: The path.
            params: The query.
            body: The body.
            again: Whether to try again if need be.
            usable: Whether an answer with the status of an error has what was asked for.
            decoder: How it is decoded.

        Raises:
            TransportError: No usable answer arrived.
            ApiError: The server refused it.
        """
        if not again:
            return self._once(method, path, params, body, usable, decoder)
        return self._read_again(self._once, method, path, params, body, usable, decoder)

    def write(
        self, method: str, path: str, *, body: JsonValue, decoder: Decoder = decode
    ) -> JsonValue:
        """Return the decoded answer of a request that changes something.

        It is sent again only where it certainly was not carried out: no connection was made.
        Everything else is for the caller to find out by reading.

        Raises:
            TransportError: No usable answer; `sent` says whether it may have been carried out.
            ApiError: The server refused it.
        """
        return self._write_again(self._once, method, path, None, body, lambda _: False, decoder)

    def _once(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: JsonValue,
        usable: Callable[[Reply], bool],
        decoder: Decoder,
    ) -> JsonValue:
        reply = self.send(method, path, params=params, body=body)
        if 300 <= reply.status < 400:  # noqa: PLR2004 - the class of redirects
            raise redirect_error(reply)
        if reply.status >= 400 and not usable(reply):  # noqa: PLR2004 - the classes of errors
            if reply.by_proxy:
                raise reply.proxy_error(self.base_url)
            raise self._explain(reply)
        return reply.json(decoder)

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
        waits = self._write_waits if method in {"PUT", "DELETE"} else self._read_waits
        if self.tally is not None:
            self.tally.add()
        started = time.monotonic()
        with self._connections.exchange(
            method,
            f"{path}?{urllib.parse.urlencode(params)}" if params else path,
            body=body if body is None or isinstance(body, bytes) else encode_for_wire(body),
            headers=None if body is None else {"Content-Type": "application/json"},
            timeout=waits,
            seconds=PATIENCE * float(waits.read_timeout or 0),
        ) as found:
            content = b"".join(_bounded(found, f"{method} {path}"))
        logger.debug(
            "%s %s -> %s in %.3f s", method, path, found.status, time.monotonic() - started
        )
        proxy, hide = self._connections.forwarding_proxy, self._auth.reflected.hide
        return Reply(method, path, found.status, found.headers, content, proxy, hide)


def _bounded(found: Exchange, what: str) -> Iterator[bytes]:
    left = MAX_BODY
    for piece in found.pieces(min(PIECE, MAX_BODY + 1), decoded=True):
        left -= len(piece)
        if left < 0:
            raise FinalTransportError(f"{what} was answered with more than {MAX_BODY} bytes.")
        yield piece


def redirect_error(reply: Reply) -> TransportError:
    """The error for an answer that points elsewhere."""
    location = reply.header("location") or "an address it does not name"
    target = _USER_INFO.sub("//", location.split("?", 1)[0])[:_LONGEST_ADDRESS]
    return FinalTransportError(
        f"{reply.method} {reply.path} was answered with a redirect to {target!r}, "
        "which is not followed.",
        hint="Give the final address, with its base path if there is one.",
    )
