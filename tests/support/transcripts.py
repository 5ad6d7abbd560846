"""Comparing what a page shows with what a program prints."""

import re
from typing import Final

LEFT_OUT: Final = "[...]"


def normalised(text: str) -> str:
    """Return a text without what differs from run to run: ports, digests, ages, trailing blanks."""
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
    text = re.sub(r"\d+ (?:day|hour|minute)s? ago", "N days ago", text)
    text = re.sub(r"digest [0-9a-f]{12}", "digest DIGEST", text)
    return "\n".join(line.rstrip() for line in text.splitlines())


def parts_of(shown: str) -> list[str]:
    """Return the pieces between the places where a page leaves something out."""
    pieces = (piece.strip("\n") for piece in normalised(shown).split(LEFT_OUT))
    return [piece for piece in pieces if piece]


def missing_parts(shown: str, printed: str) -> list[str]:
    """Return the pieces that were not printed, or not in this order."""
    rest = normalised(printed)
    missing = []
    for part in parts_of(shown):
        before, found, after = rest.partition(part)
        rest = after if found else before
        missing += [] if found else [part]
    return missing
