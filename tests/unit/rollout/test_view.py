"""A report in words: what went wrong first, every number there."""

import re
from dataclasses import replace

import pytest
from support.golden import golden
from support.plans import KIBANA, outcome

from elastic_mirror_policy.journal.phases import Replaced
from elastic_mirror_policy.rollout.report import Report

DONE = outcome(written=True)
MIXED = Report(
    journal="rollout.journal",
    outcomes=(
        outcome("A", revision_before=3, revision_after=4, agents=3, written=True, notes=("Kept.",)),
        outcome("B", "failed", error="PUT was answered with 500."),
        outcome("C", "failed", error="PUT was answered with 500."),
        outcome("D", "unknown"),
        outcome("E", "skipped", error="It is frozen.", intended=True),
        outcome("F", "skipped"),
        outcome("G", "unchanged"),
        outcome("H", revision_after=2, agents=1201, written=True),
    ),
    kibana=KIBANA,
    started_at=1_770_000_000.5,
    ended_at=1_770_000_061.0,
    requests=1210,
    stopped="2 policies failed, which is more than 1.",
)


def test_a_report_tells_what_went_wrong_first() -> None:
    """The same error is one point; unknown writes come before failed ones."""
    assert MIXED.to_text() == golden(
        """
        Report: Kibana https://kibana.corp:5601, version 9.1.3, space default, journal \
rollout.journal, begun 2026-02-02T02:40:00Z, ended 2026-02-02T02:41:01Z
        Some policies were not updated.

        Stopped early:
          - 2 policies failed, which is more than 1.

        Unknown:
          - D: A write was sent, and whether it was carried out is not known.

        Failed:
          - 2 policies: PUT was answered with 500.
              B
              C

        Skipped:
          - F: It was left out.

        Left alone, as asked:
          - E: It is frozen.

        Notes:
          - A (revision 3 -> 4): Kept.

        Succeeded:
          - A (revision 3 -> 4)
          - H (revision ? -> 2)

        8 policies: 2 succeeded, 1 unchanged, 2 skipped, 2 failed, 1 unknown; 1,204 agents; \
1,210 requests
        """
    )


@pytest.mark.parametrize(
    ("report", "lead"),
    [
        (Report(journal="j", outcomes=()), "There was nothing to write."),
        (Report(journal="j", outcomes=(DONE,)), "All policies have the requested settings."),
        (
            Report(journal="j", outcomes=(outcome(kind="unchanged"),)),
            "There was nothing to write: all policies have the requested settings.",
        ),
        (
            Report(journal="j", outcomes=(outcome(), outcome("B", "failed"))),
            "Some policies were not updated.",
        ),
        (
            Report(journal="j", outcomes=(outcome(), outcome("B", "unknown"))),
            "It is not known whether all policies were updated.",
        ),
        (
            Report(journal="j", outcomes=(outcome(replaced=Replaced(3, 5, "ann")),)),
            "All policies were updated, but other changes may have been made or lost.",
        ),
        (
            Report(journal="j", outcomes=(outcome(),), stopped="Wave 1 is unhealthy."),
            "All policies have the requested settings, but the rollout stopped early.",
        ),
        (
            Report(
                journal="j",
                outcomes=(outcome(),),
                stopped="Wave 1 is unhealthy.",
                rollback=Report(journal="k", outcomes=(outcome(),)),
            ),
            "The rollout stopped early, and what it wrote was undone.",
        ),
        (
            Report(
                journal="j",
                outcomes=(outcome(),),
                stopped="Wave 1 is unhealthy.",
                rollback=Report(journal="k", outcomes=(outcome("A", "failed"),)),
            ),
            "The rollout stopped early, and not everything it wrote was undone.",
        ),
    ],
)
def test_a_report_begins_with_its_verdict(report: Report, lead: str) -> None:
    """The second line says whether all is well; nothing at all is not well."""
    assert report.to_text().splitlines()[1].startswith(lead)


