"""A plan as flat rows: one for each edit, and one for each policy that is not written (pure)."""

from collections.abc import Iterator
from typing import Final

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.plan.contents import PlanContents
from elastic_mirror_policy.render.records import flat

RECORD_COLUMNS: Final = (
    "action",
    "policy_id",
    "name",
    "space",
    "agents",
    "os",
    "key",
    "before",
    "after",
    "warnings",
    "risks",
    "reason",
)


def plan_records(plan: PlanContents) -> Iterator[dict[str, JsonValue]]:
    """Yield the rows of a plan; what does not apply to one is None."""
    for change in plan.changes:
        facts = {**change.to_dict(), "action": "change"}
        for edit in change.edits:
            yield _row({**facts, **edit.to_dict()})
    for unchanged in plan.unchanged:
        yield _row({**unchanged.to_dict(), "action": "unchanged"})
    for skipped in plan.skipped:
        yield _row({**skipped.to_dict(), "action": "skip"})


def _row(facts: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return {column: flat(facts.get(column)) for column in RECORD_COLUMNS}
