"""FakeElasticsearch: answers searches for policy responses from the state of a fake Kibana.

::

    with FakeKibana.example() as kibana, FakeElasticsearch(kibana) as elasticsearch:
        print(elasticsearch.url, elasticsearch.api_key)
"""

import base64
import fnmatch
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Final, Literal, Protocol, TypeAlias
from urllib.parse import parse_qsl, unquote

from elastic_mirror_policy._json import JsonValue, decode, encode, text_at
from elastic_mirror_policy.testing._api.answers import FakeAnswer
from elastic_mirror_policy.testing._api.faults import Fault, FaultBook
from elastic_mirror_policy.testing._search.search import (
    MAX_BUCKETS,
    SearchError,
    Stored,
    aggregate,
    predicate,
    wanted_ids,
)
from elastic_mirror_policy.testing._serving.serving import Served

Failure: TypeAlias = Literal["lost", "busy", "slow"]
"""Why a shard cannot be searched: no node has it, its node has no room, or no time is left."""

INDEX = "metrics-endpoint.policy-default"
"""The data stream whose documents it has."""

BACKING: Final = tuple(f".ds-{INDEX}-2026.01.0{number}-00000{number}" for number in (1, 2))
"""Its backing indices, of one shard each; the documents of one agent lie in all of them."""

_SEARCH = re.compile(r"/([^/]+)/_search")
_PARAMETERS: Final = frozenset(
    {"ignore_unavailable", "allow_no_indices", "allow_partial_search_results"}
)
_KEYS: Final = frozenset({"query", "aggs", "size", "track_total_hits"})
_UNAUTHENTICATED = (
    "unable to authenticate with provided credentials and anonymous access is not allowed for "
    "this request"
)
_BUSY: Final = {
    "type": "es_rejected_execution_exception",
    "reason": "rejected execution of TimedRunnable on QueueResizingEsThreadPoolExecutor",
}
_LOST: Final = {"type": "no_shard_available_action_exception", "reason": None}


class ReportedPolicies(Protocol):
    """What is used of a fake Kibana."""

    def policy_responses(self, ids: Sequence[str] | None = None) -> list[JsonValue]:
        """Return the newest policy response of each agent."""


