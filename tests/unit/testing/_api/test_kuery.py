"""The KQL that FakeKibana understands."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elastic_mirror_policy.testing._api.kuery import (
    ExpensiveQueryError,
    KuerySyntaxError,
    parse_kuery,
)

RECORD: dict[str, list[object]] = {
    "name": ["Berlin (west)"],
    "id": ["a#9.4"],
    "n": [5],
    "on": [True],
    "tags": ["x", "y"],
    "words": ["this or that"],
    "none": [],
    "name*": [],
}


def holds(text: str) -> bool:
    """Whether a query holds for the record."""
    return parse_kuery(text, lambda field: field)(lambda field: RECORD[field])


@pytest.mark.parametrize(
    "text",
    [
        'name:"Berlin (west)"',
        "name:Berlin*",
        "name:*west*",
        "id:a#*",
        "id:a\\u0023*",
        '"id":"a#9.4"',
        "name:Berlin \\(west\\)",
        "tags:(x and y)",
        "tags:(not z)",
        "tags:(x or not y)",
        "words:this \\or that",
        "words:(this\\u0020or\\u0020that)",
        "n:5 and on:true",
        "n >= 5 and n < 6 and not n > 5 and n <= 5",
        "tags:y",
        "tags:(z or y)",
        "NOT tags:z",
        "tags:z OR (tags:x AND n:5)",
        "not none:*",
        "not not tags:x",
        "  n:5  ",
        "tags:\\tx",
        "tags:(y and \\u2003x)",
    ],
)
def test_a_query_holds(text: str) -> None:
    """Values, wildcards, escapes, numbers, several values, and how they combine."""
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        'name:"Berlin*"',
        "name:berlin*",
        "name:Berlin",
        "n:6",
        "none:*",
        "tags:(z)",
        "tags:(x y)",
        "tags:(x and z)",
        "tags:(x and not y)",
        'id:"a#*"',
        "n:5 and",
        "n > 5",
        "tags:x and tags:z",
        "not (tags:x or tags:z)",
        "name\\*:x or n:6",
    ],
)
def test_a_query_does_not_hold(text: str) -> None:
    """A quoted star is a star, and texts are compared whole and with their case."""
    assert not holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "(",
        ")",
        "n:",
        "n",
        ":5",
        "n:5 n:6",
        "(n:5",
        "tags:(x",
        "n:)",
        "id:a\\#*",
        "id:a\\ b",
        "id:a\\-b",
        "id:a\\u00g1",
        "words:this or that",
        "id:{ a:b }",
        "id:x{y",
        "id:knot x",
        "n*:5",
        "n > x",
        'n:"5',
        "not",
        "\\",
        "n:>",
    ],
)
def test_what_is_not_kql_is_an_error(text: str) -> None:
    """Never half understood."""
    with pytest.raises(KuerySyntaxError):
        holds(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id:a\\#*", 'Expected AND, OR, end of input, whitespace but "\\" found.'),
        ("n:", "Expected value but end of input found."),
        ("(n:5", 'Expected ")", AND, OR, whitespace but end of input found.'),
    ],
)
def test_an_error_names_what_was_expected_and_what_was_found(text: str, message: str) -> None:
    """As the generated parser does."""
    with pytest.raises(KuerySyntaxError) as caught:
        holds(text)

    assert str(caught.value) == message


@pytest.mark.parametrize(("text", "refused"), [("id:a*", True), ("id:*", False), ('id:"*"', False)])
def test_wildcards_may_be_refused(text: str, *, refused: bool) -> None:
    """`search.allow_expensive_queries`; a bare star asks whether there is a value."""
    if refused:
        with pytest.raises(ExpensiveQueryError, match="allow_expensive_queries"):
            parse_kuery(text, str, expensive=False)
    else:
        parse_kuery(text, str, expensive=False)


def test_a_query_that_is_nested_too_deep_is_an_error() -> None:
    """Not a crash."""
    with pytest.raises(KuerySyntaxError):
        holds("(" * 100_000 + "n:5" + ")" * 100_000)


@given(st.text(max_size=40))
def test_any_text_is_a_query_or_an_error(text: str) -> None:
    """Nothing else comes out of the parser."""
    with contextlib.suppress(KuerySyntaxError):
        assert callable(parse_kuery(text, lambda field: field))


@given(st.text(min_size=1, max_size=20))
def test_a_quoted_value_matches_itself(value: str) -> None:
    """Whatever is in it, once it is escaped."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')

    predicate = parse_kuery(f'field:"{escaped}"', lambda field: field)

    assert predicate(lambda _: [value])
    assert not predicate(lambda _: [value + "x"])
