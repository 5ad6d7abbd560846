"""What must hold before the first write, with the arithmetic of every refusal (pure)."""

from collections import Counter
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from elastic_mirror_policy._given import check_number
from elastic_mirror_policy.errors import ConfigurationError, UnsafePlanError
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.render import words as _words
from elastic_mirror_policy.risks import Risk, meaning_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """Limits on a plan, and the risks that are accepted by name.

    Args:
        expect_policies: Exactly this many policies must be selected.
        max_policies: At most this many policies may change.
        max_agents: At most this many agents may be affected.
        allow: Names of accepted risks.

    Raises:
        ConfigurationError: A risk does not exist, or a limit is below zero.
    """

    expect_policies: int | None = None
    max_policies: int | None = None
    max_agents: int | None = None
    allow: AbstractSet[str] = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "allow", frozenset(self.allow))
        unknown = sorted(self.allow - set(Risk))
        if unknown:
            raise ConfigurationError(
                f"{unknown[0]!r} is not a risk that can be allowed.",
                hint="The risks are " + ", ".join(Risk) + ".",
            )
        for name in ("expect_policies", "max_policies", "max_agents"):
            check_number(getattr(self, name), name)

    def refusals(self, plan: Plan) -> tuple[str, ...]:
        """Return one sentence for each reason not to write `plan`."""
        return (*self._counts(plan), *self._risks(plan))

    def check(self, plan: Plan) -> None:
        """Check that `plan` may be written.

        Raises:
            UnsafePlanError: It may not; every reason is named.
        """
        reasons = self.refusals(plan)
        if reasons:
            raise UnsafePlanError("Nothing was written: " + " ".join(reasons))

    def _counts(self, plan: Plan) -> list[str]:
        reasons = []
        if self.expect_policies is not None and plan.policies != self.expect_policies:
            is_are = "is" if plan.policies == 1 else "are"
            was_were = "was" if self.expect_policies == 1 else "were"
            reasons.append(
                f"{_words.policies(plan.policies)} {is_are} selected ({len(plan.changes):,} to "
                f"change, {len(plan.unchanged):,} unchanged, {len(plan.skipped):,} skipped), but "
                f"exactly {self.expect_policies:,} {was_were} expected (expect-policies)."
            )
        if self.max_policies is not None and len(plan.changes) > self.max_policies:
            reasons.append(
                f"{_words.policies(len(plan.changes))} would change, which is more than "
                f"{self.max_policies:,} (max-policies)."
            )
        return [*reasons, *self._agents(plan)]

    def _agents(self, plan: Plan) -> list[str]:
        if self.max_agents is None:
            return []
        if plan.agents is None:
            reason = (
                f"The agents could not be counted, so max-agents {self.max_agents:,} cannot be "
                "checked; the credentials need the right to read agent policies."
            )
            return [reason]
        if plan.agents > self.max_agents:
            reason = (
                f"{_words.agents(plan.agents)} would be affected, which is more than "
                f"{self.max_agents:,} (max-agents)."
            )
            return [reason]
        return []

    def _risks(self, plan: Plan) -> list[str]:
        counts = Counter(risk for change in plan.changes for risk in change.risks)
        return [
            f"{counts[risk]:,} of {_words.count(len(plan.changes), 'change')} "
            f"{'carries' if counts[risk] == 1 else 'carry'} the risk '{risk}' "
            f"({meaning_of(risk)}); accept it with --allow {risk}."
            for risk in sorted(set(counts) - self.allow)
        ]
