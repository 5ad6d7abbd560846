"""What users hold: one Kibana, and the verbs plan, apply, roll back.

This class delegates and decides nothing.
"""

import os
from collections.abc import Iterable
from dataclasses import replace

from elastic_mirror_policy._given import check_kind, path_text, texts_of
from elastic_mirror_policy.errors import MirrorPolicyError
from elastic_mirror_policy.journal.journal import Journal
from elastic_mirror_policy.plan.guards import Guards
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.reader import KibanaReader
from elastic_mirror_policy.risks import FOREIGN
from elastic_mirror_policy.rollout.apply import carry_out, resume
from elastic_mirror_policy.rollout.endpoint_gate import EndpointHealthGate
from elastic_mirror_policy.rollout.events import Watch
from elastic_mirror_policy.rollout.gates import HealthGate
from elastic_mirror_policy.rollout.report import Report
from elastic_mirror_policy.rollout.rollback import without_foreign
from elastic_mirror_policy.rollout.run import ApplyOptions, Progress
from elastic_mirror_policy.rollout.staging import GATE_TIMEOUT, Staging, staging_of
from elastic_mirror_policy.rollout.waves import Wave


class Kibana(KibanaReader):
    """A Kibana with its credentials; use it in `with`, or close it.

    Everything that only reads, `plan` and `plan_rollback` included, comes from `KibanaReader`.
    """

    def apply(  # noqa: PLR0913 - every option of the command `apply`, by the same name
        self,
        plan: Plan,
        *,
        journal: str | os.PathLike[str],
        allow: Iterable[str] = (),
        expect_policies: int | None = None,
        max_policies: int | None = None,
        max_agents: int | None = None,
        parallel: int = 4,
        max_failures: int | None = None,
        waves: Iterable[Wave | str | int] = (),
        first: Iterable[str] = (),
        gate: HealthGate | None = None,
        gate_timeout: float = GATE_TIMEOUT,
        on_unhealthy: str = "stop",
        progress: Progress | None = None,
        watch: Watch | None = None,
    ) -> Report:
        """Write what the plan says and return what happened to every policy.

        Each policy is read again first; one whose managed keys are no longer what was planned for
        is refused, all others are merged with what is there now. Nothing is written before every
        guard has been checked and the journal is on the disk. Ctrl-C finishes the writes under
        way and returns the report.

        Args:
            plan: A plan made for this Kibana.
            journal: Path of a new file for the evidence.
            allow: Names of accepted risks.
            expect_policies: Exactly this many policies must be selected.
            max_policies: At most this many may change.
            max_agents: At most this many agents may be affected.
            parallel: How many policies are written at the same time.
            max_failures: Stop when more policies than this have failed.
            waves: Sizes of waves, such as `[1, "10%", "rest"]`; one wave when left out.
            first: Names or ids of policies to write first.
            gate: Asked after each wave, the last one too, whether it is well.
            gate_timeout: Seconds to wait for a gate that is inconclusive.
            on_unhealthy: After an unhealthy wave `stop`, or `rollback` to undo what was written.
            progress: Called with every outcome as it comes.
            watch: Called when a wave begins, when its gate has answered, and when somebody asks to
                stop.

        Raises:
            UnsafePlanError: A guard or a risk forbids it; nothing was written.
            StalePlanError: The plan is for another Kibana or space; nothing was written.
            ConfigurationError: An option cannot be used; nothing was written.
            JournalError: The journal cannot be created; nothing was written.
        """
        check_kind(plan, Plan, "plan", "a Plan")
        self.check_target(plan, "The plan")
        guards = Guards(
            expect_policies=expect_policies,
            max_policies=max_policies,
            max_agents=max_agents,
            allow=frozenset(allow if isinstance(allow, frozenset) else texts_of(allow, "allow")),
        )
        staging = Staging.of(
            waves, first, gate=gate, gate_timeout=gate_timeout, on_unhealthy=on_unhealthy
        )
        options = ApplyOptions(
            parallel=parallel, max_failures=max_failures, allow=frozenset(guards.allow)
        )
        guards.check(plan)
        journal = path_text(journal, "journal")
        report = carry_out(
            self._fleet,
            plan,
            journal,
            options,
            staging,
            progress=progress,
            watch=watch,
            pauses=self._sleep,
        )
        return self._undo_if_unhealthy(report, staging, options.allow)

    def resume(
        self,
        journal: str | os.PathLike[str],
        *,
        parallel: int = 4,
        max_failures: int | None = None,
        gate: HealthGate | None = None,
        progress: Progress | None = None,
        watch: Watch | None = None,
    ) -> Report:
        """Go on with an interrupted rollout from its journal alone, and return the whole report.

        Policies in doubt are read first; only one that certainly was not written is sent again.
        Waves go on where they stopped, and a gate that was not passed is asked again.

        Args:
            journal: Path of the journal.
            parallel: How many policies are written at the same time.
            max_failures: Stop when more policies than this have failed.
            gate: The gate, when the rollout had one of your own; that of `endpoint_gate` is made
                from what the journal says of it.
            progress: Called with every outcome as it comes.
            watch: Called when a wave begins, when its gate has answered, and when somebody asks to
                stop.

        Raises:
            JournalError: The journal cannot be continued, or needs its gate.
            StalePlanError: It was made with another Kibana.
        """
        options = ApplyOptions(parallel=parallel, max_failures=max_failures)
        prepared: list[tuple[Staging, frozenset[str]]] = []

        def prepare(found: Journal) -> Staging:
            self.check_target(found.plan, f"The journal {found.path}")
            prepared.append((staging_of(found, gate, self._fleet), found.allow))
            return prepared[0][0]

        report = resume(
            self._fleet,
            journal,
            options,
            prepare=prepare,
            progress=progress,
            watch=watch,
            pauses=self._sleep,
        )
        return self._undo_if_unhealthy(report, *prepared[0])

    def endpoint_gate(self, *, min_healthy: float = 100.0) -> HealthGate:
        """Return a gate that asks whether the endpoints of a wave took it and are healthy.

        Args:
            min_healthy: Percentage of the reachable endpoints that must be well.

        Raises:
            ConfigurationError: The percentage is out of its range.
        """
        check_kind(min_healthy, (int, float), "min_healthy", "a percentage")
        return EndpointHealthGate(self._fleet, min_healthy=min_healthy)

    def _undo_if_unhealthy(self, report: Report, staging: Staging, allow: frozenset[str]) -> Report:
        """Take back what an unhealthy rollout wrote, when that was asked for.

        Without leave to overwrite what others set, their policies are left out and said.
        """
        if not report.unhealthy or staging.on_unhealthy != "rollback":
            return report
        try:
            plan = self.plan_rollback(report.journal)
            allowed = allow & {FOREIGN}
            undone = self.apply(
                plan if allowed else without_foreign(plan),
                journal=f"{report.journal}.rollback",
                allow=allowed,
            )
        except MirrorPolicyError as exc:
            return replace(report, stopped=f"{report.stopped} Undoing it failed: {exc}")
        return replace(report, rollback=undone)
