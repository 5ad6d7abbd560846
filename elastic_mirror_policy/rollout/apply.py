"""From a plan or an unfinished journal to a report: open the journal, write, sum up."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from elastic_mirror_policy._fleet.api import Fleet
from elastic_mirror_policy._fleet.versions import KibanaVersion
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import JournalError, MirrorPolicyError, PlanError
from elastic_mirror_policy.journal.journal import Journal
from elastic_mirror_policy.journal.phases import PolicyState
from elastic_mirror_policy.journal.waves import WaveOutcome, earlier_answers
from elastic_mirror_policy.journal.writer import JournalWriter
from elastic_mirror_policy.plan.change import PolicyChange
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.plan.planning import unchecked_mirrors
from elastic_mirror_policy.policies.inventory import read_documents
from elastic_mirror_policy.render import words
from elastic_mirror_policy.risks import Risk
from elastic_mirror_policy.rollout.batches import BatchWriter
from elastic_mirror_policy.rollout.events import Watch
from elastic_mirror_policy.rollout.interrupt import Pauses, graceful_stop
from elastic_mirror_policy.rollout.outcome import Outcome, OutcomeKind
from elastic_mirror_policy.rollout.recheck import Done, recheck
from elastic_mirror_policy.rollout.report import Report
from elastic_mirror_policy.rollout.run import ApplyOptions, Progress, Run
from elastic_mirror_policy.rollout.staging import (
    Staging,
    WaveWriter,
    passed_waves,
    plan_waves,
)
from elastic_mirror_policy.rollout.unchanged import look_at_unchanged
from elastic_mirror_policy.rollout.waves import check_first, put_first, split_waves

CHANGED_SINCE: Final = "It no longer has what was written; it is left alone."
"""What a continued rollout says of a policy that somebody undid or changed; it goes no further."""


def carry_out(
    fleet: Fleet,
    plan: Plan,
    journal: str | os.PathLike[str],
    options: ApplyOptions,
    staging: Staging,
    *,
    progress: Progress | None = None,
    watch: Watch | None = None,
    pauses: Pauses,
) -> Report:
    """Return what happened to every policy of `plan`; a plan without changes needs no journal.

    Raises:
        PlanError: The plan contains no policies.
        ConfigurationError: A policy that should come first is not in the plan.
        JournalError: The journal cannot be created; nothing was written.
    """
    _check_usable(plan)
    check_first(plan, staging.first)
    if not plan.changes:
        return _nothing_written(fleet, plan)
    with graceful_stop() as stop, pauses.end_with(stop):
        writer = JournalWriter.create(journal, plan, allow=options.allow, options=staging.to_dict())
        accepted = options.accepting(_accepted(plan, options.allow))
        run = Run(
            fleet.counted_apart(),
            writer,
            accepted,
            stop=stop,
            sleep=pauses.sleep,
            progress=progress,
            watch=watch,
        )
        return _Rollout(run, staging).report(plan)


def resume(
    fleet: Fleet,
    journal: str | os.PathLike[str],
    options: ApplyOptions,
    *,
    prepare: Callable[[Journal], Staging],
    progress: Progress | None = None,
    watch: Watch | None = None,
    pauses: Pauses,
) -> Report:
    """Return the report of a rollout that is continued from its journal.

    Args:
        fleet: The Kibana.
        journal: The journal's path.
        options: How to write; the accepted risks are those in the journal.
        prepare: Returns the waves and the gate for a journal, or raises when it must not be
            continued here.
        progress: Called with every outcome as it comes.
        watch: Called with every event of the rollout.
        pauses: What waits between attempts.

    Raises:
        JournalError: The journal cannot be continued.
        StalePlanError: It is for another Kibana.
    """
    with graceful_stop() as stop, pauses.end_with(stop):
        writer, found = JournalWriter.resume(journal)
        try:
            staging = prepare(found)
        except BaseException:
            writer.close()
            raise
        run = Run(
            fleet.counted_apart(),
            writer,
            options.accepting(_accepted(found.plan, found.allow)),
            stop=stop,
            sleep=pauses.sleep,
            progress=progress,
            watch=watch,
            earlier={state.change.policy_id: state for state in found.states},
        )
        return _Rollout(run, staging).report(found.plan, found)


def _nothing_written(fleet: Fleet, plan: Plan) -> Report:
    """Return the report on a plan without changes, having looked if its policies are as it says."""
    started, sent = time.time(), fleet.http.requests_sent
    outcomes = look_at_unchanged(fleet, plan)
    return Report(
        journal="",
        outcomes=outcomes,
        notes=plan.notes,
        requests=fleet.http.requests_sent - sent,
        kibana=plan.kibana,
        started_at=started,
        ended_at=time.time(),
    )


def _check_usable(plan: Plan) -> None:
    """Refuse a plan that cannot be carried out, or whose journal nobody could read."""
    if not plan.policies:
        raise PlanError("The plan contains no policies.")


def _accepted(plan: Plan, allow: frozenset[str]) -> frozenset[str]:
    """Return the accepted risks: putting back is not asked about what a policy is besides."""
    return allow | {"managed", "pinned"} if plan.is_rollback else allow


class _Rollout:
    """One run from its journal to its report."""

    def __init__(self, run: Run, staging: Staging) -> None:
        self._run = run
        self._staging = staging
        self._started_at = time.time()
        self._writer = BatchWriter(run)
        self._waves = WaveWriter(run, self._writer, staging)

    def report(self, plan: Plan, earlier: Journal | None = None) -> Report:
        """Write what is left of `plan`, close the journal, and return what happened."""
        run = self._run
        try:
            outcomes = self._write(plan, earlier)
            self._sync()
        finally:
            run.journal.close()
        return Report(
            journal=str(run.journal.path),
            outcomes=(
                *(outcomes[change.policy_id] for change in plan.changes),
                *look_at_unchanged(run.fleet, plan),
            ),
            notes=(*plan.notes, *unchecked_mirrors(plan)),
            requests=run.fleet.http.requests_sent,
            stopped=run.stopped,
            unhealthy=self._waves.unhealthy,
            waves=self._told(plan),
            kibana=plan.kibana,
            started_at=self._started_at,
            ended_at=time.time(),
        )

    def _told(self, plan: Plan) -> tuple[WaveOutcome, ...]:
        """Return the waves with their gates' answers; none for one wave without a gate."""
        if not self._staging.waves and self._staging.gate is None:
            return ()
        return tuple(
            replace(wave, gate=self._waves.answers.get(wave.wave))
            for wave in plan_waves(plan, self._staging.waves, self._staging.first)
        )

    def _write(self, plan: Plan, earlier: Journal | None) -> dict[str, Outcome]:
        ordered = put_first(plan.changes, self._staging.first)
        waves = split_waves(ordered, self._staging.waves)
        self._waves.answers = earlier_answers(earlier.events) if earlier else {}
        outcomes = self._waves.write(
            (*waves, *_leftover(ordered, waves, again=earlier is not None)),
            settled=self._look_at_settled(earlier) if earlier else {},
            passed=passed_waves(earlier.events) if earlier else 0,
        )
        left = [change for change in ordered if change.policy_id not in outcomes]
        if left:
            self._run.halt("The waves end here.")
        return outcomes | self._writer.leave(left)

    def _look_at_settled(self, earlier: Journal) -> dict[str, Outcome]:
        """Return the outcomes an earlier run reached, having looked if they still hold.

        If not, somebody undid or changed what this rollout wrote, and it must not go on.
        """
        settled = {s.change.policy_id: s for s in earlier.states if s.is_written}
        wanted = [(state.change.space, policy_id) for policy_id, state in settled.items()]
        fleet = self._run.fleet
        try:
            outcomes = {
                policy_id: _settled(settled[policy_id], document, fleet.version)
                for _, policy_id, document in read_documents(fleet, wanted)
            }
        except MirrorPolicyError as exc:
            self._run.halt(f"The policies could not be read again: {exc}")
            return {}
        changed = sum(one.outcome is OutcomeKind.FAILED for one in outcomes.values())
        if changed:
            self._run.halt(
                f"Somebody has changed {words.policies(changed)} that this rollout wrote; make a "
                "new plan."
            )
        return outcomes

    def _sync(self) -> None:
        try:
            self._run.journal.sync()
        except JournalError as exc:
            self._run.halt(str(exc))


def _leftover(
    ordered: Sequence[PolicyChange], waves: Sequence[Sequence[PolicyChange]], *, again: bool
) -> tuple[tuple[PolicyChange, ...], ...]:
    """Return what no wave took, as one more wave, when the rollout is being continued."""
    taken = sum(len(wave) for wave in waves)
    rest = tuple(ordered[taken:])
    return (rest,) if again and rest else ()


def _settled(state: PolicyState, document: JsonValue | None, kibana: KibanaVersion) -> Outcome:
    """Return the outcome of a policy that an earlier run of this journal finished."""
    found = recheck(document, state.change, kibana, allow=frozenset(Risk))
    holds = isinstance(found, Done)
    kind = OutcomeKind.SUCCEEDED if state.may_be_written else OutcomeKind.UNCHANGED
    return Outcome.of(
        state.change,
        kind if holds else OutcomeKind.FAILED,
        None if holds else CHANGED_SINCE,
        revision_before=state.pre_image.revision if state.pre_image else None,
        revision_after=state.revision,
        notes=state.notes,
        written=state.may_be_written,
        also_changed=state.also_changed,
        replaced=state.replaced,
    )
