"""Which policies are meant: by name, id and agent policy, and what to say of a slip (pure)."""

import difflib
import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from elastic_mirror_policy._given import texts_of
from elastic_mirror_policy._text import brief
from elastic_mirror_policy.errors import ConfigurationError, PlanError
from elastic_mirror_policy.policies.policy import DefendPolicy

SEE_ALL: Final = "Run 'elastic-mirror-policy policies' to see what there is."
LISTS: Final = ("names", "exclude", "ids", "agent_policies")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which Elastic Defend policies are meant; what is left out (None) restricts nothing.

    In globs `*` stands for any text and `?` for one character; everything else, brackets
    included, stands for itself.

    Args:
        names: Globs, one of which must match the name, with upper and lower case.
        exclude: Globs, none of which may match the name.
        ids: Package policy ids, one of which it must be.
        agent_policies: Globs, one of which must match the name or id of an agent policy.

    Raises:
        ConfigurationError: A single text was given where several are expected, an empty text, or
            an empty list: a filter that found nothing must not become all policies.
    """

    names: Sequence[str] | None = None
    exclude: Sequence[str] | None = None
    ids: Sequence[str] | None = None
    agent_policies: Sequence[str] | None = None

    def __post_init__(self) -> None:
        for name in LISTS:
            given = getattr(self, name)
            if given is None:
                continue
            texts = texts_of(given, f"Selection.{name}")
            if not texts and name != "exclude":
                raise ConfigurationError(
                    f"Selection.{name} is an empty list, which selects nothing.",
                    hint=f"Leave {name} out when it should not restrict the selection.",
                )
            object.__setattr__(self, name, texts)

    def matches(self, policy: DefendPolicy) -> bool:
        """Whether `policy` is meant.

        Raises:
            PlanError: It depends on the name of an agent policy that could not be read.
        """
        return (
            (self.ids is None or policy.id in self.ids)
            and (self.names is None or any_match(self.names, (policy.name,)))
            and not any_match(self.exclude or (), (policy.name,))
            and (self.agent_policies is None or self._attached(policy, self.agent_policies))
        )

    def unmatched(self, policies: Sequence[DefendPolicy]) -> tuple[str, ...]:
        """Return one sentence for each pattern that matches none of `policies`.

        Raises:
            PlanError: A text without `*` and `?` matches none of them, or an id does not exist.
        """
        names = [policy.name for policy in policies]
        attached = [text for p in policies for text in (*p.agent_policies, *p.agent_policy_ids)]
        return (
            *idle(self.names or (), names, "policy name"),
            *idle(self.exclude or (), names, "excluded policy name"),
            *idle(self.ids or (), [p.id for p in policies], "policy id", globs_allowed=False),
            *idle(self.agent_policies or (), attached, "agent policy"),
        )

    def _attached(self, policy: DefendPolicy, globs: Sequence[str]) -> bool:
        if any_match(globs, (*policy.agent_policies, *policy.agent_policy_ids)):
            return True
        if policy.unnamed:
            raise PlanError(
                f"The agent policies of {brief(policy.name)} cannot be selected by name: the "
                f"credentials may not read {brief(policy.unnamed[0])}.",
                hint="Grant Fleet: Agent policies Read in its space, or select by policy name.",
            )
        return False

    def __str__(self) -> str:
        parts = (f"{n}={', '.join(getattr(self, n))}" for n in LISTS if getattr(self, n))
        return "; ".join(parts) or "all policies"


def any_match(globs: Iterable[str], names: Sequence[str]) -> bool:
    """Whether one of the globs matches one of the names; only `*` and `?` are special."""
    return any(fnmatch.fnmatchcase(name, _literal(glob)) for glob in globs for name in names)


def idle(
    globs: Iterable[str], known: Sequence[str], what: str, *, globs_allowed: bool = True
) -> tuple[str, ...]:
    """Return one sentence for each glob that matches nothing known.

    Raises:
        PlanError: One without `*` and `?` matches nothing: it names something that is not there.
    """
    found = []
    for glob in globs:
        if glob in known or (globs_allowed and any_match((glob,), known)):
            continue
        if not globs_allowed or not is_pattern(glob):
            near = difflib.get_close_matches(glob[:200], sorted(set(known)), 1, 0.5)
            raise PlanError(
                f"The {what} {brief(glob)} matches nothing.",
                hint=f"Did you mean {brief(near[0])}?" if near else SEE_ALL,
            )
        found.append(f"The {what} {brief(glob)} matches nothing.")
    return tuple(found)


def is_pattern(glob: str) -> bool:
    """Whether a text stands for more than itself."""
    return "*" in glob or "?" in glob


def _literal(glob: str) -> str:
    """Return a glob in which brackets stand for themselves, as `fnmatch` writes it."""
    return glob.replace("[", "[[]")
