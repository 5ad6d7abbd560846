"""Policy responses from Elasticsearch: thousands of endpoints in one request.

It asks for the agents that Fleet knows, in groups, and takes the newest document of each
from `_source`: backing indices made before endpoint package 8.16 do not index the artifacts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from elastic_mirror_policy._http.client import Decoder
from elastic_mirror_policy._json import JsonValue, decode_list, text_at, value_at
from elastic_mirror_policy._time import written
from elastic_mirror_policy.endpoints.agents import AgentList, Progress
from elastic_mirror_policy.endpoints.policy_response import (
    INITIAL_POLICY,
    AgentFacts,
    PolicyResponse,
    artifact_trouble,
    read_policy_response,
)
from elastic_mirror_policy.endpoints.search import ShardsFailedError, TooManyBucketsError
from elastic_mirror_policy.endpoints.source import Found
from elastic_mirror_policy.errors import NotFoundError, ServerError, TransportError

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
    "Endpoint.policy.applied.artifacts.global.version",
    "Endpoint.policy.applied.artifacts.global.snapshot",
    "Endpoint.policy.applied.artifacts.global.identifiers",
)
SUCCEEDED: Final = "success"
"""What an endpoint says of a policy that it applied without any trouble."""

WORDS: Final = ("Endpoint.policy.applied.actions",)
"""What an endpoint says of each action: some kilobytes, so only of those that had trouble."""

PARTIAL: Final = (
    "Elasticsearch could search only a part of its data, so a newer report may not have been found;"
    " endpoints are unknown unless what was found shows that they are current."
)
NOT_SEARCHED: Final = "Elasticsearch could search only a part of its data"
UNREADABLE: Final = "its newest policy response cannot be read"
_MOST_REASONS: Final = 3
_BUCKETS: Final = "aggregations.by_agent.buckets"
_BEGINS: Final = b'{"key":{"agent":'


class Search(Protocol):
    """What is used of a client."""

    @property
    def requests_sent(self) -> int:
        """How many requests have been sent."""
        ...

    def search(
        self,
        index: str,
        *,
        query: JsonValue,
        aggs: JsonValue,
        partial: bool = False,
        decoder: Decoder = ...,
    ) -> JsonValue:
        """Return the answer to a search for aggregations only, as `decoder` decodes it."""
        ...

    def failures(self, answer: JsonValue) -> tuple[str, ...]:
        """Return what a partial answer says of the shards it leaves out."""
        ...


@dataclass(frozen=True, slots=True)
class Block:
    """What one search found.

    Attributes:
        found: The newest response of each agent that has one; None when it cannot be read.
        whole: Whether everything was searched.
    """

    found: Mapping[str, PolicyResponse | None]
    whole: bool

    def of(self, agent: AgentFacts) -> Found:
        """Return what there is of an agent that was asked for."""
        response = self.found.get(agent.agent_id)
        unreadable = response is None and agent.agent_id in self.found
        doubt = "" if self.whole else NOT_SEARCHED
        return Found(agent, response, UNREADABLE if unreadable else "", doubt)


class ElasticsearchResponses:
    """Asks Elasticsearch for the newest policy response of many agents at once.

    Whole answers are asked for first. An agent's documents lie in several indices, so an answer
    without some of them has an older document in the place of the newest, and looks complete.
    Only where no whole answer can be had is a partial one asked for, from then on.

    Args:
        client: The client.
    """

    name = "Elasticsearch"

    def __init__(self, client: Search) -> None:
        self._client = client
        self._partial = False
        self._size = PER_REQUEST
        self._reasons: dict[str, None] = {}
        self.complete = True

    @property
    def notes(self) -> tuple[str, ...]:
        """What its answers lack and why; known when all have been given."""
        if self.complete:
            return ()
        reasons = list(self._reasons)[:_MOST_REASONS]
        return (f"{PARTIAL} It says: {'; '.join(reasons)}." if reasons else PARTIAL,)

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
            ApiError: Elasticsearch refused the search.
        """
        agents = listing.agents
        done = 0
        while done < len(agents):
            asked = agents[done : done + self._size]
            block = self._block(asked, since)
            if block is None:
                self._size = len(asked) // 2
                continue
            self.complete = self.complete and block.whole
            yield from map(block.of, asked)
            done += len(asked)
            if progress is not None:
                progress("policy responses", done, len(agents))

    def _block(self, asked: Sequence[AgentFacts], since: float) -> Block | None:
        """Return what there is of these agents, or None when they are too many for one search."""
        try:
            return self._newest(asked, since)
        except TooManyBucketsError:
            if len(asked) == 1:
                raise
            return None

    def _newest(self, asked: Sequence[AgentFacts], since: float) -> Block:
        if not self._partial:
            try:
                return self._search(asked, since, partial=False)
            except (ServerError, ShardsFailedError) as exc:
                self._partial = True
                self._reasons.update(dict.fromkeys([exc.reason] if exc.reason else []))
        return self._search(asked, since, partial=True)

    def _search(self, asked: Sequence[AgentFacts], since: float, *, partial: bool) -> Block:
        ids = [agent.agent_id for agent in asked]
        answer = self._client.search(
            INDEX,
            query=newest_query(ids, since),
            aggs=newest_aggregation(len(ids)),
            partial=partial,
            decoder=_decoded,
        )
        whole = _searched_all(answer)
        self._reasons.update(dict.fromkeys(self._client.failures(answer)))
        if whole and value_at(answer, "_shards.total") == 0:
            raise _nothing_readable(INDEX)
        found = dict(_responses(answer))
        # Documents of several agents make buckets nobody asked for, in the place of others.
        crowded = len(found) >= len(ids) and not found.keys() <= set(ids)
        return Block(found, whole and not crowded)


