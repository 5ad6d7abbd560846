"""Waves: which policies are written together, before a gate is asked (pure)."""

import difflib
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from elastic_mirror_policy._text import brief
from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.plan.change import PolicyChange, Skipped, Unchanged
from elastic_mirror_policy.plan.plan import Plan


@dataclass(frozen=True, slots=True)
class Wave:
    """How many policies a wave has: a number, a share of all changes, or the rest.

    >>> Wave("10%").size(of=187)
    19

    Args:
        text: `1`, `10%` or `rest`.

    Raises:
        ConfigurationError: It is not one of these.
    """

    text: str

    def __post_init__(self) -> None:
        given = self.text
        object.__setattr__(self, "text", str(given).strip().lower())
        if self.text != "rest" and not re.fullmatch(r"[0-9]{1,9}%?", self.text):
            raise _unusable(given)
        if self.text != "rest" and not 0 < self.number <= (100 if self.is_share else math.inf):
            raise _unusable(given)

    @property
    def is_share(self) -> bool:
        """Whether it is a share of all changes, in percent."""
        return self.text.endswith("%")

    @property
    def number(self) -> int:
        """The number of policies, or of percent."""
        return int(self.text.removesuffix("%"))

    def size(self, *, of: int) -> int:
        """Return how many policies this is when there are `of` changes; shares are rounded up."""
        if self.text == "rest":
            return of
        return math.ceil(of * self.number / 100) if self.is_share else self.number

    def __str__(self) -> str:
        return self.text


def _unusable(given: object) -> ConfigurationError:
    return ConfigurationError(
        f"{brief(given)} is not a wave.",
        hint="Give a number above 0, a share such as 10%, or rest.",
    )


def check_first(plan: Plan, first: Sequence[str]) -> None:
    """Refuse a name or id that no policy of the plan has; it need not change any more.

    Raises:
        ConfigurationError: There is no such policy in the plan.
    """
    found: tuple[PolicyChange | Unchanged | Skipped, ...]
    found = (*plan.changes, *plan.unchanged, *plan.skipped)
    known = {key for one in found for key in (one.name, one.policy_id)}
    missing = [name for name in first if name not in known]
    if missing:
        near = difflib.get_close_matches(missing[0][:200], sorted(known), 1)
        raise ConfigurationError(
            f"No policy of the plan is called {brief(missing[0])}.",
            hint=f"Did you mean {brief(near[0])}?" if near else "",
        )


def put_first(changes: Iterable[PolicyChange], first: Sequence[str]) -> tuple[PolicyChange, ...]:
    """Return the changes with the named policies first, in the order of the names given."""
    listed = tuple(changes)
    rank = {name: place for place, name in enumerate(first)}
    last = len(rank)
    return tuple(
        sorted(listed, key=lambda c: min(rank.get(c.name, last), rank.get(c.policy_id, last)))
    )


def split_waves(
    changes: Sequence[PolicyChange], waves: Sequence[Wave]
) -> tuple[tuple[PolicyChange, ...], ...]:
    """Return the changes cut into waves; without waves all of them are one.

    Changes that no wave takes are not in the result.
    """
    if not waves:
        return (tuple(changes),)
    pieces = []
    start = 0
    for wave in waves:
        end = min(len(changes), start + wave.size(of=len(changes)))
        if end > start:
            pieces.append(tuple(changes[start:end]))
        start = end
    return tuple(pieces)
