"""What every value that can be shown has: a short name, colours, a page, records."""

import csv
import io
import re
from html.parser import HTMLParser

import pytest
from support.documents import defend_policy
from support.endpoints import endpoint, report
from support.plans import change, edit, outcome, plan

from elastic_mirror_policy.diagnosis import Check, Diagnosis, State
from elastic_mirror_policy.plan.change import Skipped, Unchanged
from elastic_mirror_policy.policies.policy import DefendPolicy
from elastic_mirror_policy.policies.table import Policies
from elastic_mirror_policy.render import Recorded, Viewable
from elastic_mirror_policy.render.table import width
from elastic_mirror_policy.rollout.report import Report

EVERYWHERE = [edit(os=os) for os in ("linux", "mac", "windows")]
PLAN = plan(
    change("A", *EVERYWHERE, agents=22, risks=("clear",)),
    unchanged=(Unchanged("id-b", "B", "default"),),
    skipped=(Skipped("id-c", "C", "It is frozen."),),
)
REPORT = Report(journal="a.journal", outcomes=(outcome("A"), outcome("B", "failed", error="No.")))
MIRROR = {system: {"base_url": "https://m"} for system in ("linux", "mac", "windows")}
POLICIES = Policies(
    DefendPolicy.from_document(item)
    for item in (defend_policy("Old", settings=MIRROR), defend_policy("=cmd|'x'!A1"))
)
ENDPOINTS = report(endpoint("behind", hostname="h"), endpoint())
DOCTOR = Diagnosis([Check("connection", State.OK, "9.4.2"), Check("spaces", State.PROBLEM, "No.")])
EVERY = [PLAN, REPORT, POLICIES, ENDPOINTS, DOCTOR]
RECORDED = [PLAN, REPORT, POLICIES, ENDPOINTS]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (PLAN, f"<Plan: 1 to change, 1 unchanged, 1 skipped; 22 agents; {PLAN.digest[:8]}>"),
        (REPORT, "<Report: 1 succeeded, 1 failed>"),
        (POLICIES, "<Policies: 2 policies: 1 https://m, 1 not set>"),
        (ENDPOINTS, "<EndpointReport: 2 endpoints: 1 behind, 1 current>"),
        (DOCTOR, "<Diagnosis: 1 ok, 1 problem>"),
    ],
)
def test_a_value_is_short_where_a_program_is_looked_at(value: Viewable, text: str) -> None:
    """A list of them stays readable in a debugger, and says what it comes to."""
    assert repr(value) == text


@pytest.mark.parametrize("value", EVERY, ids=lambda value: type(value).__name__)
def test_colour_changes_no_word(value: Viewable) -> None:
    """Without the colours the text is the same."""
    coloured = value.to_text(colour=True)

    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[\d*m", "", coloured) == value.to_text()


def test_what_is_added_and_removed_has_a_colour_of_its_own() -> None:
    """Green for what comes, red for what goes, yellow for a risk."""
    text = plan(change("A", edit(before="http://old"), risks=("clear",))).to_text(colour=True)

    assert "\x1b[31mhttp://old\x1b[0m -> \x1b[32mhttps://mirror.corp\x1b[0m" in text
    assert "\x1b[33mRisks, each to be accepted by name:\x1b[0m" in text


def test_no_name_can_begin_or_end_a_colour() -> None:
    """What is painted is spelled out before."""
    evil = "\x1b[0m\x1b[31mevil"
    text = plan(change(evil, edit(evil, evil), warnings=(evil,))).to_text(colour=True)

    assert "\x1b[31mevil" not in text
    assert set(re.findall(r"\x1b\[(\d+)m", text)) == {"0", "1", "31", "32", "33"}


@pytest.mark.parametrize("columns", [80, 60, 140])
@pytest.mark.parametrize("value", EVERY, ids=lambda value: type(value).__name__)
def test_text_holds_in_the_width_it_is_given(value: Viewable, columns: int) -> None:
    """Tables are broken inside their cells, sentences between their words."""
    lines = value.to_text(width=columns).splitlines()

    assert max(width(line) for line in lines[1:-1]) <= columns


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag and the names of its attributes."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.mark.parametrize("value", EVERY, ids=lambda value: type(value).__name__)
def test_a_page_loads_and_runs_nothing(value: Viewable) -> None:
    """It can be handed in, and opened without a network."""
    html = value.to_html()
    page = Page()
    page.feed(html)

    assert html.startswith("<!DOCTYPE html>\n")
    assert "default-src 'none'" in html
    assert not page.tags & {"script", "link", "img", "iframe", "object", "details"}
    assert not page.attributes & {"href", "src", "onclick", "onload"}
    assert "@media print" in html


def test_a_name_is_data_on_a_page() -> None:
    """In the title too."""
    evil = "</title><script>alert(1)</script>"
    html = Report(journal=evil, outcomes=(outcome(evil),)).to_html()

    assert "<script" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize("value", RECORDED, ids=lambda value: type(value).__name__)
def test_records_are_flat_and_have_equal_keys(value: Recorded) -> None:
    """As a data frame wants them."""
    records = value.to_records()

    assert len(records) >= 2
    assert {tuple(record) for record in records} == {value.COLUMNS}
    assert not [one for record in records for one in record.values() if isinstance(one, list)]


@pytest.mark.parametrize("value", RECORDED, ids=lambda value: type(value).__name__)
def test_csv_has_the_records(value: Recorded) -> None:
    """One line each, below the keys."""
    rows = list(csv.reader(io.StringIO(value.to_csv())))

    assert tuple(rows[0]) == value.COLUMNS
    assert len(rows) == 1 + len(value.to_records())


def test_no_spreadsheet_runs_a_name() -> None:
    """What it would take for a formula is text."""
    assert "'=cmd|'x'!A1" in POLICIES.to_csv()
    assert "\n=cmd" not in POLICIES.to_csv()
