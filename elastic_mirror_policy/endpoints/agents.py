"""Every agent that Fleet knows for the selected policies: those that a verdict is owed for."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from elastic_mirror_policy._fleet.agents import (
    AgentQuery,
    WildcardsRefusedError,
    agent_pages,
    agent_queries,
)
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
        notes: What was refused on the way, and what was done in its place.
    """

    agents: tuple[AgentFacts, ...]
    owners: dict[str, DefendPolicy]
    missing: int = 0
    notes: tuple[str, ...] = ()

    def policy_of(self, agent: AgentFacts) -> DefendPolicy:
        """Return the Elastic Defend policy that an agent is to run."""
        return self.owners[agent.agent_policy]

    @property
    def queries(self) -> tuple[tuple[str, AgentQuery], ...]:
        """The spaces, and what to ask there to hear of these agents again."""
        return tuple(
            (space, query)
            for space, ids in agent_policies_of(self.owners.values())
            for query in agent_queries(ids)
        )


def agent_policies_of(
    policies: Iterable[DefendPolicy],
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the spaces of policies, sorted, and the ids of their agent policies there."""
    by_space: dict[str, set[str]] = {}
    for policy in policies:
        by_space.setdefault(policy.space, set()).update(policy.agent_policy_ids)
    return tuple((space, tuple(sorted(ids))) for space, ids in sorted(by_space.items()))


def read_agents(
    fleet: Fleet, policies: Sequence[DefendPolicy], progress: Progress | None = None
) -> AgentList:
    """Return the agents of these policies, inactive ones too, those that have left not.

    Raises:
        PermissionDeniedError: The credentials may not read agents.
        TransportError: No usable answer arrived.
        ApiError: Kibana refused a request.
    """
    owners = {one: policy for policy in reversed(policies) for one in policy.agent_policy_ids}
    agents: dict[str, AgentFacts] = {}
    missing = 0
    notes: list[str] = []
    for space, ids in agent_policies_of(policies):
        try:
            lists = [_read_list(fleet, query, space, progress) for query in agent_queries(ids)]
        except WildcardsRefusedError as exc:
            notes.append(f"{exc.message} All agents of the space were read in its place.")
            whole = AgentQuery(ids, everything=True)
            lists = [_read_list(fleet, whole, space, progress)]
        missing += sum(lacking for _, lacking in lists)
        for agent in itertools.chain.from_iterable(found.values() for found, _ in lists):
            if agent.agent_policy in owners and agent.status not in LEFT:
                agents.setdefault(agent.agent_id, agent)
    return AgentList(tuple(agents.values()), owners, missing, tuple(notes))


def _read_list(
    fleet: Fleet, query: AgentQuery, space: str, progress: Progress | None
) -> tuple[dict[str, AgentFacts], int]:
    """Return the agents of one query by id, and how many were counted but not listed."""
    listed: dict[str, AgentFacts] = {}
    total = 0
    for page in agent_pages(fleet, query, space):
        found = (read_agent(item, space) for item in page.items)
        listed |= {agent.agent_id: agent for agent in found if agent}
        total = max(total, page.total)
        if progress is not None:
            progress("agents", len(listed), total)
    return listed, max(0, total - len(listed))
