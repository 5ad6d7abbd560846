"""A plan as a diff, as Markdown and as HTML."""

import re
from collections.abc import Callable

import pytest
from support.golden import golden
from support.plans import change, edit, plan

from elastic_mirror_policy.plan.change import Skipped
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.render import Named, Point, Section, View, as_html, as_markdown
from elastic_mirror_policy.render.html import MOST_ACROSS
from elastic_mirror_policy.render.view import Table

PEM = "-----BEGIN CERTIFICATE-----\n" + "A" * 300


def test_a_diff_has_one_header_for_each_policy() -> None:
    """Every key that is set is one line; one that is absent is none."""
    found = plan(
        change("New", edit(), edit(os="mac"), space="lab"),
        change("Moved", edit(before="http://old.corp"), edit("60", "3600", key="interval")),
        change("Cleared", edit(None, "https://mirror.corp", os="windows")),
    )

    assert found.to_diff() == golden(
        """
        --- lab/New (before)
        +++ lab/New (after)
        @@ -0,0 +1,2 @@
        +linux.advanced.artifacts.global.base_url = https://mirror.corp
        +mac.advanced.artifacts.global.base_url = https://mirror.corp
        --- default/Moved (before)
        +++ default/Moved (after)
        @@ -1,2 +1,2 @@
        -linux.advanced.artifacts.global.base_url = http://old.corp
        -linux.advanced.artifacts.global.interval = 3600
        +linux.advanced.artifacts.global.base_url = https://mirror.corp
        +linux.advanced.artifacts.global.interval = 60
        --- default/Cleared (before)
        +++ default/Cleared (after)
        @@ -1 +0,0 @@
        -windows.advanced.artifacts.global.base_url = https://mirror.corp
        """
    )


def test_a_header_of_a_diff_is_one_line() -> None:
    """A name cannot begin a diff of its own, whatever it holds."""
    found = plan(change("a\n--- b\x1b[2J", space="s\n@@"))

    assert found.to_diff().splitlines()[:2] == [
        "--- s\\x0a@@/a\\x0a--- b\\x1b[2J (before)",
        "+++ s\\x0a@@/a\\x0a--- b\\x1b[2J (after)",
    ]


def test_a_space_is_code_in_markdown() -> None:
    """It comes from Kibana, or from a stored plan, like every name."""
    found = plan(change("A", space="[x](https://evil.example)"), change("B", space="lab"))

    assert "- `A` (space `[x](https://evil.example`), 4 agents)\n" in found.to_markdown()


def test_a_diff_of_no_changes_is_empty() -> None:
    """Nothing to change is no text at all."""
    assert plan().to_diff() == ""


def test_markdown_has_the_edits_as_a_diff_and_the_names_as_code() -> None:
    """A pull request shows what changes, where, and what to know."""
    found = plan(
        change("A | B", edit(before="http://old.corp")),
        change("`C` @team", edit(before="http://old.corp"), agents=None),
        change("D", warnings=("https://mirror.corp was not checked.",)),
        skipped=(Skipped("id-E", "E", "It is frozen since 2026.", intended=True),),
    )

    assert as_markdown(found.views(["1 policy is too many."])) == golden(
        f"""
        ### Plan

        Kibana `https://kibana.corp:5601`, version `9.1.3`, space `default`

        ```diff
        - base_url (linux) = http://old.corp
        + base_url (linux) = https://mirror.corp
        ```

        Applies to 2 policies (agents unknown):

        - `A | B` (4 agents)
        - `` `C` @team ``

        ```diff
        + base_url (linux) = https://mirror.corp
        ```

        Applies to 1 policy (4 agents):

        - `D` (4 agents)

        #### Refused

        - 1 policy is too many.

        #### Warnings

        - `D` (4 agents): `https://mirror.corp` was not checked.

        #### Left alone, as asked

        - `E`: It is frozen since 2026\\.

        **4 policies: 3 to change, 0 unchanged, 1 skipped; agents unknown; \
digest {found.digest[:12]}**
        """
    )


