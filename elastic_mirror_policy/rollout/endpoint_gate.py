"""The gate after a wave: have the endpoints applied what was written, and are they healthy?

It reads Fleet's agents and endpoint metadata, so it needs no right on any index.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from elastic_mirror_policy._fleet.api import Fleet
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.endpoints.agents import AgentList, read_agents
from elastic_mirror_policy.endpoints.from_kibana import ask_each, read_metadata
from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.journal.waves import GateAnswer
from elastic_mirror_policy.policies.defend import is_defend
from elastic_mirror_policy.policies.policy import DefendPolicy
from elastic_mirror_policy.rollout.counts import (
    Counts,
    Standing,
    answered,
    enough,
    standing,
    weigh,
)
from elastic_mirror_policy.rollout.outcome import Outcome

CHUNK: Final = 100

KIND: Final = "endpoints"
"""What a journal calls this gate."""


class EndpointHealthGate:
    """Asks whether the endpoints of a wave took the new policy revision and are healthy.

    - healthy: more than half of the endpoints are reachable, enough of those took it, and not too
      many report a failure, or a warning about the global artifacts;
    - unhealthy: too many of them do for the share to be reached;
    - inconclusive: everything else. Offline endpoints, missing documents and stopped transforms
      are neither good nor bad news.

    An endpoint that warns is asked what about; one whose policy response is missing, or of an
    older revision, is waited for. So is one of a version-specific agent policy, which has no
    metadata (kibana#276295), until its policy response says that it took the revision.

    That an endpoint is well does not prove that its mirror works: with cached or bundled artifacts
    an unreachable mirror goes unnoticed for a while.

    Args:
        fleet: The Kibana.
        min_healthy: Percentage of the reachable endpoints that must be healthy.

    Raises:
        ConfigurationError: The percentage is out of its range.
    """

    def __init__(self, fleet: Fleet, *, min_healthy: float = 100.0) -> None:
        if not 0 < min_healthy <= 100:  # noqa: PLR2004 - percent
            raise ConfigurationError(f"min_healthy is above 0 and up to 100, not {min_healthy}.")
        self._fleet = fleet
        self._min_healthy = min_healthy

    def to_dict(self) -> dict[str, JsonValue]:
        """Return what a journal needs to make the same gate again."""
        return {"kind": KIND, "min_healthy": self._min_healthy}

    def check(self, written: Sequence[Outcome]) -> GateAnswer:
        """Return how the endpoints of the policies just written are doing.

        Raises:
            PermissionDeniedError: The credentials may not read agents or endpoints.
            TransportError: Kibana gave no usable answer.
            ApiError: Kibana refused a request.
        """
        counts = self._counts(written)
        health, reason = weigh(counts, self._min_healthy)
        return GateAnswer(health, reason, counts.to_evidence())

    def _counts(self, written: Sequence[Outcome]) -> Counts:
        listing = read_agents(self._fleet, self._policies(written))
        metadata = read_metadata(self._fleet, listing)
        revisions = {outcome.policy_id: outcome.revision_after for outcome in written}
        wanted = {
            policy.id: revisions.get(policy.id) or policy.revision
            for policy in listing.owners.values()
        }
        standings: dict[str, Standing] = {}
        for agent in listing.agents:
            policy_id = listing.policy_of(agent).id
            told = metadata.get(agent.agent_id)
            standings[agent.agent_id] = standing(agent, told, policy_id, wanted[policy_id])
        self._settle(listing, standings, wanted)
        found = Counter(standings.values())
        return Counts(
            healthy=found["healthy"],
            unhealthy=found["unhealthy"],
            waiting=found["waiting"] + found["open"] + listing.missing,
            offline=found["offline"],
            reported=len(metadata) + sum(agent.is_version_specific for agent in listing.agents),
        )

    def _policies(self, written: Sequence[Outcome]) -> list[DefendPolicy]:
        """Return the policies of a wave as they are now; one that is gone has no agents."""
        by_space: dict[str, list[str]] = {}
        for outcome in written:
            by_space.setdefault(outcome.space, []).append(outcome.policy_id)
        return [
            DefendPolicy.from_document(document, space=space)
            for space, ids in sorted(by_space.items())
            for start in range(0, len(ids), CHUNK)
            for document in self._fleet.package_policies_by_id(
                ids[start : start + CHUNK], space
            ).values()
            if is_defend(document)
        ]

    def _settle(
        self, listing: AgentList, standings: dict[str, Standing], wanted: Mapping[str, int]
    ) -> None:
        """Ask those endpoints whose metadata leaves it open; what cannot be determined stays open.

        No more are asked once those that are unhealthy settle the answer.
        """
        left = [agent for agent in listing.agents if standings[agent.agent_id] == "open"]
        reachable = listing.missing + sum(one != "offline" for one in standings.values())
        bearable = reachable - enough(reachable, self._min_healthy)
        unhealthy = sum(one == "unhealthy" for one in standings.values())
        for agent, document, _ in ask_each(self._fleet, left):
            policy_id = listing.policy_of(agent).id
            standings[agent.agent_id] = answered(document, policy_id, wanted[policy_id])
            unhealthy += standings[agent.agent_id] == "unhealthy"
            if unhealthy > bearable:
                return
