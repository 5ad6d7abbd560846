"""Verdicts from a real Elasticsearch: what the product asks, and what is made of the answers."""

import contextlib
import urllib.error
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import pytest
from support.endpoints import Stack, stack, verdicts
from support.search_engine import CACHE, Node, need_engine, running

from elastic_mirror_policy._json import JsonValue, decode_document
from elastic_mirror_policy.endpoints import from_elasticsearch as source
from elastic_mirror_policy.endpoints.policy_response import INITIAL_POLICY
from elastic_mirror_policy.endpoints.report import EndpointReport
from elastic_mirror_policy.endpoints.search import SearchClient
from elastic_mirror_policy.errors import ApiError, NotFoundError
from elastic_mirror_policy.testing import FakeElasticsearch, Habit
from elastic_mirror_policy.testing._search.search import MAPPED

OLD, NEW = "metrics-endpoint.policy-default-000001", "metrics-endpoint.policy-default-000002"
UNSEARCHED: Final = ("actions", "response")
"""What endpoint package keeps in `_source` only."""


def mapping() -> JsonValue:
    """Return the mapping of policy responses: the fields that the fake searches in, as it does."""
    properties: dict[str, Any] = {}
    kinds = {field: {"type": kind} for field, kind in MAPPED.items()}
    unsearched: Any = {"type": "object", "enabled": False}
    kinds |= {f"Endpoint.policy.applied.{name}": unsearched for name in UNSEARCHED}
    for field, kind in kinds.items():
        place = properties
        *parents, last = field.split(".")
        for step in parents:
            place = place.setdefault(step, {"properties": {}})["properties"]
        place[last] = kind
    return {"dynamic": False, "date_detection": False, "properties": properties}


@pytest.fixture(scope="module")
def engine() -> Path:
    """The folder of an Elasticsearch that can be started."""
    return need_engine(CACHE)


