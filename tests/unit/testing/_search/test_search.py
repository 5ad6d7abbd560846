"""The fake search finds what Elasticsearch would find, and refuses what it does not know."""

import json
from typing import Any

import pytest
import requests

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.testing import FakeElasticsearch, FakeKibana, Fault
from elastic_mirror_policy.testing._search.elasticsearch import Failure
from elastic_mirror_policy.testing._search.search import (
    MAX_BUCKETS,
    SearchError,
    Stored,
    aggregate,
    predicate,
    values,
    wanted_ids,
)

DOCUMENTS: list[Stored] = [
    Stored(
        {
            "@timestamp": f"2026-01-0{day}T00:00:00Z",
            "agent": {"id": agent, "version": str(day)},
            "host": {"os": {"type": ["linux", str(day)]}},
            "n": day,
        },
        str(day),
    )
    for day, agent in [(1, "x"), (3, "y"), (2, "x"), (4, "z")]
]
BY_AGENT = {"size": 2, "sources": [{"agent": {"terms": {"field": "agent.id"}}}]}


def found(query: JsonValue) -> list[int]:
    """Return the numbers of the documents that a query finds."""
    matches = predicate(query)
    return [stored.source["n"] for stored in DOCUMENTS if matches(stored)]


def test_values_are_found_through_lists() -> None:
    """As Elasticsearch flattens them."""
    document = {"a": [{"b": 1}, {"b": [2, None, {"c": 3}]}], "d": None}

    assert values(document, "a.b") == [1, 2]
    assert values(document, "a.b.c") == [3]
    assert values(document, "d") == values(document, "missing.too") == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"match_all": {}}, [1, 3, 2, 4]),
        ({"term": {"agent.id": "x"}}, [1, 2]),
        ({"term": {"agent.id": {"value": "x"}}}, [1, 2]),
        ({"terms": {"agent.id": ["y", "z", "w"]}}, [3, 4]),
        ({"terms": {"host.os.type": ["4"]}}, [4]),
        ({"range": {"@timestamp": {"gte": "2026-01-03T00:00:00Z"}}}, [3, 4]),
        ({"range": {"@timestamp": {"gte": 1767398400000}}}, [3, 4]),
        ({"range": {"event.created": {"gte": 0}}}, []),
        ({"term": {"n": 1}}, []),
        ({"range": {"n": {"gte": 1}}}, []),
        ({"range": {"@timestamp": {"lt": "2026-01-03T00:00:00Z"}}}, [1, 2]),
        ({"bool": {}}, [1, 3, 2, 4]),
        ({"bool": {"must": {"term": {"agent.id": "x"}}}}, [1, 2]),
        ({"bool": {"must_not": [{"term": {"agent.id": "x"}}]}}, [3, 4]),
        (
            {
                "bool": {
                    "filter": [{"terms": {"agent.id": ["x", "y"]}}],
                    "must_not": [{"term": {"agent.version": "1"}}],
                }
            },
            [3, 2],
        ),
    ],
)
def test_a_query_finds_its_documents(query: JsonValue, expected: list[int]) -> None:
    """The few kinds that clients of the fake need."""
    assert found(query) == expected


@pytest.mark.parametrize(
    "query",
    [
        {"wildcard": {"agent.id": "*"}},
        {"term": {"a": 1, "b": 2}},
        {},
        [],
        {"bool": {"should": []}},
        {"range": {"agent.id": {"gte": 1}}},
        {"match_all": {"boost": 1}},
        {"term": {"agent.id": {"value": "x", "boost": 2}}},
        {"terms": {"agent.id": "x"}},
        {"bool": ["x"]},
        {"range": {"@timestamp": {"gt": "2026-01-03T00:00:00Z"}}},
        {"range": {"@timestamp": {"gte": "now-30d"}}},
        {"terms": {"agent.id": ["x"] * (MAX_BUCKETS + 1)}},
    ],
)
def test_what_is_not_known_is_refused(query: JsonValue) -> None:
    """A guess would hide a mistake of the client."""
    with pytest.raises(SearchError):
        predicate(query)


