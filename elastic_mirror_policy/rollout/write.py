"""Writing one policy: send, judge the answer, and when there is none, read before deciding.

A write is never repeated blindly. After a timeout, a dropped connection, a 5xx or a 409 the
policy is read again, and only one that certainly was not written is sent once more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from elastic_mirror_policy._fleet.api import Fleet
from elastic_mirror_policy._http.failures import FinalTransportError
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import (
    ApiError,
    AuthenticationError,
    ConflictError,
    MirrorPolicyError,
    RequestTimeoutError,
    TransportError,
)
from elastic_mirror_policy.journal.writer import JournalWriter
from elastic_mirror_policy.plan.change import PolicyChange
from elastic_mirror_policy.rollout.interrupt import StopFlag
from elastic_mirror_policy.rollout.outcome import Outcome, OutcomeKind
from elastic_mirror_policy.rollout.recheck import Done, Ready, Refused, judge, recheck

MAX_SENDS: Final = 12
"""How often one policy is sent at most, each time because it certainly was not written."""

MAX_LOSSES: Final = 5
"""The same, when the last answer was lost or an error of the server, not a conflict."""

MAX_WAIT: Final = 120.0
"""Longest time that a server may ask for between two writes of one policy, in seconds."""

LOOKS_AFTER_TIMEOUT: Final = 3
"""How often a policy is read after a timeout before it counts as not written."""

GONE: Final = "It is no longer visible in this space: it was deleted, or moved to another space."


class PolicyWriter:
    """Writes single policies of one run; safe to use from several threads.

    Attributes:
        fatal: Why no other policy can be written either, or an empty string.
    """

    def __init__(
        self,
        fleet: Fleet,
        journal: JournalWriter,
        *,
        allow: frozenset[str],
        stop: StopFlag,
        sleep: Callable[[float], None],
    ) -> None:
        self.fatal = ""
        self._fleet = fleet
        self._journal = journal
        self._allow = allow
        self._stop = stop
        self._sleep = sleep

    def write(self, change: PolicyChange, ready: Ready) -> Outcome:
        """Return what became of an announced write.

        Raises:
            JournalError: What happened could not be written down.
        """
        notes = list(ready.notes)
        sends = 0
        while True:
            sends += 1
            found = self._send(change, ready, sends, notes)
            if isinstance(found, Outcome):
                return found
            ready = found.ready
            notes += [note for note in ready.notes if note not in notes]
            reason = self._why_not_again(found.error, sends)
            if reason is not None:
                error = f"Not written{reason}: {found.error}"
                return self.settle(change, ready, OutcomeKind.FAILED, error, notes)
            self._journal.announce({change.policy_id: ready.image})

    def _send(
        self, change: PolicyChange, ready: Ready, sends: int, notes: list[str]
    ) -> "Outcome | _Unwritten":
        """Send once; return how it ended, or what to send again because it was not written."""
        try:
            answer = self._fleet.update_package_policy(ready.document, change.space)
        except MirrorPolicyError as exc:
            if isinstance(exc, AuthenticationError):
                self.fatal = "Kibana no longer accepts the credentials."
            if not is_ambiguous(exc):
                error = str(exc)
                return self.settle(change, ready, OutcomeKind.FAILED, error, notes, refused=True)
            found = self._look_again(change, exc, sends)
            if isinstance(found, Ready):
                return _Unwritten(found, exc)
            return self._after_looking(change, ready, found, exc, notes)
        return self._judged(change, ready, answer, notes)

    def _why_not_again(self, error: MirrorPolicyError, sends: int) -> str | None:
        """Return what to say when a policy that was not written is not sent again, else None."""
        if self._stop.is_set():
            return ", and the run was stopped"
        if isinstance(error, FinalTransportError) or asked_to_wait(error) > MAX_WAIT:
            return ""
        most = MAX_SENDS if isinstance(error, ConflictError) else MAX_LOSSES
        return f", although it was sent {sends} times" if sends >= most else None

    def settle(
        self,
        change: PolicyChange,
        ready: Ready | None,
        kind: OutcomeKind,
        error: str | None,
        notes: list[str] | None = None,
        *,
        revision: int | None = None,
        written: bool = False,
        refused: bool = False,
        confirmed: bool = True,
    ) -> Outcome:
        """Write down how it ended and return it.

        Args:
            change: What was planned.
            ready: What was sent, if anything was.
            kind: How it ended.
            error: Why it is not as it should be.
            notes: What else was seen.
            revision: The revision it has now.
            written: Whether this rollout wrote it.
            refused: Whether the last write that was announced was certainly not carried out.
            confirmed: Whether, if it was written, it was certainly by this rollout.

        Raises:
            JournalError: It could not be written down.
        """
        phases = {OutcomeKind.FAILED: "failed", OutcomeKind.UNKNOWN: "unknown"}
        phase = phases.get(kind, "verified")
        doubts = {"refused": True} if refused else {} if confirmed else {"confirmed": False}
        self._journal.record(
            phase, change.policy_id, revision=revision, error=error, notes=notes or [], **doubts
        )
        return Outcome(
            policy_id=change.policy_id,
            name=change.name,
            space=change.space,
            outcome=kind,
            revision_before=ready.revision if ready else None,
            revision_after=revision,
            error=error,
            agents=change.agents,
            notes=tuple(notes or ()),
            written=written,
        )

    def _judged(
        self, change: PolicyChange, ready: Ready, answer: JsonValue, notes: list[str]
    ) -> Outcome:
        judgement = judge(answer, ready, change)
        self._journal.record(
            "put_answered",
            change.policy_id,
            revision=judgement.revision,
            version=str(answer.get("version") or ""),
        )
        return self.settle(
            change,
            ready,
            OutcomeKind.FAILED if judgement.error else OutcomeKind.SUCCEEDED,
            judgement.error or None,
            [*notes, *judgement.notes],
            revision=judgement.revision,
            written=True,
        )

    def _look_again(
        self, change: PolicyChange, error: MirrorPolicyError, sends: int
    ) -> Ready | Done | Refused | MirrorPolicyError:
        looks = LOOKS_AFTER_TIMEOUT if isinstance(error, RequestTimeoutError) else 1
        found: Ready | Done | Refused = Refused(GONE)
        for look in range(looks):
            if not isinstance(error, ConflictError):
                self._stop.wait(pause(error, sends + look), self._sleep)
            try:
                document = self._fleet.package_policy(change.policy_id, change.space)
            except MirrorPolicyError as exc:
                return exc
            if document is None:
                return Refused(GONE)
            found = recheck(document, change, allow=self._allow)
            if not isinstance(found, Ready):
                break
        return found

    def _after_looking(
        self,
        change: PolicyChange,
        ready: Ready,
        found: Done | Refused | MirrorPolicyError,
        error: MirrorPolicyError,
        notes: list[str],
    ) -> Outcome:
        conflict = isinstance(error, ConflictError)
        if isinstance(found, Done):
            return self.settle(
                change,
                ready,
                OutcomeKind.SUCCEEDED,
                None,
                [*notes, *_notes_when_done(ready, found, error)],
                revision=found.revision,
                written=True,
                confirmed=not conflict,
            )
        if isinstance(found, Refused):
            refused = conflict and found.reason != GONE  # what is there now is not ours
            lost = f" Before that a write of ours may have been carried out: {error.message}"
            reason = found.reason if refused else found.reason + lost
            return self.settle(change, ready, OutcomeKind.FAILED, reason, notes, refused=refused)
        text = f"Nobody knows if it was written: {error} Reading it failed too: {found}"
        return self.settle(change, ready, OutcomeKind.UNKNOWN, text, notes, confirmed=not conflict)


@dataclass(frozen=True, slots=True)
class _Unwritten:
    """Reading showed that a write was not carried out: what to send, and what went wrong."""

    ready: Ready
    error: MirrorPolicyError


def _notes_when_done(ready: Ready, found: Done, error: MirrorPolicyError) -> tuple[str, ...]:
    """Return what to say of a write without a good answer that reading showed to be done."""
    who = ", by this run or by somebody else" if isinstance(error, ConflictError) else ""
    note = f"The write was not confirmed ({error.message}), but reading showed it was done{who}."
    if found.revision <= ready.revision + 1:
        return (note,)
    between = (
        f"The revision went from {ready.revision} to {found.revision}: somebody else wrote it at "
        "about the same time; look at the policy's history."
    )
    return note, between


def asked_to_wait(error: MirrorPolicyError) -> float:
    """Return the seconds that the server asked for (`Retry-After`), or 0."""
    return (error.retry_after or 0.0) if isinstance(error, ApiError) else 0.0


def pause(error: MirrorPolicyError, count: int) -> float:
    """Return the seconds to wait before the count-th look after a lost answer."""
    asked = asked_to_wait(error)
    return asked if 0 < asked <= MAX_WAIT else min(8.0, 0.25 * 2.0**count)


def is_ambiguous(error: MirrorPolicyError) -> bool:
    """Whether a write that ended in `error` may have been carried out all the same.

    A conflict counts too: one was seen although the change was applied (kibana#213624).
    """
    if isinstance(error, ConflictError):
        return True
    if isinstance(error, ApiError):
        return error.status == 408 or error.status >= 500  # noqa: PLR2004 - request timeout, 5xx
    return isinstance(error, TransportError) and error.sent
