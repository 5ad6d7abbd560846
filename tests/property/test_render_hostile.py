"""No name, value or reason is ever more than text, in any format."""

import unicodedata
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from support.strategies import ATTACKS, documents, hostile, plans, reports

from elastic_mirror_policy._text import visible
from elastic_mirror_policy.plan.change import Edit, KibanaInfo, PolicyChange
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.policies.policy import DefendPolicy
from elastic_mirror_policy.policies.table import Policies
from elastic_mirror_policy.render import as_html, as_markdown, as_text, table
from elastic_mirror_policy.rollout.report import Report
from elastic_mirror_policy.settings import OperatingSystem

hostile_plans = plans(hostile, hostile)
hostile_reports = reports(hostile)
refusals = st.lists(hostile, max_size=2)

HEADINGS = {
    "Plan",
    "Rollback plan",
    "Report",
    "Rollback report",
    "Refused",
    "Risks, each to be accepted by name",
    "Warnings",
    "Skipped",
    "Left alone, as asked",
    "Notes",
    "Stopped early",
    "Unknown",
    "Failed",
    "Succeeded",
}
TAGS = {"div", "p", "span", "strong", "code", "bdi", "ul", "li", "details", "summary"}
TAGS |= {"table", "thead", "tbody", "tr", "th", "td"}
BLOCKS = {"heading", "paragraph", "bullet_list", "list_item", "inline", "fence"}
BLOCKS |= {"table", "thead", "tbody", "tr", "th", "td"}
SPANS = {"text", "code_inline", "strong_open", "strong_close", "text_special"}
BIDI = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}


def assert_only_text(text: str) -> None:
    """Fail when a terminal would act on `text`, or could not show all of it."""
    text.encode()
    kinds = {char: unicodedata.category(char) for char in text if char != "\n"}
    acted_on = {
        char
        for char, kind in kinds.items()
        if kind in {"Cc", "Zl", "Zp", "Cs"} or unicodedata.bidirectional(char) in BIDI
    }

    assert not acted_on
    assert "\u200b" not in text


@given(hostile_plans, refusals)
def test_text_of_a_plan_is_only_text(plan: Plan, reasons: list[str]) -> None:
    """Nothing in a plan can move a cursor, turn text around or hide in it."""
    text = as_text(plan.views(reasons))

    assert_only_text(text)


@given(hostile_plans)
def test_a_diff_is_only_text(plan: Plan) -> None:
    """Nothing in a plan can move a cursor, turn text around or hide in its diff."""
    text = plan.to_diff()

    assert_only_text(text)


@given(hostile_reports)
def test_text_of_a_report_is_only_text(report: Report) -> None:
    """Nothing in a report can move a cursor, turn text around or hide in it."""
    assert_only_text(report.to_text())


@given(st.lists(documents(st.text(min_size=1) | st.sampled_from(ATTACKS[:6])), max_size=3))
def test_text_of_policies_is_only_text(items: list[dict[str, object]]) -> None:
    """Nothing in a list of policies can move a cursor, turn text around or hide in it."""
    assert_only_text(str(Policies(DefendPolicy.from_document(item) for item in items)))


@given(st.lists(st.tuples(hostile, hostile), max_size=4))
def test_a_table_has_one_line_for_each_row(rows: list[tuple[str, str]]) -> None:
    """No cell can begin a row of its own."""
    text = table(rows, ("a", "b"))

    assert_only_text(text)
    assert text.count("\n") == len(rows) + 1


@given(hostile_plans)
def test_no_name_begins_a_line_of_the_text(plan: Plan) -> None:
    """What stands at the beginning of a line is ours."""
    ours = tuple(f"{heading}:" for heading in HEADINGS)
    lines = [line for line in plan.to_text().splitlines() if line and not line.startswith("  ")]

    assert all(line.startswith(ours) for line in lines[:1])
    assert all(line.startswith((*ours, "Nothing to change.")) for line in lines[:-1])


@given(hostile_plans)
def test_every_line_of_a_diff_has_its_sign(plan: Plan) -> None:
    """A diff holds at most one header for each policy, and no value begins a line."""
    lines = plan.to_diff().splitlines()
    headers = [sum(line.startswith(sign) for line in lines) for sign in ("--- ", "+++ ", "@@ ")]

    assert all(line.startswith(("--- ", "+++ ", "@@ ", "-", "+", " ")) for line in lines)
    assert len(set(headers)) == 1
    assert headers[0] <= len(plan)


