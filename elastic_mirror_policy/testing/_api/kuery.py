"""KQL by Kibana's grammar (`kbn-es-query/grammar/grammar.peggy`): what it takes and refuses (pure).

A query becomes a predicate over a lookup function, which gives the values of a field. Nested
fields (`a:{ b:1 }`) and values without a field are refused: no route takes them.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from elastic_mirror_policy._json import JsonValue

Lookup: TypeAlias = Callable[[str], Sequence[JsonValue]]
Predicate: TypeAlias = Callable[[Lookup], bool]
Normalise: TypeAlias = Callable[[str], str]
_Matches: TypeAlias = Callable[[str], bool]

_SPACE: Final = re.compile(r"[ \t\r\n\xa0]+")
_OR: Final = re.compile(r"[ \t\r\n\xa0]+or[ \t\r\n\xa0]+", re.IGNORECASE)
_AND: Final = re.compile(r"[ \t\r\n\xa0]+and[ \t\r\n\xa0]+", re.IGNORECASE)
_NOT: Final = re.compile(r"not[ \t\r\n\xa0]+", re.IGNORECASE)
_RANGE: Final = re.compile(r"<=|>=|<|>")
_QUOTED_CHARACTER: Final = re.compile(
    r'\\(?P<space>[trn])|\\u(?P<code>[0-9A-Fa-f]{4})|\\(?P<special>[\\"])|(?P<plain>[^"])',
    re.DOTALL,
)
_UNQUOTED_CHARACTER: Final = re.compile(
    r"\\(?P<space>[trn])"
    r'|\\(?P<special>[\\():<>"*{}])'
    r"|\\u(?P<code>[0-9A-Fa-f]{4})"
    r"|\\(?P<word>(?i:or|and|not))"
    r"|(?P<wildcard>\*)"
    r'|(?P<plain>[^\\():<>"*{}])',
    re.DOTALL,
)
_ESCAPED_SPACE: Final = {"t": "\t", "r": "\r", "n": "\n"}
_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_ANYTHING: Final = object()
"""Stands for an unescaped `*` among the characters of a literal."""


class KuerySyntaxError(ValueError):
    """The query is not KQL, or names a field that is not there."""


class ExpensiveQueryError(ValueError):
    """The query has a wildcard, and Elasticsearch does not allow expensive queries."""

    def __init__(self) -> None:
        super().__init__(
            "search_phase_execution_exception: [prefix] queries cannot be executed when "
            "'search.allow_expensive_queries' is set to false. For optimised prefix queries on "
            "text fields please enable [index_prefixes]."
        )


def parse_kuery(text: str, normalise: Normalise, *, expensive: bool = True) -> Predicate:
    """Return the predicate of a query.

    Args:
        text: The query.
        normalise: Turns a field as written into the name to look up.
        expensive: Whether values with wildcards may be looked for (a bare `*` always may).

    Raises:
        KuerySyntaxError: The query cannot be read, or `normalise` refuses a field.
        ExpensiveQueryError: It has a wildcard that is not allowed.
    """
    parser = _Parser(text, normalise, expensive=expensive)
    try:
        return parser.query()
    except RecursionError as exc:
        raise KuerySyntaxError("The expression is nested too deep.") from exc


class _Parser:
    def __init__(self, text: str, normalise: Normalise, *, expensive: bool) -> None:
        self._text = text
        self._at = 0
        self._normalise = normalise
        self._expensive = expensive

    def query(self) -> Predicate:
        self._take(_SPACE)
        predicate = self._alternatives(self._sub_query)
        self._take(_SPACE)
        if self._at < len(self._text):
            raise self._expected("AND, OR, end of input, whitespace")
        return predicate

    def _alternatives(self, part: Callable[[], Predicate]) -> Predicate:
        parts = [self._conjunction(part)]
        while self._take(_OR):
            parts.append(self._conjunction(part))
        return lambda lookup: any(one(lookup) for one in parts)

    def _conjunction(self, part: Callable[[], Predicate]) -> Predicate:
        parts = [self._negation(part)]
        while self._take(_AND):
            parts.append(self._negation(part))
        return lambda lookup: all(one(lookup) for one in parts)

    def _negation(self, part: Callable[[], Predicate]) -> Predicate:
        if not self._take(_NOT):
            return part()
        inner = self._negation(part)
        return lambda lookup: not inner(lookup)

    def _sub_query(self) -> Predicate:
        if self._sign("("):
            self._take(_SPACE)
            inner = self._alternatives(self._sub_query)
            self._close()
            return inner
        return self._comparison()

    def _comparison(self) -> Predicate:
        characters = self._literal("fieldName")
        if _ANYTHING in characters:
            raise KuerySyntaxError("A wildcard in the name of a field is not known here.")
        field = self._normalise(_joined(characters))
        self._take(_SPACE)
        if self._sign(":"):
            self._take(_SPACE)
            return self._values(field)
        operator = self._take(_RANGE)
        if not operator:
            raise self._expected('":", "<", "<=", ">", ">="')
        self._take(_SPACE)
        return self._range(field, operator)

    def _range(self, field: str, operator: str) -> Predicate:
        try:
            bound = float(_joined(self._literal("literal")))
        except ValueError as exc:
            raise KuerySyntaxError("Expected a number.") from exc
        compare = _COMPARE[operator]
        return lambda lookup: any(
            isinstance(value, int | float) and compare(value, bound) for value in lookup(field)
        )

    def _values(self, field: str) -> Predicate:
        def one_value() -> Predicate:
            if self._sign("("):
                self._take(_SPACE)
                inner = self._alternatives(one_value)
                self._close()
                return inner
            matches = self._value()
            return lambda lookup: any(matches(_text(value)) for value in lookup(field))

        return one_value()

    def _value(self) -> _Matches:
        characters = self._literal("value")
        if _ANYTHING not in characters:
            wanted = _joined(characters)
            return lambda text: text == wanted
        if characters != [_ANYTHING] and not self._expensive:
            raise ExpensiveQueryError
        pattern = re.compile(
            "".join(".*" if one is _ANYTHING else re.escape(str(one)) for one in characters),
            re.DOTALL,
        )
        return lambda text: pattern.fullmatch(text) is not None

    def _literal(self, what: str) -> list[object]:
        """Return the characters of a literal; white space around one without quotes is left out."""
        if self._text.startswith('"', self._at):
            self._at += 1
            characters = self._characters(_QUOTED_CHARACTER, quoted=True)
            if not self._sign('"'):
                raise self._expected('"\\""')
            return characters
        characters = self._characters(_UNQUOTED_CHARACTER, quoted=False)
        if not characters:
            raise self._expected(what)
        return _trimmed(characters)

    def _characters(self, pattern: re.Pattern[str], *, quoted: bool) -> list[object]:
        characters: list[object] = []
        while found := pattern.match(self._text, self._at):
            # An operator with the white space around it ends a literal that has no quotes.
            if not quoted and any(one.match(self._text, self._at) for one in (_OR, _AND, _NOT)):
                break
            characters.append(_character(found))
            self._at = found.end()
        return characters

    def _close(self) -> None:
        self._take(_SPACE)
        if not self._sign(")"):
            raise self._expected('")", AND, OR, whitespace')

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return found[0] if found else ""

    def _sign(self, sign: str) -> bool:
        found = self._text.startswith(sign, self._at)
        self._at += found
        return found

    def _expected(self, what: str) -> KuerySyntaxError:
        rest = self._text[self._at : self._at + 1]
        return KuerySyntaxError(
            f"Expected {what} but {chr(34) + rest + chr(34) if rest else 'end of input'} found."
        )


def _character(found: re.Match[str]) -> object:
    kind, text = str(found.lastgroup), found[str(found.lastgroup)]
    if kind == "wildcard":
        return _ANYTHING
    if kind == "code":
        return chr(int(text, 16))
    return _ESCAPED_SPACE[text] if kind == "space" else text


def _trimmed(characters: list[object]) -> list[object]:
    start, end = 0, len(characters)
    while start < end and str(characters[start]).isspace():
        start += 1
    while start < end and str(characters[end - 1]).isspace():
        end -= 1
    return characters[start:end]


def _joined(characters: list[object]) -> str:
    return "".join(str(one) for one in characters)


def _text(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
