"""Carrying out a plan: recheck in batches, announce, write in parallel, judge, report.

While one batch is being written the next is read. A batch is as many policies of one space as
there are writers, so one `_bulk_get` rechecks them all and one fsync announces them all.
"""

import contextlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from elastic_mirror_policy._fleet.api import Fleet
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import (
    ConfigurationError,
    JournalError,
    MirrorPolicyError,
)
from elastic_mirror_policy.journal.phases import PolicyState
from elastic_mirror_policy.journal.writer import JournalWriter
from elastic_mirror_policy.plan.change import PolicyChange
from elastic_mirror_policy.rollout.interrupt import StopFlag, result_of
from elastic_mirror_policy.rollout.outcome import Outcome, OutcomeKind
from elastic_mirror_policy.rollout.recheck import Done, Ready, Refused, recheck
from elastic_mirror_policy.rollout.write import GONE, PolicyWriter

MAX_PARALLEL: Final = 16
"""Kibana is single-threaded; more writers give 503s instead of speed."""

Progress = Callable[[Outcome], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyOptions:
    """How a plan is written.

    Args:
        parallel: Writers at work at the same time, 1 to 16.
        max_failures: Stop when more policies than this have failed; None goes on to the end.
        allow: Accepted risks by name.

    Raises:
        ConfigurationError: A number is out of its range.
    """

    parallel: int = 4
    max_failures: int | None = None
    allow: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not 1 <= self.parallel <= MAX_PARALLEL:
            raise ConfigurationError(
                f"parallel must be 1 to {MAX_PARALLEL}, not {self.parallel}.",
                hint="Kibana is single-threaded; more writers give errors instead of speed.",
            )
        if self.max_failures is not None and self.max_failures < 0:
            raise ConfigurationError("max_failures cannot be below zero.")


class Applier:
    """Writes changes to one Kibana, with one journal.

    Attributes:
        stopped: Why no further policy is written, or an empty string.
        earlier: How far earlier runs of the same journal came with each policy, by id.
    """

    def __init__(
        self,
        fleet: Fleet,
        journal: JournalWriter,
        options: ApplyOptions,
        *,
        stop: StopFlag,
        progress: Progress | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.stopped = ""
        self.earlier: Mapping[str, PolicyState] = {}
        self._fleet = fleet
        self._journal = journal
        self._options = options
        self._stop = stop
        self._progress = progress
        self._failures = 0
        self._writer = PolicyWriter(fleet, journal, allow=options.allow, stop=stop, sleep=sleep)

    def write(self, changes: Iterable[PolicyChange]) -> dict[str, Outcome]:
        """Return what happened to each change, by policy id; they are written in this order."""
        outcomes: dict[str, Outcome] = {}
        batches = make_batches(changes, self._options.parallel)
        with _threads(self._options.parallel, "writer") as writers, _threads(1, "reader") as reader:
            reads = self._read_ahead(reader, batches)
            for batch, found in zip(batches, reads, strict=True):
                if self._may_go_on():
                    for outcome in self._write_batch(batch, found, writers):
                        outcomes[outcome.policy_id] = outcome
                        self._note(outcome)
        left = [c for c in itertools.chain.from_iterable(batches) if c.policy_id not in outcomes]
        return outcomes | self.leave(left)

    def leave(self, changes: Iterable[PolicyChange]) -> dict[str, Outcome]:
        """Return the outcomes of changes that are not attempted, having written that down."""
        return {change.policy_id: self._not_attempted(change) for change in changes}

    def _read_ahead(
        self, reader: ThreadPoolExecutor, batches: list[tuple[PolicyChange, ...]]
    ) -> Iterator[Mapping[str, JsonValue]]:
        """Yield the documents of each batch; the next batch is read while this one is written."""
        ahead: Future[Mapping[str, JsonValue]] | None = None
        for batch, following in itertools.pairwise([*batches, ()]):
            current = ahead or self._submit(reader, batch)
            found = self._documents(current)
            ahead = self._submit(reader, following) if following and not self.stopped else None
            yield found

    def _submit(
        self, reader: ThreadPoolExecutor, batch: tuple[PolicyChange, ...]
    ) -> Future[Mapping[str, JsonValue]] | None:
        if self.stopped or self._stop.is_set():
            return None
        ids = [change.policy_id for change in batch]
        return reader.submit(self._fleet.package_policies_by_id, ids, batch[0].space)

    def _documents(self, future: Future[Mapping[str, JsonValue]] | None) -> Mapping[str, JsonValue]:
        if future is None:
            return {}
        try:
            return result_of(future)
        except MirrorPolicyError as exc:
            self.stopped = self.stopped or f"The policies could not be read again: {exc}"
            return {}

    def _may_go_on(self) -> bool:
        self.stopped = self.stopped or self._writer.fatal
        limit = self._options.max_failures
        if not self.stopped and limit is not None and self._failures > limit:
            self.stopped = f"{self._failures} policies failed, more than {limit} (max-failures)."
        if not self.stopped and self._stop.is_set():
            self.stopped = "The run was interrupted."
        return not self.stopped

    def _write_batch(
        self,
        batch: tuple[PolicyChange, ...],
        documents: Mapping[str, JsonValue],
        writers: ThreadPoolExecutor,
    ) -> Iterator[Outcome]:
        ready: dict[str, Ready] = {}
        try:
            for change in batch:
                found = self._recheck(change, documents)
                if isinstance(found, Ready):
                    ready[change.policy_id] = found
                else:
                    yield self._unwritten(change, found)
            if ready:
                self._journal.announce({key: value.image for key, value in ready.items()})
        except JournalError as exc:
            self.stopped = str(exc)
            return
        futures = [
            (change, writers.submit(self._writer.write, change, ready[change.policy_id]))
            for change in batch
            if change.policy_id in ready
        ]
        for change, future in futures:
            yield self._result(change, future)

    def _recheck(
        self, change: PolicyChange, documents: Mapping[str, JsonValue]
    ) -> Ready | Done | Refused:
        document = documents.get(change.policy_id)
        if document is None:
            return Refused(GONE)
        return recheck(document, change, allow=self._options.allow)

    def _unwritten(self, change: PolicyChange, found: Done | Refused) -> Outcome:
        state = self.earlier.get(change.policy_id)
        was_sent = state is not None and state.may_be_written
        if isinstance(found, Refused):
            sent = " Before that a write of an earlier run may have been carried out."
            reason = found.reason + sent if was_sent else found.reason
            return self._writer.settle(change, None, OutcomeKind.FAILED, reason)
        return self._writer.settle(
            change,
            None,
            OutcomeKind.SUCCEEDED if was_sent else OutcomeKind.UNCHANGED,
            None,
            [_done_earlier(state, found)] if state is not None and was_sent else [],
            revision=found.revision,
            written=was_sent,
        )

    def _result(self, change: PolicyChange, future: Future[Outcome]) -> Outcome:
        try:
            return result_of(future)
        except JournalError as exc:
            self.stopped = self.stopped or str(exc)
            return _outcome(
                change,
                OutcomeKind.UNKNOWN,
                f"It was sent, but what became of it could not be written down: {exc}",
            )

    def _note(self, outcome: Outcome) -> None:
        self._failures += outcome.outcome in {OutcomeKind.FAILED, OutcomeKind.UNKNOWN}
        if self._progress is not None:
            self._progress(outcome)

    def _not_attempted(self, change: PolicyChange) -> Outcome:
        kind, reason = OutcomeKind.SKIPPED, f"Not attempted: {self.stopped}"
        state = self.earlier.get(change.policy_id)
        if state is not None and state.may_be_written:
            kind, reason = OutcomeKind.UNKNOWN, f"An earlier run may have written it. {reason}"
        with contextlib.suppress(JournalError):  # why nothing more is written has been told
            self._journal.record(kind.value, change.policy_id, error=reason)
        outcome = _outcome(change, kind, reason)
        if self._progress is not None:
            self._progress(outcome)
        return outcome


@contextlib.contextmanager
def _threads(count: int, name: str) -> Iterator[ThreadPoolExecutor]:
    """Give threads that are waited for at the end, but not after a second Ctrl-C."""
    executor = ThreadPoolExecutor(count, name)
    wait = True
    try:
        yield executor
    except KeyboardInterrupt:
        wait = False
        raise
    finally:
        executor.shutdown(wait=wait, cancel_futures=not wait)


def make_batches(changes: Iterable[PolicyChange], size: int) -> list[tuple[PolicyChange, ...]]:
    """Return the changes in their order, cut into pieces of one space and at most `size`."""
    pieces = []
    for _, group in itertools.groupby(changes, key=lambda change: change.space):
        run = list(group)
        pieces += [tuple(run[start : start + size]) for start in range(0, len(run), size)]
    return pieces


def _done_earlier(state: PolicyState, found: Done) -> str:
    """Return what to say of a policy that an earlier run sent, and that is as it should be."""
    who = "" if state.confirmed else ", by that run or by somebody else"
    note = f"The write of an earlier run was not confirmed, but reading showed it was done{who}."
    before = state.pre_image.revision if state.pre_image else found.revision
    if found.revision <= before + 1:
        return note
    return (
        f"{note} The revision went from {before} to {found.revision}: somebody else wrote it, too; "
        "look at the policy's history."
    )


def _outcome(change: PolicyChange, kind: OutcomeKind, error: str) -> Outcome:
    return Outcome(
        policy_id=change.policy_id,
        name=change.name,
        space=change.space,
        outcome=kind,
        error=error,
        agents=change.agents,
    )
