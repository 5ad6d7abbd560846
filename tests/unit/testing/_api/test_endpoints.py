"""FakeKibana: what endpoints report, as metadata and as policy responses."""

from urllib.parse import quote

import pytest
from support.fake_client import Caller, new_fake, update_body

from elastic_mirror_policy.testing import FakeEndpointReport, FakeKibana

METADATA = "/api/endpoint/metadata"
RESPONSE = "/api/endpoint/policy_response"


def test_agents_take_a_policy_when_they_check_in() -> None:
    """Until then they report the revision before; offline ones never do."""
    fake, caller, policy = new_fake()
    late, *others = fake.agent_ids
    fake.set_agents([late], status="offline")
    caller.put(policy, update_body(caller.item(policy)))
    before = [_applied(caller, one) for one in fake.agent_ids]

    fake.check_in()

    after = {one: _applied(caller, one) for one in fake.agent_ids}
    assert before == [("1", "1")] * 3
    assert after == {late: ("1", "1")} | dict.fromkeys(others, ("2", "2"))
    assert fake.agent(others[0]).policy_revision == 2


def _applied(caller: Caller, agent: str) -> tuple[str, str]:
    answer = caller.get(f"{RESPONSE}?agentId={agent}")
    applied = answer.json["policy_response"]["Endpoint"]["policy"]["applied"]
    return applied["endpoint_policy_version"], applied["version"]


def test_metadata_tells_what_is_configured_and_what_is_applied() -> None:
    """Revisions are numbers in `policy_info` and texts in the document."""
    fake, caller, policy = new_fake()
    caller.put(policy, update_body(caller.item(policy)))

    host = caller.get(METADATA).json["data"][0]

    agent_policy = fake.document(policy)["policy_id"]
    assert host["policy_info"] == {
        "agent": {
            "applied": {"id": agent_policy, "revision": 1},
            "configured": {"id": agent_policy, "revision": 2},
        },
        "endpoint": {"id": policy, "revision": 2},
    }
    assert host["metadata"]["Endpoint"]["policy"]["applied"]["endpoint_policy_version"] == "1"


def test_metadata_is_paged_from_zero() -> None:
    """Unlike every list of Fleet."""
    fake = FakeKibana()
    fake.add_policy("a", agents=5)
    caller = Caller(fake)
    query = "pageSize=2&sortField=metadata.host.hostname&sortDirection=asc"

    pages = [caller.get(f"{METADATA}?{query}&page={page}").json for page in range(3)]

    hosts = [host["metadata"]["host"]["hostname"] for page in pages for host in page["data"]]
    assert [len(page["data"]) for page in pages] == [2, 2, 1]
    assert hosts == sorted(hosts)
    assert {page["total"] for page in pages} == {5}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("hostStatuses=healthy", 2),
        ("hostStatuses=healthy&hostStatuses=offline", 3),
        ("kuery=united.endpoint.host.os.type:macos", 1),
        ("kuery=united.endpoint.Endpoint.policy.applied.id:nope", 0),
        ("kuery=united.agent.policy_id:*", 3),
    ],
)
def test_metadata_is_found_by_status_and_query(query: str, count: int) -> None:
    """Fields are those of the united index."""
    fake = FakeKibana()
    fake.add_policy("a", agents=3)
    fake.set_agents(fake.agent_ids[:1], status="offline")

    assert Caller(fake).get(f"{METADATA}?{query}").json["total"] == count


@pytest.mark.parametrize(
    "query",
    [
        "page=-1",
        "pageSize=0",
        "pageSize=10001",
        "page=1&pageSize=10000",
        "hostStatuses=x",
        "sortField=x",
    ],
)
def test_a_metadata_query_that_kibana_does_not_take_is_refused(query: str) -> None:
    """Bounds and names are checked."""
    assert Caller(FakeKibana()).get(f"{METADATA}?{query}").status == 400


def test_an_agent_without_elastic_defend_has_no_documents() -> None:
    """Neither metadata nor a policy response."""
    fake = FakeKibana()
    fake.add_agent_policy("no defend", agents=1)
    caller = Caller(fake)
    agent = fake.agent_ids[0]

    answer = caller.get(f"{RESPONSE}?agentId={agent}")

    assert answer.status == 404
    assert answer.message == f"Policy response for endpoint id [{agent}] not found"
    assert caller.get(METADATA).json["data"] == []


def test_a_policy_response_needs_an_agent() -> None:
    """`agentId` is required."""
    assert Caller(FakeKibana()).get(RESPONSE).status == 400


def test_a_policy_response_lists_the_global_artifacts() -> None:
    """Their manifest version, and name and SHA-256 of each."""
    fake, caller, _ = new_fake()
    agent = fake.agent_ids[0]
    fake.check_in([agent], status="warning", manifest_version="1.0.7")

    document = caller.get(f"{RESPONSE}?agentId={agent}").json["policy_response"]

    applied = document["Endpoint"]["policy"]["applied"]
    artifacts = applied["artifacts"]["global"]
    assert applied["status"] == "warning"
    assert artifacts["version"] == "1.0.7"
    assert artifacts["snapshot"] == "latest"
    assert all(len(one["sha256"]) == 64 for one in artifacts["identifiers"])


def test_a_report_may_be_put_in_place_or_taken_away() -> None:
    """For states that no agent would reach by itself."""
    fake, caller, policy = new_fake()
    first, second, _ = fake.agent_ids
    fake.set_report(first, FakeEndpointReport(policy, "Servers", 9, 9, "2026-01-01T00:00:00.000Z"))
    fake.set_report(second, None)

    assert _applied(caller, first) == ("9", "9")
    assert caller.get(f"{RESPONSE}?agentId={second}").status == 404


@pytest.mark.parametrize("kuery", ["host.os.type:linux", "united.agent.policy_id:a\\#*"])
def test_a_metadata_query_that_cannot_be_read_is_an_internal_error(kuery: str) -> None:
    """It is parsed outside of the route's try."""
    assert Caller(FakeKibana()).get(f"{METADATA}?kuery={quote(kuery)}").status == 500


def test_agents_of_version_specific_policies_have_no_metadata_but_policy_responses() -> None:
    """Kibana looks for the plain ids of agent policies (kibana#276295)."""
    fake = FakeKibana("9.4.3")
    fake.add_policy("servers", agent_policies=["ap"], agents=1)
    (versioned,) = fake.enrol("ap#9.3")
    (own,) = fake.enrol("ap#9.3", version="9.3.0")
    caller = Caller(fake)

    assert caller.get(METADATA).json["total"] == 1
    for one in (versioned, own):
        assert caller.get(f"/api/endpoint/policy_response?agentId={one}").status == 200
