"""Moments as servers write them, and spans of time as people do, in seconds (pure)."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from elastic_mirror_policy.errors import ConfigurationError

UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SPAN: Final = re.compile(r"([0-9]{1,7})([smhdw]?)")
HOW_TO_WRITE: Final = "Write a number and one of s, m, h, d, w: 90m, 30d."
_LONGEST: Final = 3650 * 86400
_TEXT: Final = 64
_FIRST: Final = datetime.min.replace(tzinfo=UTC).timestamp()
_LAST: Final = datetime.max.replace(microsecond=0, tzinfo=UTC).timestamp()
"""Between these a moment can be written in UTC; a time zone leads beyond them."""


def moment(value: object) -> float | None:
    """Return an ISO 8601 text as seconds since 1970, or None when it is not one.

    Endpoints write seven digits of a second, Kibana three; without a time zone it is UTC.

    >>> moment("2022-04-04T18:38:15.7178887Z")
    1649097495.717888
    """
    if not isinstance(value, str) or len(value) > _TEXT:
        return None
    try:
        parsed = datetime.fromisoformat(value)
        seconds = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return seconds if _FIRST <= seconds <= _LAST else None


def http_seconds(text: str | None) -> int | None:
    """Return the time an HTTP date names, or None when it names none after 1970.

    >>> http_seconds("Mon, 05 Jan 2026 12:00:00 GMT")
    1767614400
    """
    try:
        seconds = int(parsedate_to_datetime(text or "").timestamp())
    except (ValueError, TypeError, OverflowError, OSError):
        return None
    return seconds if seconds > 0 else None


def written(seconds: float) -> str:
    """Return seconds since 1970 as ISO 8601 in UTC.

    >>> written(1649097495.9)
    '2022-04-04T18:38:15Z'
    """
    return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")


def span(text: str, *, what: str) -> float:
    """Return the seconds of a span of time such as `90m`, `30d` or `2w`; a bare number is seconds.

    Raises:
        ConfigurationError: It is not a span, nothing at all, or longer than ten years.
    """
    seconds = seconds_of(text)
    if seconds is None or not 0 < seconds <= _LONGEST:
        raise ConfigurationError(
            f"{what} {text[:40]!r} is not a span of time.",
            hint=HOW_TO_WRITE,
        )
    return seconds


def seconds_of(text: str) -> float | None:
    """Return the seconds of a span of time, or None when it is not one.

    >>> seconds_of("90m"), seconds_of("45"), seconds_of("0"), seconds_of("soon")
    (5400.0, 45.0, 0.0, None)
    """
    found = _SPAN.fullmatch(text.strip().lower())
    return float(int(found[1]) * UNITS[found[2] or "s"]) if found else None


def spoken(seconds: float) -> str:
    """Return a span of time in words, in the largest unit of which there are at least two.

    >>> spoken(30), spoken(7200), spoken(86400 * 30)
    ('30 s', '2 h', '30 d')
    """
    whole = max(0, int(seconds))
    unit = next((u for u in ("d", "h", "m") if whole >= 2 * UNITS[u]), "s")
    return f"{whole // UNITS[unit]} {'min' if unit == 'm' else unit}"
