"""What an endpoint makes of a manifest's ETag (pure).

Without a usable ETag an endpoint does not load new artifacts and reports no error
(security-docs 3429). A dash in it was rejected by an endpoint fault that the documentation still
works around (security-docs 2946). The exact grammar an endpoint accepts is not documented, so
only quoted letters and digits are called good.
"""

import enum
import re

_GOOD = re.compile(r'"[0-9A-Za-z]+"')
_QUOTED = re.compile(r'"[^"]*"')


class ETagClass(enum.StrEnum):
    """How an ETag looks, from the endpoint's side."""

    GOOD = "good"
    ABSENT = "absent"
    DASHED = "dashed"
    WEAK = "weak"
    UNQUOTED = "unquoted"
    UNUSUAL = "unusual"


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
