"""Journals line by line, with hashes that fit whatever stands in them."""

import json
from collections.abc import Iterable
from pathlib import Path

from elastic_mirror_policy._json import JsonValue, encode
from elastic_mirror_policy.journal.journal import link


def lines_of(path: Path) -> list[dict[str, JsonValue]]:
    """Return the lines of a journal, decoded."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def chained(records: Iterable[dict[str, JsonValue]]) -> bytes:
    """Return a journal of these records, with hashes that fit."""
    chain, data = "", b""
    for record in records:
        plain = {key: value for key, value in record.items() if key != "chain"}
        chain = link(chain, plain)
        data += encode({**plain, "chain": chain}) + b"\n"
    return data
