"""Two decoders of JSON: the quick one takes what the strict one takes, and makes the same of it."""

import json
import math
from collections.abc import Callable, Iterator

from hypothesis import example, given
from hypothesis import strategies as st

from elastic_mirror_policy._json import JsonValue, decode, decode_document, decode_list

numbers = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "-", "+", "0", "."]),
    st.integers(0, 10**25) | st.just("9" * 310) | st.just("9" * 4301),
    st.sampled_from(["", "."]) | st.text("0123456789", max_size=20).map(".{}".format),
    st.sampled_from(["", "e", "E+"]) | st.integers(-400, 400).map("e{}".format),
)
texts = st.text(max_size=5).map(json.dumps) | st.sampled_from(
    ['"\\ud800"', '"\\ud83d\\ude00"', '"\\udc00\\ud83d"', '"\\x"', '"\t"', '"\\u00"', '"\x7f"', '"']
)
spaces = st.text(" \t\n\r", max_size=2) | st.sampled_from(["\ufeff", "\x0b", "\u00a0", "//"])
scalars = numbers | texts | st.sampled_from(["true", "null", "NaN", "-Infinity", "nul", "True", ""])


def lists(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return lists and objects that are written well or nearly so."""
    pairs = st.builds("{}:{}".format, st.sampled_from(['"a"', '"b"', "a", '"\\u0061"']), inner)
    return st.builds(
        "{0}{2}{1}{2}{3}".format,
        st.sampled_from(["[", "{", "[["]),
        st.lists(inner, max_size=3).map(",".join) | st.lists(pairs, max_size=3).map(",".join),
        spaces,
        st.sampled_from(["]", "}", "]]", ",]", ""]),
    )


documents = st.builds("{1}{0}{1}".format, st.recursive(scalars, lists, max_leaves=8), spaces)


def read(decoder: Callable[[bytes], JsonValue], data: bytes) -> tuple[bool, JsonValue]:
    """Return whether a decoder takes the data, and what it makes of it."""
    try:
        return True, decoder(data)
    except ValueError:
        return False, None


def leaves(value: JsonValue) -> Iterator[JsonValue]:
    """Yield every value inside a decoded one, and itself."""
    yield value
    if isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from leaves(child)


@given(documents.map(str.encode) | st.binary(max_size=8))
@example(b'{"a":1,"b":2,"a":3}')
@example(b"\xef\xbb\xbf[1]")
@example('["\u00e4"]'.encode("utf-16"))
@example(b'"\xed\xa0\x80"')
@example(b"[" * 300 + b"]" * 300)
@example(b"[" * 10**5)
@example(b"[1e999]")
@example(b"[" + b"9" * 310 + b".0]")
@example(b"[1]\x00")
def test_the_quick_decoder_is_as_strict_and_as_exact(data: bytes) -> None:
    """Order of keys and kinds of numbers included; but for infinity, which writing refuses."""
    taken, value = read(decode, data)
    quickly, found = read(decode_document, data)

    if quickly and not taken:
        assert has_infinity(found)
    else:
        assert (quickly, repr(found)) == (taken, repr(value))


@given(
    st.lists(st.builds('{{"k":{}}}'.format, scalars) | documents, max_size=60),
    st.sampled_from([",", ", "]),
    documents,
)
def test_a_list_decoded_in_pieces_is_the_list_decoded_at_once(
    items: list[str], between: str, more: str
) -> None:
    """Whatever its items hold, and whatever else there is; what is not JSON is taken by neither."""
    data = f'{{"b":{more},"a":{{"b":[{between.join(items)}]}}}}'.encode()
    taken, value = read(decode, data)
    in_pieces, found = read(lambda text: decode_list(text, "a.b", b'{"k":', lambda one: one), data)

    assert (in_pieces, repr(found)) == (taken, repr(value)) or has_infinity(found)


def has_infinity(value: JsonValue) -> bool:
    """Whether it holds what `decode_document` takes, and `decode` does not."""
    return any(isinstance(leaf, float) and math.isinf(leaf) for leaf in leaves(value))