class FakeElasticsearch(Served):
    """An Elasticsearch with the policy responses of a fake Kibana's agents.

    As a context manager it serves itself on 127.0.0.1.

    Attributes:
        documents: Policy responses it has besides, such as older ones, or malformed ones.
        visible: Whether the API key may read the index; what a pattern may not read it leaves out.
        failed_shards: How many of its two shards cannot be searched; their documents are missing.
        failure: Why: their node is `lost`, or it is `busy`, or `slow` (the search times out).
        failing: How many searches meet that; None for all of them.
        skipped_clusters: How many remote clusters did not answer.
        clusters: How many remote clusters were searched and had nothing.
        max_buckets: How many buckets a search may make (`search.max_buckets`).
        latency: Seconds every answer takes.
        requests: How many requests were answered.
    """

    def __init__(self, kibana: ReportedPolicies) -> None:
        super().__init__("")
        self.api_key = base64.b64encode(b"search-synthetic:secret-of-search").decode()
        self.documents: list[JsonValue] = []
        self.visible = True
        self.failed_shards = 0
        self.failure: Failure = "lost"
        self.failing: int | None = None
        self.skipped_clusters = 0
        self.clusters = 0
        self.max_buckets = MAX_BUCKETS
        self.latency = 0.0
        self.requests = 0
        self._kibana = kibana
        self._faults = FaultBook()

    def inject(self, fault: Fault) -> None:
        """Let something go wrong with requests that match."""
        self._faults.inject(fault)

    def handle(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> FakeAnswer:
        """Answer one request; faults and latency included."""
        self.requests += 1
        if self.latency:
            self._stopping.wait(self.latency)
        fault = self._faults.take(method, path)
        if fault is None:
            return self._answer(method, path, headers, body)
        answer = FakeAnswer(0)
        if fault.handles_request:
            answer = self._answer(method, path, headers, body)
        return fault.distort(answer)

    def _answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> FakeAnswer:
        asked = {name.lower(): value for name, value in headers.items()}
        route, _, query = path.partition("?")
        refused = _refused(method, unquote(route), query, asked, f"ApiKey {self.api_key}")
        if refused is not None:
            return refused
        partial = dict(parse_qsl(query)).get("allow_partial_search_results", "true") == "true"
        pattern = unquote(route).split("/")[1]
        try:
            return self._search(pattern, _request(body), partial=partial)
        except SearchError as exc:
            if exc.kind == "too_many_buckets_exception":
                return _phase_failed(400, [{"type": exc.kind, "reason": exc.reason}])
            return _refusal(400, exc.kind, exc.reason)

    def _search(
        self, pattern: str, request: Mapping[str, JsonValue], *, partial: bool
    ) -> FakeAnswer:
        aggs, query = request.get("aggs", {}), request.get("query", {"match_all": {}})
        matches = predicate(query)
        aggregate(aggs, (), self.max_buckets)  # refused whatever there is
        names = any(fnmatch.fnmatchcase(INDEX, one) for one in pattern.split(","))
        if not names or not self.visible:
            return _result(self._head(total=0, failed=0))
        failed = self._failed()
        if failed and (not partial or (failed == len(BACKING) and self.failure != "slow")):
            return _shards_failed(self.failure, failed)
        stored = self._stored(query)
        chosen = [one for one in stored if BACKING.index(one.index) >= failed and matches(one)]
        found = aggregate(aggs, chosen, self.max_buckets)
        head = self._head(total=len(BACKING), failed=failed)
        return _result(head | ({"aggregations": found} if aggs else {}))

    def _failed(self) -> int:
        """Return how many shards this search meets that cannot be searched."""
        if self.failing is not None:
            self.failing -= 1
            if self.failing < 0:
                return 0
        return min(self.failed_shards, len(BACKING))

    def _head(self, *, total: int, failed: int) -> dict[str, JsonValue]:
        slow = failed > 0 and self.failure == "slow"
        failed = 0 if slow else failed
        shards: dict[str, JsonValue] = {
            "total": total,
            "successful": total - failed,
            "skipped": 0,
            "failed": failed,
        }
        if failed:
            cause = _BUSY if self.failure == "busy" else _LOST
            shards["failures"] = [
                {"shard": 0, "index": index, "node": None, "reason": cause}
                for index in BACKING[:failed]
            ]
        answer: dict[str, JsonValue] = {
            "took": 1,
            "timed_out": slow,
            "_shards": shards,
            "hits": {"max_score": None, "hits": []},
        }
        others = self.clusters + self.skipped_clusters
        if others:
            known = {"total": 1 + others, "successful": 1 + self.clusters}
            answer["_clusters"] = known | {"skipped": self.skipped_clusters}
        return answer

    def _stored(self, query: JsonValue) -> list[Stored]:
        """Return what there is; only the agents that a query names are made into documents."""
        reported = self._kibana.policy_responses(wanted_ids(query, "agent.id"))
        return [
            Stored(one, str(number), _backing_index(one))
            for number, one in enumerate((*self.documents, *reported))
        ]


def _backing_index(document: JsonValue) -> str:
    """Return where a document lies: those of one agent are spread over all backing indices."""
    name = f"{text_at(document, 'agent.id')} {text_at(document, 'event.created')}"
    return BACKING[zlib.crc32(name.encode()) % len(BACKING)]


def _refused(
    method: str, path: str, query: str, asked: Mapping[str, str], authorization: str
) -> FakeAnswer | None:
    """Return the refusal of a request that no search comes of, or None."""
    if asked.get("authorization") != authorization:
        return _refusal(401, "security_exception", _UNAUTHENTICATED)
    if method != "POST" or _SEARCH.fullmatch(path) is None:
        text = f"Incorrect HTTP method for uri [{path}] and method [{method}], allowed: [GET]"
        return FakeAnswer(405, _headers(405), encode({"error": text, "status": 405}))
    kind = asked.get("content-type", "")
    if kind.partition(";")[0] != "application/json":
        text = f"Content-Type header [{kind}] is not supported"
        return FakeAnswer(406, _headers(406), encode({"error": text, "status": 406}))
    unknown = sorted(set(dict(parse_qsl(query, keep_blank_values=True))) - _PARAMETERS)
    if unknown:
        reason = f"request [{path}] contains unrecognized parameters: {unknown}"
        return _refusal(400, "illegal_argument_exception", reason)
    return None


def _request(body: bytes) -> Mapping[str, JsonValue]:
    """Return what a search asks for.

    Raises:
        SearchError: It is not a search, or has something that is not known here.
    """
    try:
        request = decode(body)
    except ValueError as exc:
        raise SearchError("x_content_parse_exception", "the body is not JSON") from exc
    if not isinstance(request, dict):
        raise SearchError("parsing_exception", "Expected [START_OBJECT]")
    unknown = sorted(set(request) - _KEYS)
    if unknown:
        raise SearchError("parsing_exception", f"unknown key {unknown}")
    if request.get("size") != 0:
        raise SearchError("parsing_exception", "hits are not known here: [size] must be 0")
    return request


def _shards_failed(failure: str, failed: int) -> FakeAnswer:
    """The refusal of a search that may not leave out shards, or would have none left."""
    if failure == "busy":
        return _phase_failed(429, [_BUSY])
    if failure == "slow":
        return _phase_failed(504, [{"type": "search_timeout_exception", "reason": "Time exceeded"}])
    missing = ", ".join(f"[{index}][0]" for index in BACKING[:failed])
    cause = {
        "type": "search_phase_execution_exception",
        "reason": f"Search rejected due to missing shards [{missing}]. Consider using "
        "`allow_partial_search_results` setting to bypass this error.",
    }
    return _phase_failed(503, [], caused_by=cause)


def _phase_failed(
    status: int, causes: Sequence[JsonValue], caused_by: JsonValue = None
) -> FakeAnswer:
    """The refusal of a search that failed on its shards."""
    error: dict[str, JsonValue] = {
        "root_cause": list(causes),
        "type": "search_phase_execution_exception",
        "reason": "all shards failed" if causes else "",
        "phase": "query",
        "grouped": True,
        "failed_shards": [
            {"shard": 0, "index": BACKING[0], "node": None, "reason": cause} for cause in causes
        ],
    }
    if caused_by is not None:
        error["caused_by"] = caused_by
    return FakeAnswer(status, _headers(status), encode({"error": error, "status": status}))


def _result(value: JsonValue) -> FakeAnswer:
    return FakeAnswer(200, _headers(200), encode(value))


def _refusal(status: int, kind: str, reason: str) -> FakeAnswer:
    cause = {"type": kind, "reason": reason}
    body = {"error": {"root_cause": [cause], **cause}, "status": status}
    return FakeAnswer(status, _headers(status), encode(body))


def _headers(status: int) -> dict[str, str]:
    """Refused credentials are answered before Elasticsearch says what it is."""
    kind = {"content-type": "application/json"}
    return kind if status in {401, 403} else kind | {"x-elastic-product": "Elasticsearch"}
