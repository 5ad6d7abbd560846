"""Verdicts from Elasticsearch, through sockets."""

import ssl
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
import trustme
from support.endpoints import NOW, Stack, stack, verdicts

from elastic_mirror_policy import ConfigurationError, TransportError
from elastic_mirror_policy._http.retry import RetryPolicy
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.endpoints import from_elasticsearch as source
from elastic_mirror_policy.endpoints.policy_response import INITIAL_POLICY
from elastic_mirror_policy.endpoints.read import Verdict, read_endpoints
from elastic_mirror_policy.endpoints.search import SearchClient
from elastic_mirror_policy.errors import (
    ApiError,
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
    RequestTimeoutError,
    ServerError,
)
from elastic_mirror_policy.testing import FakeElasticsearch, Fault, Habit
from elastic_mirror_policy.testing._search.elasticsearch import Failure


@pytest.fixture
def estate() -> Iterator[Stack]:
    """A fleet of six endpoints in two policies: three current, three behind."""
    with stack() as made:
        made.add("Laptops", agents=3)
        made.fake.report_artifacts(made.add("Servers", agents=3), version="1.0.200")
        made.fake.fetch_artifacts(made.mirror, made.fake.agent_ids[:3])
        yield made


def older(estate: Stack, agent: str, *, days: int, **applied: JsonValue) -> JsonValue:
    """Return an earlier policy response of an agent."""
    (document,) = estate.fake.policy_responses([agent])
    moment = f"2026-01-{31 - days:02}T00:00:00.000Z"
    block = document["Endpoint"]["policy"]["applied"] | applied
    return document | {
        "@timestamp": moment,
        "event": document["event"] | {"created": moment},
        "Endpoint": {"policy": {"applied": block}},
    }


def test_both_sources_say_the_same(estate: Stack) -> None:
    """Endpoint by endpoint, whatever is asked."""
    over_kibana, over_elasticsearch = estate.look(), estate.search_for()

    assert over_elasticsearch.endpoints == over_kibana.endpoints
    assert over_elasticsearch.counts == {Verdict.CURRENT: 3, Verdict.BEHIND: 3}
    assert [over_kibana.source, over_elasticsearch.source] == ["Kibana", "Elasticsearch"]


def test_thousands_of_agents_take_one_search(estate: Stack) -> None:
    """And one request to Kibana for their list."""
    found = estate.search_for()

    assert estate.search.requests == 1
    assert found.requests == 2


