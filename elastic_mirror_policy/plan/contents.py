"""What a plan holds, before it is a plan that can be stored and shown (pure)."""

from collections import Counter
from dataclasses import dataclass

from elastic_mirror_policy._text import brief
from elastic_mirror_policy.errors import PlanError
from elastic_mirror_policy.plan.change import KibanaInfo, PolicyChange, Skipped, Unchanged
from elastic_mirror_policy.policies.policy import total_agents


@dataclass(frozen=True, kw_only=True, repr=False)
class PlanContents:
    """Everything a rollout would do, and everything it would leave alone.

    Attributes:
        kibana: Which Kibana it is for.
        changes: What changes, in the order of writing.
        unchanged: Policies that already have what is wanted.
        skipped: Policies that are not written, with the reason.
        purpose: `apply` or `rollback`.
        notes: What could not be read or is worth knowing, one sentence each.

    Raises:
        PlanError: It names a policy twice.
    """

    kibana: KibanaInfo
    changes: tuple[PolicyChange, ...] = ()
    unchanged: tuple[Unchanged, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    purpose: str = "apply"
    notes: tuple[str, ...] = ()

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