def pages(count: int) -> list[list[tuple[str, int]]]:
    """Return key and number of the buckets of so many pages."""
    after: dict[str, JsonValue] = {}
    found = []
    for _ in range(count):
        page = aggregate({"a": {"composite": BY_AGENT | after}}, DOCUMENTS)["a"]
        found.append([(one["key"]["agent"], one["doc_count"]) for one in page["buckets"]])
        after = {"after": page.get("after_key")}
    return found


def test_buckets_come_in_pages() -> None:
    """In the order of their keys; `after` is where the next page begins."""
    assert pages(3) == [[("x", 2), ("y", 1)], [("z", 1)], []]


def test_documents_without_the_field_are_in_no_bucket() -> None:
    """As in Elasticsearch."""
    assert aggregate({"a": {"composite": BY_AGENT}}, [Stored({"n": 1})])["a"] == {"buckets": []}


def top(**options: Any) -> list[JsonValue]:  # noqa: ANN401 - options of top_hits
    """Return the sources of the top hits of all documents."""
    result = aggregate({"t": {"top_hits": options}}, DOCUMENTS)["t"]
    assert result["hits"]["total"]["value"] == 4
    return [hit["_source"] for hit in result["hits"]["hits"]]


@pytest.mark.parametrize("order", ["desc", {"order": "desc", "unmapped_type": "date"}])
def test_the_newest_comes_first(order: JsonValue) -> None:
    """However the order is written; three unless another number is asked for."""
    assert [one["n"] for one in top(sort=[{"@timestamp": order}])] == [4, 3, 2]
    assert [one["n"] for one in top(sort=[{"@timestamp": order}], size=1)] == [4]


def test_several_sort_keys_count_in_their_order() -> None:
    """The first one most."""
    order = [{"agent.id": {}}, {"@timestamp": "desc"}]

    assert [one["n"] for one in top(sort=order, size=4)] == [2, 1, 3, 4]


def test_documents_without_the_sort_field_come_last() -> None:
    """In either direction."""
    assert [one["n"] for one in top(sort=[{"event.created": "desc"}])] == [1, 3, 2]
    assert [one["n"] for one in top(sort=[{"x": {"unmapped_type": "date"}}])] == [1, 3, 2]


def test_dates_are_sorted_in_milliseconds() -> None:
    """Of two in one millisecond the first stored comes first."""
    moments = ("2026-01-01T00:00:00.0001Z", "2026-01-01T00:00:00.0009Z", "2026-01-01T00:00:00.001Z")
    stored = [Stored({"@timestamp": one, "n": n}) for n, one in enumerate(moments)]
    result = aggregate({"t": {"top_hits": {"sort": [{"@timestamp": "desc"}]}}}, stored)["t"]

    assert [hit["_source"]["n"] for hit in result["hits"]["hits"]] == [2, 0, 1]


def test_a_document_of_several_agents_is_in_the_bucket_of_each() -> None:
    """Not only in that of the first."""
    stored = [Stored({"agent": {"id": ["a", "b"]}})]
    found = aggregate({"a": {"composite": BY_AGENT}}, stored)["a"]["buckets"]

    assert [one["key"]["agent"] for one in found] == ["a", "b"]


def test_a_filter_is_a_bucket() -> None:
    """With its own aggregations."""
    aggs = {"f": {"filter": {"term": {"agent.id": "x"}}, "aggs": {"t": {"top_hits": {"size": 1}}}}}
    found = aggregate(aggs, DOCUMENTS)["f"]

    assert (found["doc_count"], found["t"]["hits"]["hits"][0]["_id"]) == (2, "1")