def test_a_report_names_the_spaces_when_there_are_several() -> None:
    """The same name in two spaces is two policies, and uncounted agents are unknown."""
    found = Report(
        journal="a.journal",
        outcomes=(
            outcome("S", space="a", revision_before=1, revision_after=2, written=True),
            outcome("S", "failed", space="b"),
        ),
    )
    text = found.to_text()

    assert text.startswith("Report: journal a.journal\n")
    assert "  - S (space a, revision 1 -> 2)\n" in text
    assert "  - S (space b): It was not written.\n" in text
    assert text.endswith("; agents unknown; 0 requests\n")


def test_a_report_without_a_journal_names_its_kibana() -> None:
    """Nothing had to be written, so there is none; where and when it was stays known."""
    found = replace(MIXED, journal="")

    assert found.to_text().startswith(
        "Report: Kibana https://kibana.corp:5601, version 9.1.3, space default, begun 2026-"
    )
    assert "journal" not in found.to_html()


def test_a_report_as_markdown_counts_in_a_table() -> None:
    """A pull request shows the numbers, then what went wrong."""
    text = MIXED.to_markdown()

    assert text.startswith(
        golden(
            """
            ### Report

            Kibana `https://kibana.corp:5601`, version `9.1.3`, space `default`, \
journal `rollout.journal`, begun `2026-02-02T02:40:00Z`, ended `2026-02-02T02:41:01Z`

            Some policies were not updated.

            | what | number |
            | --- | ---: |
            | succeeded | 2 |
            | unchanged | 1 |
            | skipped | 2 |
            | failed | 2 |
            | unknown | 1 |
            | affected agents | 1,204 |
            | requests | 1,210 |

            #### Stopped early

            - 2 policies failed, which is more than 1\\.

            #### Unknown
            """
        )
    )
    assert "\n- 2 policies: PUT was answered with 500\\.\n  - `B`\n  - `C`\n" in text
    assert "\n- `A` (revision 3 `->` 4)\n" in text


def test_a_report_as_html_counts_in_a_table() -> None:
    """A notebook shows the numbers, then what went wrong."""
    text = re.sub(r' style="[^"]*"', "", MIXED._repr_html_())

    assert "<tr><td>failed</td><td>2</td></tr>\n<tr><td>unknown</td><td>1</td></tr>" in text
    assert (
        "<p><strong><span>Failed</span></strong></p>\n<ul>\n<li>2 policies: PUT was answered"
        in text
    )
    assert "<p><span>Some policies were not updated.</span></p>" in text


def test_a_rollback_is_shown_after_the_rollout_it_undid() -> None:
    """In every format the second report follows the first, under its own title."""
    undone = Report(journal="rollback.journal", outcomes=(outcome("A"),))
    found = replace(MIXED, rollback=undone)

    assert found.to_text() == (
        f"{MIXED.to_text()}\nRollback {undone.to_text().replace('Report', 'report')}"
    ).replace(
        "Some policies were not updated.",
        "The rollout stopped early, and what it wrote was undone.",
    )
    assert found.to_markdown().count("\n### Rollback report\n\njournal `rollback.journal`\n") == 1
    assert found._repr_html_().count("</div>\n<div><p><strong>Rollback report</strong>") == 1


EVIL = "\x1b[2J\n"


def test_nothing_in_a_report_acts_on_a_terminal() -> None:
    """Names, spaces, errors, notes, the journal's name and the reason to stop are data."""
    found = Report(
        journal=EVIL,
        outcomes=(
            outcome(EVIL, "failed", space=EVIL, error=f"A {EVIL}", notes=(f"B {EVIL}",)),
            outcome("S"),
        ),
        stopped=f"C {EVIL}",
    )
    text = found.to_text()

    assert "\x1b" not in text
    assert text.count("\\x1b[2J") == 8
    assert text.count("\\x0a") == 5


@pytest.mark.parametrize("limit", [20, None])
def test_a_long_report_is_folded(limit: int | None) -> None:
    """Ten thousand different errors are as readable as one, unless all are asked for."""
    outcomes = tuple(outcome(f"p{n}", "failed", error=f"error {n}") for n in range(10_000))
    text = Report(journal="j", outcomes=outcomes).to_text(limit=limit)

    assert ("  and 9,980 more\n" in text) == (limit == 20)
    assert text.count("  - p") == (limit or 10_000)
