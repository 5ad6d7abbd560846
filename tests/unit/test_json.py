"""JSON: strict in, canonical out."""

import json
from collections.abc import Callable

import pytest
from support.documents import nested

from elastic_mirror_policy import _json
from elastic_mirror_policy._json import (
    JsonValue,
    canonical,
    decode,
    decode_document,
    decode_list,
    encode,
    encode_for_wire,
)

DEEP = 100_000
NOT_FINITE = (float("nan"), float("inf"), [-float("inf")])


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ("null", None),
        (b'{"a": [1, 2.5, true, "\xc3\xa4"]}', {"a": [1, 2.5, True, "\u00e4"]}),
        ("1e308", 1e308),
        ("1e-400", 0.0),
        (str(2**70), 2**70),
        ('"\\ud83d\\ude00"', "\U0001f600"),
    ],
)
def test_json_is_decoded(data: str | bytes, value: JsonValue) -> None:
    """Text and bytes, numbers as they are."""
    assert decode(data) == value


@pytest.mark.parametrize(
    "data",
    [
        "",
        b"",
        "{",
        '{"a": 1',
        "{'a': 1}",
        "[1,]",
        "NaN",
        "[Infinity]",
        "-Infinity",
        "1e309",
        "-1e999",
        b'"\xff"',
        "9" * 5000,
        "[" * DEEP,
        '{"a":' * DEEP,
        "<html>",
    ],
)
def test_what_is_not_json_is_a_value_error(data: str | bytes) -> None:
    """Whatever a server or a file holds, nothing else is ever raised."""
    with pytest.raises(ValueError):
        decode(data)


def test_encoding_keeps_the_order_and_canonical_sorts() -> None:
    """Bodies go out as they were built; digests do not depend on the order."""
    value = {"b": [1, {"d": None, "c": "\u00e4\ud800"}], "a": True}

    assert encode(value) == b'{"b":[1,{"d":null,"c":"\\u00e4\\ud800"}],"a":true}'
    assert canonical(value) == b'{"a":true,"b":[1,{"c":"\\u00e4\\ud800","d":null}]}'


@pytest.mark.parametrize(
    ("spell", "value"),
    [
        *((encode, number) for number in NOT_FINITE),
        *((canonical, number) for number in NOT_FINITE),
        *((encode_for_wire, decode_document(text)) for text in (b"1e999", b"[-1e999]")),
    ],
)
def test_what_json_does_not_have_is_never_written(
    spell: Callable[[JsonValue], bytes], value: JsonValue
) -> None:
    """A document with NaN in it could not be read back."""
    with pytest.raises(ValueError):
        spell(value)


@pytest.mark.parametrize("spell", [encode, canonical, encode_for_wire])
def test_what_is_nested_too_deep_is_never_written(spell: Callable[[JsonValue], bytes]) -> None:
    """It is a value error, like everything else that is wrong with a value."""
    with pytest.raises(ValueError, match="nested too deep"):
        spell(nested(DEEP))


def test_canonical_is_what_digests_have_always_been_made_of() -> None:
    """It is the compact spelling with sorted keys, in ASCII."""
    value = {"z": 1, "a": [1.5, "x"]}

    assert canonical(value) == json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


@pytest.mark.parametrize(
    "value",
    [
        {"b": [1, None, True], "a": {"d": -0.0, "c": 5e-324}},
        "\u00e4\u2028\x00\x7f\U0001f600",
        "Infinity",
        "\ud800",
        {"\udfff": 10**400},
        1e23,
    ],
)
def test_what_is_sent_decodes_to_what_it_was(value: JsonValue) -> None:
    """Whatever a document holds, lone surrogates and large numbers too."""
    assert decode(encode_for_wire(value)) == value


@pytest.mark.parametrize("spelled", [str, str.encode])
def test_a_document_of_too_many_values_is_refused(
    monkeypatch: pytest.MonkeyPatch, spelled: Callable[[str], str | bytes]
) -> None:
    """Text or bytes, it is not decoded; long text in one value is."""
    monkeypatch.setattr(_json, "MAX_VALUES", 10)

    with pytest.raises(ValueError, match="more than 10 values"):
        decode(spelled("[" + "0," * 10 + "0]"))
    assert decode(spelled('"' + "x" * 20 + '"')) == "x" * 20


