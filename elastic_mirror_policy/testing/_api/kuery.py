"""The part of KQL that a Fleet client needs: fields, values, wildcards, `and`, `or`, `not` (pure).

A query becomes a predicate over a lookup function, which gives the values of a field.
"""

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

from elastic_mirror_policy._json import JsonValue

Lookup: TypeAlias = Callable[[str], Sequence[JsonValue]]
Predicate: TypeAlias = Callable[[Lookup], bool]
Normalise: TypeAlias = Callable[[str], str]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<mark><=|>=|[():<>])
      | "(?P<quoted>(?:\\.|[^"\\])*)"
      | (?P<word>(?:\\.|[^\s()"<>:\\])+)
    )""",
    re.VERBOSE,
)
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


class KuerySyntaxError(ValueError):
    """The query is not KQL, or names a field that is not there."""


def parse_kuery(text: str, normalise: Normalise) -> Predicate:
    """Return the predicate of a query.

    Args:
        text: The query.
        normalise: Turns a field as written into the name to look up.

    Raises:
        KuerySyntaxError: The query cannot be read, or `normalise` refuses a field.
    """
    parser = _Parser(_tokens(text), normalise)
    try:
        predicate = parser.alternatives()
    except RecursionError as exc:
        raise KuerySyntaxError("The expression is nested too deep.") from exc
    if parser.peek() != ("end", ""):
        raise KuerySyntaxError(f'Expected AND, OR, end of input but "{parser.peek()[1]}" found.')
    return predicate


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    at = 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise KuerySyntaxError(f'Expected a field or a value but "{text[at]}" found.')
        tokens.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return [*tokens, ("end", "")]


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], normalise: Normalise) -> None:
        self._tokens = tokens
        self._at = 0
        self._normalise = normalise

    def peek(self) -> tuple[str, str]:
        return self._tokens[self._at]

    def take(self) -> tuple[str, str]:
        token = self.peek()
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def alternatives(self) -> Predicate:
        parts = [self._conjunction()]
        while self._keyword("or"):
            parts.append(self._conjunction())
        return lambda lookup: any(part(lookup) for part in parts)

    def _conjunction(self) -> Predicate:
        parts = [self._negation()]
        while self._keyword("and"):
            parts.append(self._negation())
        return lambda lookup: all(part(lookup) for part in parts)

    def _negation(self) -> Predicate:
        if self._keyword("not"):
            inner = self._negation()
            return lambda lookup: not inner(lookup)
        if self._mark("("):
            inner = self.alternatives()
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Predicate:
        kind, word = self.take()
        if kind != "word":
            raise KuerySyntaxError(f'Expected a field but "{word or "end of input"}" found.')
        field = self._normalise(_unescape(word))
        mark = self.take()
        if mark == ("mark", ":"):
            matches = self._value()
            return lambda lookup: any(matches(_text(value)) for value in lookup(field))
        if mark[0] == "mark" and mark[1] in _COMPARE:
            return self._range(field, mark[1])
        raise KuerySyntaxError(f'Expected ":" but "{mark[1] or "end of input"}" found.')

    def _range(self, field: str, mark: str) -> Predicate:
        try:
            bound = float(self.take()[1])
        except ValueError as exc:
            raise KuerySyntaxError("Expected a number.") from exc
        compare = _COMPARE[mark]
        return lambda lookup: any(
            isinstance(value, int | float) and compare(value, bound) for value in lookup(field)
        )

    def _value(self) -> Callable[[str], bool]:
        if not self._mark("("):
            return self._literal()
        options = [self._literal()]
        while self._keyword("or"):
            options.append(self._literal())
        self._expect(")")
        return lambda text: any(option(text) for option in options)

    def _literal(self) -> Callable[[str], bool]:
        kind, word = self.take()
        if kind == "quoted":
            wanted = _unescape(word)
            return lambda text: text == wanted
        if kind != "word":
            raise KuerySyntaxError(f'Expected a value but "{word or "end of input"}" found.')
        return _wildcard(word)

    def _keyword(self, word: str) -> bool:
        return self._skip(self.peek()[0] == "word" and self.peek()[1].lower() == word)

    def _mark(self, mark: str) -> bool:
        return self._skip(self.peek() == ("mark", mark))

    def _skip(self, found: bool) -> bool:  # noqa: FBT001 - what the two questions above found
        self._at += int(found)
        return found

    def _expect(self, mark: str) -> None:
        if not self._mark(mark):
            raise KuerySyntaxError(f'Expected "{mark}" but "{self.peek()[1]}" found.')


def _wildcard(word: str) -> Callable[[str], bool]:
    parts = re.split(r"(?<!\\)\*", word)
    if len(parts) == 1:
        wanted = _unescape(word)
        return lambda text: text == wanted
    pattern = re.compile(".*".join(re.escape(_unescape(part)) for part in parts), re.DOTALL)
    return lambda text: pattern.fullmatch(text) is not None


def _unescape(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word)


def _text(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
