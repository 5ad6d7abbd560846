"""One run over one journal: what each of its steps needs, and why it ends early."""

import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Unpack

from elastic_mirror_policy._fleet.api import Fleet
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import ConfigurationError, JournalError
from elastic_mirror_policy.journal.phases import PolicyState
from elastic_mirror_policy.journal.writer import JournalWriter
from elastic_mirror_policy.plan.change import PolicyChange
from elastic_mirror_policy.rollout.events import RolloutEvent, StopAsked, Watch
from elastic_mirror_policy.rollout.interrupt import StopFlag
from elastic_mirror_policy.rollout.outcome import Outcome, OutcomeFacts, OutcomeKind

logger = logging.getLogger("elastic_mirror_policy.rollout")

INTERRUPTED: Final = "The run was interrupted."

MAX_PARALLEL: Final = 16
"""Kibana is single-threaded; more writers give 503s instead of speed."""

Progress = Callable[[Outcome], None]


_PHASES: Final = {OutcomeKind.FAILED: "failed", OutcomeKind.UNKNOWN: "unknown"}
"""The phase of the journal that an outcome of a write ends in; all others end as verified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyOptions:
    """How a plan is written.

    Args:
        parallel: Writers at work at the same time, 1 to 16.
        max_failures: Stop when more policies than this have failed; None goes on to the end.
        allow: Accepted risks by name.

    Raises:
        ConfigurationError: Something is not a number, or out of its range.
    """

    parallel: int = 4
    max_failures: int | None = None
    allow: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if type(self.parallel) is not int or not 1 <= self.parallel <= MAX_PARALLEL:
            raise ConfigurationError(
                f"parallel must be 1 to {MAX_PARALLEL}, not {self.parallel!r}.",
                hint="Kibana is single-threaded; more writers give errors instead of speed.",
            )
        limit = self.max_failures
        if limit is not None and (type(limit) is not int or limit < 0):
            raise ConfigurationError(f"max_failures must be 0 or more, not {limit!r}.")

    def accepting(self, risks: frozenset[str]) -> "ApplyOptions":
        """Return the same options with other accepted risks."""
        return replace(self, allow=risks)


class Run:
    """What carries out one plan; its steps are handed this and nothing else.

    Attributes:
        fleet: The Kibana.
        journal: Where everything is written down first.
        options: How it is written, accepted risks among it.
        stop: Whether somebody asked to stop.
        sleep: What waits, whatever anybody asks.
        earlier: How far earlier runs of the same journal came with each policy, by id.
        stopped: Why no further policy is written, or an empty string.
    """

    def __init__(
        self,
        fleet: Fleet,
        journal: JournalWriter,
        options: ApplyOptions,
        *,
        stop: StopFlag,
        sleep: Callable[[float], None],
        progress: Progress | None = None,
        watch: Watch | None = None,
        earlier: Mapping[str, PolicyState] = MappingProxyType({}),
    ) -> None:
        self.fleet = fleet
        self.journal = journal
        self.options = options
        self.stop = stop
        self.sleep = sleep
        self.earlier = earlier
        self.stopped = ""
        self._progress = progress
        self._watch = watch
        self._stop_told = False

    def halt(self, reason: str) -> None:
        """Let no further policy be written; the first reason is the one that is told."""
        self.stopped = self.stopped or reason

    def pause(self, seconds: float) -> None:
        """Wait, or go on soon after somebody asked to stop."""
        self.stop.wait(seconds, self.sleep)

    def outlast(self, seconds: float) -> None:
        """Wait although somebody asked to stop; a second request ends it."""
        self.stop.outlast(seconds, self.sleep)

    def show(self, event: RolloutEvent) -> None:
        """Show an event to whoever watches."""
        if self._watch is not None:
            self._watch(event)

    def tell_stop(self) -> None:
        """Show, once, that somebody asked to stop while something is being written."""
        if self.stop.is_set() and not self._stop_told:
            self._stop_told = True
            self.show(StopAsked(INTERRUPTED))

    def tell(self, outcome: Outcome) -> Outcome:
        """Show an outcome to whoever watches, and return it."""
        if self._progress is not None:
            self._progress(outcome)
        return outcome

    def settle(
        self,
        change: PolicyChange,
        kind: OutcomeKind,
        error: str | None = None,
        *,
        refused: int = 0,
        unwritten: int = 0,
        confirmed: bool = True,
        **facts: Unpack[OutcomeFacts],
    ) -> Outcome:
        """Write down how it ended for a policy that was looked at, and return it.

        Args:
            change: What was planned.
            kind: How it ended.
            error: Why it is not what was asked for.
            refused: How many announced writes were certainly not carried out.
            unwritten: How many more reading showed not to have been carried out.
            confirmed: Whether, if it was written, it was certainly by this journal.
            facts: What else there is to say.

        Raises:
            JournalError: It could not be written down.
        """
        outcome = Outcome.of(change, kind, error, **facts)
        line: dict[str, JsonValue] = {"revision": outcome.revision_after, "error": error}
        rare: dict[str, JsonValue] = {
            "notes": list(outcome.notes),
            "refused": refused,
            "unwritten": unwritten,
            "also_changed": [one.to_dict() for one in outcome.also_changed],
            "replaced": outcome.replaced.to_dict() if outcome.replaced else None,
        }
        line |= {name: fact for name, fact in rare.items() if fact}
        if not confirmed:
            line["confirmed"] = False
        self.journal.record(_PHASES.get(kind, "verified"), change.policy_id, **line)
        logger.info("policy %s: %s", change.policy_id, kind.value)
        return outcome

    def leave(self, change: PolicyChange) -> Outcome:
        """Return the outcome of a change that is not attempted, having written that down."""
        kind, reason = OutcomeKind.SKIPPED, f"Not attempted: {self.stopped}"
        state = self.earlier.get(change.policy_id)
        if state is not None and state.may_be_written:
            kind = OutcomeKind.UNKNOWN
            did = "wrote it" if state.is_written else "may have written it"
            reason = f"An earlier run {did}. {reason}"
        if state is None or not state.is_written:
            with contextlib.suppress(JournalError):  # why nothing more is written has been told
                self.journal.record(kind.value, change.policy_id, error=reason)
        return self.tell(Outcome.of(change, kind, reason))
