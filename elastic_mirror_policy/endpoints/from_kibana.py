"""Policy responses from Kibana alone: metadata in pages, then one request per agent, in parallel.

It needs no right on any index; for thousands of endpoints Elasticsearch is asked in a fraction of
the time.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from elastic_mirror_policy._fleet.agents import metadata_pages, policy_response
from elastic_mirror_policy._fleet.api import Fleet
from elastic_mirror_policy._json import JsonValue, value_at
from elastic_mirror_policy.endpoints.agents import AgentList, Progress
from elastic_mirror_policy.endpoints.policy_response import (
    NO_METADATA,
    AgentFacts,
    PolicyResponse,
    read_policy_response,
)
from elastic_mirror_policy.endpoints.source import Found
from elastic_mirror_policy.errors import (
    ApiError,
    AuthenticationError,
    ConfigurationError,
    MirrorPolicyError,
    PermissionDeniedError,
    TransportError,
)

MAX_PARALLEL: Final = 16
MAX_FAILURES: Final = 10
"""Agents in a row that could not be asked about, after which Kibana is taken for out of order."""


class KibanaResponses:
    """Asks Kibana for the policy response of one agent after the other."""

    name = "Kibana"
    complete = True
    requests_sent = 0

    def __init__(self, fleet: Fleet, *, parallel: int = 4) -> None:
        if not 1 <= parallel <= MAX_PARALLEL:
            raise ConfigurationError(f"parallel must be 1 to {MAX_PARALLEL}, not {parallel}.")
        self._fleet = fleet
        self._parallel = parallel
        self.notes: tuple[str, ...] = ()

    def responses(
        self, listing: AgentList, since: float, progress: Progress | None = None
    ) -> Iterator[Found]:
        """Yield what Kibana has of each agent.

        Raises:
            PermissionDeniedError: The credentials may not read endpoints.
            TransportError: Kibana stopped answering.
            ApiError: Kibana refused the metadata.
        """
        metadata = read_metadata(self._fleet, listing)
        if not metadata and any(not agent.is_version_specific for agent in listing.agents):
            self.notes = (NO_METADATA,)
        answers = ask_each(self._fleet, listing.agents, parallel=self._parallel)
        for done, (agent, document, error) in enumerate(answers, 1):
            if progress is not None:
                progress("policy responses", done, len(listing.agents))
            problem = f"Kibana could not say: {error.message}" if error else ""
            found = Found(agent, read_policy_response(document), problem)
            yield _completed(found, metadata.get(agent.agent_id), since)


Answer = tuple[AgentFacts, JsonValue | None, MirrorPolicyError | None]
"""An agent, its newest policy response, and why it could not be had."""


def ask_each(fleet: Fleet, agents: Sequence[AgentFacts], *, parallel: int = 4) -> Iterator[Answer]:
    """Yield the newest policy response of each agent, in their order.

    Agents are asked about a few at a time, and no further ahead of whoever iterates than a few
    rounds.

    Raises:
        PermissionDeniedError: The credentials may not read endpoints.
        TransportError: Kibana stopped answering.
        ApiError: Kibana answered one after the other with an error.
    """
    ahead, failures = 16 * parallel, 0
    with ThreadPoolExecutor(parallel, thread_name_prefix="endpoints") as pool:
        for start in range(0, len(agents), ahead):
            for answer in pool.map(partial(_ask, fleet), agents[start : start + ahead]):
                failures = failures + 1 if answer[2] is not None else 0
                if answer[2] is not None and failures > MAX_FAILURES:
                    raise answer[2]
                yield answer


def _ask(fleet: Fleet, agent: AgentFacts) -> Answer:
    try:
        return agent, policy_response(fleet, agent.agent_id, agent.space), None
    except (AuthenticationError, PermissionDeniedError):
        raise
    except (ApiError, TransportError) as exc:
        return agent, None, exc


def read_metadata(fleet: Fleet, listing: AgentList) -> dict[str, PolicyResponse]:
    """Return the newest endpoint metadata of the agents, by id; it has no artifacts.

    Raises:
        PermissionDeniedError: The credentials may not read endpoints.
        TransportError: No usable answer arrived.
        ApiError: Kibana refused a request.
    """
    wanted = {agent.agent_id for agent in listing.agents}
    found: dict[str, PolicyResponse] = {}
    for space, query in listing.queries if wanted else ():
        for page in metadata_pages(fleet, query, space):
            for read in map(_read_metadata, page.items):
                if read is not None and read.agent_id in wanted:
                    found[read.agent_id] = read
    return found


def _read_metadata(host: JsonValue) -> PolicyResponse | None:
    return read_policy_response(value_at(host, "metadata"))


def _completed(found: Found, metadata: PolicyResponse | None, since: float) -> Found:
    """Leave out what is older than the window, and add what metadata knows better.

    Metadata is written more often, so it may name a later revision of the same policy.
    """
    response = found.response
    if response is None:
        return found
    if response.reported_at is not None and response.reported_at < since:
        return found._replace(response=None)
    if metadata is None or metadata.policy_id != response.policy_id:
        return found
    revisions = [r for r in (response.revision, metadata.revision) if r is not None]
    return found._replace(response=response._replace(revision=max(revisions, default=None)))
