"""Writing in waves: after each wave a gate says whether it is well, and the next is written."""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, ClassVar, Final, Self

from pydantic import BaseModel, Field, StrictStr, ValidationError

from elastic_mirror_policy._document import Document, first_problem
from elastic_mirror_policy._fleet.api import Fleet
from elastic_mirror_policy._given import check_kind, texts_of
from elastic_mirror_policy._json import JsonValue, encode
from elastic_mirror_policy._text import brief
from elastic_mirror_policy.errors import (
    AuthenticationError,
    ConfigurationError,
    JournalError,
    MirrorPolicyError,
    PermissionDeniedError,
)
from elastic_mirror_policy.journal.journal import Journal
from elastic_mirror_policy.journal.waves import GateAnswer, Health, WaveOutcome, earlier_answers
from elastic_mirror_policy.plan.change import PolicyChange
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.policies.policy import total_agents
from elastic_mirror_policy.render import words
from elastic_mirror_policy.rollout.batches import BatchWriter
from elastic_mirror_policy.rollout.endpoint_gate import KIND, EndpointHealthGate
from elastic_mirror_policy.rollout.events import GateAsked, WaveBegun
from elastic_mirror_policy.rollout.gates import HealthGate
from elastic_mirror_policy.rollout.outcome import Outcome
from elastic_mirror_policy.rollout.run import Run
from elastic_mirror_policy.rollout.waves import Wave, check_first, put_first, split_waves

logger = logging.getLogger("elastic_mirror_policy.rollout")

ON_UNHEALTHY: Final = ("stop", "rollback")

LONGEST_WAIT: Final = 366 * 86400
"""Longest time that a gate can be waited for, in seconds."""

GATE_TIMEOUT: Final = 5400.0
"""How long a gate that is inconclusive is waited for, in seconds."""

ASKED_EVERY: Final = 30.0
"""Seconds between two questions to a gate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staging:
    """How a rollout is cut into waves, and what stands between them.

    Args:
        waves: The waves in their order; none is one wave with everything.
        first: Names or ids of policies to write first.
        gate: Who is asked after each wave, the last one too; None goes on without asking.
        gate_timeout: Seconds to wait for a gate that is inconclusive.
        on_unhealthy: `stop`, or `rollback` to undo what this rollout wrote.

    Raises:
        ConfigurationError: An unknown answer to an unhealthy wave, or something that is not a
            gate or not a number of seconds.
    """

    waves: tuple[Wave, ...] = ()
    first: tuple[str, ...] = ()
    gate: HealthGate | None = None
    gate_timeout: float = GATE_TIMEOUT
    on_unhealthy: str = "stop"

    @classmethod
    def of(
        cls,
        waves: object,
        first: object,
        *,
        gate: HealthGate | None,
        gate_timeout: float,
        on_unhealthy: str,
    ) -> Self:
        """Return it as callers hand it in: waves as texts and numbers, too.

        Raises:
            ConfigurationError: Something of it cannot be used.
        """
        if isinstance(waves, str) or not isinstance(waves, Iterable):
            raise ConfigurationError(
                f"waves must be several, not {brief(waves)}.",
                hint='Write waves=[1, "10%", "rest"].',
            )
        sizes = tuple(wave if isinstance(wave, Wave) else Wave(str(wave)) for wave in waves)
        return cls(
            waves=sizes,
            first=texts_of(first, "first"),
            gate=gate,
            gate_timeout=gate_timeout,
            on_unhealthy=on_unhealthy,
        )

    def __post_init__(self) -> None:
        if self.gate is not None and not callable(getattr(self.gate, "check", None)):
            raise ConfigurationError("A gate must have a method `check`.", hint="See HealthGate.")
        check_kind(self.gate_timeout, (int, float), "gate_timeout", "a number of seconds")
        if not 0 <= self.gate_timeout <= LONGEST_WAIT:
            raise ConfigurationError(
                f"gate_timeout is 0 to {LONGEST_WAIT} seconds, not {self.gate_timeout}."
            )
        if self.on_unhealthy not in ON_UNHEALTHY:
            raise ConfigurationError(
                f'on_unhealthy must be "stop" or "rollback", not {self.on_unhealthy!r}.',
            )

    def to_dict(self) -> dict[str, JsonValue]:
        """Return the options as they stand in the journal."""
        gate: JsonValue = None if self.gate is None else {"kind": "custom"}
        if isinstance(self.gate, EndpointHealthGate):
            gate = self.gate.to_dict()
        return {
            "waves": [str(wave) for wave in self.waves],
            "first": list(self.first),
            "gate": gate,
            "gate_timeout": self.gate_timeout,
            "on_unhealthy": self.on_unhealthy,
        }


class _Gate(BaseModel):
    """What the header says of the gate."""

    kind: StrictStr
    min_healthy: Annotated[float, Field(strict=True, gt=0, le=100)] = 100.0


class _Options(BaseModel):
    """The options of a journal's header; what is unknown belongs to a later release."""

    waves: tuple[StrictStr, ...] = ()
    first: tuple[StrictStr, ...] = ()
    gate: _Gate | None = None
    gate_timeout: Annotated[float, Field(strict=True, ge=0, le=LONGEST_WAIT)] = GATE_TIMEOUT
    on_unhealthy: StrictStr = "stop"