@pytest.fixture(scope="module")
def node(engine: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """One node, for every test that leaves it as it was."""
    with running(engine, tmp_path_factory.mktemp("one")) as made:
        yield made


@pytest.fixture
def estate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """Nine endpoints: current, behind, and without artifacts, in their own words."""
    monkeypatch.setattr("elastic_mirror_policy._http.retry.random.uniform", lambda *_: 0.0)
    with stack() as made:
        made.add("Laptops", agents=3)
        made.fake.report_artifacts(made.add("Servers", agents=3), version="1.0.200")
        troubled = made.add("Kiosks", agents=3)
        for agent in troubled:
            made.fake.set_report(agent, None)
        made.fake.set_habit(Habit(status="failure"), troubled)
        made.fake.tick()
        made.fake.fetch_artifacts(made.mirror, made.fake.agent_ids[:3])
        yield made


@contextlib.contextmanager
def stored(
    node: Node, estate: Stack, settings: Mapping[str, Mapping[str, JsonValue]] | None = None
) -> Iterator[None]:
    """Have the newest documents in one index and older ones, which are wrong, in the other."""
    newest = estate.fake.policy_responses()
    older = [aged(one, days=days) for one in newest for days in (1, 2)]
    for index, documents in ((OLD, older), (NEW, newest)):
        chosen: dict[str, JsonValue] = {"number_of_replicas": 0, "number_of_shards": 3}
        chosen |= (settings or {}).get(index, {})
        node.ask("PUT", f"/{index}", {"settings": chosen, "mappings": mapping()})
        node.bulk(index, documents)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            node.ask("DELETE", f"/{OLD},{NEW}")


def aged(document: JsonValue, *, days: int, **applied: JsonValue) -> JsonValue:
    """Return a document of some days before, when the endpoint had an older revision."""
    moment = f"2026-01-{31 - days:02}T00:00:00.000Z"
    block = {**document["Endpoint"]["policy"]["applied"], "endpoint_policy_version": "0", **applied}
    event = {**document["event"], "created": moment}
    endpoint = {"policy": {"applied": block}}
    return {**document, "@timestamp": moment, "event": event, "Endpoint": endpoint}


def searched(node: Node, estate: Stack, **options: Any) -> EndpointReport:  # noqa: ANN401 - what endpoints takes
    """Look at the endpoints through the real Elasticsearch."""
    return estate.look(elasticsearch_url=node.url, **options)


def told(found: EndpointReport) -> dict[str, str]:
    """Return the verdicts that say something."""
    return {one: verdict for one, verdict in verdicts(found).items() if verdict != "unknown"}


def test_the_verdicts_are_those_over_kibana(node: Node, estate: Stack) -> None:
    """Endpoint by endpoint, with the endpoints' own words, whatever older documents say."""
    with stored(node, estate):
        found = searched(node, estate)

    assert found.endpoints == estate.look().endpoints
    assert {one.download_status for one in found.endpoints} == {"", "failure"}
    assert found.complete
    assert found.requests == 2


def test_the_fake_says_the_same(node: Node, estate: Stack) -> None:
    """Bucket by bucket, so that what is tested with it is true."""
    ids = estate.fake.agent_ids
    asked: dict[str, Any] = {
        "query": source.newest_query(ids, estate.fake.now - 86400 * 30),
        "aggs": source.newest_aggregation(len(ids)),
    }
    estate.search.documents = [
        aged(one, days=days) for one in estate.fake.policy_responses() for days in (1, 2)
    ]
    with (
        stored(node, estate),
        SearchClient(node.url) as real,
        SearchClient(estate.search.url, api_key=estate.search.api_key) as fake,
    ):
        found = [one.search(source.INDEX, **asked) for one in (real, fake)]

    assert buckets(found[0]) == buckets(found[1])
    assert len(buckets(found[0])) == len(ids)


def test_its_buckets_begin_as_the_decoder_expects(node: Node, estate: Stack) -> None:
    """They are decoded a few at a time, real ones too."""
    ids = estate.fake.agent_ids
    bodies: list[bytes] = []

    def kept(data: bytes) -> JsonValue:
        bodies.append(data)
        return decode_document(data)

    asked: dict[str, Any] = {
        "query": source.newest_query(ids, estate.fake.now - 86400 * 30),
        "aggs": source.newest_aggregation(len(ids)),
    }
    with stored(node, estate), SearchClient(node.url) as client:
        client.search(source.INDEX, **asked, decoder=kept)

    assert bodies[0].count(b',{"key":{"agent":') == len(ids) - 1
    assert b'"buckets":[{"key":{"agent":' in bodies[0]


def buckets(answer: JsonValue) -> list[JsonValue]:
    """Return what an answer says of each agent, without the names that an index gives."""
    return [
        (one["key"], one["doc_count"], one["troubled"]["doc_count"], sources(one))
        for one in answer["aggregations"]["by_agent"]["buckets"]
    ]


def sources(bucket: JsonValue) -> list[JsonValue]:
    """Return the documents of a bucket."""
    tops = (bucket["latest"], bucket["troubled"]["latest"])
    return [hit["_source"] for top in tops for hit in top["hits"]["hits"]]


REFUSED: Final[Mapping[str, JsonValue]] = {
    "hits beyond 100": {"aggs": {"a": {"top_hits": {"size": 101}}}},
    "no hits": {"aggs": {"a": {"top_hits": {"size": 0}}}},
    "less than no hits": {"aggs": {"a": {"top_hits": {"size": -1}}}},
    "an unmapped sort": {"aggs": {"a": {"top_hits": {"sort": [{"no.such": "desc"}]}}}},
    "terms that are no list": {"query": {"terms": {"agent.id": "x"}}},
    "no sources": {"aggs": {"a": {"composite": {"sources": []}}}},
    "sources left out": {"aggs": {"a": {"composite": {"size": 1}}}},
    "another mark": {
        "aggs": {
            "a": {
                "composite": {
                    "sources": [{"a": {"terms": {"field": "agent.id"}}}],
                    "after": {"b": "x"},
                }
            }
        }
    },
    "an unknown query": {"query": {"no_such": {}}},
    "an unknown key": {"no_such": 1},
    "an unknown aggregation": {"aggs": {"a": {"no_such": {}}}},
    "an unknown bool": {"query": {"bool": {"no_such": []}}},
}


def test_what_elasticsearch_refuses_the_fake_refuses(node: Node, estate: Stack) -> None:
    """With 400; what only the fake does not know is not in here."""
    bodies = {
        name: {"size": 0, "query": {"match_all": {}}, **body} for name, body in REFUSED.items()
    }
    with stored(node, estate):
        taken = [name for name, body in bodies.items() if not refused(node, body)]

    assert taken == []
    assert [name for name, body in bodies.items() if not refused_by(estate.search, body)] == []


def refused(node: Node, body: JsonValue) -> bool:
    """Whether Elasticsearch refuses a search, with 400."""
    try:
        node.ask("POST", f"/{source.INDEX}/_search", body)
    except urllib.error.HTTPError as exc:
        return exc.code == HTTPStatus.BAD_REQUEST
    return False


def refused_by(fake: FakeElasticsearch, body: JsonValue) -> bool:
    """Whether the fake refuses a search."""
    with (
        SearchClient(fake.url, api_key=fake.api_key) as client,
        contextlib.suppress(ApiError),
    ):
        client._http.read("POST", f"/{source.INDEX}/_search", body=body)
        return False
    return True


def test_blocks_are_halved_below_the_most_buckets(node: Node, estate: Stack) -> None:
    """As `search.max_buckets` of a cluster may forbid."""
    node.ask("PUT", "/_cluster/settings", {"persistent": {"search.max_buckets": 4}})
    try:
        with stored(node, estate):
            found = searched(node, estate)
    finally:
        node.ask("PUT", "/_cluster/settings", {"persistent": {"search.max_buckets": None}})

    assert found.endpoints == estate.look().endpoints
    assert found.complete


def test_the_initial_policy_and_what_is_before_the_window_do_not_count(
    node: Node, estate: Stack
) -> None:
    """The query leaves both out."""
    first, second = estate.fake.agent_ids[:2]
    extra = [
        aged(estate.fake.policy_responses([first])[0], days=0, id=INITIAL_POLICY),
        aged(estate.fake.policy_responses([second])[0], days=20),
    ]
    for agent in (first, second):
        estate.fake.set_report(agent, None)
    with stored(node, estate):
        node.bulk(NEW, extra)
        found = verdicts(searched(node, estate, window="10d"))

    assert (found[first], found[second]) == ("no-document", "no-document")


def test_an_index_that_is_not_there_is_an_error(node: Node, estate: Stack) -> None:
    """Nothing may be read, which is not the same as nothing reported."""
    with pytest.raises(NotFoundError, match="that these credentials may read"):
        searched(node, estate)


@contextlib.contextmanager
def odd(node: Node, estate: Stack, field: str, kind: str) -> Iterator[None]:
    """Have one more index, which maps a field in another way."""
    place = mapping()
    inner: Any = place
    for step in field.split("."):
        inner = inner["properties"][step]
    inner["type"] = kind
    node.ask("PUT", f"/{NEW}-odd", {"mappings": place})
    node.bulk(f"{NEW}-odd", estate.fake.policy_responses()[:1])
    try:
        yield
    finally:
        node.ask("DELETE", f"/{NEW}-odd")


def test_a_field_that_cannot_be_sorted_by_says_so(node: Node, estate: Stack) -> None:
    """The reason stands in `caused_by`, below an error that has none."""
    with (
        stored(node, estate),
        odd(node, estate, "event.created", "keyword"),
        pytest.raises(ApiError, match=r"event\.created"),
    ):
        searched(node, estate)


def test_an_index_that_cannot_be_searched_makes_no_false_row(node: Node, estate: Stack) -> None:
    """Its shards fail for good, and the others are searched without them."""
    whole = verdicts(estate.look())
    with stored(node, estate), odd(node, estate, "agent.id", "text"):
        found = searched(node, estate)

    assert told(found).items() <= whole.items()
    assert (found.complete, found.exit_code) == (False, 1)
    assert any("agent.id" in note for note in found.notes)


def test_a_busy_node_makes_no_false_row(engine: Path, estate: Stack, tmp_path: Path) -> None:
    """It rejects some shards of every search, inside an answer of 200 when it may."""
    settings = {"thread_pool.search.size": "1", "thread_pool.search.queue_size": "1"}
    many = {index: {"number_of_shards": 20} for index in (OLD, NEW)}
    whole = verdicts(estate.look())
    with (
        running(engine, tmp_path / "busy", {"discovery.type": "single-node", **settings}) as node,
        stored(node, estate, many),
    ):
        found = searched(node, estate)

    assert told(found).items() <= whole.items()
    assert set(told(found).values()) <= {"current"}
    assert (found.complete, found.exit_code) == (False, 1)
    assert any("rejected" in note for note in found.notes)


def test_a_lost_node_makes_no_false_row(engine: Path, estate: Stack, tmp_path: Path) -> None:
    """What the other node has are older documents; they are not taken for the newest."""
    whole = verdicts(estate.look())
    shared = {"node.roles": "master,data", "cluster.initial_master_nodes": "first"}
    placed = {
        index: {"index.routing.allocation.require._name": name}
        for index, name in ((OLD, "first"), (NEW, "second"))
    }
    with running(engine, tmp_path / "first", shared) as first:
        joining = {"node.roles": "data", "discovery.seed_hosts": f"127.0.0.1:{first.inner}"}
        with running(engine, tmp_path / "second", joining) as second:
            first.ask("GET", "/_cluster/health?wait_for_nodes=2&timeout=60s")
            with stored(first, estate, placed):
                before = verdicts(searched(first, estate))
                second.kill()
                first.ask("GET", "/_cluster/health?wait_for_nodes=1&timeout=60s")
                found = searched(first, estate)

    assert before == whole
    assert told(found).items() <= whole.items()
    assert (found.complete, found.exit_code) == (False, 1)
    assert any("missing shards" in note for note in found.notes)