def _nothing_readable(index: str) -> NotFoundError:
    """The error for a search of no shard at all.

    A pattern leaves out what the credentials may not see, and finds nothing: no 403, and behind a
    key that may read nothing in remote clusters these are all "successful".
    """
    return NotFoundError(
        f"Elasticsearch has no index {index} that these credentials may read.",
        status=200,
        method="POST",
        path=f"/{index}/_search",
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
    """Return the aggregation that keeps the newest document of each of this many agents.

    What an endpoint says of its actions comes along where its policy was not applied with success.
    """
    sources = [{"agent": {"terms": {"field": "agent.id"}}}]
    succeeded = {"term": {"Endpoint.policy.applied.status": SUCCEEDED}}
    return {
        "by_agent": {
            "composite": {"size": agents, "sources": sources},
            "aggs": {
                "latest": _newest_hit(FIELDS),
                "troubled": {
                    "filter": {"bool": {"must_not": [succeeded]}},
                    "aggs": {"latest": _newest_hit(WORDS)},
                },
            },
        }
    }


def _newest_hit(fields: Sequence[str]) -> JsonValue:
    return {
        "top_hits": {
            "size": 1,
            "sort": [{"event.created": {"order": "desc", "unmapped_type": "date"}}],
            "_source": list(fields),
        }
    }


def _decoded(data: bytes) -> JsonValue:
    """Decode an answer; in place of each bucket is what `_response` makes of it."""
    return decode_list(data, _BUCKETS, _BEGINS, _response)


def _responses(answer: JsonValue) -> Sequence[tuple[str, PolicyResponse | None]]:
    buckets = value_at(answer, _BUCKETS)
    if isinstance(buckets, list):
        return buckets
    if _searched_all(answer):
        raise TransportError(
            "What Elasticsearch answered has none of the aggregations that were asked for."
        )
    return ()


def _response(bucket: JsonValue) -> tuple[str, PolicyResponse | None]:
    """Return an agent and its newest response, None when that cannot be read."""
    hit = _first_hit(value_at(bucket, "latest"))
    response = read_policy_response(value_at(hit, "_source"))
    if response is not None and response.status != SUCCEEDED:
        troubled = _first_hit(value_at(bucket, "troubled.latest"))
        if troubled is not None and _names(hit) == _names(troubled):
            response = response._replace(trouble=artifact_trouble(value_at(troubled, "_source")))
    return text_at(bucket, "key.agent"), response


def _first_hit(newest: JsonValue) -> JsonValue:
    hits = value_at(newest, "hits.hits")
    return hits[0] if isinstance(hits, list) and hits else None


def _names(hit: JsonValue) -> tuple[str, str]:
    """Return what tells a document from all others."""
    return text_at(hit, "_index"), text_at(hit, "_id")


def _searched_all(answer: JsonValue) -> bool:
    """Whether no shard and no remote cluster failed; shards that could be skipped did not."""
    failed = ("_shards.failed", "_clusters.skipped", "_clusters.failed", "_clusters.partial")
    return not value_at(answer, "timed_out") and not any(value_at(answer, name) for name in failed)
