"""What a plan holds, before it is a plan that can be stored and shown (pure)."""

from dataclasses import dataclass

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
    """

    kibana: KibanaInfo
    changes: tuple[PolicyChange, ...] = ()
    unchanged: tuple[Unchanged, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    purpose: str = "apply"
    notes: tuple[str, ...] = ()

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
