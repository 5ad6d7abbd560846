"""How counts, names and values are put into words, the same in every format (pure).

Whatever comes from a policy or a server passes through here on its way into a view, so that a
view holds characters that can be shown; what is markup in a format is that format's business.
"""

import hashlib
import re
from collections.abc import Sequence

from elastic_mirror_policy._json import JsonValue, Scalar
from elastic_mirror_policy._text import visible
from elastic_mirror_policy._url import shown

NOT_SET = "(not set)"
LONGEST_NAME = 64
LONGEST_VALUE = 200
LONGEST_SENTENCE = 800
LISTED = 5
_STEP = 1000

_PLAIN = re.compile(r'[^\s("][^\s"]*\Z')


def name(text: str) -> str:
    """Return a name on one line, shortened in the middle when it is very long."""
    return clip(visible(text), LONGEST_NAME) or '""'


def sentence(text: str) -> str:
    """Return a sentence that may quote a policy or a server, on one line."""
    return clip(visible(" ".join(text.split())), LONGEST_SENTENCE)


def value(found: Scalar) -> str:
    """Return what a key holds, on one line, so that it cannot be taken for a remark of the program.

    Credentials in URLs are replaced by a remark. What is long or has several lines, such as a
    certificate, is named by its beginning, its length and its SHA-256.

    >>> value("https://mirror.corp"), value(True), value("(not set)")
    ('https://mirror.corp', 'true (boolean)', '"(not set)"')
    """
    safe: JsonValue = shown(found)
    if isinstance(safe, bool):
        return f"{str(safe).lower()} (boolean)"
    if not isinstance(safe, str):
        return f"{safe} (number)"
    if safe != found:
        return f"({safe.strip('<>')})"
    if len(safe) > LONGEST_VALUE or "\n" in safe or "\r" in safe:
        return _abbreviated(safe)
    return shown_text(safe)


def shown_text(text: str) -> str:
    """Return a text on one line, in quotes when its ends or its words could be misread."""
    line = visible(text)
    return line if _PLAIN.match(text) else '"' + line.replace('"', '\\"') + '"'


def _abbreviated(text: str) -> str:
    lines = text.strip().splitlines() or [""]
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    start = visible(lines[0][:40])
    return f"{start}... ({len(text):,} characters, sha256 {digest})"


def clip(text: str, most: int) -> str:
    """Return `text`, or its beginning and end when it is longer than `most` characters."""
    if len(text) <= most:
        return text
    tail = most // 4
    return f"{text[: most - tail - 3]}...{text[-tail:]}"


def count(number: int, noun: str) -> str:
    """Return the number with its noun.

    >>> count(1, "policy"), count(3, "policy"), count(2, "day"), count(1204, "agent")
    ('1 policy', '3 policies', '2 days', '1,204 agents')
    """
    plural = f"{noun[:-1]}ies" if re.search(r"[^aeou]y$", noun) else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def policies(number: int) -> str:
    """Return the number of policies in words."""
    return count(number, "policy")


def agents(number: int | None) -> str:
    """Return the number of agents in words; None is a number that could not be counted."""
    return "agents unknown" if number is None else count(number, "agent")


def listed(words: Sequence[str]) -> str:
    """Return words with commas between them, folded after five."""
    rest = len(words) - LISTED
    if rest <= 0:
        return ", ".join(words)
    return f"{', '.join(words[:LISTED])} and {rest:,} more"


def size(number: int) -> str:
    """Return a number of bytes for people.

    >>> size(999), size(90_828)
    ('999 B', '90.8 kB')
    """
    amount = float(number)
    for unit in ("B", "kB", "MB"):
        if amount < _STEP:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= _STEP
    return f"{amount:.1f} GB"


def age(seconds: float) -> str:
    """Return a time span for people: 3 days, 5 hours, 12 minutes."""
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            return count(int(seconds // length), unit)
    return "less than a minute"
