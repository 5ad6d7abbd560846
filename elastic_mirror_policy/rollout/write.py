"""Writing one policy: send, check the answer, and when there is none, read before saying anything.

A status is not a fact: Kibana runs callbacks after it has saved, and proxies answer for it. So
after every answer but a success, 401, and a refusal of the request's form, the policy is read
before anything is said, and only one that was not written is sent once more.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from elastic_mirror_policy._fleet.refusals import names_registry
from elastic_mirror_policy._http.failures import FinalTransportError, TlsError
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import (
    ApiError,
    AuthenticationError,
    ConflictError,
    MirrorPolicyError,
    RequestTimeoutError,
    ServerError,
    TransportError,
)
from elastic_mirror_policy.journal.phases import Replaced
from elastic_mirror_policy.plan.change import PolicyChange
from elastic_mirror_policy.policies.residual import AlsoChanged, residual
from elastic_mirror_policy.rollout.outcome import Outcome, OutcomeKind
from elastic_mirror_policy.rollout.recheck import (
    Done,
    Ready,
    Refused,
    find_replaced,
    judge,
    recheck,
)
from elastic_mirror_policy.rollout.run import Run

MAX_SENDS: Final = 12
"""How often one policy is sent at most, each time because it was not written."""

MAX_LOSSES: Final = 5
"""The same, when the last answer was lost or an error of the server, not a conflict."""

MAX_SLOW: Final = 2
"""The same, when Kibana took too long, or could not ask its package registry: it was waited for,
and every further write would wait behind it."""

MAX_FOREIGN: Final = 2
"""The same, when what answered was not Kibana, such as a firewall with a page of its own: it would
do so again, and a firewall may shut out who insists."""

MAX_WAIT: Final = 120.0
"""Longest time that a server may ask for between two writes of one policy, in seconds."""

SHORTEST_WAIT: Final = 4.0
"""How long a write whose answer was lost is waited for at least: saving takes a few seconds."""

LOOKS: Final = (0.0, 0.25, 0.25, 0.5)
"""When a policy is read whose write may still be at work, as shares of the time it has had."""

STILL_AT_WORK: Final = "Kibana may still be processing it: it had not been written when last read"

EARLIER_ATTEMPT: Final = "An earlier attempt of this run may be among the revisions in between."


@dataclass(slots=True)
class _Attempt:
    """One policy on its way: what was sent last, and what became of everything that was sent."""

    change: PolicyChange
    ready: Ready
    notes: list[str] = field(default_factory=list)
    sends: int = 0
    refused: int = 0
    unwritten: int = 0

    @property
    def is_open(self) -> bool:
        """Whether something that was sent may still be carried out, or was."""
        return self.sends > self.refused + self.unwritten

    @property
    def was_open(self) -> bool:
        """Whether something that was sent before the last time may be carried out, or was."""
        return self.sends > self.refused + self.unwritten + 1

    def note_unwritten(self, error: MirrorPolicyError, *, certain: bool) -> None:
        """Count a write that reading did not show, if that is certain.

        Where Kibana had refused it, too, two agree; then it cannot turn up later.
        """
        agrees = isinstance(error, ConflictError) or not is_worth_repeating(error)
        self.refused += certain and agrees
        self.unwritten += certain and not agrees


@dataclass(frozen=True, slots=True)
class _Unwritten:
    """Reading showed that a write was not carried out: what to send, and what went wrong."""

    ready: Ready
    error: MirrorPolicyError


class PolicyWriter:
    """Writes single policies of one run; safe to use from several threads."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def write(self, change: PolicyChange, ready: Ready) -> Outcome:
        """Return what became of an announced write.

        Raises:
            JournalError: What happened could not be written down.
        """
        attempt = _Attempt(change, ready, list(ready.notes))
        while True:
            found = self._send(attempt)
            if isinstance(found, Outcome):
                return found
            reason = self._why_not_again(found.error, attempt.sends)
            if reason is not None:
                return self._give_up(attempt, found.error, reason)
            attempt.ready = found.ready
            attempt.notes += [note for note in found.ready.notes if note not in attempt.notes]
            self._run.journal.announce({change.policy_id: found.ready.image})

    def _send(self, attempt: _Attempt) -> Outcome | _Unwritten:
        """Send once; return how it ended, or what to send again because it was not written."""
        attempt.sends += 1
        started = time.monotonic()
        try:
            answer = self._run.fleet.update_package_policy(
                attempt.ready.document, attempt.change.space
            )
        except MirrorPolicyError as exc:
            if isinstance(exc, AuthenticationError):
                self._run.halt("Kibana no longer accepts the credentials.")
            if is_refusal(exc):
                attempt.refused += 1
                return self._give_up(attempt, exc, None)
            return self._after_loss(attempt, exc, time.monotonic() - started)
        return self._answered(attempt, answer)

    def _why_not_again(self, error: MirrorPolicyError, sends: int) -> str | None:
        """Return what to say when a policy that was not written is not sent again, else None."""
        if not is_worth_repeating(error) or asked_to_wait(error) > MAX_WAIT:
            return ""
        if self._run.stop.is_set():
            return ", and the run was stopped"
        most = MAX_SENDS if isinstance(error, ConflictError) else MAX_LOSSES
        if is_slow(error):
            most = MAX_SLOW
        if isinstance(error, TransportError) and error.answered:
            most = MAX_FOREIGN
        return f", although it was sent {sends} times" if sends >= most else None

    def _give_up(self, attempt: _Attempt, error: MirrorPolicyError, reason: str | None) -> Outcome:
        """Settle a policy that does not have what was wanted, and is not sent (again)."""
        if attempt.is_open:
            text = f"{STILL_AT_WORK}{reason or ''}: {error}"
            return self._settle(attempt, OutcomeKind.UNKNOWN, text)
        text = str(error) if reason is None else f"Not written{reason}: {error}"
        return self._settle(attempt, OutcomeKind.FAILED, text)

    def _answered(self, attempt: _Attempt, answer: JsonValue) -> Outcome:
        judgement = judge(answer, attempt.ready, attempt.change)
        self._run.journal.record(
            "put_answered",
            attempt.change.policy_id,
            revision=judgement.revision,
            version=str(answer.get("version") or ""),
        )
        if judgement.replaced and attempt.was_open:
            attempt.notes.append(EARLIER_ATTEMPT)
        return self._run.settle(
            attempt.change,
            OutcomeKind.FAILED if judgement.error else OutcomeKind.SUCCEEDED,
            judgement.error or None,
            refused=attempt.refused,
            unwritten=attempt.unwritten,
            notes=tuple(attempt.notes),
            revision_before=attempt.ready.revision,
            revision_after=judgement.revision,
            written=True,
            also_changed=judgement.also_changed,
            replaced=judgement.replaced,
        )

    def _after_loss(
        self, attempt: _Attempt, error: MirrorPolicyError, took: float
    ) -> Outcome | _Unwritten:
        found = self._look(attempt, error, took)
        if isinstance(found, MirrorPolicyError):
            text = f"It is not known whether it was written: {error}"
            text += "" if found is error else f" Reading it failed too: {found}"
            return self._settle(
                attempt,
                OutcomeKind.UNKNOWN,
                text,
                confirmed=not isinstance(error, ConflictError),
            )
        if isinstance(found, Done):
            return self._found_done(attempt, found, error)
        if isinstance(found, Ready):
            attempt.note_unwritten(error, certain=not may_be_at_work(error))
            return _Unwritten(found, error)
        attempt.note_unwritten(error, certain=is_not_ours(found, attempt.ready, error))
        lost = f" An earlier attempt may have been applied: {error.message}"
        reason = f"{found.reason}{lost}" if attempt.is_open else found.reason
        return self._settle(attempt, OutcomeKind.FAILED, reason)

    def _look(
        self, attempt: _Attempt, error: MirrorPolicyError, took: float
    ) -> Ready | Done | Refused | MirrorPolicyError:
        """Return what reading shows once the write has had its time, or why it shows nothing."""
        found: Ready | Done | Refused | MirrorPolicyError = error
        for _ in self._waits(error, took, attempt.sends):
            if self._run.stop.is_at_once:
                return error
            found = self._read(attempt.change)
            if not isinstance(found, Ready):
                break
        return found

    def _read(self, change: PolicyChange) -> Ready | Done | Refused | MirrorPolicyError:
        fleet = self._run.fleet
        try:
            document = fleet.package_policy(change.policy_id, change.space)
            return recheck(document, change, fleet.version, allow=self._run.options.allow)
        except MirrorPolicyError as exc:
            return exc

    def _waits(self, error: MirrorPolicyError, took: float, sends: int) -> Iterator[None]:
        """Wait before each look: as long again as a write that may be at work has had."""
        if not may_be_at_work(error):
            self._run.pause(pause(error, sends) if is_worth_repeating(error) else 0.0)
            yield
            return
        for share in LOOKS:
            self._run.outlast(share * max(took, SHORTEST_WAIT))
            yield

    def _found_done(self, attempt: _Attempt, found: Done, error: MirrorPolicyError) -> Outcome:
        """Settle a write without a good answer that reading showed to be done.

        After a conflict it may be somebody else's, who is then why the revision moved.
        """
        notes = [*attempt.notes, *_notes_when_done(attempt.ready, found, error)]
        replaced: Replaced | None = None
        also_changed: tuple[AlsoChanged, ...] = ()
        conflict = isinstance(error, ConflictError)
        if not conflict:
            by = str(found.document.get("updated_by") or "")
            replaced = find_replaced(found.document, attempt.ready, found.revision, by=by)
        if not conflict and not replaced:
            also_changed = residual(attempt.ready.document, found.document)
        if replaced and attempt.was_open:
            notes.append(EARLIER_ATTEMPT)
        return self._run.settle(
            attempt.change,
            OutcomeKind.SUCCEEDED,
            refused=attempt.refused,
            unwritten=attempt.unwritten,
            confirmed=not conflict,
            notes=tuple(notes),
            revision_before=attempt.ready.revision,
            revision_after=found.revision,
            written=True,
            also_changed=also_changed,
            replaced=replaced,
        )

    def _settle(
        self, attempt: _Attempt, kind: OutcomeKind, error: str, *, confirmed: bool = True
    ) -> Outcome:
        """Settle a policy that was not seen to be written."""
        return self._run.settle(
            attempt.change,
            kind,
            error,
            refused=attempt.refused,
            unwritten=attempt.unwritten,
            confirmed=confirmed,
            notes=tuple(attempt.notes),
            revision_before=attempt.ready.revision,
        )