def test_more_agents_than_a_search_takes_are_asked_in_turns(
    estate: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every agent is asked about once, and nothing is asked twice."""
    monkeypatch.setattr(source, "PER_REQUEST", 4)
    seen: list[tuple[str, int, int]] = []
    found = estate.search_for(progress=lambda *step: seen.append(step))

    assert estate.search.requests == 2
    assert len(found.endpoints) == 6
    assert seen == [("agents", 6, 6), ("policy responses", 4, 6), ("policy responses", 6, 6)]


def test_the_newest_document_counts(estate: Stack) -> None:
    """Of an endpoint's documents the last one, in whatever order they lie."""
    before = verdicts(estate.search_for())
    first = estate.fake.agent_ids[0]
    estate.search.documents = [
        older(estate, first, days=days, status="failure", artifacts={}) for days in (2, 1, 3)
    ]

    assert verdicts(estate.search_for()) == before


def test_documents_of_the_initial_policy_do_not_count(estate: Stack) -> None:
    """An endpoint writes one when it starts."""
    first = estate.fake.agent_ids[0]
    estate.search.documents = [older(estate, first, days=0, id=INITIAL_POLICY)]
    estate.fake.set_report(first, None)

    assert verdicts(estate.search_for())[first] == "no-document"


def test_documents_before_the_window_do_not_count(estate: Stack) -> None:
    """The window is asked for in the query."""
    first = estate.fake.agent_ids[0]
    estate.search.documents = [older(estate, first, days=10)]
    estate.fake.set_report(first, None)
    within, beyond = estate.search_for(window="20d"), estate.search_for(window="9d")

    assert verdicts(within)[first] == "current"
    assert verdicts(beyond)[first] == "no-document"


def test_documents_of_other_agents_do_not_matter(estate: Stack) -> None:
    """Shares are of the agents that Fleet lists."""
    first = estate.fake.agent_ids[0]
    estate.search.documents = [older(estate, first, days=1) | {"agent": {"id": "of-another-fleet"}}]

    assert len(estate.search_for().endpoints) == 6


@pytest.mark.parametrize(
    "broken",
    [
        {"artifacts": None},
        {"artifacts": {"global": []}},
        {"artifacts": {"global": {"version": 7, "identifiers": "none"}}},
        {"endpoint_policy_version": {"a": 1}},
        {"id": 7},
        {"status": []},
    ],
)
def test_a_malformed_document_is_a_verdict(estate: Stack, broken: dict[str, Any]) -> None:
    """Never an exception, and never current."""
    last = estate.fake.agent_ids[-1]
    document = older(estate, last, days=0, **broken)
    estate.fake.set_report(last, None)
    estate.search.documents = [document]

    assert verdicts(estate.search_for())[last] in {"no-artifacts", "policy-not-applied", "behind"}


FAILURES: Final = ("lost", "busy", "slow")


@pytest.fixture
def spread(estate: Stack) -> Stack:
    """The fleet, with older documents of every agent that say it had not applied its policy."""
    estate.search.documents = [
        older(estate, agent, days=days, endpoint_policy_version="0")
        for agent in estate.fake.agent_ids
        for days in (1, 2, 3)
    ]
    return estate


@pytest.mark.parametrize("failure", FAILURES)
def test_a_part_of_the_documents_makes_no_false_row(spread: Stack, failure: Failure) -> None:
    """An older document in the place of the newest says nothing; only what is current is sure."""
    whole = verdicts(spread.search_for())
    spread.search.failed_shards, spread.search.failure = 1, failure
    found = spread.search_for()
    told = {one: v for one, v in verdicts(found).items() if v != "unknown"}

    assert len(told) < len(whole)
    assert told.items() <= whole.items()
    assert set(told.values()) <= {"current"}
    assert (found.complete, found.exit_code) == (False, 1)


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        ("lost", ["Search rejected due to missing shards", "no_shard_available_action_exception"]),
        ("busy", ["es_rejected_execution_exception: rejected execution", ".ds-metrics-endpoint"]),
        ("slow", ["Time exceeded", "the search timed out"]),
    ],
)
def test_why_shards_were_left_out_is_said(
    spread: Stack,
    failure: Failure,
    words: Sequence[str],
) -> None:
    """In Elasticsearch's own words, wherever in its answer they stand."""
    spread.search.failed_shards, spread.search.failure = 1, failure
    (note,) = [note for note in spread.search_for().notes if "only a part of its data" in note]

    assert all(word in note for word in words)


@pytest.mark.parametrize("failure", FAILURES)
def test_whole_answers_are_asked_for_again_first(spread: Stack, failure: Failure) -> None:
    """A node that is busy for a moment costs an attempt, and no verdict."""
    whole = verdicts(spread.search_for())
    spread.search.failed_shards, spread.search.failure, spread.search.failing = 1, failure, 2
    found = spread.search_for()

    assert verdicts(found) == whole
    assert found.complete


