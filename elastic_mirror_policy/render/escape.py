"""Text as Markdown that means nothing but itself (pure).

Backslashes are not enough: GitHub and GitLab turn mentions, references and addresses into links
after the escapes are gone, but never inside code. So a name becomes a code span, and in a
sentence every word that is not made of plain letters does.
"""

import re

from elastic_mirror_policy._text import visible

_PLAIN = re.compile(r"(?:[A-Za-z]{1,20}|[0-9]{1,6}|[0-9]{1,3}(?:,[0-9]{3})+)\Z")
_BEFORE = "('\""
_AFTER = ")'\".,:;"
_RUN = re.compile("`+")


def code(text: str) -> str:
    """Return one line of text as a code span, delimited so that nothing in it can end it.

    >>> code("a`b"), code("`")
    ('``a`b``', '`` ` ``')
    """
    if not text.strip():
        return "(empty)"
    text = visible(text)
    runs = {len(run) for run in _RUN.findall(text)}
    mark = "`" * next(length for length in range(1, len(runs) + 2) if length not in runs)
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{mark}{pad}{text}{pad}{mark}"


def prose(text: str) -> str:
    """Return a sentence with every word that could be more than a word as a code span.

    >>> prose("See https://a.b/c (linux), please.")
    'See `https://a.b/c` (linux), please.'
    """
    return " ".join(_word(word) for word in text.split())


def _word(word: str) -> str:
    core = word.lstrip(_BEFORE)
    before = word[: len(word) - len(core)]
    inner = core.rstrip(_AFTER)
    after = core[len(inner) :]
    if not _PLAIN.match(inner):
        return f"{before}{code(inner)}{after}" if inner else _escaped(word)
    # A number with a dot or a bracket behind it could begin a list.
    return f"{before}{inner}{_escaped(after) if inner.isdigit() else after}"


def _escaped(marks: str) -> str:
    return "".join(f"\\{mark}" for mark in marks)
