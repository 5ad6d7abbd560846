"""What Elastic's own examples of endpoint documents say is understood."""

import json
from pathlib import Path

import pytest
from support.endpoints import agent, answering, judge, policy

from elastic_mirror_policy._json import JsonValue, value_at
from elastic_mirror_policy.endpoints.from_elasticsearch import (
    FIELDS,
    newest_aggregation,
    newest_query,
)
from elastic_mirror_policy.endpoints.policy_response import (
    INITIAL_POLICY,
    PolicyResponse,
    artifact_trouble,
    read_policy_response,
)
from elastic_mirror_policy.endpoints.verdicts import Published, Verdict


@pytest.fixture
def documents(contract: Path) -> Path:
    """The folder with documents of endpoints."""
    return contract / "endpoint"


def load(documents: Path, name: str) -> JsonValue:
    """Return one of them."""
    return json.loads((documents / f"{name}.json").read_text("utf-8"))


def read(document: JsonValue) -> PolicyResponse:
    """Return what a document says that is not of the initial policy."""
    found = read_policy_response(document)
    assert found is not None
    return found


def test_the_sample_policy_response_is_read(documents: Path) -> None:
    """All that a verdict rests on is in it, as numbers, texts and hashes."""
    document = load(documents, "policy_response_sample_event")
    found = read(document)
    listed = value_at(document, "Endpoint.policy.applied.artifacts.global.identifiers")

    assert found.agent_id == document["agent"]["id"]
    assert found.system == "windows"
    assert found.policy_id
    assert found.reported_at == pytest.approx(1649097495.7, abs=0.1)
    assert found.artifacts is not None
    assert len(found.artifacts.identifiers) == len(listed) > 0
    assert all(len(sha256) == 64 for _, sha256 in found.artifacts.identifiers)


def test_the_sample_has_a_verdict(documents: Path) -> None:
    """It is pinned; were it not, a mirror that publishes what it lists would prove it current."""
    found = read(load(documents, "policy_response_sample_event"))
    assert found.artifacts is not None
    ours, here = policy(), agent(agent_id=found.agent_id, version=found.version)
    applied = found._replace(policy_id=ours.id, revision=ours.revision)
    latest = applied._replace(artifacts=found.artifacts._replace(snapshot="latest"))
    same = answering(Published(found.artifacts.version, dict(found.artifacts.identifiers)))
    newer = answering(Published("999.0.0"))

    assert judge(here, found, ours, same).verdict is Verdict.POLICY_NOT_APPLIED
    assert judge(here, applied, ours, same).verdict is Verdict.PINNED
    judged = judge(here, latest, ours, same)
    assert (judged.verdict, judged.proof) == (Verdict.CURRENT, "artifacts")
    assert judged.compared == judged.listed == len(found.artifacts.identifiers)
    assert judge(here, latest, ours, newer).verdict is Verdict.BEHIND


def test_a_failed_pin_is_read(documents: Path) -> None:
    """It has no artifacts at all, and says what is wrong."""
    document = load(documents, "policy_response_pinned_failure_SYNTHETIC")
    found = read(document)

    assert (found.revision, found.status, found.system) == (3, "warning", "linux")
    assert found.artifacts is None
    assert "does not match target snapshot" in str(artifact_trouble(document))


def test_the_sample_metadata_is_read(documents: Path) -> None:
    """Its policy has no revision there; that is no error."""
    found = read(load(documents, "endpoint_metadata_doc_windows"))

    assert (found.system, found.revision, found.status) == ("windows", None, "success")


def test_the_published_list_of_metadata_is_read(documents: Path) -> None:
    """Revisions are texts in it and numbers for us."""
    answer = load(documents, "endpoint_metadata_list_response")
    found = [read(host["metadata"]) for host in answer["data"]]

    assert [one.revision for one in found] == [2, 2]
    assert [one.system for one in found] == ["linux", "windows"]
    assert {one.policy_id for one in found} == {
        host["policy_info"]["endpoint"]["id"] for host in answer["data"]
    }


def test_our_search_leaves_out_what_kibanas_leaves_out(documents: Path) -> None:
    """The initial policy, by the same clause; and the newest is chosen by the same field."""
    kibana = load(documents, "es_queries")["kibana_own"]["body"]
    ours = newest_query(["<id>"], 0.0)["bool"]
    newest = newest_aggregation(1)["by_agent"]["aggs"]["latest"]["top_hits"]
    theirs = kibana["aggs"]["latest_actions"]["aggs"]["latest_event"]["top_hits"]

    assert ours["must_not"] == kibana["query"]["bool"]["must_not"]
    assert kibana["query"]["bool"]["must"][0] in ours["filter"]
    assert list(newest["sort"][0]) == list(theirs["sort"][0])
    assert INITIAL_POLICY in json.dumps(ours)


def test_our_search_asks_for_fields_that_are_there(documents: Path) -> None:
    """A field that no document has would be missed without a sound."""
    document = load(documents, "policy_response_sample_event")
    absent = {field for field in FIELDS if value_at(document, field) is None}

    assert absent == set()
