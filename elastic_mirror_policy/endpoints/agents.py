"""The denominator: every agent that Fleet knows for the selected policies."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from elastic_mirror_policy._fleet.agents import AgentQuery, agent_pages, agent_queries
from elastic_mirror_policy._fleet.api import Fleet
from elastic_mirror_policy.endpoints.policy_response import AgentFacts, read_agent
from elastic_mirror_policy.policies.policy import DefendPolicy

LEFT: Final = frozenset({"unenrolled", "uninstalled"})
"""Fleet's words for agents that are no more; they stay in its list."""

Progress = Callable[[str, int, int], None]
"""Called with what is being read, how much of it has been, and how much there is."""


@dataclass(frozen=True, slots=True)
class AgentList:
    """The agents of the selected policies.

    Attributes:
        agents: Each agent, once.
        owners: The Elastic Defend policy of each agent policy.
        missing: How many agents Fleet counted but did not list.
    """

    agents: tuple[AgentFacts, ...]
    owners: dict[str, DefendPolicy]
    missing: int = 0

    def policy_of(self, agent: AgentFacts) -> DefendPolicy:
        """Return the Elastic Defend policy that an agent is to run."""
        return self.owners[agent.agent_policy]

    @property
    def queries(self) -> tuple[tuple[str, AgentQuery], ...]:
        """The spaces, and what to ask there to hear of these agents again."""
        return space_queries(self.owners.values())


def space_queries(policies: Iterable[DefendPolicy]) -> tuple[tuple[str, AgentQuery], ...]:
    """Return the spaces of policies, and the queries for their agents there."""
    by_space: dict[str, set[str]] = {}
    for policy in policies:
        by_space.setdefault(policy.space, set()).update(policy.agent_policy_ids)
    return tuple(
        (space, query)
        for space, ids in sorted(by_space.items())
        for query in agent_queries(tuple(sorted(ids)))
    )


def read_agents(
    fleet: Fleet, policies: Sequence[DefendPolicy], progress: Progress | None = None
) -> AgentList:
    """Return the agents of these policies, inactive ones too, those that have left not.

    Raises:
        PermissionDeniedError: The credentials may not read agents.
        TransportError: No usable answer arrived.
        ApiError: Kibana said no.
    """
    owners = {one: policy for policy in reversed(policies) for one in policy.agent_policy_ids}
    agents: dict[str, AgentFacts] = {}
    missing = 0
    for space, query in space_queries(policies):
        listed: set[str] = set()
        total = 0
        for page in agent_pages(fleet, query, space):
            found = [agent for agent in (read_agent(item, space) for item in page.items) if agent]
            listed.update(agent.agent_id for agent in found)
            total = max(total, page.total)
            for agent in found:
                if agent.agent_policy in owners and agent.status not in LEFT:
                    agents.setdefault(agent.agent_id, agent)
            if progress is not None:
                progress("agents", len(listed), total)
        missing += max(0, total - len(listed))
    return AgentList(tuple(agents.values()), owners, missing)