def test_markdown_without_changes_says_so() -> None:
    """An empty plan is a heading, a sentence and a sum."""
    found = plan(purpose="rollback")
    text = found.to_markdown()

    assert text.startswith("### Rollback plan\n")
    assert "\n\nNothing to change.\n\n**0 policies: " in text


def test_markdown_folds_long_lists() -> None:
    """A pull request of ten thousand policies is not a page of names."""
    changes = [change(f"p{n}", warnings=(f"w {n}",)) for n in range(10_000)]
    others = [change(f"q{n}", edit(before=f"https://old-{n}.corp")) for n in range(100)]
    skipped = tuple(Skipped(f"s{n}", f"s{n}", "It is odd.") for n in range(50))
    text = plan(*changes, *others, skipped=skipped).to_markdown()

    assert len(text) < 60_000
    assert "\n- and 9,980 more\n" in text
    assert "\nand 81 more different changes, to 81 policies.\n" in text
    assert "\n- 50 policies: It is odd.\n  - `s0`\n" in text
    assert "\n  - and 30 more\n" in text


def test_html_has_one_row_for_each_edit() -> None:
    """A notebook shows a table, with the policies beside all edits of their group."""
    found = plan(
        change("<A>", edit(), edit("/x?y=1&z", "true", os="mac", key="ca_cert")),
        change("B", edit(), edit("/x?y=1&z", "true", os="mac", key="ca_cert")),
    )
    text = re.sub(r' style="[^"]*"', "", as_html(found.views(["No."])))

    assert text == golden(
        f"""
        <div><p><strong>Plan</strong>: Kibana <code>https://kibana.corp:5601</code>, \
version <code>9.1.3</code>, space <code>default</code></p>
        <table><thead><tr><th>setting</th><th>before</th><th>after</th><th>policies</th></tr></thead>
        <tbody>
        <tr><td><code>base_url (linux)</code></td><td>(not set)</td>\
<td><span><code>https://mirror.corp</code></span></td><td rowspan="2">2 policies (8 agents)\
<ul><li><bdi><code>&lt;A&gt;</code></bdi> <span>(4 agents)</span></li>\
<li><bdi><code>B</code></bdi> <span>(4 agents)</span></li></ul></td></tr>
        <tr><td><code>ca_cert (mac)</code></td><td><span><code>true</code></span></td>\
<td><span><code>/x?y=1&amp;z</code></span></td></tr>
        </tbody></table>
        <p><strong><span>Refused</span></strong></p>
        <ul>
        <li>No.</li>
        </ul>
        <p><strong>2 policies: 2 to change, 0 unchanged, 0 skipped; 8 agents; \
digest {found.digest[:12]}</strong></p></div>"""
    )


def test_html_takes_its_colours_from_the_page() -> None:
    """Light or dark; only what is added has one of its own, readable on both."""
    text = plan(change("A"))._repr_html_()
    styles = set(re.findall(r'style="([^"]*)"', text))
    colours = set(re.findall(r"(?:background|color):([^;]*)", ";".join(styles)))

    assert colours == {"transparent", "inherit", "#23863c"}
    assert "url(" not in text


def test_html_folds_long_lists() -> None:
    """More than a handful of names start folded, and only so many are there at all."""
    changes = [change(f"p{n}") for n in range(1000)]
    others = [change(f"q{n}", edit(before=f"https://old-{n}.corp")) for n in range(300)]
    notes = tuple(f"note {n}" for n in range(300))
    html = plan(*changes, *others, notes=notes)._repr_html_()
    text = re.sub(r' style="[^"]*"', "", html)

    assert "<details><summary>1,000 policies (4,000 agents)</summary><ul><li>" in text
    assert "<li>and 800 more</li></ul></details>" in text
    assert ">and 101 more different changes</td>" in text
    assert "<li>and 100 more</li>\n</ul>" in text


def test_html_folds_the_names_of_a_warning() -> None:
    """A sentence about some policies folds their names below it."""
    changes = [change(f"p{n}", warnings=("W.",)) for n in range(6)]
    text = re.sub(r' style="[^"]*"', "", plan(*changes, change("other"))._repr_html_())

    assert "<li><details><summary>6 policies: W.</summary><ul><li>" in text


