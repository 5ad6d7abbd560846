"""Connections to one server: how it is reached is worked out once, and then only used.

`requests` decides which proxy the environment names, whom to trust and what an address means;
`urllib3`, on which it stands, carries the exchanges. Going through `requests` for each of them
would read the environment, merge headers and parse the address again every time.
Exceptions of both leave this module as this package's errors.
"""

import contextlib
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from elastic_mirror_policy._http.auth import NoAuth
from elastic_mirror_policy._http.deadline import Deadline, applied, apply_deadlines
from elastic_mirror_policy._http.failures import (
    FAILURES,
    FinalTransportError,
    timed_out,
    transport_error,
)
from elastic_mirror_policy._http.quiet import quiet_headers
from elastic_mirror_policy.errors import TransportError

PIECE = 1 << 20
"""Bytes that are read, and unpacked, at once."""

PUBLIC_CAS: Final = DEFAULT_CA_BUNDLE_PATH
"""The authorities that are trusted where none are given."""

_ONCE = urllib3.Retry(False)  # noqa: FBT003 - as urllib3 has it


@dataclass(frozen=True, slots=True)
class Tls:
    """Whom to trust, and who we are: paths to PEM files.

    Attributes:
        ca_certs: Authorities to trust in place of the public ones, which are `PUBLIC_CAS`; a
            folder as OpenSSL wants it, too.
        client_cert: Certificate and key, in one file or in two.
    """

    ca_certs: tuple[str, ...] = ()
    client_cert: str | tuple[str, str] | None = None

    @property
    def verify(self) -> str | bool:
        """The value `requests` wants: what is given wins over the environment's bundle."""
        return self.ca_certs[0] if self.ca_certs else True


@dataclass(frozen=True, slots=True)
class Route:
    """How a server is reached.

    Attributes:
        pool: Its connections.
        prefix: What goes before a path: the base path, or all of the address for a proxy.
        proxy: The proxy that the environment names, without its password; empty for none.
    """

    pool: HTTPConnectionPool
    prefix: str
    proxy: str


class Exchange:
    """One answer whose body is still to be read.

    Attributes:
        status: Its status.
        headers: Its headers, by name in any case.
    """

    def __init__(self, response: urllib3.BaseHTTPResponse, fail: "_Fail") -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._fail = fail

    def pieces(self, size: int = PIECE, *, decoded: bool) -> Iterator[bytes]:
        """Yield the body in pieces of at most `size` bytes.

        Raises:
            TransportError: It broke off, or took too long.
        """
        # What is not packed needs no buffer between.
        decoded = decoded and "content-encoding" in self.headers
        while True:
            piece = self._read(size, decoded=decoded)
            if isinstance(piece, TransportError):
                raise piece
            if not piece:
                return
            yield piece
            if not decoded and self._response.length_remaining == 0:
                return

    def _read(self, size: int, *, decoded: bool) -> bytes | TransportError:
        try:
            return self._response.read(size, decode_content=decoded)
        except FAILURES as exc:
            return self._fail(exc)


@dataclass(frozen=True, slots=True)
class _Fail:
    """Makes the error of one exchange of what the HTTP stack raised."""

    what: str
    connections: "Connections"
    deadline: Deadline

    def __call__(self, exc: BaseException) -> TransportError:
        if self.connections.ended:
            return FinalTransportError(f"{self.what} was cancelled.")
        if self.deadline.passed:
            return timed_out(self.what, self.connections.base_url)
        return self.connections.failure(exc, self.what)


