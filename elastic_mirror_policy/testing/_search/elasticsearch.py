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
from typing import Protocol
from urllib.parse import unquote

from elastic_mirror_policy._json import JsonValue, decode, encode
from elastic_mirror_policy.testing._api.answers import FakeAnswer
from elastic_mirror_policy.testing._api.faults import Fault, FaultBook
from elastic_mirror_policy.testing._search.search import (
    SearchError,
    aggregate,
    predicate,
    values,
    wanted_ids,
)
from elastic_mirror_policy.testing._serving.serving import Served

INDEX = "metrics-endpoint.policy-default"
"""The data stream whose documents it has."""

SHARDS = 2
_SEARCH = re.compile(r"/([^/]+)/_search")
_COMPATIBLE = re.compile(r"compatible-with=(\d+)")
_UNAUTHENTICATED = (
    "unable to authenticate with provided credentials and anonymous access is not allowed for "
    "this request"
)


class ReportedPolicies(Protocol):
    """What is used of a fake Kibana."""

    def policy_responses(self, ids: Sequence[str] | None = None) -> list[JsonValue]:
        """Return the newest policy response of each agent."""


class FakeElasticsearch(Served):
    """An Elasticsearch of one version, with the policy responses of a fake Kibana's agents.

    As a context manager it serves itself on 127.0.0.1.

    Attributes:
        documents: Policy responses it has besides, such as older ones, or malformed ones.
        visible: Whether the API key may read the index; what a pattern may not read it leaves out.
        failed_shards: How many of its two shards cannot be searched; their answers are missing.
        skipped_clusters: How many remote clusters did not answer.
        latency: Seconds every answer takes.
        requests: How many requests were answered.
    """

    def __init__(self, kibana: ReportedPolicies, version: str = "9.4.2") -> None:
        super().__init__("")
        self.api_key = base64.b64encode(b"search-synthetic:secret-of-search").decode()
        self.documents: list[JsonValue] = []
        self.visible = True
        self.failed_shards = 0
        self.skipped_clusters = 0
        self.latency = 0.0
        self.requests = 0
        self._kibana = kibana
        self._major = int(version.partition(".")[0])
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
            return self._answer(method, path.partition("?")[0], headers, body)
        answer = FakeAnswer(0)
        if fault.handles_request:
            answer = self._answer(method, path.partition("?")[0], headers, body)
        return fault.distort(answer)

    def _answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> FakeAnswer:
        asked = {name.lower(): value for name, value in headers.items()}
        if asked.get("authorization") != f"ApiKey {self.api_key}":
            return _refusal(401, "security_exception", _UNAUTHENTICATED)
        found = _COMPATIBLE.search(asked.get("accept", ""))
        if found is not None and int(found[1]) not in {self._major, self._major - 1}:
            reason = (
                f"Accept version must be either version {self._major} or {self._major - 1}, but "
                f"found {found[1]}. Accept={asked['accept']}"
            )
            return _refusal(400, "media_type_header_exception", reason)
        place = _SEARCH.fullmatch(unquote(path))
        if method != "POST" or place is None:
            return _refusal(400, "illegal_argument_exception", f"no handler found for uri [{path}]")
        try:
            return _result(self._search(place[1], decode(body)))
        except SearchError as exc:
            return _refusal(400, exc.kind, exc.reason)

    def _search(self, pattern: str, request: JsonValue) -> JsonValue:
        names = any(fnmatch.fnmatchcase(INDEX, one) for one in pattern.split(","))
        total = SHARDS if names and self.visible else 0
        failed = min(self.failed_shards, total)
        answer: dict[str, JsonValue] = {
            "took": 1,
            "timed_out": False,
            "_shards": {
                "total": total,
                "successful": total - failed,
                "skipped": 0,
                "failed": failed,
            },
            "hits": {"max_score": None, "hits": []},
        }
        if self.skipped_clusters:
            clusters = {"total": 1 + self.skipped_clusters, "successful": 1}
            answer["_clusters"] = clusters | {"skipped": self.skipped_clusters}
        unknown = set(request) - {"query", "aggs", "size", "track_total_hits"}
        if unknown:
            raise SearchError("parsing_exception", f"unknown key {sorted(unknown)}")
        query = request.get("query", {"match_all": {}})
        documents = self._documents(query) if total else []
        matches = predicate(query)
        chosen = [one for one in documents if _shard(one) >= failed and matches(one)]
        return answer | {"aggregations": aggregate(request.get("aggs", {}), chosen)}

    def _documents(self, query: JsonValue) -> list[JsonValue]:
        """Return what there is; only the agents that a query names are made into documents."""
        return [*self.documents, *self._kibana.policy_responses(wanted_ids(query, "agent.id"))]


def _shard(document: JsonValue) -> int:
    """The shard a document lies in; those of one agent lie together here."""
    return zlib.crc32(str(values(document, "agent.id")).encode()) % SHARDS


def _result(value: JsonValue) -> FakeAnswer:
    headers = {"content-type": "application/json", "x-elastic-product": "Elasticsearch"}
    return FakeAnswer(200, headers, encode(value))


def _refusal(status: int, kind: str, reason: str) -> FakeAnswer:
    cause = {"type": kind, "reason": reason}
    body = {"error": {"root_cause": [cause], **cause}, "status": status}
    headers = {"content-type": "application/json", "x-elastic-product": "Elasticsearch"}
    return FakeAnswer(status, headers, encode(body))