@dataclass(frozen=True, slots=True)
class StagedPlan(Document):
    """A plan with the waves it is to be written in.

    Attributes:
        plan: The plan.
        waves: Which policies are in which wave; none without `--wave`.
    """

    KEYS: ClassVar = (*(f"plan.{one.name}" for one in fields(Plan)), "waves")
    OPTIONAL: ClassVar = ("waves",)

    plan: Plan
    waves: tuple[WaveOutcome, ...] = ()


def plan_waves(plan: Plan, waves: Sequence[Wave], first: Sequence[str]) -> tuple[WaveOutcome, ...]:
    """Return which policies of a plan are in which wave.

    Raises:
        ConfigurationError: A policy that should come first is not in the plan.
    """
    check_first(plan, first)
    pieces = split_waves(put_first(plan.changes, first), waves)
    return tuple(
        WaveOutcome(number, tuple(change.policy_id for change in wave))
        for number, wave in enumerate(pieces, 1)
    )


def staging_of(journal: Journal, gate: HealthGate | None, fleet: Fleet) -> Staging:
    """Return the waves of a journal that is being continued, with its gate.

    Raises:
        JournalError: The rollout had a gate that the journal does not describe, and none is given.
    """
    known = _options_of(journal)
    if known.gate is not None and gate is None:
        if known.gate.kind != KIND:
            raise JournalError(
                f"The rollout of {journal.path} had a gate of its own, which is not given now.",
                hint="Continue it from Python: Kibana.resume(journal, gate=...), the same gate.",
            )
        gate = EndpointHealthGate(fleet, min_healthy=known.gate.min_healthy)
    return Staging(
        waves=tuple(Wave(text) for text in known.waves),
        first=known.first,
        gate=gate if known.gate is not None else None,
        gate_timeout=known.gate_timeout,
        on_unhealthy=known.on_unhealthy,
    )


def _options_of(journal: Journal) -> _Options:
    try:
        return _Options.model_validate(journal.options)
    except ValidationError as exc:
        raise JournalError(
            f"{journal.path} has options that cannot be used: {first_problem(exc)}.",
            hint="Use an untouched copy of the journal.",
        ) from exc


