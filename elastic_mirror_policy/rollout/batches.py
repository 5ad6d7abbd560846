"""Writing changes: look at a batch, announce it, write it in parallel, then the next one.

A batch is as many policies of one space as there are writers, so that one `_bulk_get` looks at
all of them and one fsync announces them. Nothing is read ahead of a batch that is being written:
no Kibana known today checks versions from 8.8 on (kibana#291902), so the time from the look at a
policy to the end of its write is what guards the changes of others.
"""

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from elastic_mirror_policy._json import JsonValue, decode_document
from elastic_mirror_policy.errors import JournalError, MirrorPolicyError
from elastic_mirror_policy.journal.phases import PolicyState
from elastic_mirror_policy.plan.change import PolicyChange
from elastic_mirror_policy.render import words
from elastic_mirror_policy.rollout.interrupt import as_they_end
from elastic_mirror_policy.rollout.outcome import Outcome, OutcomeKind
from elastic_mirror_policy.rollout.recheck import Done, Ready, Refused, recheck
from elastic_mirror_policy.rollout.run import INTERRUPTED, Run
from elastic_mirror_policy.rollout.write import PolicyWriter

Batch = tuple[PolicyChange, ...]


class BatchWriter:
    """Writes changes of one run, batch by batch."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._writer = PolicyWriter(run)
        self._failures = 0

    def write(self, changes: Iterable[PolicyChange]) -> dict[str, Outcome]:
        """Return what happened to each change, by policy id; they are written in this order."""
        outcomes: dict[str, Outcome] = {}
        batches = make_batches(changes, self._run.options.parallel)
        with _threads(self._run.options.parallel) as writers:
            for batch in batches:
                if not self._may_go_on():
                    break
                for outcome in self._write_batch(batch, writers):
                    outcomes[outcome.policy_id] = self._run.tell(outcome)
                    self._failures += not outcome.ok
        left = [c for c in itertools.chain.from_iterable(batches) if c.policy_id not in outcomes]
        return outcomes | self.leave(left)

    def leave(self, changes: Iterable[PolicyChange]) -> dict[str, Outcome]:
        """Return the outcomes of changes that are not attempted, having written that down."""
        return {change.policy_id: self._run.leave(change) for change in changes}

    def _may_go_on(self) -> bool:
        limit = self._run.options.max_failures
        if limit is not None and self._failures > limit:
            self._run.halt(
                f"{words.policies(self._failures)} failed, more than {limit} (max-failures)."
            )
        if self._run.stop.is_set():
            self._run.halt(INTERRUPTED)
        return not self._run.stopped

    def _read(self, batch: Batch) -> Mapping[str, JsonValue] | None:
        ids = [change.policy_id for change in batch]
        try:
            return self._run.fleet.package_policies_by_id(
                ids, batch[0].space, decoder=decode_document
            )
        except MirrorPolicyError as exc:
            self._run.halt(f"The policies could not be read again: {exc}")
            return None

    def _write_batch(self, batch: Batch, writers: ThreadPoolExecutor) -> Iterator[Outcome]:
        documents = self._read(batch)
        if documents is None or not self._may_go_on():
            return
        ready: dict[str, Ready] = {}
        try:
            for change in batch:
                found = self._recheck(change, documents.get(change.policy_id))
                if isinstance(found, Ready):
                    ready[change.policy_id] = found
                else:
                    yield self._unwritten(change, found)
            if ready:
                self._run.journal.announce({key: value.image for key, value in ready.items()})
        except JournalError as exc:
            self._run.halt(str(exc))
            return
        changes = {
            writers.submit(self._writer.write, change, ready[change.policy_id]): change
            for change in batch
            if change.policy_id in ready
        }
        for future in as_they_end(changes, self._run.tell_stop):
            yield self._result(changes[future], future)

    def _recheck(self, change: PolicyChange, document: JsonValue) -> Ready | Done | Refused:
        run = self._run
        return recheck(document, change, run.fleet.version, allow=run.options.allow)

    def _unwritten(self, change: PolicyChange, found: Done | Refused) -> Outcome:
        state = self._run.earlier.get(change.policy_id)
        was_sent = state is not None and state.may_be_written
        if state is None or not was_sent:
            if isinstance(found, Refused):
                return self._run.settle(change, OutcomeKind.FAILED, found.reason)
            kind = OutcomeKind.UNCHANGED
            return self._run.settle(change, kind, revision_after=found.revision)
        if isinstance(found, Refused):
            return self._refused_after_crash(change, state, found)
        return self._run.settle(
            change,
            OutcomeKind.SUCCEEDED,
            notes=(_done_earlier(state, found),),
            revision_before=state.pre_image.revision if state.pre_image else None,
            revision_after=found.revision,
            written=True,
        )

    def _refused_after_crash(
        self, change: PolicyChange, state: PolicyState, found: Refused
    ) -> Outcome:
        """Return the outcome of a policy that an earlier run sent, and that must not be written.

        One revision more is one write, and what is there now is not ours: so ours was not.
        """
        image = state.pre_image
        if (
            image is not None
            and found.revision is not None
            and found.revision <= image.revision + 1
        ):
            unwritten = state.sent - state.refused - state.unwritten
            return self._run.settle(change, OutcomeKind.FAILED, found.reason, unwritten=unwritten)
        reason = f"{found.reason} A write of an earlier run may have been applied."
        return self._run.settle(change, OutcomeKind.FAILED, reason)

    def _result(self, change: PolicyChange, future: Future[Outcome]) -> Outcome:
        try:
            return future.result()
        except JournalError as exc:
            self._run.halt(str(exc))
            return Outcome.of(
                change,
                OutcomeKind.UNKNOWN,
                f"It was sent, but the result could not be written to the journal: {exc}",
            )


@contextlib.contextmanager
def _threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Give threads that are waited for at the end, but not after a second Ctrl-C."""
    executor = ThreadPoolExecutor(count, "writer")
    wait = True
    try:
        yield executor
    except KeyboardInterrupt:
        wait = False
        raise
    finally:
        executor.shutdown(wait=wait, cancel_futures=not wait)


def make_batches(changes: Iterable[PolicyChange], size: int) -> list[Batch]:
    """Return the changes in their order, cut into pieces of one space and at most `size`."""
    pieces = []
    for _, group in itertools.groupby(changes, key=lambda change: change.space):
        run = list(group)
        pieces += [tuple(run[start : start + size]) for start in range(0, len(run), size)]
    return pieces


def _done_earlier(state: PolicyState, found: Done) -> str:
    """Return what to say of a policy that an earlier run sent, and that has what was wanted."""
    who = "" if state.confirmed else ", by that run or by somebody else"
    note = f"The write of an earlier run was not confirmed, but reading showed it was done{who}."
    before = state.pre_image.revision if state.pre_image else found.revision
    if found.revision <= before + 1:
        return note
    others = "somebody else wrote it, too"
    if found.revision <= before + state.sent - state.refused:
        others = f"it was sent {state.sent} times, or somebody else wrote it, too"
    return (
        f"{note} The revision went from {before} to {found.revision}: {others}; look at the "
        "policy's history."
    )