def items(count: int) -> str:
    """Return the text of this many items that begin alike."""
    return ",".join(f'{{"k":{number},"of":[{{"k":0}}]}}' for number in range(count))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f'{{"a":{{"b":[{items(120)}]}},"c":[{{"k":7}}]}}', id="many"),
        pytest.param(f'{{"c":[{items(3)}],"a":{{"b":[{items(1)}],"d":"]"}}}}', id="one"),
        pytest.param(f'{{"a": {{"b": [{items(3)}]}}}}', id="with spaces"),
        pytest.param(f'{{"a":{{"b":[{items(3)},1]}}}}', id="one begins otherwise"),
        pytest.param(f'{{"a":{{"b":[{items(1)}, {items(3)}]}}}}', id="some begin otherwise"),
        pytest.param(f'{{"b":[{items(3)}],"a":{{"b":[]}}}}', id="another list of that name"),
        pytest.param(f'{{"a":{{"b":[{items(3)}],"b":[{items(2)}]}}}}', id="twice"),
        pytest.param(f'{{"x":"\\"b\\":[{{","a":{{"b":[{items(3)}]}}}}', id="in a text"),
        pytest.param('{"a":{"b":[{"k":"}],[{"},{"k":",{"}]}}', id="brackets in texts"),
        pytest.param('{"a":{"b":[]}}', id="empty"),
        pytest.param('{"a":{"b":{"k":1}}}', id="not a list"),
        pytest.param('{"a":[]}', id="not there"),
        pytest.param("[]", id="not an object"),
    ],
)
def test_a_long_list_is_read_as_if_it_were_decoded_at_once(text: str) -> None:
    """Wherever it lies, and however it is written: each item is read, once, and nothing else."""
    expected = json.loads(text)
    listed = expected["a"].get("b") if isinstance(expected, dict) and expected["a"] else None
    if isinstance(listed, list):
        listed[:] = [repr(one) for one in listed]

    assert decode_list(text.encode(), "a.b", b'{"k":', repr) == expected


@pytest.mark.parametrize(
    "text",
    [
        '{"a":{"b":[{"k":1}',
        '{"a":{"b":[{"k":1},{"k":]}}',
        '{"a":{"b":[{"k":1},{"k":2},]}}',
        '{"a":{"b":[{"k":1}{"k":2}]}}',
        '{"a":{"b":[{"k":1},{"k":2}]}}}',
        '{"a":{"b":[{"k":1},{"k":NaN}]}}',
        '{"a":{"b":[{"k":1},{"k":"\x00"}]}}',
        f'{{"a":{{"b":[{{"k":{"[" * DEEP}',
    ],
)
def test_a_long_list_that_is_not_json_is_a_value_error(text: str) -> None:
    """What is wrong with one item is wrong with the document."""
    with pytest.raises(ValueError):
        decode_list(text.encode(), "a.b", b'{"k":', repr)


def test_a_long_list_of_too_many_values_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are counted in the whole of it."""
    monkeypatch.setattr(_json, "MAX_VALUES", 100)

    with pytest.raises(ValueError, match="more than 100 values"):
        decode_list(f'{{"a":{{"b":[{items(60)}]}}}}'.encode(), "a.b", b'{"k":', repr)


def test_a_long_list_is_decoded_a_few_items_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than fit a processor's cache."""
    sizes: list[int] = []

    def seen(data: bytes) -> JsonValue:
        sizes.append(len(data))
        return decode_document(data)

    monkeypatch.setattr(_json, "decode_document", seen)
    data = f'{{"a":{{"b":[{items(1000)}]}}}}'.encode()

    assert len(decode_list(data, "a.b", b'{"k":', repr)["a"]["b"]) == 1000
    assert max(sizes) < len(data) / 10
