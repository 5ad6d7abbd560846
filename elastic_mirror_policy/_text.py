"""Text from servers and users, made safe to show (pure).

A policy's name, a manifest's path or a server's message is data. Shown in a terminal or a log it
must not move the cursor, hide itself, turn around what stands next to it, or begin a line of its
own. Markup is the renderer's business: this module knows characters only.
"""

import re

_LONGEST = 200
_LARGEST = 10**18
"""Numbers from here on are not shown; the largest cannot be written in digits at all."""

_HIDDEN = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0 and C1 controls: escape sequences begin here
    "\xad\u061c\u180e\u200b-\u200f"  # soft hyphen, zero-width characters, direction marks
    "\u2028\u2029"  # line and paragraph separators
    "\u202a-\u202e\u2066-\u2069"  # overrides and isolates of the writing direction
    "\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"  # invisible operators, byte order mark
    "\ud800-\udfff"  # lone surrogates: no encoding can write them
    "\U000e0000-\U000e007f"  # tags: text nobody sees
    "]"
)


def visible(text: str) -> str:
    r"""Return `text` with every control, invisible or direction-changing character spelled out.

    The result is for people: it is one line, it can be encoded, and it stays as it is when passed
    through again. A backslash is left alone, so it cannot be turned back.

    >>> visible("evil\x1b[2Jname")
    'evil\\x1b[2Jname'
    """
    return _HIDDEN.sub(_escape, text)


def brief(value: object) -> str:
    """Return a value as an error shows it: short, however long or deep it is.

    >>> brief("on"), brief(1.5), brief({"a": [1]})
    ("'on'", '1.5', '<dict>')
    """
    if isinstance(value, str):
        return repr(value if len(value) <= _LONGEST else value[:_LONGEST] + "...")
    if isinstance(value, float | None) or (isinstance(value, int) and abs(value) < _LARGEST):
        return repr(value)
    return f"<{type(value).__name__}>"


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x100:  # noqa: PLR2004 - the widths of the three escapes
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004 - as above
