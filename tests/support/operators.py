"""Several people at work on one Kibana, taking turns between any two requests of each other."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from support.rollouts import connected, planned
from support.truths import false_claims, lies
from support.watched import Key, StoredWrite, WatchedKibana, outside

from elastic_mirror_policy import (
    Kibana,
    MirrorPolicyError,
    MirrorSettings,
    Plan,
    Report,
    TransportError,
)
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.plan.change import PolicyChange
from elastic_mirror_policy.testing import REMOVE
from elastic_mirror_policy.testing._api.access import ROLES, Role

FOREIGN: Final = "overwrite-foreign"


class Crash(BaseException):
    """The process of an operator is gone."""


class InlineExecutor:
    """Stands for a pool of threads: runs what is submitted at once, in the caller's thread."""

    def __init__(self, *_: object) -> None:
        """Take what a pool takes."""

    def submit(self, call: Callable[..., Any], *args: Any) -> Future[Any]:  # noqa: ANN401 - as in concurrent.futures
        """Run it; an error is kept in the future, a crash is one."""
        future: Future[Any] = Future()
        try:
            future.set_result(call(*args))
        except Exception as exc:  # noqa: BLE001 - the future raises it again
            future.set_exception(exc)
        return future

    def shutdown(self, **_: object) -> None:
        """There is nothing to wait for."""


Happening: TypeAlias = Callable[["World"], object]


@dataclass(frozen=True, slots=True)
class Turn:
    """Something that happens at one request of an operator.

    Attributes:
        nth: At which of the operator's requests.
        what: What happens, immediately before it; or `lost` or `crash`.
        after: Whether it happens after the request instead.
    """

    nth: int
    what: Happening | str
    after: bool = False


@dataclass(slots=True)
class Evidence:
    """What the runs of one journal really did.

    Attributes:
        plan: The plan it carries out.
        wrote: How often each policy was written.
        doubtful: Policies of which an answer was lost, or that a crash left open.
        found: What each key had before this journal's first change of it.
    """

    plan: Plan
    wrote: Counter[str] = field(default_factory=Counter)
    doubtful: set[str] = field(default_factory=set)
    found: dict[tuple[str, Key], JsonValue] = field(default_factory=dict)


@dataclass(slots=True)
class Operator:
    """One person with a client.

    Attributes:
        role: Whose credentials the client has.
        intent: What the operator wants everywhere.
        plan: The plan that was made last, which may be old.
        journals: The journals of the operator's rollouts and rollbacks.
        busy: Whether a command is being carried out.
    """

    role: Role
    intent: MirrorSettings
    plan: Plan | None = None
    journals: list[Path] = field(default_factory=list)
    busy: bool = False

    @property
    def user(self) -> str:
        """The name that Kibana knows."""
        return ROLES[self.role].user


