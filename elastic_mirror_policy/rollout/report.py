"""What happened to every policy of a plan (pure)."""

import json
from collections import Counter
from dataclasses import dataclass, fields
from typing import Annotated, ClassVar, Literal

from elastic_mirror_policy._document import MOMENT, SAME_AGAIN, Document, TextOrNull
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import MirrorPolicyError
from elastic_mirror_policy.journal.phases import Replaced
from elastic_mirror_policy.journal.waves import WaveOutcome
from elastic_mirror_policy.plan.change import KibanaInfo
from elastic_mirror_policy.policies.policy import total_agents
from elastic_mirror_policy.render.records import Recorded, flat
from elastic_mirror_policy.render.view import View
from elastic_mirror_policy.rollout.outcome import Outcome, OutcomeKind
from elastic_mirror_policy.rollout.view import report_view, run_banner


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """A report in numbers."""

    total: int
    applied: int
    succeeded: int
    unchanged: int
    skipped: int
    failed: int
    unknown: int
    affected_agents: int | None
    requests: int


@dataclass(frozen=True, slots=True)
class ReplacedPolicy(Document):
    """Somebody else's writes to one policy that may have been replaced."""

    KEYS: ClassVar = (
        *("policy_id", "name", "replaced.first_revision", "replaced.last_revision"),
        *("replaced.by", "replaced.after", "replaced.before"),
    )

    policy_id: str
    name: str
    replaced: Replaced


@dataclass(frozen=True, kw_only=True, repr=False)
class Report(Recorded, Document):
    """What happened to every policy of a plan, in the plan's order.

    Attributes:
        journal: Path of the journal that holds the evidence; empty where nothing had to be written.
        outcomes: One for every policy of the plan, the unchanged and skipped ones too.
        requests: Requests sent to Kibana for this run.
        stopped: Why the run ended early, or an empty string.
        unhealthy: Whether a gate found a wave unhealthy.
        notes: What the plan said that is worth repeating, such as mirrors nobody checked.
        rollback: What became of undoing it, when that was asked for.
        waves: The waves in their order, with what the gates said; none where there was only one.
        kibana: Which Kibana it was.
        started_at: When this run began, in seconds since 1970.
        ended_at: When it ended.
    """

    kind: ClassVar[Literal["report"]] = "report"
    KEYS: ClassVar = (
        *("kibana", "started_at", "ended_at", "journal", "summary", "stopped", "notes"),
        *("rollback", "replacements as replaced", "waves", "outcomes"),
    )

    journal: TextOrNull
    outcomes: tuple[Outcome, ...]
    requests: int = 0
    stopped: TextOrNull = ""
    unhealthy: bool = False
    rollback: Annotated["Report | None", SAME_AGAIN] = None
    waves: tuple[WaveOutcome, ...] = ()
    notes: tuple[str, ...] = ()
    kibana: KibanaInfo | None = None
    started_at: Annotated[float, MOMENT] | None = None
    ended_at: Annotated[float, MOMENT] | None = None

    @property
    def ok(self) -> bool:
        """Whether every policy succeeded or was unchanged; a report over nothing is not ok."""
        return bool(self.outcomes) and not self.stopped and all(o.ok for o in self.outcomes)

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The policies that are not as they should be."""
        return tuple(outcome for outcome in self.outcomes if not outcome.ok)

    @property
    def replaced(self) -> tuple[Outcome, ...]:
        """The policies of which somebody else's write may have been replaced."""
        return tuple(outcome for outcome in self.outcomes if outcome.replaced)

    def count(self, kind: OutcomeKind) -> int:
        """Return how many policies ended this way."""
        return self.counts[kind]

    @property
    def counts(self) -> Counter[OutcomeKind]:
        """How many policies ended each way."""
        return Counter(outcome.outcome for outcome in self.outcomes)

    def raise_on_error(self) -> None:
        """Check that everything went as asked.

        Raises:
            ApplyError: Something did not; it carries this report.
        """
        if not self.ok:
            counts = ", ".join(f"{n} {kind.value}" for kind, n in sorted(self.counts.items()))
            raise ApplyError(
                f"Not every policy was written: {counts or 'there was nothing to write'}.",
                report=self,
                hint=f"See the journal {self.journal}." if self.journal else "Make a new plan.",
            )

    @property
    def summary(self) -> ReportSummary:
        """How it went, in numbers."""
        return ReportSummary(
            total=len(self.outcomes),
            applied=sum(outcome.written for outcome in self.outcomes),
            **{kind.value: self.counts[kind] for kind in OutcomeKind},
            affected_agents=total_agents(o.agents for o in self.outcomes if o.written),
            requests=self.requests,
        )

    @property
    def replacements(self) -> tuple[ReplacedPolicy, ...]:
        """Somebody else's writes that may have been replaced, with the policy they were to."""
        return tuple(
            ReplacedPolicy(outcome.policy_id, outcome.name, outcome.replaced)
            for outcome in self.outcomes
            if outcome.replaced
        )

    def to_json(self) -> str:
        """Return the report as JSON text."""
        return json.dumps(self.to_dict(), indent=2) + "\n"

    @property
    def gist(self) -> str:
        """What it comes to, in a few words."""
        counts = self.counts
        return ", ".join(f"{counts[kind]:,} {kind.value}" for kind in OutcomeKind if counts[kind])

    COLUMNS: ClassVar = tuple(field.name for field in fields(Outcome))

    def to_records(self) -> list[dict[str, JsonValue]]:
        """Return one flat dict for each policy, those that were not written too."""
        return [
            {
                **{column: flat(getattr(outcome, column)) for column in self.COLUMNS},
                "also_changed": flat([f"{o.path} {o.change}" for o in outcome.also_changed]),
                "replaced": None if outcome.replaced is None else str(outcome.replaced),
            }
            for outcome in self.outcomes
        ]

    def views(self, title: str = "Report") -> tuple[View, ...]:
        """Return what there is to say about it, and about the rollback that came of it.

        Args:
            title: What it is called.
        """
        after = self.rollback.views("Rollback report") if self.rollback else ()
        view = report_view(
            title,
            self.outcomes,
            banner=run_banner(self.kibana, self.journal, self.started_at, self.ended_at),
            stopped=self.stopped,
            requests=self.requests,
            ok=self.ok,
            waves=self.waves,
            notes=self.notes,
            undone=self.rollback.ok if self.rollback else None,
        )
        return (view, *after)


class ApplyError(MirrorPolicyError):
    """Some policies of the plan were not written.

    Attributes:
        report: What happened to every policy.
    """

    def __init__(self, message: str, *, report: "Report", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.report = report
