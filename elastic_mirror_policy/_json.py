"""JSON as we read and write it: strict in, canonical out (pure)."""

import json
from typing import Any, TypeAlias

JsonValue: TypeAlias = Any
"""Decoded JSON: dict, list, str, int, float, bool or None. The only place `Any` stands for it."""


def decode(data: bytes | str) -> JsonValue:
    """Return the decoded JSON.

    Raises:
        ValueError: It is not JSON, not UTF-8, nested too deep, or holds NaN or infinity.
    """
    try:
        return json.loads(data, parse_constant=_refuse)
    except RecursionError as exc:
        raise ValueError("nested too deep") from exc


def encode(value: JsonValue) -> bytes:
    """Return `value` as compact JSON in ASCII, keys in their own order."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def canonical(value: JsonValue) -> bytes:
    """Return the one spelling of `value` that digests are made of: compact, keys sorted."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, allow_nan=False).encode()


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
