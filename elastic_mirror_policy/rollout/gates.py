"""The question asked between two waves (pure)."""

from collections.abc import Sequence
from typing import Protocol

from elastic_mirror_policy.journal.waves import GateAnswer
from elastic_mirror_policy.rollout.outcome import Outcome


class HealthGate(Protocol):
    """Says whether a wave that has just been written is well; bring your own."""

    def check(self, written: Sequence[Outcome]) -> GateAnswer:
        """Return how the policies just written are doing.

        It is asked again while it is inconclusive. An error it raises stops the rollout and is
        never taken for healthy.
        """
        ...
