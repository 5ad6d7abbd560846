"""A plan: which keys of which policies change, from what to what (pure).

A plan is a value. It is sorted, it can be counted, printed, stored and read back, and its digest
changes when anything in it does. Showing a plan is the dry run; there is no other.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from elastic_mirror_policy._json import JsonValue, canonical, decode
from elastic_mirror_policy.errors import PlanError, StalePlanError
from elastic_mirror_policy.plan.change import Edit, PolicyChange, Skipped, Unchanged, show_value

__all__ = [
    "SCHEMA_VERSION",
    "Edit",
    "KibanaInfo",
    "Plan",
    "PolicyChange",
    "Skipped",
    "Unchanged",
    "show_value",
    "total_agents",
]

SCHEMA_VERSION: Final = 1
"""Major version of every JSON document we write; a higher one is refused on reading."""


@dataclass(frozen=True, slots=True)
class KibanaInfo:
    """Which Kibana a plan was made for."""

    url: str
    version: str
    spaces: tuple[str, ...]

    def to_dict(self) -> dict[str, JsonValue]:
        """Return it as the JSON contract names it."""
        return {"url": self.url, "version": self.version, "spaces": list(self.spaces)}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything a rollout would do, and everything it would leave alone.

    `print(plan)` is the dry run; in a notebook a plan is a table. The order of `changes` is the
    order of writing.
    """

    kibana: KibanaInfo
    changes: tuple[PolicyChange, ...] = ()
    unchanged: tuple[Unchanged, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    purpose: str = "apply"
    notes: tuple[str, ...] = field(default=())

    @property
    def policies(self) -> int:
        """How many policies were selected."""
        return len(self.changes) + len(self.unchanged) + len(self.skipped)

    @property
    def agents(self) -> int | None:
        """How many agents will fetch a change, or None when some could not be counted."""
        return total_agents(change.agents for change in self.changes)

    @property
    def is_rollback(self) -> bool:
        """Whether this plan puts back what an earlier one wrote."""
        return self.purpose == "rollback"

    @cached_property
    def digest(self) -> str:
        """SHA-256 over everything in the plan, in hex."""
        return hashlib.sha256(canonical(self._facts())).hexdigest()

    def inverse(self) -> "Plan":
        """Return the plan that undoes this one, on paper.

        To undo a rollout use `Kibana.plan_rollback`, which looks at what is there now.
        """
        changes = tuple(change.inverse() for change in self.changes)
        return replace(self, changes=changes)

    def to_dict(self) -> dict[str, JsonValue]:
        """Return the plan as the JSON contract names it."""
        facts = self._facts()
        return {
            "schema_version": facts.pop("schema_version"),
            "kind": facts.pop("kind"),
            "digest": self.digest,
            **facts,
        }

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
        from elastic_mirror_policy.plan.stored import parse_plan  # noqa: PLC0415 - it imports us

        try:
            data = decode(text)
        except ValueError as exc:
            raise PlanError(
                f"The plan is not readable JSON: {exc}.", hint="Make a new one with --out."
            ) from exc
        plan = parse_plan(data)
        if plan.digest != data.get("digest"):
            raise StalePlanError(
                "The plan does not match its own digest: it was edited or damaged.",
                hint="Make a new plan; plans are not meant to be edited.",
            )
        return plan

    def _facts(self) -> dict[str, JsonValue]:
        return {
            "schema_version": SCHEMA_VERSION,
            "kind": "plan",
            "purpose": self.purpose,
            "kibana": self.kibana.to_dict(),
            "summary": {
                "policies": self.policies,
                "to_change": len(self.changes),
                "unchanged": len(self.unchanged),
                "skipped": len(self.skipped),
                "agents": self.agents,
            },
            "changes": [change.to_dict() for change in self.changes],
            "unchanged": [policy.to_dict() for policy in self.unchanged],
            "skipped": [policy.to_dict() for policy in self.skipped],
            "notes": list(self.notes),
        }

    def __len__(self) -> int:
        return len(self.changes)

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __str__(self) -> str:
        from elastic_mirror_policy.render import plan_text  # noqa: PLC0415 - render imports us

        return plan_text(self)

    def _repr_html_(self) -> str:
        from elastic_mirror_policy.render import plan_html  # noqa: PLC0415 - render imports us

        return plan_html(self)


def total_agents(counts: Iterable[int | None]) -> int | None:
    """Return the sum, or None when one of the counts is not known."""
    total = 0
    for count in counts:
        if count is None:
            return None
        total += count
    return total
