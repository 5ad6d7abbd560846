"""What a server, or a proxy in front of it, may send in place of an answer."""

import gzip
import json
import ssl
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from hypothesis import strategies as st
from support.documents import nested
from support.memory_http import Raw, answer, answer_as_it_is
from support.mutations import Mutation, dumped, mutated, mutations

from elastic_mirror_policy._json import decode

Tampering: TypeAlias = Callable[[bytes], Raw]
"""Takes the answer that would have come and returns what comes."""


def body_of(given: bytes) -> bytes:
    """Return the body of an answer."""
    return given.partition(b"\r\n\r\n")[2]


def status_of(given: bytes) -> int:
    """Return the status of an answer."""
    return int(given.split(b" ", 2)[1])


@dataclass(frozen=True, slots=True)
class Mutated:
    """The answer with some nodes of its JSON changed."""

    changes: Sequence[Mutation]

    def __call__(self, given: bytes) -> Raw:
        """Return it; what is no JSON comes as it is."""
        try:
            document = decode(body_of(given))
        except ValueError:
            return given
        headers = {"X-Elastic-Product": "Elasticsearch"}
        return answer(dumped(mutated(document, self.changes)), status_of(given), headers)


@dataclass(frozen=True, slots=True)
class Replaced:
    """Another answer, or the same body under another status and with other headers.

    Attributes:
        status: Its status.
        headers: Its headers.
        body: Its bytes, the name of one of `BODIES`, or None for the body that there was.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | str | None = None

    def __call__(self, given: bytes) -> Raw:
        """Return it, with a length that the headers may contradict."""
        body = BODIES[self.body] if isinstance(self.body, str) else self.body
        body = body_of(given) if body is None else body
        length = {} if "Transfer-Encoding" in self.headers else {"Content-Length": str(len(body))}
        return answer_as_it_is(body, self.status, {**length, **self.headers})


@dataclass(frozen=True, slots=True)
class Damaged:
    """The answer cut short, or with some bytes changed, headers included."""

    cut: float = 1.0
    flips: Sequence[tuple[int, int]] = ()

    def __call__(self, given: bytes) -> Raw:
        """Return it."""
        data = bytearray(given[: int(len(given) * self.cut)])
        for place, value in self.flips:
            data[place % len(data) : place % len(data) + 1] = bytes([value])
        return bytes(data)


@dataclass(frozen=True, slots=True)
class Sent:
    """Bytes that have nothing to do with the answer, or the name of some in `GARBAGE`."""

    data: bytes | str

    def __call__(self, _: bytes) -> Raw:
        """Return them."""
        return GARBAGE[self.data] if isinstance(self.data, str) else self.data


@dataclass(frozen=True, slots=True)
class Breaks:
    """The line breaks."""

    exc: Exception

    def __call__(self, _: bytes) -> Raw:
        """Return how."""
        return self.exc


BODIES: Final[Mapping[str, bytes]] = {
    "empty": b"",
    "null": b"null",
    "array": b"[]",
    "object": b"{}",
    "number": b"0",
    "text": b'"text"',
    "cut object": b"{",
    "cut array": b"[1,",
    "no items": b'{"items":[],"total":0}',
    "empty item": b'{"items":[{}],"total":1}',
    "bare item": b'{"items":[{"id":"a"}],"total":1}',
    "infinity": b'{"items":[],"total":1e999}',
    "not a number": b'{"items":[],"total":NaN}',
    "5000 digits": b'{"items":[],"total":' + b"9" * 5000 + b"}",
    "twice": b'{"items":[],"items":7,"total":-1}',
    "surrogate": b'{"item":{"id":"\\ud800"}}',
    "not UTF-8": b'{"version":{"number":"\xff"}}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"item":{}}'.encode("utf-16"),
    "login page": b"<!DOCTYPE html><html><title>Log in</title></html>",
    "plain": b"Kibana server is not ready yet",
    "zeros": b"\x00" * 100,
    "escapes": b"\x1b]0;title\x07\x1b[2J",
    "deep arrays": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "900 deep": json.dumps(nested(900)).encode(),
    "loud": json.dumps({"message": "\u202e\n\r\x1b[31m" * 300}).encode(),
    "no message": json.dumps({"message": ["no", "text"]}).encode(),
    "odd causes": json.dumps({"error": {"root_cause": [7], "type": []}}).encode(),
    "gzip": gzip.compress(b'{"items":[],"total":0}'),
    "zlib": zlib.compress(b'{"items":[],"total":0}'),
    "cut gzip": gzip.compress(b"{}")[:-3],
}
"""Bodies that are nobody's answer, by name: some are too long to be printed."""

