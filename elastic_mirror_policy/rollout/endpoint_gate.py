"""The gate between waves that looks at endpoints: have they taken what was written, and are well?

It reads Fleet's agents and endpoint metadata, so it needs no right on any index.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from elastic_mirror_policy._fleet.agents import policy_response
from elastic_mirror_policy._fleet.api import Fleet
from elastic_mirror_policy.endpoints.agents import AgentList, read_agents
from elastic_mirror_policy.endpoints.from_kibana import read_metadata
from elastic_mirror_policy.endpoints.policy_response import AgentFacts, artifact_trouble
from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.policies.defend import is_defend
from elastic_mirror_policy.policies.policy import DefendPolicy
from elastic_mirror_policy.rollout.counts import Counts, Standing, standing, weigh
from elastic_mirror_policy.rollout.gates import GateAnswer, Health
from elastic_mirror_policy.rollout.outcome import Outcome

CHUNK: Final = 100
MOST_ASKED: Final = 50
"""Endpoints with a warning that are asked, in one look, whether it is about artifacts."""


class EndpointHealthGate:
    """Asks whether the endpoints of a wave took the new policy revision and are well.

    - healthy: enough of the reachable endpoints took it, and none too many report a failure, or
      a warning about the global artifacts;
    - unhealthy: so many of them do that the share cannot be reached any more, or the mirror check
      found something;
    - inconclusive: everything else. Offline endpoints, missing documents and stopped transforms
      are neither good nor bad news.

    That an endpoint is well does not prove that its mirror works: with cached or bundled artifacts
    an unreachable mirror goes unnoticed for a while.

    Args:
        fleet: The Kibana.
        min_healthy: Percentage of the reachable endpoints that must be healthy.
        min_reachable: More than this percentage of all endpoints must be reachable for a wave to
            count as healthy.
        mirror_check: Returns what is wrong with the mirror in one sentence, or an empty string;
            asked last.

    Raises:
        ConfigurationError: A percentage is out of its range.
    """

    def __init__(
        self,
        fleet: Fleet,
        *,
        min_healthy: float = 100.0,
        min_reachable: float = 50.0,
        mirror_check: Callable[[], str] | None = None,
    ) -> None:
        if not 0 < min_healthy <= 100:  # noqa: PLR2004 - percent
            raise ConfigurationError(f"min_healthy is above 0 and up to 100, not {min_healthy}.")
        if not 0 <= min_reachable < 100:  # noqa: PLR2004 - percent
            raise ConfigurationError(f"min_reachable is 0 to below 100, not {min_reachable}.")
        self._fleet = fleet
        self._min_healthy = min_healthy
        self._min_reachable = min_reachable
        self._mirror_check = mirror_check

    def check(self, written: Sequence[Outcome]) -> GateAnswer:
        """Return how the endpoints of the policies just written are doing.

        Raises:
            PermissionDeniedError: The credentials may not read agents or endpoints.
            TransportError: Kibana gave no usable answer.
            ApiError: Kibana said no.
        """
        counts = self._counts(written)
        health, reason = weigh(counts, self._min_healthy, self._min_reachable)
        if health is Health.HEALTHY and self._mirror_check is not None:
            trouble = self._mirror_check()
            if trouble:
                health, reason = Health.UNHEALTHY, f"The mirror is not well: {trouble}"
        return GateAnswer(health, reason, counts.to_evidence())

    def _counts(self, written: Sequence[Outcome]) -> Counts:
        listing = read_agents(self._fleet, self._policies(written))
        metadata = read_metadata(self._fleet, listing)
        wanted = {outcome.policy_id: outcome.revision_after for outcome in written}
        standings: dict[str, Standing] = {}
        for agent in listing.agents:
            policy = listing.policy_of(agent)
            revision = wanted.get(policy.id) or policy.revision
            told = metadata.get(agent.agent_id)
            standings[agent.agent_id] = standing(agent, told, policy.id, revision)
        found = Counter(self._settled(listing, standings).values())
        return Counts(
            healthy=found["healthy"],
            unhealthy=found["unhealthy"],
            waiting=found["waiting"] + listing.missing,
            offline=found["offline"],
            reported=len(metadata),
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

    def _settled(
        self, listing: AgentList, standings: Mapping[str, Standing]
    ) -> dict[str, Standing]:
        """Find out what warnings are about: trouble with artifacts, or something else.

        When there are more than are asked, and one that was asked has trouble, the others wait
        for the next look.
        """
        warned = [agent for agent in listing.agents if standings[agent.agent_id] == "warned"]
        asked = {agent.agent_id: self._has_trouble(agent) for agent in warned[:MOST_ASKED]}
        others: Standing = "waiting" if any(asked.values()) else "healthy"
        settled = dict(standings)
        for agent in warned:
            trouble = asked.get(agent.agent_id)
            settled[agent.agent_id] = (
                others if trouble is None else "unhealthy" if trouble else "healthy"
            )
        return settled

    def _has_trouble(self, agent: AgentFacts) -> bool:
        return bool(artifact_trouble(policy_response(self._fleet, agent.agent_id, agent.space)))
