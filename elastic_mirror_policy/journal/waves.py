"""Which waves a journal tells of, and what their gates said (pure)."""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import PlainSerializer

from elastic_mirror_policy._document import Described, Document
from elastic_mirror_policy._json import JsonValue, text_at


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
class ToldWave(Document):
    """One wave, as a journal tells of it.

    Attributes:
        number: Its number, from 1.
        policies: Ids of its policies, in the order in which they were begun.
        gate: The gate's last answer as it was written down, or None.
    """

    KEYS: ClassVar = ("number as wave", "policies", "gate")

    number: int
    policies: tuple[str, ...] = ()
    gate: Annotated[
        JsonValue, PlainSerializer(lambda told: told, return_type=GateAnswer | None)
    ] = None

    @property
    def health(self) -> str:
        """What the gate said, in a word and its reason; empty when it was not asked."""
        health, reason = text_at(self.gate, "health"), text_at(self.gate, "reason")
        return f"{health}: {reason}" if health else ""


def told_waves(events: Iterable[Mapping[str, JsonValue]]) -> tuple[ToldWave, ...]:
    """Return the waves by number; a resumed rollout begins a wave again with what was left."""
    policies: dict[int, dict[str, None]] = {}
    gates: dict[int, JsonValue] = {}
    for event in events:
        number = event.get("number")
        if type(number) is not int:
            continue
        if event.get("phase") == "wave":
            ids = event.get("policies")
            begun = [one for one in ids if isinstance(one, str)] if isinstance(ids, list) else []
            policies.setdefault(number, {}).update(dict.fromkeys(begun))
        elif event.get("phase") == "gate":
            gates[number] = event.get("answer")
    return tuple(
        ToldWave(number, tuple(policies.get(number, ())), gates.get(number))
        for number in sorted({*policies, *gates})
    )
