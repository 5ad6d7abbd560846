"""Which waves a journal tells of, and what their gates said (pure)."""

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from elastic_mirror_policy._document import Described
from elastic_mirror_policy._json import JsonValue, text_at, value_at


class Health(enum.StrEnum):
    """What a gate says of a wave; silence is neither good nor bad news."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class GateAnswer(Described):
    """The answer of a gate, with its evidence.

    Attributes:
        health: The answer.
        reason: One sentence: what was seen, with numbers.
        evidence: Counts by name, written to the journal as they are.
    """

    health: Health
    reason: str
    evidence: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WaveOutcome(Described):
    """One wave of a rollout: what was in it, and what the gate behind it said.

    Attributes:
        wave: Its number, from 1.
        policies: Ids of its policies: in a report those that were not reached too, in a journal
            those that were begun.
        gate: The gate's last answer, or None when it was not asked.
    """

    wave: int
    policies: tuple[str, ...]
    gate: GateAnswer | None = None

    @property
    def health(self) -> str:
        """What the gate said, in a word and its reason; empty when it was not asked."""
        return f"{self.gate.health}: {self.gate.reason}" if self.gate else ""


def earlier_answers(events: Iterable[Mapping[str, JsonValue]]) -> dict[int, GateAnswer]:
    """Return what gates said of each wave last, by number; other answers are passed over.

    A wave that is begun again has no answer until its gate is asked about the rest of it, too.
    """
    found: dict[int, GateAnswer] = {}
    for event in events:
        number, health = event.get("number"), value_at(event, "answer.health")
        known = isinstance(health, str) and health in set(Health)
        if type(number) is not int:
            continue
        if event.get("phase") == "wave":
            found.pop(number, None)
        elif event.get("phase") == "gate" and known:
            evidence = value_at(event, "answer.evidence")
            found[number] = GateAnswer(
                Health(health),
                text_at(event, "answer.reason"),
                {name: count for name, count in evidence.items() if type(count) is int}
                if isinstance(evidence, dict)
                else {},
            )
    return found


def told_waves(events: Sequence[Mapping[str, JsonValue]]) -> tuple[WaveOutcome, ...]:
    """Return the waves by number; a resumed rollout begins a wave again with what was left."""
    policies: dict[int, dict[str, None]] = {}
    for event in events:
        number = event.get("number")
        if event.get("phase") == "wave" and type(number) is int:
            ids = event.get("policies")
            begun = [one for one in ids if isinstance(one, str)] if isinstance(ids, list) else []
            policies.setdefault(number, {}).update(dict.fromkeys(begun))
    gates = earlier_answers(events)
    return tuple(
        WaveOutcome(number, tuple(policies.get(number, ())), gates.get(number))
        for number in sorted({*policies, *gates})
    )
