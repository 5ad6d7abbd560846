"""Names, values and sentences from elsewhere, in words that fit into a line."""

import pytest

from elastic_mirror_policy.render.words import listed, name, sentence, value


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ("https://mirror.corp", "https://mirror.corp"),
        ("", '""'),
        (" ", '" "'),
        ("(not set)", '"(not set)"'),
        ("a -> b", '"a -> b"'),
        ('say "x"', '"say \\"x\\""'),
        ("C:\\ca.pem", "C:\\ca.pem"),
        ("a\x1b[2J", "a\\x1b[2J"),
        ("true", "true"),
        (True, "true (boolean)"),
        (3600, "3600 (number)"),
        (0.5, "0.5 (number)"),
        ("https://user:secret@mirror.corp", "(a URL with credentials, not shown)"),
        ("x" * 200, "x" * 200),
    ],
)
def test_a_value_cannot_be_taken_for_a_remark(found: str | float, shown: str) -> None:
    """What could be misread stands in quotes; what is not a text says so."""
    assert value(found) == shown


@pytest.mark.parametrize("found", ["x" * 201, "a\nb", "\n", "a\rb", "\ud800\n"])
def test_long_values_are_abbreviated(found: str) -> None:
    """A value of several lines or of many characters is named by its length and hash."""
    shown = value(found)

    assert f"... ({len(found)} character" in shown
    assert len(shown) < 100


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x" * 64, "x" * 64),
        ("a" * 60 + "b" * 5, "a" * 45 + "..." + "a" * 11 + "b" * 5),
        ("a\x1b[2Jb\nc\u202e", "a\\x1b[2Jb\\x0ac\\u202e"),
    ],
)
def test_a_name_is_one_short_line(text: str, shown: str) -> None:
    """Its beginning and its end are what tells it apart; a terminal acts on none of it."""
    assert name(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("No.\n  Really\tno.", "No. Really no."),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("x" * 800, "x" * 800),
        ("x" * 801, "x" * 597 + "..." + "x" * 200),
    ],
)
def test_a_sentence_is_one_line_of_bounded_length(text: str, shown: str) -> None:
    """A server's message may be anything."""
    assert sentence(text) == shown


def test_the_beginning_of_a_long_value_is_only_text() -> None:
    """It is shortened first and made safe then."""
    assert value("\x1b[2J\n").startswith("\\x1b[2J... (5 characters, sha256 ")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ((), ""),
        (("a",), "a"),
        (tuple("abcde"), "a, b, c, d, e"),
        (tuple("abcdefg"), "a, b, c, d, e and 2 more"),
    ],
)
def test_a_few_words_are_listed(words: tuple[str, ...], text: str) -> None:
    """The rest is counted."""
    assert listed(words) == text


def test_a_policy_without_a_name_is_still_seen() -> None:
    """An empty name stands in quotes."""
    assert name("") == '""'
