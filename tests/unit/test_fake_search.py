"""The fake search finds what Elasticsearch would find, and refuses what it does not know."""

import json
from typing import Any

import pytest
import requests

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.testing import FakeElasticsearch, FakeKibana, Fault
from elastic_mirror_policy.testing._search.search import (
    MAX_BUCKETS,
    SearchError,
    aggregate,
    predicate,
    values,
    wanted_ids,
)

DOCUMENTS: list[dict[str, Any]] = [
    {
        "@timestamp": f"2026-01-0{day}T00:00:00Z",
        "agent": {"id": agent},
        "n": day,
        "tags": ["a", day],
    }
    for day, agent in [(1, "x"), (3, "y"), (2, "x"), (4, "z")]
]
BY_AGENT = {"size": 2, "sources": [{"agent": {"terms": {"field": "agent.id"}}}]}


def found(query: JsonValue) -> list[int]:
    """Return the numbers of the documents that a query finds."""
    matches = predicate(query)
    return [document["n"] for document in DOCUMENTS if matches(document)]


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
        ({"terms": {"tags": [4]}}, [4]),
        ({"range": {"@timestamp": {"gte": "2026-01-03T00:00:00Z"}}}, [3, 4]),
        ({"range": {"@timestamp": {"lt": "2026-01-03T00:00:00Z"}}}, [1, 2]),
        ({"bool": {}}, [1, 3, 2, 4]),
        ({"bool": {"must": {"term": {"agent.id": "x"}}}}, [1, 2]),
        ({"bool": {"must_not": [{"term": {"agent.id": "x"}}]}}, [3, 4]),
        (
            {
                "bool": {
                    "filter": [{"terms": {"agent.id": ["x", "y"]}}],
                    "must_not": [{"term": {"n": 1}}],
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
        {"range": {"n": {"gte": 1}}},
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
    assert aggregate({"a": {"composite": BY_AGENT}}, [{"n": 1}])["a"] == {"buckets": []}


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
    order = [{"agent.id": "asc"}, {"@timestamp": "desc"}]

    assert [one["n"] for one in top(sort=order, size=4)] == [2, 1, 3, 4]


def test_documents_without_the_sort_field_come_last() -> None:
    """In either direction."""
    result = aggregate({"t": {"top_hits": {"sort": [{"event.created": "desc"}]}}}, DOCUMENTS)["t"]

    assert [hit["_source"]["n"] for hit in result["hits"]["hits"]] == [1, 3, 2]


def test_a_source_can_be_cut_down() -> None:
    """To fields and what lies below them; what is not there is left out."""
    assert top(_source=["agent", "missing.deep", "n.deeper"], size=1) == [{"agent": {"id": "x"}}]
    assert top(_source=["agent.id"], size=1) == [{"agent": {"id": "x"}}]
    assert top(size=1) == [DOCUMENTS[0]]


@pytest.mark.parametrize(
    "aggs",
    [
        {"a": {"terms": {"field": "agent.id"}}},
        {"a": {}},
        {"a": {"composite": BY_AGENT, "top_hits": {}}},
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
    headers = {"Authorization": f"ApiKey {search.api_key}"} | changes
    answer = search.handle("POST", path, headers, json.dumps(body).encode())
    assert answer.headers["x-elastic-product"] == "Elasticsearch"
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
    status, body = send(search, {"aggs": {"a": {"composite": BY_AGENT}}}, path=path)

    assert (status, body["_shards"]["total"]) == (200, 0)
    assert body["aggregations"]["a"]["buckets"] == []


@pytest.mark.parametrize(
    ("changes", "status", "kind"),
    [
        ({"Authorization": "ApiKey wrong"}, 401, "security_exception"),
        ({"Authorization": ""}, 401, "security_exception"),
        ({"path": "/_cat/indices"}, 400, "illegal_argument_exception"),
        (
            {"Accept": "application/vnd.elasticsearch+json; compatible-with=10"},
            400,
            "media_type_header_exception",
        ),
    ],
)
def test_what_elasticsearch_refuses_is_refused(
    search: FakeElasticsearch, changes: dict[str, str], status: int, kind: str
) -> None:
    """In its own shape."""
    answered, body = send(search, {}, **changes)

    assert (answered, body["status"]) == (status, status)
    assert body["error"]["root_cause"][0]["type"] == kind


@pytest.mark.parametrize("major", [8, 9])
def test_its_own_version_and_the_one_before_are_spoken(
    search: FakeElasticsearch, major: int
) -> None:
    """As compatibility headers promise."""
    accept = f"application/vnd.elasticsearch+json; compatible-with={major}"

    assert send(search, {}, Accept=accept)[0] == 200


def test_an_unknown_key_is_refused(search: FakeElasticsearch) -> None:
    """As unknown queries are."""
    assert send(search, {"collapse": {"field": "agent.id"}})[0] == 400


def test_a_fault_may_come_after_the_search(search: FakeElasticsearch) -> None:
    """The answer is cut short under its full length."""
    search.inject(Fault(truncate=5))
    answer = search.handle(
        "POST", "/x/_search", {"authorization": f"ApiKey {search.api_key}"}, b"{}"
    )

    assert len(answer.body) == 5 < (answer.declared_length or 0)


def test_it_is_served_and_slow_when_asked(search: FakeElasticsearch) -> None:
    """Like the other fakes."""
    search.latency = 0.001
    with search:
        headers = {"Authorization": f"ApiKey {search.api_key}"}
        answer = requests.post(
            f"{search.url}/metrics-endpoint.policy-default/_search",
            json={},
            headers=headers,
            timeout=5,
        )

    assert (answer.status_code, search.requests) == (200, 1)