def test_partial_answers_are_asked_for_from_then_on(
    spread: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attempts for a whole answer are not made again for every block."""
    monkeypatch.setattr(source, "PER_REQUEST", 2)
    spread.search.failed_shards = 1
    found = spread.search_for()

    assert spread.search.requests == RetryPolicy().attempts + 3
    assert len(found.endpoints) == 6


def test_no_shard_at_all_is_an_error(spread: Stack) -> None:
    """Nothing can be said of any endpoint then."""
    spread.search.failed_shards = 2

    with pytest.raises(ServerError, match="missing shards"):
        spread.search_for()


def test_shards_that_cannot_answer_are_left_out_in_the_end(estate: Stack) -> None:
    """One index maps a field in another way: a 400, which does not pass."""
    cause = {"type": "illegal_argument_exception", "reason": "Fielddata is disabled on [agent.id]"}
    failed = {"type": "search_phase_execution_exception", "reason": "all shards failed"}
    body = {"error": {"root_cause": [cause], **failed}, "status": 400}
    estate.search.inject(Fault(status=400, json=body))

    assert len(estate.search_for().endpoints) == 6
    assert estate.search.requests == 2


def test_fewer_agents_are_asked_for_where_buckets_are_few(estate: Stack) -> None:
    """`search.max_buckets` may be set to less than a block."""
    whole = verdicts(estate.search_for())
    estate.search.max_buckets, estate.search.requests = 2, 0

    assert verdicts(estate.search_for()) == whole
    assert estate.search.requests == 1 + 1 + 6  # 6, 3, and then one after the other


def test_a_cluster_without_a_bucket_is_an_error(estate: Stack) -> None:
    """Asking for less than one agent is not possible."""
    estate.search.max_buckets = 0

    with pytest.raises(ApiError, match="too_many_buckets_exception: Trying to create too many"):
        estate.search_for()


@pytest.mark.parametrize("clusters", [0, 2])
def test_clusters_that_let_nothing_be_read_are_an_error(estate: Stack, clusters: int) -> None:
    """They are called successful, and have no shards; so has an index that may not be read."""
    estate.search.visible, estate.search.clusters = False, clusters

    said = r"no index metrics-endpoint\.policy-\* that these credentials may read"
    with pytest.raises(NotFoundError, match=said) as caught:
        estate.search_for()
    assert "privilege" in caught.value.hint


def test_a_document_of_several_agents_takes_no_place(estate: Stack) -> None:
    """Its buckets may be in the place of those that were asked for: then nothing is sure."""
    first = estate.fake.agent_ids[0]
    estate.search.documents = [
        older(estate, first, days=1) | {"agent": {"id": [first, *(f"a{n}" for n in range(6))]}}
    ]
    found = estate.search_for()

    assert set(found.counts) <= {Verdict.CURRENT, Verdict.UNKNOWN}
    assert found.exit_code == 1


def test_a_document_that_cannot_be_read_is_not_taken_for_none(estate: Stack) -> None:
    """The endpoint did report."""
    first = estate.fake.agent_ids[0]
    body = estate.fake.policy_responses([first])[0]
    estate.fake.set_report(first, None)
    policy = body["Endpoint"]["policy"]
    lists = {"Endpoint": {"policy": {"applied": [policy["applied"]]}}}
    estate.search.documents = [body | lists]

    assert verdicts(estate.search_for())[first] != "no-document"


def test_what_an_endpoint_says_of_its_artifacts_is_shown(estate: Stack) -> None:
    """In its own words, over either source, as text and as data."""
    last = estate.fake.agent_ids[-1]
    estate.fake.set_report(last, None)
    estate.fake.set_habit(Habit(status="failure"), [last])
    estate.fake.tick()
    found = estate.search_for()
    (row,) = [one for one in found.to_dict()["endpoints"] if one["agent_id"] == last]

    assert found.endpoints == estate.look().endpoints
    assert row["download_status"] == "failure"
    assert row["download_message"]
    words = f'download_global_artifacts: failure "{row["download_message"]}"'
    assert words in " ".join(str(found).split())


def test_words_of_an_older_document_are_not_shown(estate: Stack) -> None:
    """What it once said is over."""
    first = estate.fake.agent_ids[0]
    action = {"name": "download_global_artifacts", "status": "failure", "message": "once"}
    estate.search.documents = [older(estate, first, days=1, status="failure", actions=[action])]

    assert [one.download_message for one in estate.search_for().endpoints] == [""] * 6


def test_a_skipped_cluster_leaves_a_doubt(estate: Stack) -> None:
    """Even when every endpoint that was found is current."""
    estate.fake.fetch_artifacts(estate.mirror)
    estate.search.skipped_clusters = 1
    found = estate.search_for()

    assert set(found.counts) == {Verdict.CURRENT}
    assert found.exit_code == 1


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, AuthenticationError, "ELASTICSEARCH_API_KEY"),
        (403, PermissionDeniedError, "index privilege 'read'"),
        (404, NotFoundError, "URL"),
        (400, ApiError, ""),
        (500, ServerError, ""),
    ],
)
def test_a_refusal_is_said_in_one_line(
    estate: Stack, status: int, kind: type[ApiError], words: str
) -> None:
    """With Elasticsearch's own reason, and what to do."""
    cause = {"type": "some_exception", "reason": "because \x1b[31mof\nthis"}
    body = {"error": {"root_cause": [cause], **cause}, "status": status}
    estate.search.inject(Fault(status=status, json=body, times=None))

    with pytest.raises(kind, match="some_exception: because") as caught:
        estate.search_for()
    assert caught.value.status == status
    assert words in caught.value.hint
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_kibanas_url_is_not_elasticsearchs(estate: Stack) -> None:
    """A common slip: the answer is not Elasticsearch's."""
    estate.search.inject(Fault(status=200, json={"status": "green"}, times=None))

    with pytest.raises(TransportError, match="not the result of a search"):
        estate.search_for()


@pytest.mark.parametrize("failed", [0, 1])
def test_an_answer_without_what_was_asked_for_is_not_an_empty_fleet(
    estate: Stack, failed: int
) -> None:
    """Nothing can be said, unless shards that failed are the reason: then nothing is known."""
    shards = {"total": 2, "failed": failed}
    estate.search.inject(Fault(status=200, json={"_shards": shards}, times=None))
    if failed:
        assert set(estate.search_for().counts) == {Verdict.UNKNOWN}
        return
    with pytest.raises(TransportError, match="none of the aggregations"):
        estate.search_for()


def test_a_reason_may_be_a_text(estate: Stack) -> None:
    """As for a path that does not exist; the address is the likely cause."""
    body = {"error": "Incorrect HTTP method for uri", "status": 405}
    estate.search.inject(Fault(status=405, json=body))

    with pytest.raises(ApiError, match="Incorrect HTTP method") as caught:
        estate.search_for()
    assert "URL" in caught.value.hint


def test_a_client_shows_its_address_alone() -> None:
    """Not its key."""
    with SearchClient("https://es.example/path/", api_key="id:secret") as made:
        assert repr(made) == "SearchClient('https://es.example/path')"


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 429}, {"drop": "before"}], ids=str)
def test_a_passing_error_is_not_seen(estate: Stack, fault: dict[str, Any]) -> None:
    """A search is tried again."""
    estate.search.inject(Fault(**fault))

    assert len(estate.search_for().endpoints) == 6
    assert estate.search.requests == 2


