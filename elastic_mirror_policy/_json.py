"""JSON as we read and write it: strict in, canonical out (pure)."""

import contextlib
import functools
import json
import math
import re
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from pydantic_core import from_json, to_json

JsonValue: TypeAlias = Any
"""Decoded JSON: dict, list, str, int, float, bool or None. The only place `Any` stands for it."""

Scalar: TypeAlias = str | int | float | bool
"""What a managed key may hold in a document that can be edited."""

SCHEMA_VERSION: Final = 1
"""Major version of every JSON document we write; a higher one is refused on reading."""

_INFINITY: Final = re.compile(b"Infinity")  # not by `in`: this looks for the rare letter first
_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)

MAX_VALUES = 4_000_000
"""Most values of one document: each costs memory many times its length in the text."""

_FEW: Final = 50
"""Items of a long list that are decoded at once."""

_MARK: Final = b'"\\u0000"'
_DECODER: Final = json.JSONDecoder()

MOST = 10**9
"""More than there are of anything that is counted; sums of such numbers can be shown."""


def count_of(value: JsonValue) -> int | None:
    """Return how many of something there are, or None when `value` is not such a number."""
    return value if type(value) is int and 0 <= value <= MOST else None


def decode(data: bytes | str) -> JsonValue:
    """Return the decoded JSON.

    Raises:
        ValueError: It is not JSON, not UTF-8, nested too deep, has more than `MAX_VALUES`
            values, or holds NaN or infinity, by name or by size.
    """
    _check_values(data)
    try:
        return json.loads(data, parse_constant=_refuse, parse_float=_finite)
    except RecursionError as exc:
        raise ValueError("nested too deep") from exc


def decode_document(data: bytes) -> JsonValue:
    """Return the same as `decode` in half the time, but infinity for a number of that size.

    For documents, whose numbers are not calculated with: `encode_for_wire` refuses infinity.

    Raises:
        ValueError: `decode` refuses it.
    """
    _check_values(data)
    with contextlib.suppress(ValueError):  # or it is good, and has a depth or text of other limits
        return from_json(data, allow_inf_nan=False, cache_strings="all")
    return decode(data)


def decode_list(
    data: bytes, path: str, begins: bytes, read: Callable[[JsonValue], object]
) -> JsonValue:
    """Return a document with what `read` makes of each item of one long list in its place.

    A few items are decoded and read before the next are. Decoded all at once, thousands of them
    are in no processor's cache any more when they are read, which takes twice as long.

    Args:
        data: The document.
        path: Where the list is.
        begins: How each item begins in the text; where they do not, all is decoded at once.
        read: Reads one item.

    Raises:
        ValueError: `decode` refuses it.
    """
    _check_values(data)
    before, found, items = data.partition(_opening(path) + begins)
    if found:
        parts = [begins + part for part in items.split(b"," + begins)]
        with contextlib.suppress(ValueError, RecursionError):
            return _in_pieces(before, parts, path, read)
    document = decode_document(data)
    listed = value_at(document, path)
    if isinstance(listed, list):
        listed[:] = map(read, listed)
    return document


def _in_pieces(
    before: bytes, parts: list[bytes], path: str, read: Callable[[JsonValue], object]
) -> JsonValue:
    last = parts.pop().decode()
    _, end = _DECODER.raw_decode(last)
    parts.append(last[:end].encode())
    # An item that nobody sends shows that it is this list, and not one of the same name.
    document = decode_document(before + _opening(path) + _MARK + last[end:].encode())
    listed = value_at(document, path)
    if listed != [json.loads(_MARK)]:
        raise ValueError("another list")
    listed.clear()
    for start in range(0, len(parts), _FEW):
        few = decode_document(b"[" + b",".join(parts[start : start + _FEW]) + b"]")
        listed.extend(map(read, few))
    return document


def _opening(path: str) -> bytes:
    return b'"%b":[' % path.rpartition(".")[2].encode()


def encode(value: JsonValue) -> bytes:
    """Return `value` as compact JSON in ASCII, keys in their own order.

    Raises:
        ValueError: It is nested too deep.
    """
    return _dumps(value, _COMPACT)


def encode_for_wire(value: JsonValue) -> bytes:
    """Return decoded JSON as compact JSON in UTF-8; several times faster than `encode`.

    Raises:
        ValueError: It is nested too deep, or holds infinity.
    """
    try:
        data = to_json(value)
    except ValueError:  # a lone surrogate, or very deep
        return encode(value)
    return encode(value) if _INFINITY.search(data) else data


def canonical(value: JsonValue) -> bytes:
    """Return the one spelling of `value` that digests are made of: compact, keys sorted.

    Raises:
        ValueError: It is nested too deep.
    """
    return _dumps(value, _SORTED)


def type_name(value: JsonValue) -> str:
    """Return what JSON calls the kind of `value`, with its article."""
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean"}
    if value is None:
        return "null"
    return names.get(type(value), "a number")


def number(value: JsonValue) -> int | None:
    """Return a revision as a number; documents carry it as text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else None


@functools.lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def value_at(value: JsonValue, path: str) -> JsonValue:
    """Return what lies at a dotted path, or None."""
    if "." not in path:  # as most are, of hundreds of thousands
        return value.get(path) if isinstance(value, dict) else None
    for step in _steps(path):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def text_at(value: JsonValue, path: str) -> str:
    """Return the text at a dotted path; empty when there is none."""
    found = value_at(value, path)
    return found if isinstance(found, str) else ""


_COMPACT: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_SORTED: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False, sort_keys=True)


def _dumps(value: JsonValue, encoder: json.JSONEncoder) -> bytes:
    try:
        return encoder.encode(value).encode()
    except RecursionError as exc:
        raise ValueError("nested too deep") from exc


def _check_values(data: bytes | str) -> None:
    # Each value takes two characters, but for one: itself, and what parts it from the next.
    if len(data) > 2 * MAX_VALUES and _values(data) > MAX_VALUES:
        raise ValueError(f"more than {MAX_VALUES} values")


def _values(data: bytes | str) -> int:
    """How many values there are at most: each follows a comma or opens a list or an object."""
    if isinstance(data, str):
        return sum(map(data.count, ",[{"))
    return sum(map(data.count, (b",", b"[", b"{")))


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:20]} is not a number that can be kept")
    return number


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
