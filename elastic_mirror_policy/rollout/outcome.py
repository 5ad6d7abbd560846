"""What happened to one policy of a plan (pure)."""

import enum
from dataclasses import dataclass

from elastic_mirror_policy._json import JsonValue


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
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
    """

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

    @property
    def ok(self) -> bool:
        """Whether this is what was asked for."""
        if self.outcome is OutcomeKind.SKIPPED:
            return self.intended
        return self.outcome in {OutcomeKind.SUCCEEDED, OutcomeKind.UNCHANGED}

    def to_dict(self) -> dict[str, JsonValue]:
        """Return it as the JSON contract names it."""
        return {
            "policy_id": self.policy_id,
            "name": self.name,
            "space": self.space,
            "outcome": self.outcome.value,
            "revision_before": self.revision_before,
            "revision_after": self.revision_after,
            "error": self.error,
            "notes": list(self.notes),
        }