class Connections:
    """At most `pool` connections to a server; safe to use from several threads.

    Redirects are not followed, cookies not kept, `~/.netrc` not read. In a process that was forked
    from the one that made it, it opens connections of its own: two processes on one connection
    would read each other's answers.

    Attributes:
        base_url: Its address, without a slash at the end.
        ended: Whether `end` was called.
    """

    def __init__(
        self, base_url: str, *, auth: NoAuth, headers: Mapping[str, str], tls: Tls, pool: int
    ) -> None:
        self.base_url = base_url
        self.ended = False
        self._auth = auth
        self._headers = {**headers, **auth.headers()}
        self._tls = tls
        self._pool = pool
        self._counter = Counter()
        self._begin()

    def _begin(self) -> None:
        """Have no connections yet, in this process."""
        self._process = os.getpid()
        self._adapter = _Adapter(pool_maxsize=self._pool, pool_block=True)
        self._route: Route | None = None
        self._under_way: set[Deadline] = set()
        self._lock = threading.Lock()

    @property
    def requests_sent(self) -> int:
        """How many requests have been sent."""
        return self._counter.value

    @property
    def proxy(self) -> str:
        """The proxy that the environment names for this server, once it was asked."""
        return self._route.proxy if self._route else ""

    @property
    def forwarding_proxy(self) -> str:
        """The same where it reads requests, and may answer them; within TLS it does not."""
        return self.proxy if self.base_url.startswith("http:") else ""

    def close(self) -> None:
        """Close every connection."""
        if self._route is not None:
            # The adapter leaves it to the end of the pool, which a kept error holds off.
            self._route.pool.close()
        self._adapter.close()

    def end(self) -> None:
        """End every exchange that is under way, and refuse new ones."""
        self.ended = True
        with self._lock:
            for deadline in self._under_way:
                deadline.end()

    @contextlib.contextmanager
    def exchange(
        self,
        method: str,
        path: str,
        *,
        timeout: urllib3.Timeout,
        seconds: float,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[Exchange]:
        """Send one request once and give its answer, whatever its status.

        Args:
            method: The method.
            path: What follows the base URL, with its query.
            timeout: How long to wait for a connection, and for each byte.
            seconds: How long all of it may take.
            body: What to send.
            headers: Headers besides those of every request.

        Raises:
            TransportError: No answer arrived.
        """
        if self._process != os.getpid():
            # What was inherited is forgotten and not closed: it belongs to the other process.
            self._begin()
        what = f"{method} {path.partition('?')[0]}"
        deadline = Deadline(seconds)
        fail = _Fail(what, self, deadline)
        with self._lock:
            self._under_way.add(deadline)
        try:
            found = self._send(method, path, body, headers, timeout, fail)
            if isinstance(found, TransportError):
                raise found
            try:
                yield Exchange(found, fail)
            finally:
                found.close()  # also where its body was not read to its end
                found.release_conn()
        finally:
            with self._lock:
                self._under_way.discard(deadline)
            deadline.release()

    def _send(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str] | None,
        timeout: urllib3.Timeout,
        fail: _Fail,
    ) -> urllib3.BaseHTTPResponse | TransportError:
        """Send; return an error, which is not raised in here.

        An exception of the HTTP stack has frames that hold the credential. Raised while it is
        being handled, ours would carry it along.
        """
        if self.ended:
            return FinalTransportError(f"{fail.what} was cancelled.", sent=False)
        self._counter.add()
        try:
            route = self._resolved()
            with applied(fail.deadline), quiet_headers():
                return route.pool.urlopen(
                    method,
                    route.prefix + path,
                    body=body,
                    headers={**self._headers, **headers} if headers else self._headers,
                    retries=_ONCE,
                    redirect=False,
                    assert_same_host=False,
                    timeout=timeout,
                    preload_content=False,
                    decode_content=False,
                )
        except FAILURES as exc:
            return fail(exc)

    def failure(self, exc: BaseException, what: str) -> TransportError:
        """Return the error for an exception of the HTTP stack."""
        return transport_error(
            exc, what, self.base_url, proxy=self.proxy, hide=self._auth.reflected.hide
        )

    def _resolved(self) -> Route:
        with self._lock:
            if self._route is None:
                self._route = self._adapter.route(self.base_url, self._tls)
            return self._route


class _Adapter(HTTPAdapter):
    def route(self, base_url: str, tls: Tls) -> Route:
        """Work out how a server is reached, from its address and the environment."""
        request = requests.Request("GET", base_url).prepare()
        with requests.Session() as session:
            given = session.merge_environment_settings(
                request.url, {}, stream=True, verify=tls.verify, cert=tls.client_cert
            )
        verify, cert, proxies = given["verify"], given["cert"], given["proxies"]
        if verify is True:
            verify = PUBLIC_CAS
        ours = (cert,) if isinstance(cert, str) else cert or ()
        for path in (verify, *tls.ca_certs, *ours):
            if not Path(path).exists():
                raise FileNotFoundError(f"the certificate file {path} is not there")
        pool = cast(
            "HTTPConnectionPool",  # its types say less
            self.get_connection_with_tls_context(request, verify, proxies, cert),
        )
        trust(pool, tls.ca_certs[1:])
        apply_deadlines(pool)
        proxy = requests.utils.select_proxy(request.url or "", proxies)
        prefix = self.request_url(request, proxies).rstrip("/")
        return Route(pool, prefix, (proxy or "").rpartition("@")[2])


def trust(pool: HTTPConnectionPool, ca_certs: tuple[str, ...]) -> None:
    """Have the connections of a pool trust these authorities, too."""
    if not isinstance(pool, HTTPSConnectionPool) or not ca_certs:
        return
    folders = [path for path in ca_certs if Path(path).is_dir()]
    files = [Path(path) for path in ca_certs if path not in folders]
    if files:
        # Only comments have other characters than ASCII, which OpenSSL would refuse.
        texts = (file.read_bytes().decode("ascii", "ignore") for file in files)
        pool.conn_kw["ca_cert_data"] = "\n".join(texts)
    if folders:
        pool.ca_cert_dir = os.pathsep.join(filter(None, (pool.ca_cert_dir, *folders)))


@dataclass(slots=True)
class Counter:
    """A number that several threads count up."""

    value: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self) -> None:
        """Count one more."""
        with self._lock:
            self.value += 1
