"""Text from servers cannot drive the terminal that shows it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elastic_mirror_policy._text import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, 100 % [red]as is[/red]", "plain text, 100 % [red]as is[/red]"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("two\nlines\r\tand a tab", "two\\x0alines\\x0d\\x09and a tab"),
        ("\x9b2J", "\\x9b2J"),
        ("\x7f", "\\x7f"),
        ("exe.\u202etxt", "exe.\\u202etxt"),
        ("\u2066isolated\u2069", "\\u2066isolated\\u2069"),
        ("zero\u200bwidth\u200d", "zero\\u200bwidth\\u200d"),
        ("line\u2028paragraph\u2029", "line\\u2028paragraph\\u2029"),
        ("\ufeffmark", "\\ufeffmark"),
        ("half \ud83d", "half \\ud83d"),
        ("tag \U000e0041", "tag \\U000e0041"),
        ("Zürich 東京 🚀", "Zürich 東京 🚀"),
    ],
)
def test_what_a_terminal_would_act_on_is_spelled_out(text: str, shown: str) -> None:
    """Controls, direction changes and invisible characters are escaped; the rest is untouched."""
    assert visible(text) == shown


@given(st.text(st.characters(codec=None)))
def test_visible_text_is_one_line_and_can_be_encoded(text: str) -> None:
    """Whatever came in, one encodable line comes out."""
    shown = visible(text)

    assert len(shown.splitlines()) <= 1
    assert shown.encode().decode() == shown


@given(st.text(st.characters(codec=None)))
def test_visible_text_stays_as_it_is(text: str) -> None:
    """Escaping twice is the same as escaping once."""
    once = visible(text)

    assert visible(once) == once


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_printable_ascii_is_never_changed(text: str) -> None:
    """Ordinary names are shown as they are."""
    assert visible(text) == text
