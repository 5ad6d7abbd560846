"""What happened to every policy of a plan (pure)."""

import enum
import json
from collections import Counter
from dataclasses import dataclass

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import ApplyError
from elastic_mirror_policy.plan.plan import SCHEMA_VERSION, total_agents


class OutcomeKind(enum.StrEnum):
    """How it ended for one policy.

    `failed` includes policies that were refused because the world had changed; `unknown` means
    that a write was sent and nobody could find out whether it was carried out.
    """

    SUCCEEDED = "succeeded"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What happened to one policy.

    Attributes:
        policy_id: Id of the package policy.
        name: Its name: data, never markup.
        space: The space it was written through.
        outcome: How it ended.
        revision_before: Its revision before, or None when it was not read.
        revision_after: Its revision after a write that was carried out.
        error: One sentence when something went wrong or was left out, else None.
        agents: Agents that fetch the change, or None when they could not be counted.
        notes: What else was seen, such as a change by somebody else that was kept.
        intended: For a skipped policy: whether leaving it alone was asked for.
        written: Whether this run wrote it.
    """

    policy_id: str
    name: str
    space: str
    outcome: OutcomeKind
    revision_before: int | None = None
    revision_after: int | None = None
    error: str | None = None
    agents: int | None = None
    notes: tuple[str, ...] = ()
    intended: bool = False
    written: bool = False

    @property
    def ok(self) -> bool:
        """Whether this is what was asked for."""
        if self.outcome is OutcomeKind.SKIPPED:
            return self.intended
        return self.outcome in {OutcomeKind.SUCCEEDED, OutcomeKind.UNCHANGED}

    def to_dict(self) -> dict[str, JsonValue]:
        """Return it as the JSON contract names it."""
        return {
            "policy_id": self.policy_id,
            "name": self.name,
            "space": self.space,
            "outcome": self.outcome.value,
            "revision_before": self.revision_before,
            "revision_after": self.revision_after,
            "error": self.error,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, kw_only=True)
class Report:
    """What happened to every policy of a plan, in the plan's order.

    Attributes:
        journal: Path of the journal that holds the evidence.
        outcomes: One for every policy of the plan, the unchanged and skipped ones too.
        requests: Requests sent to Kibana for this run.
        stopped: Why the run ended early, or an empty string.
        unhealthy: Whether a gate found a wave unhealthy.
        rollback: What became of undoing it, when that was asked for.
    """

    journal: str
    outcomes: tuple[Outcome, ...]
    requests: int = 0
    stopped: str = ""
    unhealthy: bool = False
    rollback: "Report | None" = None

    @property
    def ok(self) -> bool:
        """Whether every policy succeeded or was unchanged; a report over nothing is not ok."""
        return bool(self.outcomes) and not self.stopped and all(o.ok for o in self.outcomes)

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The policies that are not as they should be."""
        return tuple(outcome for outcome in self.outcomes if not outcome.ok)

    def count(self, kind: OutcomeKind) -> int:
        """Return how many policies ended this way."""
        return self.counts[kind]

    @property
    def counts(self) -> Counter[OutcomeKind]:
        """How many policies ended each way."""
        return Counter(outcome.outcome for outcome in self.outcomes)

    def raise_on_error(self) -> None:
        """Return when everything went as asked.

        Raises:
            ApplyError: Something did not; it carries this report.
        """
        if not self.ok:
            counts = ", ".join(f"{n} {kind.value}" for kind, n in sorted(self.counts.items()))
            raise ApplyError(
                f"Not every policy was written: {counts or 'there was nothing to write'}.",
                report=self,
                hint=f"See the journal {self.journal}.",
            )

    def to_dict(self) -> dict[str, JsonValue]:
        """Return the report as the JSON contract names it."""
        counts = self.counts
        return {
            "schema_version": SCHEMA_VERSION,
            "kind": "report",
            "journal": self.journal or None,
            "summary": {
                "total": len(self.outcomes),
                "applied": sum(outcome.written for outcome in self.outcomes),
                **{kind.value: counts[kind] for kind in OutcomeKind},
                "affected_agents": total_agents(o.agents for o in self.outcomes if o.written),
                "requests": self.requests,
            },
            "stopped": self.stopped or None,
            "rollback": self.rollback.to_dict() if self.rollback else None,
            "outcomes": [outcome.to_dict() for outcome in self.outcomes],
        }

    def to_json(self) -> str:
        """Return the report as JSON text."""
        return json.dumps(self.to_dict(), indent=2) + "\n"

    def __str__(self) -> str:
        from elastic_mirror_policy.render import report_text  # noqa: PLC0415 - render imports us

        return report_text(self)

    def _repr_html_(self) -> str:
        from elastic_mirror_policy.render import report_html  # noqa: PLC0415 - render imports us

        return report_html(self)
