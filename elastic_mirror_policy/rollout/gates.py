"""The question asked between two waves, and its three answers (pure)."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.rollout.outcome import Outcome


class Health(enum.StrEnum):
    """What a gate says of a wave; silence is neither good nor bad news."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """The answer of a gate, with its evidence.

    Attributes:
        health: The answer.
        reason: One sentence: what was seen, with numbers.
        evidence: Counts by name, written to the journal as they are.
    """

    health: Health
    reason: str
    evidence: Mapping[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, JsonValue]:
        """Return it as it stands in the journal."""
        return {
            "health": self.health.value,
            "reason": self.reason,
            "evidence": dict(self.evidence),
        }


@dataclass(frozen=True, slots=True)
class WaveOutcome:
    """One wave of a rollout: what was in it, and what the gate behind it said.

    Attributes:
        wave: Its number, from 1.
        policies: Ids of its policies, those that were not reached too.
        gate: The gate's last answer, or None when it was not asked.
    """

    wave: int
    policies: tuple[str, ...]
    gate: GateAnswer | None = None

    def to_dict(self) -> dict[str, JsonValue]:
        """Return it as the JSON contract names it."""
        return {
            "wave": self.wave,
            "policies": list(self.policies),
            "gate": self.gate.to_dict() if self.gate else None,
        }


class HealthGate(Protocol):
    """Says whether a wave that has just been written is well; bring your own."""

    def check(self, written: Sequence[Outcome]) -> GateAnswer:
        """Return how the policies just written are doing.

        It is asked again while it is inconclusive. An error it raises stops the rollout and is
        never taken for healthy.
        """
        ...