@pytest.mark.parametrize(("number", "folds"), [(2, False), (6, True)])
def test_names_that_a_heading_explains_are_one_list(number: int, *, folds: bool) -> None:
    """A long one starts folded below its number."""
    names = tuple(Named(f"P{n}") for n in range(number))
    view = View("Report", (), "", "", sections=(Section("Written", (Point("", number, names),)),))
    text = re.sub(r' style="[^"]*"', "", as_html((view,)))
    listed = "<ul><li><bdi><code>P0</code></bdi></li><li><bdi><code>P1</code></bdi></li>"

    fold = "<details><summary>6 policies</summary>" if folds else ""
    assert f"<p><strong>Written</strong></p>\n{fold}{listed}" in text


@pytest.mark.parametrize("render", [Plan.to_diff, Plan.to_markdown, Plan._repr_html_])
def test_a_certificate_is_one_line_in_every_format(render: Callable[[Plan], str]) -> None:
    """A value of several lines never takes several lines, and is never shown whole."""
    text = render(plan(change("S", edit(PEM, key="ca_cert"))))

    assert "-----BEGIN CERTIFICATE-----... (328 characters, sha256 " in text
    assert "AAAA" not in text


def test_a_page_has_headings_and_gives_a_long_list_the_whole_width() -> None:
    """A list of names in a narrow column would take sheet after sheet."""
    page = plan(*(change(f"p{n}") for n in range(6)), change("Q", edit("A", "B"))).to_html()
    text = re.sub(r' style="[^"]*"', "", page)

    assert "<h1>Plan</h1>\n<p>Kibana <code>" in text
    assert "<td>6 policies (24 agents)</td></tr>\n" in text
    assert '<tr><td colspan="4"><ul><li><bdi><code>p0</code></bdi>' in text
    assert "<td>1 policy (4 agents)<ul><li><bdi><code>Q</code></bdi>" in text


def test_a_table_of_many_columns_has_turned_headings() -> None:
    """None of them is broken within a word, and the table fits the page."""
    headings = ("name", *(f"verdict-{n}" for n in range(MOST_ACROSS)))
    table = Table(headings, (("P", *("1" for _ in headings[1:])),))
    text = as_html((View("Endpoints", (), "", "", sections=(Section("", table=table),)),))

    assert text.count("writing-mode") == MOST_ACROSS
    assert re.search(r"<th[^>]*>name</th>", text)


def test_a_command_in_a_hint_is_code_and_a_sentence_is_data() -> None:
    """A sentence may quote a server, whose backticks are shown as they are."""
    section = Section("Notes", (Point("It says `a <b>`."),), hints=("Run `c` again.",))
    text = as_html((View("Report", (), "", "", sections=(section,)),))

    assert "<li>It says `a &lt;b&gt;`.</li>" in text
    assert """<li style="list-style-type:'&rarr; '">Run <code>c</code> again.</li>""" in text


@pytest.mark.parametrize(
    ("cell", "wrap"),
    [("a few short words", "break-word"), ("x" * 44, "break-word"), ("x" * 45, "anywhere")],
)
def test_only_a_long_word_is_broken_in_a_cell(cell: str, wrap: str) -> None:
    """A column of short words is never narrower than the longest; a URL does not push it aside."""
    table = Table(("a", "b"), ((cell, "1"),))
    text = as_html((View("Report", (), "", "", sections=(Section("", table=table),)),))

    assert f'overflow-wrap:{wrap}">{cell}</td>' in text


def test_short_facts_behind_a_name_stay_on_one_line() -> None:
    """No arrow is broken in two; long facts are."""
    short, long = Named("A", "revision 1 -> 2"), Named("B", "space s, " * 4)
    section = Section("Done", (Point("", 2, (short, long)),))
    text = as_html((View("Report", (), "", "", sections=(section,)),))

    assert 'nowrap">(revision 1 -&gt; 2)</span>' in text
    assert text.count("nowrap") == 1