def test_a_source_can_be_cut_down() -> None:
    """To fields and what lies below them; what is not there is left out."""
    assert top(_source=["host", "missing.deep", "n.deeper"], size=1) == [
        {"host": DOCUMENTS[0].source["host"]}
    ]
    assert top(_source=["agent.id"], size=1) == [{"agent": {"id": "x"}}]
    assert top(size=1) == [DOCUMENTS[0].source]
    hits = aggregate({"t": {"top_hits": {"_source": False}}}, DOCUMENTS)["t"]["hits"]["hits"]
    assert hits[0] == {"_index": "index", "_id": "1", "_score": None}


@pytest.mark.parametrize(
    "aggs",
    [
        {"a": {"terms": {"field": "agent.id"}}},
        {"a": {}},
        {"a": {"composite": BY_AGENT, "top_hits": {}}},
        {"a": {"composite": {"size": 2, "sources": []}}},
        {"a": {"composite": {"size": 2}}},
        {"a": {"composite": BY_AGENT | {"size": 0}}},
        {"a": {"composite": BY_AGENT | {"after": {"other": "x"}}}},
        {"a": {"composite": {"sources": [{"d": {"histogram": {"field": "agent.id"}}}]}}},
        {"a": {"top_hits": {"size": 0}}},
        {"a": {"top_hits": {"size": 101}}},
        {"a": {"top_hits": {"size": -1}}},
        {"a": {"top_hits": {"sort": [{"unmapped": "desc"}]}}},
        {"a": {"top_hits": {"from": 1}}},
        {"a": {"top_hits": {}, "aggs": {"b": {"top_hits": {}}}}},
        {"a": "x"},
        ["a"],
        {"a": {"composite": BY_AGENT | {"size": MAX_BUCKETS + 1}}},
    ],
)
def test_an_aggregation_that_is_not_known_is_refused(aggs: JsonValue) -> None:
    """So are more buckets than Elasticsearch makes."""
    with pytest.raises(SearchError):
        aggregate(aggs, DOCUMENTS)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"bool": {"filter": [{"terms": {"agent.id": ["a"]}}]}}, ["a"]),
        ({"bool": {"filter": {"terms": {"agent.id": ["a"]}}}}, ["a"]),
        ({"bool": {"filter": [{"term": {"agent.id": "a"}}]}}, None),
        ({"match_all": {}}, None),
        ([], None),
    ],
)
def test_the_agents_a_query_names_are_known(query: JsonValue, expected: list[str] | None) -> None:
    """Only their documents need to be made."""
    assert wanted_ids(query, "agent.id") == expected


@pytest.fixture
def search() -> FakeElasticsearch:
    """An Elasticsearch with the three endpoints of a fake Kibana."""
    kibana = FakeKibana()
    kibana.add_policy("Servers", agents=3)
    return FakeElasticsearch(kibana)


def send(search: FakeElasticsearch, body: JsonValue, **changes: str) -> tuple[int, JsonValue]:
    """Send a search and return status and body."""
    path = changes.pop("path", "/metrics-endpoint.policy-*/_search?ignore_unavailable=true")
    headers = {"Authorization": f"ApiKey {search.api_key}", "Content-Type": "application/json"}
    sent = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    answer = search.handle("POST", path, headers | changes, sent)
    assert ("x-elastic-product" in answer.headers) == (answer.status != 401)
    return answer.status, json.loads(answer.body)


def test_a_search_finds_the_endpoints(search: FakeElasticsearch) -> None:
    """Through the pattern of the data stream."""
    status, body = send(search, {"size": 0, "aggs": {"a": {"composite": BY_AGENT | {"size": 9}}}})

    assert status == 200
    assert len(body["aggregations"]["a"]["buckets"]) == 3
    assert body["_shards"] == {"total": 2, "successful": 2, "skipped": 0, "failed": 0}


