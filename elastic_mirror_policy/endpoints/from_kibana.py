"""Policy responses from Kibana alone: metadata in pages, then one request per agent, in parallel.

It needs no right on any index; for thousands of endpoints Elasticsearch is asked in a fraction of
the time.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
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
        if listing.agents and not metadata:
            self.notes = (NO_METADATA,)
        failures = 0
        for done, (found, error) in enumerate(self._ask_all(listing.agents), 1):
            failures = failures + 1 if error is not None else 0
            if error is not None and failures > MAX_FAILURES:
                raise error
            if progress is not None:
                progress("policy responses", done, len(listing.agents))
            yield _completed(found, metadata.get(found.agent.agent_id), since)

    def _ask_all(
        self, agents: tuple[AgentFacts, ...]
    ) -> Iterator[tuple[Found, MirrorPolicyError | None]]:
        """Ask about all agents, so many at a time, and no further ahead than a few rounds."""
        ahead = 16 * self._parallel
        with ThreadPoolExecutor(self._parallel, thread_name_prefix="endpoints") as pool:
            for start in range(0, len(agents), ahead):
                yield from pool.map(self._ask, agents[start : start + ahead])

    def _ask(self, agent: AgentFacts) -> tuple[Found, MirrorPolicyError | None]:
        try:
            document = policy_response(self._fleet, agent.agent_id, agent.space)
        except (AuthenticationError, PermissionDeniedError):
            raise
        except (ApiError, TransportError) as exc:
            return Found(agent, problem=f"Kibana could not say: {exc.message}"), exc
        return Found(agent, read_policy_response(document)), None


def read_metadata(fleet: Fleet, listing: AgentList) -> dict[str, PolicyResponse]:
    """Return the newest endpoint metadata of the agents, by id; it has no artifacts.

    Raises:
        PermissionDeniedError: The credentials may not read endpoints.
        TransportError: No usable answer arrived.
        ApiError: Kibana said no.
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
        return replace(found, response=None)
    if metadata is None or metadata.policy_id != response.policy_id:
        return found
    revisions = [r for r in (response.revision, metadata.revision) if r is not None]
    return replace(found, response=replace(response, revision=max(revisions, default=None)))