class WaveWriter:
    """Writes waves one after the other, with a gate after each.

    Attributes:
        unhealthy: Whether a gate said that a wave is unhealthy.
        answers: What the gate said last of each wave, in this run or an earlier one, by number.
    """

    def __init__(self, run: Run, writer: BatchWriter, staging: Staging) -> None:
        self.unhealthy = False
        self.answers: dict[int, GateAnswer] = {}
        self._run = run
        self._writer = writer
        self._staging = staging

    def write(
        self,
        waves: Sequence[Sequence[PolicyChange]],
        *,
        settled: Mapping[str, Outcome],
        passed: int = 0,
    ) -> dict[str, Outcome]:
        """Return what happened to every change in these waves.

        Args:
            waves: The changes, wave by wave.
            settled: Outcomes that an earlier run of this journal reached.
            passed: How many waves have passed their gate in an earlier run.
        """
        outcomes = dict(settled)
        for number, wave in enumerate(waves, 1):
            todo = [change for change in wave if change.policy_id not in outcomes]
            if self._run.stopped:
                outcomes |= self._writer.leave(todo)
                continue
            if todo:
                self._announce(number, len(waves), todo)
                outcomes |= self._writer.write(todo)
            if todo or number > passed:
                found = [outcomes[change.policy_id] for change in wave]
                self._pass_gate(number, len(waves), found)
        return outcomes

    def _announce(self, number: int, waves: int, todo: Sequence[PolicyChange]) -> None:
        self.answers.pop(number, None)
        if waves > 1 or self._staging.gate is not None:
            ids = [change.policy_id for change in todo]
            self._tell("wave", number=number, policies=ids)
        logger.info("wave %d of %d: %s", number, waves, words.policies(len(todo)))
        agents = total_agents(change.agents for change in todo)
        self._run.show(WaveBegun(number, waves, len(todo), agents))

    def _tell(self, phase: str, **facts: JsonValue) -> None:
        try:
            self._run.journal.record(phase, **facts)
            self._run.journal.sync()
        except MirrorPolicyError as exc:
            self._run.halt(str(exc))

    def _pass_gate(self, number: int, waves: int, wave: Sequence[Outcome]) -> None:
        """Go on when the wave is well; otherwise say in `stopped` why not.

        After the last wave the gate is asked even where some policies failed: what was written
        may have to be undone.
        """
        failed = [outcome for outcome in wave if not outcome.ok]
        if self._run.stopped:
            return
        if failed and number < waves:
            self._run.halt(f"Wave {number}: {len(failed)} of {len(wave)} policies failed.")
            return
        written = [outcome for outcome in wave if outcome.written]
        if self._staging.gate is None or not written:
            return
        answer = self._ask(self._staging.gate, written, number, waves)
        self.answers[number] = answer
        self._tell("gate", number=number, answer=answer.to_dict())
        self.unhealthy = answer.health is Health.UNHEALTHY
        if answer.health is not Health.HEALTHY:
            self._run.halt(f"Wave {number} is {answer.health.value}: {answer.reason}")

    def _ask(
        self, gate: HealthGate, written: Sequence[Outcome], number: int, waves: int
    ) -> GateAnswer:
        timeout = self._staging.gate_timeout
        started = time.monotonic()
        while True:
            answer, may_change = ask_once(gate, written)
            waited = time.monotonic() - started
            logger.info("wave %d of %d: gate %s: %s", number, waves, answer.health, answer.reason)
            self._run.show(GateAsked(number, waves, answer, waited, timeout))
            left = timeout - waited
            if not may_change or self._run.stop.is_set() or left <= 0:
                return answer
            self._run.pause(min(ASKED_EVERY, left))


def ask_once(gate: HealthGate, written: Sequence[Outcome]) -> tuple[GateAnswer, bool]:
    """Return the gate's answer, and whether asking again may change it.

    A gate that raises, or answers nonsense, is never healthy.
    """
    try:
        answer: object = gate.check(written)
    except MirrorPolicyError as exc:
        final = isinstance(exc, AuthenticationError | PermissionDeniedError | ConfigurationError)
        return _inconclusive(f"the gate could not be asked: {exc}"), not final
    except Exception as exc:  # noqa: BLE001 - a user's gate may raise anything
        return _inconclusive(f"the gate failed with {type(exc).__name__}: {exc}"), False
    if not isinstance(answer, GateAnswer):
        return _inconclusive("the gate did not return a GateAnswer."), False
    if not _can_be_noted(answer):
        return _inconclusive("the gate's answer cannot be written to the journal."), False
    return answer, answer.health is Health.INCONCLUSIVE


def _can_be_noted(answer: GateAnswer) -> bool:
    """Whether the fields of an answer are of their kinds, which nothing has checked yet."""
    try:
        encode([answer.reason, dict(answer.evidence)])
    except (AttributeError, TypeError, ValueError):
        return False
    return isinstance(answer.health, Health)


def _inconclusive(reason: str) -> GateAnswer:
    return GateAnswer(Health.INCONCLUSIVE, reason)


def gate_is_open(journal: Journal) -> bool:
    """Whether a rollout had a gate that has not passed all of its waves yet."""
    options = _options_of(journal)
    waves = split_waves(journal.plan.changes, tuple(Wave(text) for text in options.waves))
    return options.gate is not None and passed_waves(journal.events) < len(waves)


def passed_waves(events: Iterable[Mapping[str, JsonValue]]) -> int:
    """Return how many waves have passed their gate, as the journal tells it."""
    answers = earlier_answers(events).items()
    return max((number for number, one in answers if one.health is Health.HEALTHY), default=0)
