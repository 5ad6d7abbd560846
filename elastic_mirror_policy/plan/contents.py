"""What a plan holds, before it is a plan that can be stored and shown (pure)."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from pydantic import FailFast

from elastic_mirror_policy._document import Described, as_json
from elastic_mirror_policy._json import SCHEMA_VERSION, canonical
from elastic_mirror_policy._text import brief
from elastic_mirror_policy.errors import PlanError
from elastic_mirror_policy.plan.change import (
    KibanaInfo,
    PolicyChange,
    Skipped,
    Texts,
    Unchanged,
)
from elastic_mirror_policy.policies.policy import total_agents


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """A plan in numbers."""

    policies: int
    to_change: int
    unchanged: int
    skipped: int
    agents: int | None


_EMPTY: Final = PlanSummary(0, 0, 0, 0, 0)


@dataclass(frozen=True, kw_only=True, repr=False)
class PlanContents(Described):
    """Everything a rollout would do, and everything it would leave alone.

    Attributes:
        digest: SHA-256 over everything else in it, in hex.
        purpose: `apply` or `rollback`.
        kibana: Which Kibana it is for.
        summary: What it comes to in numbers.
        changes: What changes, in the order of writing.
        unchanged: Policies that already have what is wanted.
        skipped: Policies that are not written, with the reason.
        notes: What could not be read or is worth knowing, one sentence each.

    Raises:
        PlanError: It names a policy twice.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    kind: Literal["plan"] = "plan"
    digest: str = field(init=False, default="")
    purpose: Literal["apply", "rollback"] = "apply"
    kibana: KibanaInfo
    summary: PlanSummary = field(init=False, default=_EMPTY)
    changes: Annotated[tuple[PolicyChange, ...], FailFast()]
    unchanged: Annotated[tuple[Unchanged, ...], FailFast()] = ()
    skipped: Annotated[tuple[Skipped, ...], FailFast()] = ()
    notes: Texts = ()

    def __post_init__(self) -> None:
        counts = Counter(change.policy_id for change in self.changes)
        counts.update(policy.policy_id for policy in self.unchanged)
        counts.update(policy.policy_id for policy in self.skipped)
        twice = [key for key, count in counts.items() if count > 1]
        if twice:
            raise PlanError(
                f"A plan names each policy once, but {brief(twice[0])} is in it more than once.",
                hint="Make one plan for all of its settings.",
            )
        summary = PlanSummary(
            self.policies, len(self.changes), len(self.unchanged), len(self.skipped), self.agents
        )
        object.__setattr__(self, "summary", summary)
        facts = canonical(as_json(self, without=["digest"]))
        object.__setattr__(self, "digest", hashlib.sha256(facts).hexdigest())

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
