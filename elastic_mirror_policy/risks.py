"""The named risks of a plan, each to be accepted by name before anything is written (pure)."""

import enum
from collections.abc import Mapping
from typing import Final


class Risk(enum.StrEnum):
    """A named risk; `meaning` says when a plan carries it."""

    CLEAR = "clear"
    ELASTIC_CDN = "elastic-cdn"
    MANAGED = "managed"
    OVERWRITE_FOREIGN = "overwrite-foreign"
    PINNED = "pinned"
    UNCHECKED_MIRROR = "unchecked-mirror"
    UNHEALTHY_MIRROR = "unhealthy-mirror"

    @property
    def meaning(self) -> str:
        """What it means, as the end of a sentence."""
        return _MEANINGS[self]


_MEANINGS: Final[Mapping[Risk, str]] = {
    Risk.CLEAR: "a base URL is removed",
    Risk.ELASTIC_CDN: "the base URL becomes Elastic's public server",
    Risk.MANAGED: "the policy is managed by an external orchestration solution",
    Risk.OVERWRITE_FOREIGN: "somebody changed the value since it was written",
    Risk.PINNED: "protection updates are pinned to a date, which a plain mirror does not serve",
    Risk.UNCHECKED_MIRROR: "the mirror could not be reached to be checked",
    Risk.UNHEALTHY_MIRROR: "the mirror was checked and found broken",
}

FOREIGN: Final = Risk.OVERWRITE_FOREIGN.value
"""The risk of a rollback, and the only one: to overwrite what somebody else set."""


def meaning_of(name: str) -> str:
    """Return what a risk means; a stored plan may name one of a later release."""
    known = {risk.value: risk.meaning for risk in Risk}
    return known.get(name, "unknown to this release")
