"""What a line of an access log says, in the format that `mirror config` writes (pure).

nginx writes `address - user [time] "GET path HTTP/1.1" status bytes "referer" "agent"`, then the
fields of the mirror; Apache the same, with `%l` for the dash. Both spell a quote or a control
character in a request as an escape, so no client can forge a field or a line; the pattern reads
the fields before the first quoted text that a client chooses only.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

LINE: Final = re.compile(
    rb"^([0-9A-Za-z.:_-]{1,100}) "  # address
    rb'[^"\n]{0,600}\[([^]"\n]{26})\] '  # time
    rb'"(?:GET '
    rb"[^ \"\n?]*?(/downloads/endpoint/(?:manifest/artifacts-([0-9A-Za-z.+_-]{1,160})\.zip)?)"
    rb'[^ "\n]* HTTP/[0-9.]{1,3}|[^"\n]*)" '
    rb"([0-9]{3}) (?:[0-9]{1,15}|-)[ \r\n]",
    re.MULTILINE,
)
"""One well-formed line: address, time, whether it is ours, endpoint version, status.

The third group is empty for a request of something else, or by another method than GET: HEAD, as
`mirror check` sends it, delivers nothing. The fourth is empty for an artifact.
"""

Fields = tuple[bytes, bytes, bytes, bytes, bytes]
"""The groups of `LINE`; a plain tuple, because there are millions of them."""


def lines(block: bytes) -> list[Fields]:
    """Return the fields of each well-formed line of a block of whole lines.

    Lines that are not well-formed are left out: the caller knows how many lines there were.
    """
    return LINE.findall(block)


_MONTHS: Final = {
    name: number
    for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)
}


def seconds(time: bytes) -> int | None:
    """Return a time such as `25/Nov/2026:16:05:32 +0100` as seconds since 1970, or None.

    >>> seconds(b"25/Nov/2026:16:05:32 +0100")
    1795619132
    """
    try:
        day, month, year = int(time[:2]), _MONTHS[time[3:6]], int(time[7:11])
        hour, minute, second = int(time[12:14]), int(time[15:17]), int(time[18:20])
        east = (int(time[22:24]) * 60 + int(time[24:26])) * (-1 if time[21:22] == b"-" else 1)
        zone = timezone(timedelta(minutes=east)) if east else UTC
        moment = datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except (KeyError, ValueError):
        return None
    return int(moment.timestamp())
