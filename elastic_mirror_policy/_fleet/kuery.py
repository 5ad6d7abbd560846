"""Values in KQL, by the rules of Kibana's grammar (pure).

Source: `packages/kbn-es-query/grammar/grammar.peggy`. A backslash may stand before few characters
only; before any other the whole query is refused.
"""

from typing import Final

_SPECIAL: Final = frozenset('\\():<>"*{}')
"""What a value without quotes may have only behind a backslash."""


def quoted(text: str) -> str:
    """Return a value that matches exactly this text."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def beginning(text: str) -> str:
    """Return what stands before a `*` in a value that matches every text with this beginning.

    White space becomes a code point: with it around them `or`, `and` and `not` would be operators.
    """
    return "".join(map(_escaped, text))


def _escaped(char: str) -> str:
    if char in _SPECIAL:
        return f"\\{char}"
    return f"\\u{ord(char):04x}" if char.isspace() else char
