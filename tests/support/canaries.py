"""Made-up credentials that are easy to find, and everything that an object shows of itself."""

import base64
import functools
import gc
import json
import pickle
import traceback
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from support.memory_http import Asked, Raw, Server

PIECE: Final = 10
"""Characters of a credential in a row that may not be shown: a part of it is too much as well."""

TESTS: Final = str(Path(__file__).parents[1])
SKIPPED: Final = (type, types.ModuleType, types.FunctionType, types.CodeType, types.FrameType)


@dataclass(frozen=True, slots=True)
class Canary:
    """One credential.

    Attributes:
        options: What a client is given, by name.
        header: The `Authorization` that it should send.
        secrets: What may be shown nowhere, as it is.
    """

    options: Mapping[str, Any] = field(repr=False)
    header: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)

    def found_in(self, text: str) -> list[str]:
        """Return every piece of the credential in a text, in whatever spelling."""
        return sorted(piece for piece in pieces_of(self.secrets) if piece in text)


def key_canary(name: str, key: str, *, encoded: bool, option: str = "api_key") -> Canary:
    """Return an API key, as `id:key` or encoded."""
    base = in_base64(f"{name}:{key}")
    given = base if encoded else f"{name}:{key}"
    return Canary({option: given}, f"ApiKey {base}", (key, base))


def password_canary(username: str, password: str) -> Canary:
    """Return a user name and a password."""
    base = in_base64(f"{username}:{password}")
    return Canary({"username": username, "password": password}, f"Basic {base}", (password, base))


def in_base64(text: str) -> str:
    """Return a text as Basic authentication sends it."""
    return base64.b64encode(text.encode()).decode()


def spellings(secret: str) -> tuple[str, ...]:
    """Return the ways in which a secret may stand in a text, or in a header."""
    return (
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        in_base64(secret).rstrip("="),
        secret.encode().decode("latin-1"),
    )


ECHOED: Final = range(4)
"""The spellings that a server may answer with; the other comes of reading these."""


@functools.cache
def pieces_of(secrets: tuple[str, ...]) -> frozenset[str]:
    """Return all runs of some characters in all spellings of some secrets."""
    return frozenset(
        text[start : start + PIECE]
        for secret in secrets
        for text in spellings(secret.rstrip("="))
        for start in range(len(text) - PIECE + 1)
    )


@dataclass(slots=True)
class Gate:
    """Lets in who has the canary of a host, and no one else; the fakes know other credentials.

    Attributes:
        server: What answers.
        expected: By host: the `Authorization` that has to come, and the one to go on with.
        asked: Every request as it came.
    """

    server: Server
    expected: Mapping[str, tuple[str, str]]
    asked: list[Asked] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Raw:
        """Return what the server answers."""
        self.asked.append(asked)
        host = asked.host.partition(":")[0]
        wanted, other = self.expected.get(host, (None, ""))
        sent = asked.headers.get("authorization")
        headers = dict(asked.headers)
        if sent is not None:
            headers["authorization"] = other if sent == wanted else "Basic d3Jvbmc6d3Jvbmc="
        return self.server(Asked(asked.method, asked.target, headers, asked.body, asked.host))


def shown_by(found: object) -> Iterator[str]:
    """Yield everything that an object shows of itself: printed, in a notebook, as JSON, pickled."""
    yield str(found)
    yield repr(found)
    for name in ("to_dict", "to_json", "_repr_html_", "__rich__"):
        method = getattr(found, name, None)
        if callable(method):
            yield json.dumps(method(), default=repr, ensure_ascii=False)
            yield json.dumps(method(), default=repr)
    yield pickled(found)
    if isinstance(found, BaseException):
        yield from traceback.format_exception(found)
        for each in chain_of(found):
            yield f"{each.args!r} {vars(each)!r}"


def locals_of(error: BaseException) -> Iterator[str]:
    """Yield the local values of all frames of an error, and of the errors behind it."""
    summary = traceback.TracebackException.from_exception(error, capture_locals=True)
    for frame in frames_of(summary):
        if not frame.filename.startswith(TESTS):  # tests know the canary
            yield repr(frame.locals)


def frames_of(summary: traceback.TracebackException) -> Iterator[traceback.FrameSummary]:
    """Yield the frames of an error and of those behind it."""
    yield from summary.stack
    for other in (summary.__cause__, summary.__context__):
        if other is not None:
            yield from frames_of(other)


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those behind it."""
    yield error
    for other in {id(one): one for one in (error.__cause__, error.__context__) if one}.values():
        yield from chain_of(other)


def pickled(found: object) -> str:
    """Return the pickle of an object, byte by byte, or why there is none."""
    try:
        return pickle.dumps(found, protocol=0).decode("latin-1")
    except (TypeError, AttributeError, pickle.PicklingError) as exc:
        return str(exc)


def objects_below(root: object, package: str) -> list[object]:
    """Return every object of a package that can be reached from one."""
    seen: dict[int, object] = {}
    waiting: list[object] = [root]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, SKIPPED):
            continue
        seen[id(one)] = one
        waiting.extend(gc.get_referents(one))
    return [one for one in seen.values() if type(one).__module__.startswith(package)]


def written_in(folder: Path) -> Iterator[str]:
    """Yield names and contents of all files below a folder."""
    for path in sorted(folder.rglob("*")):
        yield str(path.relative_to(folder))
        if path.is_file():
            data = path.read_bytes()
            yield data.decode("utf-8", "replace")
            yield data.decode("latin-1")


def leaks(canaries: Iterable[Canary], texts: Iterable[str]) -> list[Any]:
    """Return the texts that hold a piece of a canary, each with that piece."""
    kept = list(texts)
    return [
        (found[0], text[:400])
        for canary in canaries
        for text in kept
        if (found := canary.found_in(text))
    ]
