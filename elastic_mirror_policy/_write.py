"""Writing one policy: send, judge the answer, and when there is none, read before deciding.

A write is never repeated blindly. After a timeout, a dropped connection, a 5xx or a 409 the
policy is read again, and only one that certainly was not written is sent once more.
"""

from collections.abc import Callable
from typing import Final

from elastic_mirror_policy._fleet import Fleet
from elastic_mirror_policy._interrupt import StopFlag
from elastic_mirror_policy._journal_file import JournalWriter
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy._recheck import Done, Ready, Refused, judge, recheck
from elastic_mirror_policy.errors import (
    ApiError,
    AuthenticationError,
    ConflictError,
    MirrorPolicyError,
    RequestTimeoutError,
    TransportError,
)
from elastic_mirror_policy.plan import PolicyChange
from elastic_mirror_policy.report import Outcome, OutcomeKind

MAX_SENDS: Final = 12
"""How often one policy is sent at most, each time because it certainly was not written."""

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
        for sends in range(1, MAX_SENDS + 1):
            found = self._send(change, ready, notes)
            if isinstance(found, Outcome):
                return found
            ready = found
            notes += [note for note in ready.notes if note not in notes]
            if self._stop.is_set():
                error = "Not written: the run was stopped."
                return self.settle(change, ready, OutcomeKind.FAILED, error, notes)
            if sends < MAX_SENDS:
                self._journal.announce({change.policy_id: ready.image})
        error = f"Not written: it was refused or lost {MAX_SENDS} times."
        return self.settle(change, ready, OutcomeKind.FAILED, error, notes)

    def _send(self, change: PolicyChange, ready: Ready, notes: list[str]) -> Outcome | Ready:
        """Send once; return how it ended, or what to send again because it was not written."""
        try:
            answer = self._fleet.update_package_policy(ready.document, change.space)
        except MirrorPolicyError as exc:
            if isinstance(exc, AuthenticationError):
                self.fatal = "Kibana no longer accepts the credentials."
            if not is_ambiguous(exc):
                return self.settle(change, ready, OutcomeKind.FAILED, str(exc), notes)
            found = self._look_again(change, exc)
            if isinstance(found, Ready):
                return found
            return self._after_looking(change, ready, found, exc, notes)
        return self._judged(change, ready, answer, notes)

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
    ) -> Outcome:
        """Write down how it ended and return it.

        Raises:
            JournalError: It could not be written down.
        """
        phases = {OutcomeKind.FAILED: "failed", OutcomeKind.UNKNOWN: "unknown"}
        phase = phases.get(kind, "verified")
        self._journal.record(
            phase, change.policy_id, revision=revision, error=error, notes=notes or []
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
        self, change: PolicyChange, error: MirrorPolicyError
    ) -> Ready | Done | Refused | MirrorPolicyError:
        looks = LOOKS_AFTER_TIMEOUT if isinstance(error, RequestTimeoutError) else 1
        found: Ready | Done | Refused = Refused(GONE)
        for look in range(looks):
            if not isinstance(error, ConflictError):
                self._sleep(0.25 * 4**look)
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
        if isinstance(found, Done):
            note = f"The write was not confirmed ({error.message}), but reading showed it was done."
            return self.settle(
                change,
                ready,
                OutcomeKind.SUCCEEDED,
                None,
                [*notes, note],
                revision=found.revision,
                written=True,
            )
        if isinstance(found, Refused):
            return self.settle(change, ready, OutcomeKind.FAILED, found.reason, notes)
        text = f"Nobody knows if it was written: {error} Reading it failed too: {found}"
        return self.settle(change, ready, OutcomeKind.UNKNOWN, text, notes)


def is_ambiguous(error: MirrorPolicyError) -> bool:
    """Whether a write that ended in `error` may have been carried out all the same.

    A conflict counts too: one was seen although the change was applied (kibana#213624).
    """
    if isinstance(error, ConflictError):
        return True
    if isinstance(error, ApiError):
        return error.status == 408 or error.status >= 500  # noqa: PLR2004 - request timeout, 5xx
    return isinstance(error, TransportError) and error.sent
