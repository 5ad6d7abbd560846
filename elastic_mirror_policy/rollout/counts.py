"""How the endpoints of a wave are doing, counted and weighed (pure)."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.endpoints.policy_response import (
    NO_METADATA,
    AgentFacts,
    PolicyResponse,
    read_policy_response,
    said_of_download,
)
from elastic_mirror_policy.journal.waves import Health

Standing = Literal["healthy", "unhealthy", "waiting", "offline", "open"]
"""How one endpoint is doing; `open` when only its policy response can tell."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How the endpoints of a wave are doing.

    Attributes:
        healthy: Took the revision, and nothing is wrong with their artifacts.
        unhealthy: Took it and report a failure, or trouble with the global artifacts.
        waiting: Can be reached, and cannot be told yet: no report of the revision, or a warning
            that was not looked into.
        offline: Cannot be reached.
        reported: How many have any endpoint metadata at all, or can have none.
    """

    healthy: int = 0
    unhealthy: int = 0
    waiting: int = 0
    offline: int = 0
    reported: int = 0

    @property
    def reachable(self) -> int:
        """How many can be reached."""
        return self.healthy + self.unhealthy + self.waiting

    @property
    def total(self) -> int:
        """How many there are."""
        return self.reachable + self.offline

    def to_evidence(self) -> dict[str, int]:
        """Return the counts as they stand in the journal."""
        return {
            "endpoints": self.total,
            "healthy": self.healthy,
            "unhealthy": self.unhealthy,
            "waiting": self.waiting,
            "offline": self.offline,
        }


def standing(
    agent: AgentFacts, metadata: PolicyResponse | None, policy_id: str, revision: int
) -> Standing:
    """Return how one endpoint is doing with a revision of its policy."""
    if agent.is_offline:
        return "offline"
    if not _has_taken(metadata, policy_id, revision):
        return "open" if agent.is_version_specific else "waiting"
    return _BY_STATUS.get(metadata.status, "open") if metadata else "waiting"


def answered(document: JsonValue | None, policy_id: str, revision: int) -> Standing:
    """Return how one endpoint is doing by its newest policy response, if there is one.

    With a warning it is well only where it says that it got its artifacts.
    """
    response = read_policy_response(document)
    if response is None or not _has_taken(response, policy_id, revision):
        return "waiting"
    if response.status in _BY_STATUS:
        return _BY_STATUS[response.status]
    return _BY_DOWNLOAD.get(said_of_download(document), "waiting")


_BY_STATUS: Final[Mapping[str, Standing]] = {"success": "healthy", "failure": "unhealthy"}
_BY_DOWNLOAD: Final[Mapping[str, Standing]] = {**_BY_STATUS, "warning": "unhealthy"}


def _has_taken(told: PolicyResponse | None, policy_id: str, revision: int) -> bool:
    """Whether an endpoint says that it applied at least this revision of its policy."""
    return (
        told is not None
        and told.policy_id == policy_id
        and told.revision is not None
        and told.revision >= revision
        and bool(told.status)
    )


def enough(reachable: int, min_healthy: float) -> int:
    """Return how many of the reachable endpoints must be healthy."""
    return math.ceil(reachable * min_healthy / 100)


def weigh(counts: Counts, min_healthy: float) -> tuple[Health, str]:
    """Return what follows from the counts, and one sentence with its numbers.

    Args:
        counts: The endpoints of a wave.
        min_healthy: Percentage of the reachable ones that must be healthy.
    """
    needed = enough(counts.reachable, min_healthy)
    if counts.unhealthy > counts.reachable - needed:
        return Health.UNHEALTHY, _counted(counts)
    missing = _missing(counts, needed)
    return (Health.INCONCLUSIVE, missing) if missing else (Health.HEALTHY, _counted(counts))


def _missing(counts: Counts, needed: int) -> str:
    """What is not known yet, or an empty string."""
    if not counts.total:
        return "Fleet knows no agent of these policies."
    if not counts.reachable:
        return f"None of the {counts.total} endpoints can be reached."
    if not counts.reported:
        return NO_METADATA
    if counts.healthy < needed:
        return _counted(counts)
    if counts.reachable * 2 <= counts.total:
        counted = _counted(counts).removesuffix(".")
        return f"{counted}; more than half must be reachable."
    return ""


def _counted(counts: Counts) -> str:
    parts: Iterable[str] = (
        f"{counts.healthy} of {counts.reachable} reachable endpoints are healthy",
        f"{counts.unhealthy} report a failure" if counts.unhealthy else "",
        f"{counts.waiting} are still waited for" if counts.waiting else "",
        f"{counts.offline} are offline" if counts.offline else "",
    )
    return ", ".join(part for part in parts if part) + "."
