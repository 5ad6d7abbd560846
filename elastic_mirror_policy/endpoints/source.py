"""Where policy responses come from: what every source gives, and what one may not know."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from elastic_mirror_policy.endpoints.agents import AgentList, Progress
from elastic_mirror_policy.endpoints.policy_response import AgentFacts, PolicyResponse


class Found(NamedTuple):
    """What a source has of one agent.

    Attributes:
        agent: The agent.
        response: Its newest policy response in the window, or None.
        problem: Why that could not be determined, or an empty string.
        doubt: Why there may be a newer one that was not found, or an empty string.
    """

    agent: AgentFacts
    response: PolicyResponse | None = None
    problem: str = ""
    doubt: str = ""


class ResponseSource(Protocol):
    """Gives the newest policy response of every agent."""

    @property
    def name(self) -> str:
        """What it is, such as `Kibana`."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What its answers lack, one sentence each; known when all have been given."""
        ...

    @property
    def complete(self) -> bool:
        """Whether it could look everywhere; known when all answers have been given."""
        ...

    @property
    def requests_sent(self) -> int:
        """How many requests it has sent, apart from those to Kibana."""
        ...

    def responses(
        self, listing: AgentList, since: float, progress: Progress | None = None
    ) -> Iterator[Found]:
        """Yield what there is of each agent, in any order, back to `since`."""
        ...