HEADERS: Final[tuple[Mapping[str, str], ...]] = (
    {},
    {"Content-Type": "text/html"},
    {"Content-Type": "application/json;charset=utf-7"},
    {"Content-Type": "application/json", "X-Elastic-Product": "Elasticsearch"},
    {"Content-Type": "text/plain", "X-Elastic-Product": "Elasticsearch"},
    {"Content-Type": "application/smile", "X-Elastic-Product": "Elasticsearch"},
    {"Content-Type": "\x7f\x01;;;=", "X-Elastic-Product": "Elasticsearch"},
    {"X-Elastic-Product": "Elasticsearch", "Warning": '299 Elasticsearch-8 "\x1b[2Jold"'},
    {"Content-Encoding": "gzip"},
    {"Content-Encoding": "gzip, gzip, gzip, gzip, gzip, gzip, gzip"},
    {"Content-Encoding": "deflate"},
    {"Content-Encoding": "br"},
    {"Content-Encoding": "zstd"},
    {"Content-Encoding": "bogus"},
    {"Content-Length": "-1"},
    {"Content-Length": "99999999999999999999"},
    {"Content-Length": "1, 2"},
    {"Content-Length": "seven"},
    {"Transfer-Encoding": "chunked"},
    {"Transfer-Encoding": "gzip, chunked"},
    {"Connection": "keep-alive"},
    {"Retry-After": "-1"},
    {"Retry-After": "9" * 400},
    {"Retry-After": "1e9"},
    {"Retry-After": "Fri, 31 Dec 9999 23:59:59 -9999"},
    {"Retry-After": "tomorrow"},
    {"Location": "https://user:secret@other.example/x?y=z"},
    {"Location": "\xff\xfe\x00//"},
    {"Location": "http://[::1"},
    {"Location": "x" * 5000},
    {"Location": ""},
    {"Set-Cookie": "sid=1; Domain=.example; Expires=Thu, 99 Foo 99999 99:99:99 GMT; Max-Age=x"},
    {"WWW-Authenticate": 'Negotiate, Basic realm="\x1b[2J"'},
    {"Last-Modified": "Fri, 31 Dec 9999 23:59:59 -2359"},
    {"Last-Modified": "Mon, 01 Jan 0001 00:00:00 +2359"},
    {"ETag": "\xff"},
)

STATUSES: Final = (
    *(200, 200, 200, 201, 204, 206, 226),
    *(300, 301, 302, 303, 304, 307, 308),
    *(400, 401, 403, 404, 405, 408, 409, 410, 413, 418, 429, 431),
    *(500, 501, 502, 503, 504, 507, 599, 999),
)

GARBAGE: Final[Mapping[str, bytes]] = {
    "nothing": b"",
    "empty lines": b"\r\n\r\n",
    "ssh": b"SSH-2.0-OpenSSH_9.9\r\n",
    "tls": b"\x16\x03\x01\x00\xa5",
    "half a line": b"HTTP/1.1",
    "no status": b"HTTP/1.1 \r\n\r\n",
    "word status": b"HTTP/1.1 abc def\r\n\r\n",
    "negative status": b"HTTP/1.1 -200 no\r\n\r\n",
    "no reason": b"HTTP/1.1 200\r\n\r\n{}",
    "0.9": b"HTTP/0.9 200 OK\r\n\r\n{}",
    "2.0": b"HTTP/2.0 200 OK\r\n\r\n{}",
    "200 times 100": b"HTTP/1.1 100 Continue\r\n\r\n" * 200,
    "switching": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "200 headers": b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 200 + b"\r\n{}",
    "long header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n{}",
    "no colon": b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n{}",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\n{}",
    "chunk zz": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "negative chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
    "cut chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    "huge chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffff\r\n{}",
    "no head": b"{}",
}
"""Bytes that are no HTTP, or only nearly, by name."""

EXCEPTIONS: Final = (
    TimeoutError("timed out"),
    ConnectionResetError(104, "Connection reset by peer"),
    BrokenPipeError(32, "Broken pipe"),
    ssl.SSLError(1, "[SSL] record layer failure"),
    ssl.SSLEOFError(8, "EOF occurred in violation of protocol"),
    OSError(5, "Input/output error"),
)

replaced: Final = st.builds(
    Replaced,
    st.sampled_from(STATUSES),
    st.sampled_from(HEADERS),
    st.none() | st.sampled_from(sorted(BODIES)),
)
any_bodies: Final = st.builds(
    Replaced, st.sampled_from((200, 200, 400, 500)), st.just({}), st.binary(max_size=50)
)
damaged: Final = st.builds(
    Damaged,
    st.floats(0.01, 1.0),
    st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), max_size=4),
)
tamperings: Final[st.SearchStrategy[Tampering]] = st.one_of(
    st.builds(Mutated, mutations),
    st.builds(Mutated, mutations),
    replaced,
    any_bodies,
    damaged,
    st.builds(Sent, st.sampled_from(sorted(GARBAGE)) | st.binary(max_size=40)),
    st.builds(Breaks, st.sampled_from(EXCEPTIONS)),
)
"""Everything that may come; half of it is JSON of nearly the right shape."""
