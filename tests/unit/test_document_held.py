"""Stored plans and journals outlive an upgrade: the same values give the same bytes.

The files in `tests/support/held` are synthetic. They were written once, and are never made again.
"""

from pathlib import Path
from typing import Final

import pytest
from support.plans import MIRROR, change, edit, plan

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.journal import Journal, PreImage, Replaced, writer
from elastic_mirror_policy.journal.writer import JournalWriter
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.policies.residual import AlsoChanged

HELD: Final = Path(__file__).parents[1] / "support" / "held"
DIGEST: Final = "9d8e3a2284a03a6a4db591ef67ddb348ff29efd84ea4e29de57b5b0e9b3e361f"
NAME: Final = 'Büro "Süd" \u2028 <b>'
KEY: Final = "artifacts.global.base_url"


def made() -> Plan:
    """Return the plan that `plan.json` holds: every field has a value, and every kind of value."""
    return plan(
        change(
            "A",
            edit(before="http://old"),
            edit(None, before=True, os="mac", key="proxy_disable"),
            edit("600", 1.5, os="windows", key="interval"),
            agent_policies=("ap", NAME),
            warnings=("w",),
            risks=("clear", "later"),
            fingerprint="f" * 64,
        ),
        change(NAME, agents=None, space="lab"),
        purpose="rollback",
        notes=("n",),
    )


def test_a_stored_plan_is_read_back_and_written_as_it_was() -> None:
    """Whatever was planned with an earlier release can be applied."""
    text = (HELD / "plan.json").read_bytes()
    found = Plan.from_json(text)

    assert found.digest == DIGEST
    assert found.to_json().encode() == text


def test_the_same_plan_has_the_same_bytes() -> None:
    """Key by key, in the same order."""
    assert made().changes == Plan.from_json((HELD / "plan.json").read_bytes()).changes


def test_the_lines_of_a_journal_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each phase that a rollout writes down."""
    monkeypatch.setattr(writer, "_now", lambda: "2026-01-05T08:00:00.000+00:00")
    target = tmp_path / "a.journal"
    image = PreImage("WzEsMV0=", 3, (("linux", KEY, None),), {"linux": 2})
    facts: dict[str, JsonValue] = {
        "revision": 7,
        "error": None,
        "notes": ["n"],
        "also_changed": [AlsoChanged("inputs[0].x", "added").to_dict()],
        "replaced": Replaced(4, 5, "jane").to_dict(),
    }
    journal = JournalWriter.create(target, made(), allow=("clear",), options={"parallel": 2})
    journal.announce({f"id-{NAME}": image})
    journal.record("put_answered", f"id-{NAME}", revision=7)
    journal.record("verified", f"id-{NAME}", **facts)
    journal.close()

    assert target.read_bytes() == (HELD / "journal.ndjson").read_bytes()


def test_a_journal_is_read_as_it_was_written() -> None:
    """Whatever an earlier release did can be resumed and taken back."""
    found = Journal.read(HELD / "journal.ndjson")
    first, second = found.states

    assert (first.phase, second.phase, second.revision) == ("planned", "verified", 7)
    assert second.replaced == Replaced(4, 5, "jane")
    assert second.also_changed == (AlsoChanged("inputs[0].x", "added"),)
    assert second.pre_image == PreImage("WzEsMV0=", 3, (("linux", KEY, None),), {"linux": 2})
    assert found.plan.changes == made().changes
    assert second.change.edits[0].after == MIRROR