def _notes_when_done(ready: Ready, found: Done, error: MirrorPolicyError) -> tuple[str, ...]:
    conflict = isinstance(error, ConflictError)
    who = ", by this run or by somebody else" if conflict else ""
    note = f"The write was not confirmed ({error.message}), but reading showed it was done{who}."
    if not conflict or found.revision <= ready.revision + 1:
        return (note,)
    between = (
        f"The revision went from {ready.revision} to {found.revision}: somebody else wrote it at "
        "about the same time; look at the policy's history."
    )
    return note, between


def is_refusal(error: MirrorPolicyError) -> bool:
    """Whether a write that ended in `error` certainly was not carried out.

    Kibana checks credentials and the form of a request before anything else; every other refusal
    may come from a callback after the save (`packagePolicyPostUpdate`), or from a proxy.
    """
    if isinstance(error, ApiError):
        wrong_form = 400 <= error.status < 500 and error.reason.startswith("[request")  # noqa: PLR2004 - 4xx
        return isinstance(error, AuthenticationError) or wrong_form
    return not isinstance(error, TransportError) or not error.sent


def may_be_at_work(error: MirrorPolicyError) -> bool:
    """Whether Kibana may go on with a write after `error`: nobody said that it had ended.

    A connection with TLS that ends in the middle of an answer is an error of TLS.
    """
    if isinstance(error, ApiError):
        return error.status == 504  # noqa: PLR2004 - Gateway Timeout
    if isinstance(error, FinalTransportError) and not isinstance(error, TlsError):
        return False
    return isinstance(error, TransportError) and error.sent and not error.answered


