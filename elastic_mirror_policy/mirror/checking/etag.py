"""What an endpoint makes of a manifest's ETag (pure).

Without a usable ETag an endpoint does not load new artifacts and reports no error
(security-docs 3429). A dash in it was rejected by an endpoint fault that the documentation still
works around (security-docs 2946). The exact grammar an endpoint accepts is not documented, so
only quoted letters and digits are called good.
"""

import enum
import re

_GOOD = re.compile(r'"[0-9A-Za-z]+"')
_HEX = re.compile(r"[0-9a-f]{8,32}")
_QUOTED = re.compile(r'"[^"]*"')


class ETagClass(enum.StrEnum):
    """How an ETag looks, from the endpoint's side."""

    GOOD = "good"
    ABSENT = "absent"
    DASHED = "dashed"
    WEAK = "weak"
    UNQUOTED = "unquoted"
    UNUSUAL = "unusual"


def follows_time(value: str, modified: int | None) -> bool:
    """Whether an ETag is made of the file's time, in seconds since 1970.

    nginx writes the seconds and the length in hex, Apache microseconds. Two files with the same
    time may then have the same ETag although each of them follows its file.
    """
    if modified is None:
        return False
    parts = value.strip().removeprefix("W/").strip('"').split("-")
    return any(_names(part, modified) for part in parts)


def _names(part: str, modified: int) -> bool:
    if not _HEX.fullmatch(part):
        return False
    return part.startswith(f"{modified:x}") or int(part, 16) // 1_000_000 == modified


def classify(value: str | None) -> ETagClass:
    """Return the class of the ETag a server sent; None stands for no header."""
    text = (value or "").strip()
    if text.removeprefix("W/") in {"", '""'}:
        return ETagClass.ABSENT
    if "-" in text:
        return ETagClass.DASHED
    if text.startswith("W/"):
        return ETagClass.WEAK
    if not _QUOTED.fullmatch(text):
        return ETagClass.UNQUOTED
    return ETagClass.GOOD if _GOOD.fullmatch(text) else ETagClass.UNUSUAL
