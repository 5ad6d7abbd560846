"""What happened to one policy of a plan (pure)."""

import enum
from dataclasses import dataclass
from typing import ClassVar, TypedDict, Unpack

from elastic_mirror_policy._document import Document
from elastic_mirror_policy.journal.phases import Replaced
from elastic_mirror_policy.plan.change import PolicyChange, Skipped, Unchanged
from elastic_mirror_policy.policies.residual import AlsoChanged


class OutcomeKind(enum.StrEnum):
    """How it ended for one policy.

    `failed` includes policies that were refused because the world had changed; `unknown` means
    that a write was sent and nobody could find out whether it was carried out.
    """

    SUCCEEDED = "succeeded"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"
    UNKNOWN = "unknown"


class OutcomeFacts(TypedDict, total=False):
    """What an `Outcome` may have besides its policy and how it ended."""

    revision_before: int | None
    revision_after: int | None
    notes: tuple[str, ...]
    written: bool
    also_changed: tuple[AlsoChanged, ...]
    replaced: Replaced | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Document):
    """What happened to one policy.

    Attributes:
        policy_id: Id of the package policy.
        name: Its name: data, never markup.
        space: The space it was written through.
        outcome: How it ended.
        revision_before: Its revision before, or None when it was not read.
        revision_after: Its revision after a write that was carried out.
        error: One sentence when something went wrong or was left out, else None.
        agents: Agents that fetch the change, or None when they could not be counted.
        notes: What else was seen, such as a change by somebody else that was kept.
        intended: For a skipped policy: whether leaving it alone was asked for.
        written: Whether this run wrote it.
        also_changed: What else differs from what was read and sent, beside what Kibana is known
            to rewrite with every save.
        replaced: Somebody else's writes that this one may have replaced, or None.
    """

    KEYS: ClassVar = (
        *("policy_id", "name", "space", "outcome", "revision_before", "revision_after", "error"),
        *("notes", "also_changed", "replaced"),
    )

    policy_id: str
    name: str
    space: str
    outcome: OutcomeKind
    revision_before: int | None = None
    revision_after: int | None = None
    error: str | None = None
    agents: int | None = None
    notes: tuple[str, ...] = ()
    intended: bool = False
    written: bool = False
    also_changed: tuple[AlsoChanged, ...] = ()
    replaced: Replaced | None = None

    @classmethod
    def of(
        cls,
        policy: PolicyChange | Unchanged | Skipped,
        kind: OutcomeKind,
        error: str | None = None,
        **facts: Unpack[OutcomeFacts],
    ) -> "Outcome":
        """Return how it ended for a policy of a plan."""
        return cls(
            policy_id=policy.policy_id,
            name=policy.name,
            space=policy.space,
            agents=policy.agents if isinstance(policy, PolicyChange) else None,
            intended=isinstance(policy, Skipped) and policy.intended,
            outcome=kind,
            error=error,
            **facts,
        )

    @property
    def ok(self) -> bool:
        """Whether this is what was asked for, and nothing else."""
        if self.outcome is OutcomeKind.SKIPPED:
            return self.intended
        done = self.outcome in {OutcomeKind.SUCCEEDED, OutcomeKind.UNCHANGED}
        return done and self.replaced is None and not self.lost

    @property
    def lost(self) -> tuple[AlsoChanged, ...]:
        """What was removed or changed beside what was asked for; what was added takes nothing."""
        return tuple(one for one in self.also_changed if one.change != "added")