def is_slow(error: MirrorPolicyError) -> bool:
    """Whether waiting for Kibana led to no answer: a time-out, a proxy's, or the registry's."""
    if isinstance(error, ApiError):
        return error.status == 504 or names_registry(error.reason)  # noqa: PLR2004 - Gateway Timeout
    return isinstance(error, RequestTimeoutError)


def is_worth_repeating(error: MirrorPolicyError) -> bool:
    """Whether a write that was not carried out may get through the next time."""
    if isinstance(error, ApiError):
        return isinstance(error, ConflictError | ServerError) or error.status == 408  # noqa: PLR2004 - Request Timeout
    return not isinstance(error, FinalTransportError)


def is_not_ours(found: Refused, sent: Ready, error: MirrorPolicyError) -> bool:
    """Whether what was found in the place of a write shows that it was not carried out.

    One revision more is one write, and the values that are there now are not ours.
    """
    if found.revision is None or may_be_at_work(error):
        return False
    return isinstance(error, ConflictError) or found.revision <= sent.revision + 1


def asked_to_wait(error: MirrorPolicyError) -> float:
    """Return the seconds that the server asked for (`Retry-After`), or 0."""
    return (error.retry_after or 0.0) if isinstance(error, ApiError) else 0.0


def pause(error: MirrorPolicyError, count: int) -> float:
    """Return the seconds to wait before a look after the count-th write; none for a conflict."""
    if isinstance(error, ConflictError):
        return 0.0
    asked = asked_to_wait(error)
    return asked if 0 < asked <= MAX_WAIT else min(8.0, 0.25 * 2.0**count)