@pytest.mark.parametrize(
    "fault", [{"drop": "before"}, {"garbage": True}, {"truncate": 20}], ids=str
)
def test_no_usable_answer_is_an_error(estate: Stack, fault: dict[str, Any]) -> None:
    """Never an empty fleet."""
    estate.search.inject(Fault(**fault, times=None))

    with pytest.raises(TransportError):
        estate.search_for()


def test_an_elasticsearch_that_is_too_slow_is_an_error(estate: Stack) -> None:
    """It is said to be that."""
    estate.search.latency = 60.0
    url, key, once = estate.search.url, estate.search.api_key, RetryPolicy(attempts=1)
    with (
        SearchClient(url, api_key=key, timeout=0.05, retry=once) as slow,
        pytest.raises(RequestTimeoutError, match=r"did not answer POST .* in time"),
    ):
        read_endpoints(
            estate.kibana._fleet,
            estate.kibana.inventory,
            elasticsearch=source.ElasticsearchResponses(slow),
        )


@pytest.mark.parametrize("url", ["es.example:9200", "ftp://es.example", "https://u:p@es.example"])
def test_a_url_that_cannot_be_used_is_refused(url: str) -> None:
    """As Kibana's is."""
    with pytest.raises(ConfigurationError, match="Elasticsearch's URL"):
        SearchClient(url)


def test_a_certificate_that_is_not_there_is_refused() -> None:
    """Before anything is sent."""
    with pytest.raises(ConfigurationError, match=r"no-such-file\.pem"):
        SearchClient("https://es.example", ca_cert="no-such-file.pem")


def test_a_certificate_for_plain_http_is_refused(tmp_path: Path) -> None:
    """Somebody forgot the s."""
    pem = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(pem)

    with pytest.raises(ConfigurationError, match="plain HTTP"):
        SearchClient("http://es.example", ca_cert=str(pem))


def test_tls_needs_the_authority_that_signed(estate: Stack, tmp_path: Path) -> None:
    """Without it the hint says how to pass it; with it the search goes through."""
    authority, pem = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with FakeElasticsearch(estate.fake).serve(ssl_context=context) as search:
        options: dict[str, Any] = {
            "elasticsearch_url": search.url,
            "elasticsearch_api_key": search.api_key,
        }
        found = estate.look(**options, elasticsearch_ca_cert=pem)

        with pytest.raises(TransportError, match="TLS connection") as caught:
            estate.look(**options)
    assert len(found.endpoints) == 6
    assert "elasticsearch_ca_cert" in caught.value.hint


def test_a_key_without_a_url_is_refused(estate: Stack) -> None:
    """Somebody meant Elasticsearch to be asked."""
    with pytest.raises(ConfigurationError, match="without its URL"):
        estate.look(elasticsearch_api_key="secret")


def test_nothing_is_asked_about_no_agents(estate: Stack) -> None:
    """A search for nobody would find everybody's, or fail."""
    for agent in estate.fake.agent_ids:
        estate.fake.set_agents([agent], status="unenrolled")
    found = estate.search_for()

    assert found.exit_code == 1
    assert estate.search.requests == 0
    assert found.read_at >= NOW.timestamp()


def test_a_client_without_a_key_sends_no_credentials(estate: Stack) -> None:
    """An Elasticsearch that asks for some refuses it, and the error says so."""
    with (
        SearchClient(estate.search.url) as anonymous,
        pytest.raises(AuthenticationError),
    ):
        read_endpoints(
            estate.kibana._fleet,
            estate.kibana.inventory,
            elasticsearch=source.ElasticsearchResponses(anonymous),
        )
