"""The question asked between two waves, and its three answers (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from elastic_mirror_policy._document import Described
from elastic_mirror_policy.journal.waves import GateAnswer
from elastic_mirror_policy.rollout.outcome import Outcome


@dataclass(frozen=True, slots=True)
class WaveOutcome(Described):
    """One wave of a rollout: what was in it, and what the gate behind it said.

    Attributes:
        wave: Its number, from 1.
        policies: Ids of its policies, those that were not reached too.
        gate: The gate's last answer, or None when it was not asked.
    """

    wave: int
    policies: tuple[str, ...]
    gate: GateAnswer | None = None


class HealthGate(Protocol):
    """Says whether a wave that has just been written is well; bring your own."""

    def check(self, written: Sequence[Outcome]) -> GateAnswer:
        """Return how the policies just written are doing.

        It is asked again while it is inconclusive. An error it raises stops the rollout and is
        never taken for healthy.
        """
        ...
