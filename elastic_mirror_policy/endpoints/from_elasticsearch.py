"""Policy responses from Elasticsearch: thousands of endpoints in one request.

It asks for the agents that Fleet knows, so many at a time, and takes the newest document of each
from `_source`: backing indices made before endpoint package 8.16 do not index the artifacts.
"""

from collections.abc import Iterator, Sequence
from typing import Final, Protocol, Self

from elastic_mirror_policy._json import JsonValue, number, value_at
from elastic_mirror_policy._time import written
from elastic_mirror_policy.endpoints.agents import AgentList, Progress
from elastic_mirror_policy.endpoints.policy_response import (
    INITIAL_POLICY,
    AgentFacts,
    PolicyResponse,
    read_policy_response,
)
from elastic_mirror_policy.endpoints.source import Found
from elastic_mirror_policy.errors import NotFoundError, TransportError

INDEX: Final = "metrics-endpoint.policy-*"
PER_REQUEST: Final = 2_500
"""Agents in one request: 100,000 endpoints in 40 requests, each answered with some megabytes."""

FIELDS: Final = (
    "@timestamp",
    "event.created",
    "agent.id",
    "agent.version",
    "host.os.type",
    "Endpoint.policy.applied.id",
    "Endpoint.policy.applied.status",
    "Endpoint.policy.applied.endpoint_policy_version",
    "Endpoint.policy.applied.artifacts.global",
)
PARTIAL: Final = (
    "Elasticsearch could search only a part of its data (failed shards or clusters, or a time-out);"
    " what is said of endpoints may be older than what they reported."
)
NOT_SEARCHED: Final = "Elasticsearch could search only a part of its data"


class Search(Protocol):
    """What is used of a client."""

    @property
    def url(self) -> str:
        """Where Elasticsearch is."""
        ...

    @property
    def requests_sent(self) -> int:
        """How many requests have been sent."""
        ...

    def search(self, index: str, *, query: JsonValue, aggs: JsonValue) -> JsonValue:
        """Return the answer to a search for aggregations only."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...


class ElasticsearchResponses:
    """Asks Elasticsearch for the newest policy response of many agents at once; close it.

    Args:
        client: The client.
        index: What to search; `*:metrics-endpoint.policy-*` looks into remote clusters as well.
    """

    name = "Elasticsearch"

    def __init__(self, client: Search, *, index: str = INDEX) -> None:
        self._client = client
        self._index = index
        self.complete = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    @property
    def notes(self) -> tuple[str, ...]:
        """What its answers lack; known when all have been given."""
        return () if self.complete else (PARTIAL,)

    @property
    def requests_sent(self) -> int:
        """How many requests it has sent."""
        return self._client.requests_sent

    def responses(
        self, listing: AgentList, since: float, progress: Progress | None = None
    ) -> Iterator[Found]:
        """Yield what Elasticsearch has of each agent.

        Raises:
            NotFoundError: There is no such index, or the credentials may not read it.
            PermissionDeniedError: The credentials may not search it.
            TransportError: No usable answer arrived.
            ApiError: Elasticsearch said no.
        """
        agents = listing.agents
        for start in range(0, len(agents), PER_REQUEST):
            asked = agents[start : start + PER_REQUEST]
            found, whole = self._newest(asked, since)
            self.complete = self.complete and whole
            for agent in asked:
                response = found.get(agent.agent_id)
                missed = response is None and not whole
                yield Found(agent, response, NOT_SEARCHED if missed else "")
            if progress is not None:
                progress("policy responses", start + len(asked), len(agents))

    def _newest(
        self, agents: Sequence[AgentFacts], since: float
    ) -> tuple[dict[str, PolicyResponse], bool]:
        """Return the newest response of each agent, and whether everything was searched."""
        answer = self._client.search(
            self._index,
            query=newest_query([agent.agent_id for agent in agents], since),
            aggs=newest_aggregation(len(agents)),
        )
        self._check(answer)
        buckets = value_at(answer, "aggregations.by_agent.buckets")
        read = map(_response, buckets if isinstance(buckets, list) else ())
        return {one.agent_id: one for one in read if one is not None}, _searched_all(answer)

    def _check(self, answer: JsonValue) -> None:
        shards = number(value_at(answer, "_shards.total"))
        if shards is None:
            raise TransportError(f"What {self._client.url} answered is not the result of a search.")
        if shards == 0 and not value_at(answer, "_clusters.total"):
            # A pattern leaves out what the credentials may not see, and finds nothing: no 403.
            raise NotFoundError(
                f"Elasticsearch has no index {self._index} that these credentials may read.",
                status=200,
                method="POST",
                path=f"/{self._index}/_search",
                hint="The API key needs the index privilege 'read' on it.",
            )


def newest_query(agent_ids: Sequence[str], since: float) -> JsonValue:
    """Return the query for all policy responses of these agents back to `since`."""
    return {
        "bool": {
            "filter": [
                {"range": {"@timestamp": {"gte": written(since)}}},
                {"terms": {"agent.id": list(agent_ids)}},
            ],
            "must_not": [{"term": {"Endpoint.policy.applied.id": INITIAL_POLICY}}],
        }
    }


def newest_aggregation(agents: int) -> JsonValue:
    """Return the aggregation that keeps the newest document of each of so many agents."""
    newest = {
        "size": 1,
        "sort": [{"event.created": {"order": "desc", "unmapped_type": "date"}}],
        "_source": list(FIELDS),
    }
    sources = [{"agent": {"terms": {"field": "agent.id"}}}]
    return {
        "by_agent": {
            "composite": {"size": agents, "sources": sources},
            "aggs": {"latest": {"top_hits": newest}},
        }
    }


def _response(bucket: JsonValue) -> PolicyResponse | None:
    hits = value_at(bucket, "latest.hits.hits")
    first = hits[0] if isinstance(hits, list) and hits else None
    response = read_policy_response(value_at(first, "_source"))
    return response if response is not None and response.agent_id else None


def _searched_all(answer: JsonValue) -> bool:
    """Whether no shard and no remote cluster failed; shards that could be skipped did not."""
    failed = ("_shards.failed", "_clusters.skipped", "_clusters.failed", "_clusters.partial")
    return not value_at(answer, "timed_out") and not any(value_at(answer, name) for name in failed)
