"""What is said while a rollout runs: one live line on a terminal, dated lines in a pipe."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from elastic_mirror_policy._cli.options import is_quiet
from elastic_mirror_policy._cli.progress import outcomes_shown
from elastic_mirror_policy._cli.session import say, say_dated
from elastic_mirror_policy._cli.terminal import draws, on_terminal
from elastic_mirror_policy.render import words
from elastic_mirror_policy.rollout.events import (
    GateAsked,
    RolloutEvent,
    StopAsked,
    Watch,
    WaveBegun,
)
from elastic_mirror_policy.rollout.outcome import Outcome, OutcomeKind
from elastic_mirror_policy.rollout.run import Progress

_COUNTS = (("healthy", "took it"), ("unhealthy", "failing"), ("waiting", "silent"))
_BESIDE = "Other changes may have been made or lost."
_AGAIN = "a second Ctrl-C leaves it, and whether it was written is then unknown."
_MINUTE = 60
_SHORT = 180
"""A time-out shorter than this many seconds is told in seconds."""


@dataclass(slots=True)
class Talk:
    """What is known of a rollout under way, and the sentence that says it.

    Args:
        clock: Seconds that only go forward.
    """

    clock: Callable[[], float] = time.monotonic
    wave: WaveBegun | None = None
    gate: GateAsked | None = None
    gate_at: float = 0.0
    done: int = 0
    failed: int = 0

    def watch(self, event: RolloutEvent) -> None:
        """Take note of a wave, or of what its gate said."""
        _say_stop(event)
        if isinstance(event, WaveBegun):
            self.wave, self.gate = event, None
            self.done = self.failed = 0
        elif isinstance(event, GateAsked):
            self.gate, self.gate_at = event, self.clock()

    def note(self, outcome: Outcome) -> None:
        """Count an outcome, unless it was not even attempted."""
        attempted = outcome.outcome is not OutcomeKind.SKIPPED
        self.done += attempted
        self.failed += attempted and not outcome.ok

    def line(self, width: int) -> str:
        """Return where the rollout is, on one line; what fits least is left out first."""
        if self.wave is None:
            return "Reading the policies again"
        place = f"Wave {self.wave.wave} of {self.wave.waves}"
        whole = f"{place}: {size_of(self.wave)}; {self._state()}"
        text = whole if len(whole) <= width else f"{place}; {self._state()}"
        return text if len(text) <= width else text[: max(0, width - 1)] + "…"

    def _state(self) -> str:
        if self.gate is None:
            policies = self.wave.policies if self.wave else 0
            failed = f", {self.failed:,} failed" if self.failed else ""
            return f"{self.done:,}/{policies:,} written{failed}"
        waited = self.gate.waited + self.clock() - self.gate_at
        return f"gate: {counts_of(self.gate)}; {time_of(waited, self.gate.timeout)}"


def size_of(wave: WaveBegun) -> str:
    """Return how large a wave is."""
    return f"{words.policies(wave.policies)}, {words.agents(wave.agents)}"


def counts_of(gate: GateAsked) -> str:
    """Return what a gate counted; the reason of one that counts other things."""
    evidence = gate.answer.evidence
    if not all(key in evidence for key, _ in _COUNTS):
        return words.sentence(gate.answer.reason).rstrip(".")
    offline = evidence.get("offline", 0)
    parts = [f"{evidence[key]:,} {what}" for key, what in _COUNTS]
    return ", ".join([*parts, f"{offline:,} offline"] if offline else parts)


def time_of(waited: float, timeout: float) -> str:
    """Return how much of the time there is has passed."""
    if timeout < _SHORT:
        return f"{min(waited, timeout):.0f}s of {timeout:.0f}s"
    return f"{min(waited, timeout) // _MINUTE:.0f}m of {timeout / _MINUTE:.0f}m"


@contextlib.contextmanager
def rollout_shown(total: int, *, staged: bool) -> Iterator[tuple[Progress, Watch]]:
    """Give what is called with the outcomes and with the events of a rollout.

    Args:
        total: How many policies are to be written.
        staged: Whether there are waves or a gate.
    """
    if not staged:
        with outcomes_shown(total, "Writing policies") as advance:
            yield _each(advance, _say_failure), _say_stop
    elif draws() and not is_quiet():
        from elastic_mirror_policy._cli.bars import live_line

        talk = Talk()
        with live_line(talk.line):
            yield talk.note, talk.watch
    else:
        yield _say_failure, DatedLines().watch


def _each(*calls: Progress) -> Progress:
    def call(outcome: Outcome) -> None:
        for one in calls:
            one(outcome)

    return call


def _say_stop(event: RolloutEvent) -> None:
    """Say what a request to stop leads to; a rollout of one wave has no other event."""
    if isinstance(event, StopAsked):
        if on_terminal():
            say("")  # the cursor stands behind what is drawn, and behind the ^C
        say(f"{event.reason} What is being written is finished first; {_AGAIN}")


def _say_failure(outcome: Outcome) -> None:
    """Say what went wrong; why the rest was not attempted stands once, in the report."""
    if not outcome.ok and outcome.outcome is not OutcomeKind.SKIPPED and not draws():
        beside = _BESIDE if outcome.replaced or outcome.lost else outcome.outcome.value
        why = words.sentence(outcome.error or beside)
        say_dated(f"{outcome.outcome.value}: {words.name(outcome.name)}: {why}")


class DatedLines:
    """Says each wave, and each look of a gate that saw something else than the one before."""

    def __init__(self) -> None:
        self._last = ""

    def watch(self, event: RolloutEvent) -> None:
        """Say it, when it is news."""
        if isinstance(event, StopAsked):
            _say_stop(event)
            return
        place = f"wave {event.wave} of {event.waves}"
        if isinstance(event, WaveBegun):
            self._last = ""
            say_dated(f"{place}: {size_of(event)}")
            return
        seen = f"{place}: gate {event.answer.health.value}: {counts_of(event)}"
        if seen != self._last:
            self._last = seen
            say_dated(f"{seen}; {time_of(event.waited, event.timeout)}")