class World:
    """A Kibana, its operators, and what must be so.

    Where `checks` says that Kibana does not look at versions, a write may replace somebody else's
    change: then that must be said, and everything that was not said must hold all the same.

    Attributes:
        wrong: What was seen that must not be.
        outsides: For each policy, what no rollout may change, as its last editor left it.
        commands: How many commands were carried out.
        turns: How many things happened in the middle of one.
    """

    def __init__(
        self, fake: WatchedKibana, folder: Path, operators: Sequence[Operator], *, checks: bool
    ) -> None:
        self.fake = fake
        self._checks = checks
        self.operators = operators
        self.wrong: list[str] = []
        self.outsides = {name: outside(fake.document(name)) for name in fake.policy_ids}
        self.commands = 0
        self.turns = 0
        self._folder = folder
        self._evidence: dict[Path, Evidence] = {}

    # --- people in the UI, and the packager -------------------------------------------------------

    def set_key(self, policy: str, system: str, value: str | None) -> None:
        """A person sets or removes a base URL."""
        path = f"{system}.advanced.artifacts.global.base_url"
        self.fake.edit(policy, path, REMOVE if value is None else value, by="jane")

    def set_other(self, policy: str, path: str, value: JsonValue) -> None:
        """A person sets something that is not managed."""
        self._edited(policy, lambda: self.fake.edit(policy, path, value, by="jane"))

    def pack(self, policy: str) -> None:
        """The background packager writes a policy."""
        self._edited(policy, lambda: self.fake.run_packager([policy]))

    def _edited(self, policy: str, edit: Callable[[], None]) -> None:
        self.check_outside()
        edit()
        self.outsides[policy] = outside(self.fake.document(policy))

    def check_outside(self) -> None:
        """Note every policy that is not as its last editor left it."""
        if not self._checks and any(who.busy for who in self.operators):
            return  # what is said of it is known when the command has ended
        for name, expected in self.outsides.items():
            if outside(self.fake.document(name)) != expected:
                self.wrong.append(f"{name} is not as its last editor left it")

    # --- operators --------------------------------------------------------------------------------

    def make_plan(self, who: Operator) -> None:
        """An operator plans, and may carry it out later."""
        if not who.busy:
            with self._client(who, ()) as kibana:
                who.plan = planned(kibana, who.intent)

    def apply(self, who: Operator, turns: Sequence[Turn] = (), *, fresh: bool = True) -> None:
        """An operator carries out a plan."""
        if who.busy:
            return
        if fresh or who.plan is None:
            self.make_plan(who)
        plan = who.plan
        assert plan is not None
        self._write(who, plan, turns, frozenset())

    def rollback(
        self, who: Operator, journal: Path, turns: Sequence[Turn] = (), *, force: bool = False
    ) -> None:
        """An operator takes a rollout back."""
        if who.busy:
            return
        with self._client(who, ()) as kibana:
            try:
                plan = kibana.plan_rollback(journal)
            except MirrorPolicyError:
                if self._evidence[journal].wrote:
                    self.wrong.append(f"{journal.name} wrote something and cannot be taken back")
                return
        self._check_rollback_plan(plan, self._evidence[journal])
        allow = frozenset({FOREIGN} if force else ())
        report = self._write(who, plan, turns, allow)
        if report is not None:
            self._check_restored(report, self._evidence[journal])

    def resume(self, who: Operator, journal: Path, turns: Sequence[Turn] = ()) -> None:
        """An operator goes on with a rollout."""
        if who.busy:
            return
        evidence = self._evidence[journal]
        self._run(who, journal, evidence, turns, lambda kibana: kibana.resume(journal, parallel=2))

    def _write(
        self, who: Operator, plan: Plan, turns: Sequence[Turn], allow: frozenset[str]
    ) -> Report | None:
        journal = self._folder / f"{len(self._evidence)}.journal"
        evidence = self._evidence[journal] = Evidence(plan)
        report = self._run(
            who,
            journal,
            evidence,
            turns,
            lambda kibana: kibana.apply(plan, journal=journal, allow=allow, parallel=2),
        )
        if journal.exists():
            who.journals.append(journal)
        return report

    def _run(
        self,
        who: Operator,
        journal: Path,
        evidence: Evidence,
        turns: Sequence[Turn],
        command: Callable[[Kibana], Report],
    ) -> Report | None:
        first, report = len(self.fake.stored), None
        self.commands += 1
        who.busy = True
        try:
            with self._client(who, turns, evidence) as kibana:
                report = command(kibana)
        except (Crash, MirrorPolicyError):
            pass
        finally:
            who.busy = False
        ours = [write for write in self.fake.stored[first:] if write.user == who.user]
        self._check_writes(ours, evidence, self._said(report, ours))
        self._check_claims(journal, evidence, report)
        return report

    @contextlib.contextmanager
    def _client(
        self, who: Operator, turns: Sequence[Turn], evidence: Evidence | None = None
    ) -> Iterator[Kibana]:
        """Give a client between whose requests others take their turns."""
        with connected(self.fake, api_key=self.fake.key_for(who.role)) as kibana:
            http = kibana._http
            really_send, sent = http.send, 0

            def send(method: str, path: str, **more: Any) -> object:  # noqa: ANN401 - as in HttpClient
                nonlocal sent
                sent += 1
                mine = [turn for turn in turns if turn.nth == sent]
                policy = path.rpartition("/")[2] if method == "PUT" else ""
                self._take_turns([turn for turn in mine if not turn.after], policy, evidence)
                reply = really_send(method, path, **more)
                self._take_turns([turn for turn in mine if turn.after], policy, evidence)
                return reply

            setattr(http, "send", send)  # noqa: B010 - mypy lets nobody replace a method
            yield kibana

    def _take_turns(self, turns: Sequence[Turn], policy: str, evidence: Evidence | None) -> None:
        for turn in turns:
            self.turns += 1
            if callable(turn.what):
                turn.what(self)
                continue
            if policy and evidence is not None:
                evidence.doubtful.add(policy)
            if turn.what == "crash":
                raise Crash
            raise TransportError("The answer was lost.")

    # --- what must be so --------------------------------------------------------------------------

    def _said(self, report: Report | None, ours: Sequence[StoredWrite]) -> set[str]:
        """Return the policies of which it is said that a change may be replaced, or nothing yet."""
        if self._checks:
            return set()
        if report is None:
            said = {write.policy_id for write in ours}
        else:
            noted = (o for o in report.outcomes if "revision went from" in " ".join(o.notes))
            failed = (o for o in report.failed if o.outcome in {"failed", "unknown"})
            said = {one.policy_id for one in (*report.replaced, *noted, *failed)}
        self.outsides |= {name: outside(self.fake.document(name)) for name in said}
        return said

    def _check_writes(
        self, writes: Sequence[StoredWrite], evidence: Evidence, said: set[str]
    ) -> None:
        changes = {change.policy_id: change for change in evidence.plan.changes}
        for write in writes:
            evidence.wrote[write.policy_id] += 1
            if write.policy_id in said:
                evidence.doubtful.add(write.policy_id)
                continue
            if write.loses or not write.changed:
                self.wrong.append(f"a write of {write.policy_id} loses something, or is in vain")
            for key, (old, new) in write.changed.items():
                evidence.found.setdefault((write.policy_id, key), old)
                if (old, new) not in _planned(changes[write.policy_id], key):
                    self.wrong.append(f"{write.policy_id} {key} went from {old} to {new}")

    def _check_claims(self, journal: Path, evidence: Evidence, report: Report | None) -> None:
        self.wrong += false_claims(self.fake, journal, evidence.wrote)
        if report is not None:
            changes = {change.policy_id: change for change in evidence.plan.changes}
            self.wrong += lies(self.fake, report, changes, evidence.wrote)

    def _check_rollback_plan(self, plan: Plan, source: Evidence) -> None:
        """Nothing that others set is taken back unless it carries the risk."""
        wrote = {
            (change.policy_id, edit.os, edit.key): edit.after
            for change in source.plan.changes
            for edit in change.edits
        }
        for change in plan.changes:
            ours = change.policy_id in source.wrote or change.policy_id in source.doubtful
            as_written = all(
                edit.before == wrote[change.policy_id, edit.os, edit.key] for edit in change.edits
            )
            if FOREIGN not in change.risks and not (ours and as_written):
                self.wrong.append(f"the rollback of {change.policy_id} takes back what others set")

    def _check_restored(self, report: Report, source: Evidence) -> None:
        """What a rollback succeeded with is what stood there before."""
        for outcome in report.outcomes:
            values = self.fake.history.get((outcome.policy_id, outcome.revision_after or 0))
            if not outcome.written or values is None:
                continue
            for (policy, key), old in source.found.items():
                if policy == outcome.policy_id and values.get(key) != old:
                    self.wrong.append(f"{policy} {key} is {values.get(key)}, it was {old}")


def _planned(change: PolicyChange, key: Key) -> list[tuple[JsonValue, JsonValue]]:
    """Return what the plan says of a key: from what to what."""
    return [(e.before, e.after) for e in change.edits if (e.os.value, e.setting) == key]