@pytest.mark.parametrize("path", ["/other-*/_search", "/logs/_search"])
def test_another_index_has_nothing(search: FakeElasticsearch, path: str) -> None:
    """No shard is searched then."""
    status, body = send(search, {"size": 0, "aggs": {"a": {"composite": BY_AGENT}}}, path=path)

    assert (status, body["_shards"]["total"]) == (200, 0)
    assert "aggregations" not in body


@pytest.mark.parametrize("key", ["ApiKey wrong", ""])
def test_a_wrong_key_is_refused(search: FakeElasticsearch, key: str) -> None:
    """In Elasticsearch's own shape, which does not say yet what it is."""
    answered, body = send(search, {}, Authorization=key)

    assert (answered, body["status"]) == (401, 401)
    assert body["error"]["root_cause"][0]["type"] == "security_exception"


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"path": "/_cat/indices"}, 405), ({"Content-Type": "text/plain"}, 406)],
)
def test_another_kind_of_request_is_refused(
    search: FakeElasticsearch, changes: dict[str, str], status: int
) -> None:
    """With a text in the place of an error."""
    answered, body = send(search, {}, **changes)

    assert (answered, type(body["error"])) == (status, str)


@pytest.mark.parametrize(
    "body",
    [
        {"size": 0, "collapse": {"field": "agent.id"}},
        {"size": 10},
        {},
        [],
        "{",
        {"size": 0, "query": {"wildcard": {"agent.id": "*"}}},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/metrics-endpoint.policy-*/_search", "/other/_search"])
def test_a_search_that_is_not_known_is_refused(
    search: FakeElasticsearch, body: JsonValue, path: str
) -> None:
    """It is not answered with nothing, whatever there is to search."""
    assert send(search, body, path=path)[0] == 400


def test_an_unknown_parameter_is_refused(search: FakeElasticsearch) -> None:
    """As Elasticsearch does."""
    status, body = send(search, {"size": 0}, path="/x/_search?no_such=true")

    assert (status, body["error"]["type"]) == (400, "illegal_argument_exception")


def test_more_buckets_than_are_allowed_are_refused(search: FakeElasticsearch) -> None:
    """By every shard, so the search as a whole failed."""
    search.max_buckets = 1
    status, body = send(search, {"size": 0, "aggs": {"a": {"composite": BY_AGENT}}})

    assert (status, body["error"]["type"]) == (400, "search_phase_execution_exception")
    assert body["error"]["root_cause"][0]["type"] == "too_many_buckets_exception"


@pytest.mark.parametrize(("failure", "status"), [("lost", 503), ("busy", 429), ("slow", 504)])
def test_without_partial_answers_a_failed_shard_is_a_refusal(
    search: FakeElasticsearch,
    failure: Failure,
    status: int,
) -> None:
    """Otherwise it is a 200 that says what it leaves out."""
    search.failed_shards, search.failure = 1, failure
    path = "/metrics-*/_search?allow_partial_search_results="
    whole, body = send(search, {"size": 0}, path=f"{path}false")
    partial, found = send(search, {"size": 0}, path=f"{path}true")

    assert (whole, body["status"], partial) == (status, status, 200)
    assert found["timed_out"] == (failure == "slow")
    assert len(found["_shards"].get("failures", ())) == (failure != "slow")


def test_a_fault_may_come_after_the_search(search: FakeElasticsearch) -> None:
    """The answer is cut short under its full length."""
    search.inject(Fault(truncate=5))
    answer = search.handle("POST", "/x/_search", {}, b"{}")

    assert len(answer.body) == 5 < (answer.declared_length or 0)


def test_it_is_served_and_slow_when_asked(search: FakeElasticsearch) -> None:
    """Like the other fakes."""
    search.latency = 0.001
    with search:
        headers = {"Authorization": f"ApiKey {search.api_key}"}
        answer = requests.post(
            f"{search.url}/metrics-endpoint.policy-default/_search",
            json={"size": 0},
            headers=headers,
            timeout=5,
        )

    assert (answer.status_code, search.requests) == (200, 1)
