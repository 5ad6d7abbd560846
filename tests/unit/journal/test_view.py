"""A journal in words: what is unknown first, then what remains."""

from dataclasses import replace
from pathlib import Path

import pytest
from support.golden import golden
from support.plans import change, plan

from elastic_mirror_policy.journal.journal import Journal
from elastic_mirror_policy.journal.phases import PolicyState
from elastic_mirror_policy.plan.change import KibanaInfo

EVIL = "\x1b[2J\n"


def test_nothing_in_a_journal_acts_on_a_terminal() -> None:
    """It is read from a file that anybody may have written."""
    states = (
        PolicyState(change(EVIL, space=EVIL), "failed", error=f"A {EVIL}"),
        PolicyState(change("S")),
    )
    found = replace(journal(*states), path=Path(EVIL))
    text = found.to_text()

    assert "\x1b" not in text
    assert text.count("\\x1b[2J") == 4


STATES = (
    PolicyState(change("A"), "verified", revision=4, sent=1),
    PolicyState(change("B"), "put_sent", sent=1),
    PolicyState(change("C"), "unknown", sent=1, error="No answer in time."),
    PolicyState(change("D"), "failed", error="PUT was answered with 403."),
    PolicyState(change("E"), "skipped"),
    PolicyState(change("F", space="lab")),
    PolicyState(change("G"), "pre_image"),
)
UNCHANGED = PolicyState(change("H"), "verified", revision=7)


def journal(*states: PolicyState, complete: bool = True, purpose: str = "apply") -> Journal:
    """Return a journal over these states."""
    made = plan(*(state.change for state in states), purpose=purpose)
    return Journal(path=Path("rollout.journal"), plan=made, states=states, complete=complete)


def test_a_journal_tells_what_is_unknown_and_what_remains() -> None:
    """An announced write without an answer is unknown, never "not written"."""
    found = journal(*STATES)

    assert found.to_text() == golden(
        f"""
        Journal: file rollout.journal, Kibana https://kibana.corp:5601, version 9.1.3, space default
        Not every policy is known to be written; apply --resume finds out and goes on.

        Unknown:
          - B (space default): A write was announced, and whether it was carried out is
            not known.
          - C (space default): No answer in time.

        Failed:
          - D (space default): PUT was answered with 403.

        Skipped:
          - E (space default): It was left out.

        Not sent:
          - F (space lab)
          - G (space default)

        Written:
          - A (space default, revision 4)

        7 policies: 1 written, 2 unknown, 4 remaining; digest {found.plan.digest[:12]}
        """
    )


def test_what_was_there_already_is_not_called_written() -> None:
    """It stands by itself, and is counted by itself, in every view."""
    found = journal(STATES[0], UNCHANGED)
    text = found.to_text()

    assert "Written:\n  - A (revision 4)\n\nUnchanged:\n  - H (revision 7)\n" in text
    assert "2 policies: 1 written, 1 unchanged, 0 unknown, 0 remaining" in text
    assert repr(found).startswith("<Journal: 1 written, 1 unchanged, 0 unknown, 0 remaining;")
    assert (found.summary.written, found.summary.unchanged) == (1, 1)
    assert [state.change.name for state in found.unchanged] == ["H"]


def test_a_journal_of_one_space_does_not_name_it() -> None:
    """Nor a credential, should its Kibana's address hold one."""
    found = journal(STATES[1])
    hidden = replace(found.plan, kibana=KibanaInfo("https://u:secret@k", "9.1.0", ("default",)))
    text = replace(found, plan=hidden).to_text()

    assert "  - B: A write was announced, " in text
    assert "secret" not in text


@pytest.mark.parametrize(
    ("found", "title", "lead"),
    [
        (journal(STATES[0]), "Journal:", "Every policy of the plan was written."),
        (journal(STATES[0], purpose="rollback"), "Rollback journal:", "Every policy of the plan"),
        (
            journal(STATES[0], UNCHANGED),
            "Journal:",
            "Every policy of the plan was written, or had the wanted values already.",
        ),
        (journal(STATES[5], complete=False), "Journal:", "The run ended before its plan was"),
        (journal(STATES[1]), "Journal:", "Not every policy is known to be written;"),
        (journal(STATES[3]), "Journal:", "Not every policy is known to be written;"),
    ],
)
def test_a_journal_begins_with_its_verdict(found: Journal, title: str, lead: str) -> None:
    """The first lines say whose journal it is and whether it is done."""
    first, second, *_ = found.to_text().splitlines()

    assert first.startswith(title)
    assert second.startswith(lead)
