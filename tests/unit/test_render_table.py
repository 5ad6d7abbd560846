"""Tables of text, and lists of policies in them."""

from textwrap import dedent

import pytest
from support.documents import defend_policy, policy_value

from elastic_mirror_policy.policies.policy import DefendPolicy
from elastic_mirror_policy.policies.table import Policies
from elastic_mirror_policy.render import table
from elastic_mirror_policy.render.words import listed, name, sentence, value


def golden(text: str) -> str:
    """Return a text of this file as it is printed."""
    return dedent(text).lstrip("\n")


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    """Cells stand below their headers, and no line ends in spaces."""
    assert table([("a", "long cell", "x"), ("bb", "", "")], ("1", "2", "three")) == golden(
        """
        1   2          three
        a   long cell  x
        bb
        """
    )


@pytest.mark.parametrize(
    ("cell", "columns"),
    [("\u540d\u524d", 4), ("e\u0301", 1), ("\uff21", 2), ("\u00e9", 1), ("a\x1bb", 6)],
)
def test_columns_are_counted_as_a_terminal_draws_them(cell: str, columns: int) -> None:
    """Wide characters take two columns, combining ones none, escapes what they are shown as."""
    line = table([(cell, "|")], ("", "")).splitlines()[1]
    before = line.removesuffix("|")

    assert before.endswith("  ")
    assert len(before.strip()) + 2 == len(before)
    assert table([(cell, "|"), ("." * columns, "|")], ("", "")).splitlines()[2] == (
        "." * columns + "  |"
    )


def test_one_column_holds_the_base_url_when_all_systems_agree() -> None:
    """The common case is one URL for each policy, or none."""
    same = {system: {"base_url": "https://mirror.corp"} for system in ("linux", "mac", "windows")}
    pinned = defend_policy("Pinned", agents=None)
    policy_value(pinned)["global_manifest_version"] = "2026-01-31"
    found = [defend_policy("Servers", settings=same, agents=1204), pinned]

    shown = Policies(DefendPolicy.from_document(item, space="lab") for item in found)

    assert str(shown) == golden(
        """
        2 policies: 1 https://mirror.corp, 1 not set

        name     space  agents   pin         base URL
        Servers  lab    1,204    latest      https://mirror.corp
        Pinned   lab    unknown  2026-01-31  (not set)
        """
    )


def test_each_system_has_a_column_when_one_differs() -> None:
    """One policy with different URLs is enough to show them all; problems stand below."""
    odd = defend_policy("Odd", settings={"mac": {"base_url": "http://x"}, "linux": {"base_url": 7}})
    broken = defend_policy("Broken", inputs=[])
    found = [DefendPolicy.from_document(item) for item in (odd, broken)]

    assert str(Policies(found)) == golden(
        """
        2 policies: 1 different for each operating system, 1 cannot be edited

        name    space    agents  pin     linux base URL  mac base URL  windows base URL
        Odd     default  4       latest  7 (number)      http://x      (not set)
        Broken  default  4       latest  ?               ?             ?

        Cannot be edited:
          - Broken: Its first input is not of type 'endpoint'.
        """
    )


def test_no_policy_acts_on_a_terminal() -> None:
    """Name, space, pin, URL and problem are spelled out, and begin no line."""
    evil = "\x1b[2J\n"
    good = defend_policy(evil, settings={"mac": {"base_url": evil}})
    policy_value(good)["global_manifest_version"] = evil
    bad = DefendPolicy(
        id="x", name=evil, space=evil, version="", revision=1, pin=evil, problem=f"Bad {evil} news."
    )
    text = Policies([DefendPolicy.from_document(good, space=evil), bad]).to_text(width=200)
    cells = ["\\x1b[2J\\x0a"] * 2

    assert "\x1b" not in text
    assert [line.split()[:2] for line in text.splitlines()[3:5]] == [cells, cells]
    assert text.splitlines()[-1] == "  - \\x1b[2J\\x0a: Bad \\x1b[2J news."


def test_no_cell_acts_on_a_terminal() -> None:
    """Nor does a header."""
    assert table([("a\x1b\n",)], ("\u202e",)) == "\\u202e\na\\x1b\\x0a\n"


def test_no_policies_are_an_empty_table() -> None:
    """There is a header and nothing below it."""
    assert str(Policies()) == "0 policies\n\nname  space  agents  pin  base URL\n"


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
