"""A plan: which keys of which policies change, from what to what (pure).

A plan is a value. It is sorted, it can be counted, printed, stored and read back, and its digest
changes when anything in it does. Showing a plan is the dry run; there is no other.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from elastic_mirror_policy._given import check_kind
from elastic_mirror_policy._json import JsonValue, decode
from elastic_mirror_policy.errors import PlanError, StalePlanError
from elastic_mirror_policy.plan.contents import PlanContents
from elastic_mirror_policy.plan.diff import diff_of
from elastic_mirror_policy.plan.records import RECORD_COLUMNS, plan_records
from elastic_mirror_policy.plan.stored import check_schema, parsed
from elastic_mirror_policy.plan.view import plan_view
from elastic_mirror_policy.render.records import Recorded
from elastic_mirror_policy.render.view import View
from elastic_mirror_policy.render.words import agents


@dataclass(frozen=True, kw_only=True, repr=False)
class Plan(Recorded, PlanContents):
    """Everything a rollout would do, and everything it would leave alone.

    `print(plan)` is the dry run; in a notebook a plan is a table. The order of `changes` is the
    order of writing.
    """

    def to_json(self) -> str:
        """Return the plan as JSON text that `from_json` reads back to an equal plan."""
        return json.dumps(self.to_dict(), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> "Plan":
        """Return the plan that `to_json` wrote; fields it does not know are ignored.

        Raises:
            PlanError: It is not a plan, or one of a newer major version.
            StalePlanError: Its digest does not match: it was edited or damaged.
        """
        check_kind(text, (str, bytes), "A plan", "JSON text")
        try:
            data = decode(text)
        except ValueError as exc:
            raise PlanError(
                f"The plan is not readable JSON: {exc}.", hint="Make a new one with --out."
            ) from exc
        plan = cls.from_dict(data)
        if plan.digest != data.get("digest"):
            raise StalePlanError(
                "The plan does not match its own digest: it was edited or damaged.",
                hint="Make a new plan; plans are not meant to be edited.",
            )
        return plan

    @classmethod
    def from_dict(cls, data: JsonValue) -> "Plan":
        """Return the plan in decoded JSON, without looking at its digest.

        Raises:
            PlanError: It is not a plan, or one of a newer major version.
        """
        check_schema(data, "plan")
        return parsed(cls, data, "The plan")

    @property
    def gist(self) -> str:
        """What it comes to, in a few words."""
        skipped = f", {len(self.skipped):,} skipped" if self.skipped else ""
        return (
            f"{len(self.changes):,} to change, {len(self.unchanged):,} unchanged{skipped}; "
            f"{agents(self.agents)}; {self.digest[:8]}"
        )

    COLUMNS: ClassVar = RECORD_COLUMNS

    def to_records(self) -> list[dict[str, JsonValue]]:
        """Return one flat dict for each edit, and for each policy that is not written."""
        return [*plan_records(self)]

    def to_diff(self) -> str:
        """Return a unified diff of the managed keys that change; empty when nothing does."""
        return diff_of(self.changes)

    def views(self, refusals: Iterable[str] = ()) -> tuple[View, ...]:
        """Return what there is to say about the plan.

        Args:
            refusals: Why it may not be written, from `Guards.refusals`.
        """
        return (plan_view(self, self.digest, refusals),)

    def __len__(self) -> int:
        return len(self.changes)

    def __bool__(self) -> bool:
        return bool(self.changes)
