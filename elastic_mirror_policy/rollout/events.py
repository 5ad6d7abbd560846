"""What a rollout tells whoever watches it, beside the outcomes (pure)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from elastic_mirror_policy.journal.waves import GateAnswer


@dataclass(frozen=True, slots=True)
class WaveBegun:
    """A wave is about to be written.

    Attributes:
        wave: Its number, from 1.
        waves: How many there are.
        policies: How many policies it has that are not written yet.
        agents: How many agents they have, or None when they could not be counted.
    """

    wave: int
    waves: int
    policies: int
    agents: int | None


@dataclass(frozen=True, slots=True)
class GateAsked:
    """The gate of a wave has answered; while it is inconclusive it is asked again.

    Attributes:
        wave: The wave's number, from 1.
        waves: How many there are.
        answer: What the gate said.
        waited: Seconds since it was first asked about this wave.
        timeout: Seconds after which it is asked no more.
    """

    wave: int
    waves: int
    answer: GateAnswer
    waited: float
    timeout: float


@dataclass(frozen=True, slots=True)
class StopAsked:
    """Somebody asked the rollout to stop; what is being written is finished first.

    Attributes:
        reason: Why it stops.
    """

    reason: str


RolloutEvent: TypeAlias = WaveBegun | GateAsked | StopAsked
Watch: TypeAlias = Callable[[RolloutEvent], None]
"""Called with each event as it happens; what it raises ends the rollout."""
