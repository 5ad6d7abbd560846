"""Text as Markdown that means nothing but itself."""

import pytest
from markdown_it import MarkdownIt

from elastic_mirror_policy.render.escape import code, prose


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("Servers", "`Servers`"),
        ("a`b", "``a`b``"),
        ("a``b`c", "```a``b`c```"),
        ("a``b", "`a``b`"),
        ("`", "`` ` ``"),
        ("`a", "`` `a ``"),
        (" a ", "`  a  `"),
        ("a ", "` a  `"),
        ("<b>@x #1 | *", "`<b>@x #1 | *`"),
        ("", "(empty)"),
        ("  ", "(empty)"),
    ],
)
def test_a_name_is_a_code_span(text: str, span: str) -> None:
    """The delimiter is a run of backticks that the name does not hold."""
    assert code(text) == span


@pytest.mark.parametrize("text", ["Servers", "a`b", "a``b`c", "`", "`a", "a`", " a ", "a\\", "<b>"])
def test_a_code_span_reads_as_the_name(text: str) -> None:
    """A renderer gives back exactly what was put in."""
    spans = MarkdownIt("commonmark").parseInline(code(text))[0].children or []

    assert [(span.type, span.content) for span in spans] == [("code_inline", text)]


@pytest.mark.parametrize(
    ("sentence", "markdown"),
    [
        ("It has no settings for mac at all.", "It has no settings for mac at all."),
        ("4 of 12,345 (linux), 'mac': no.", "4 of 12,345 (linux), 'mac': no."),
        ("See https://a.b/c.", "See `https://a.b/c`."),
        ("by @bob in a_b", "by `@bob` in `a_b`"),
        ("#1 GH-2 0123456", "`#1` `GH-2` `0123456`"),
        ("1. one", "1\\. one"),
        ("2) two", "2\\) two"),
        ("- x", "`-` x"),
        ("## x", "`##` x"),
        ("... (", "\\.\\.\\. \\("),
        (":smile: x:", "`:smile`: x:"),
        ("a`b c", "``a`b`` c"),
        ("x" * 21, f"`{'x' * 21}`"),
        ("na\u00efve", "`na\u00efve`"),
        ("", ""),
    ],
)
def test_a_sentence_keeps_its_plain_words(sentence: str, markdown: str) -> None:
    """Whatever a forge could turn into a link, a list or an emoji is code."""
    assert prose(sentence) == markdown