class _Reader(HTMLParser):
    """Reads a fragment the way a browser does, and keeps what it is made of."""

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.depth: list[str] = []
        self.attributes: set[tuple[str, str | None]] = set()
        self.other: list[str] = []
        self.codes: list[str] = []
        self.feed(fragment)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag and its attributes."""
        self.opened.append(tag)
        self.depth.append(tag)
        self.attributes |= set(attrs)
        if tag == "code":
            self.codes.append("")

    def handle_endtag(self, tag: str) -> None:
        """Note a tag that was closed out of turn."""
        if self.depth.pop() != tag:
            self.other.append(tag)

    def handle_data(self, data: str) -> None:
        """Keep what stands in code elements."""
        if self.depth[-1:] == ["code"]:
            self.codes[-1] += data

    def handle_comment(self, data: str) -> None:
        """Note a comment."""
        self.other.append(data)

    def handle_decl(self, decl: str) -> None:
        """Note a declaration."""
        self.other.append(decl)

    def handle_pi(self, data: str) -> None:
        """Note a processing instruction."""
        self.other.append(data)


def assert_only_our_html(fragment: str) -> _Reader:
    """Fail when the fragment holds a tag or an attribute that is not ours."""
    read = _Reader(fragment)

    assert set(read.opened) <= TAGS
    assert {name for name, _ in read.attributes} <= {"style", "rowspan"}
    assert all("url" not in str(value) for _, value in read.attributes)
    assert (read.depth, read.other) == ([], [])
    assert_only_text(fragment)
    return read


@given(hostile_plans, refusals)
def test_html_of_a_plan_holds_our_tags_only(plan: Plan, reasons: list[str]) -> None:
    """No name can become a tag or an attribute, and every name is still there."""
    read = assert_only_our_html(as_html(plan.views(reasons)))

    assert {visible(change.name) for change in plan.changes if 0 < len(change.name) < 15} <= set(
        read.codes
    )


@given(hostile_reports)
def test_html_of_a_report_holds_our_tags_only(report: Report) -> None:
    """No name can become a tag or an attribute."""
    assert_only_our_html(report._repr_html_())


def assert_only_our_markdown(text: str) -> list[Token]:
    """Fail when Markdown holds a block or a span that is not ours."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)
    spans = [span for token in tokens for span in token.children or []]
    headings = {after.content for token, after in pairwise(tokens) if token.type == "heading_open"}
    plain = "".join(span.content for span in spans if span.type == "text")

    assert {token.type.removesuffix("_open").removesuffix("_close") for token in tokens} <= BLOCKS
    assert {span.type for span in spans} <= SPANS
    assert headings <= HEADINGS
    assert all(token.level <= 7 for token in tokens)
    # What a forge turns into a link or an emoji after the Markdown is rendered.
    assert not set(plain) & set("@#!~&$%^*_[]<>|`\\/")
    return spans


@given(hostile_plans, refusals)
def test_markdown_of_a_plan_holds_our_markup_only(plan: Plan, reasons: list[str]) -> None:
    """No name can become a link, an image, HTML, a heading, a mention or an autolink."""
    spans = assert_only_our_markdown(as_markdown(plan.views(reasons)))
    codes = {span.content for span in spans if span.type == "code_inline"}

    assert {visible(c.name) for c in plan.changes if 0 < len(c.name.strip()) < 15} <= codes


@given(hostile_reports)
def test_markdown_of_a_report_holds_our_markup_only(report: Report) -> None:
    """No name can become a link, an image, HTML, a heading, a mention or an autolink."""
    assert_only_our_markdown(report.to_markdown())


Render = Callable[[Plan], str]


@pytest.mark.parametrize("render", [Plan.to_text, Plan.to_diff, Plan.to_markdown, Plan._repr_html_])
@given(url=st.sampled_from(["https://user:secret@mirror.corp", "http://:secret@[::1]:8080/x"]))
@example(url="https://secret@mirror.corp")
def test_credentials_in_a_url_are_never_shown(render: Render, url: str) -> None:
    """A URL with a user name or password is replaced by a remark."""
    edit = Edit(OperatingSystem.LINUX, "artifacts.global.base_url", url, url)
    change = PolicyChange(
        policy_id="p", name="Servers", space="default", version="v", revision=1, edits=(edit,)
    )
    text = render(Plan(kibana=KibanaInfo(url, "9.1.0", ("default",)), changes=(change,)))

    assert "secret" not in text
