"""FakeKibana: agent policies and agents."""

import json
from urllib.parse import quote

import pytest
from support.fake_client import Answer, Caller, new_fake

from elastic_mirror_policy.testing import FakeKibana

AGENTS = "/api/fleet/agents"
TOO_LONG = "it must have a maximum length of [10000]."
AGENT_POLICIES = "/api/fleet/agent_policies"


def ids(answer: Answer) -> list[str]:
    """The ids of listed items."""
    return [item["id"] for item in answer.json["items"]]


def mixed() -> tuple[FakeKibana, Caller]:
    """Return a fake with agents of two versions, one of them in a version-specific policy."""
    fake = FakeKibana()
    fake.add_agent_policy("first", id="ap-1")
    fake.add_agent_policy("second", id="ap-12")
    fake.enrol("ap-1", 2, version="9.1.3")
    fake.enrol("ap-1#9.4", 1, version="9.4.0")
    fake.enrol("ap-12", 1, version="9.1.30", status="inactive")
    return fake, Caller(fake)


@pytest.mark.parametrize(
    ("kuery", "count"),
    [
        ('policy_id:"ap-1"', 2),
        ("policy_id:ap-1", 2),
        ('fleet-agents.policy_id:"ap-1" or fleet-agents.policy_id:ap-1#*', 3),
        ('policy_id:("ap-1" or "ap-1#9.4")', 3),
        ("policy_id:ap-1*", 3),
        ('agent.version:"9.1.3"', 2),
        ("not agent.version:9.1.3", 1),
        ('policy_id:ap-1* and not (agent.version:"9.1.3" or agent.version:9.2.*)', 1),
        ("policy_revision_idx < 2", 3),
        ("status:offline", 0),
    ],
)
def test_agents_are_found_by_query(kuery: str, count: int) -> None:
    """By policy, with or without a version behind `#`, and by version."""
    _, caller = mixed()

    answer = caller.get(f"{AGENTS}?kuery={quote(kuery)}")

    assert answer.json["total"] == count


def test_inactive_agents_are_shown_when_asked() -> None:
    """`showInactive` is off by default."""
    _, caller = mixed()

    assert caller.get(AGENTS).json["total"] == 3
    assert caller.get(f"{AGENTS}?showInactive=true").json["total"] == 4


@pytest.mark.parametrize(
    "query",
    [
        "page=101&perPage=100",
        "kuery=zzz:1",
        "sortField=zzz",
        'searchAfter=["x","y"]&page=1',
        "searchAfter=x",
        "searchAfter=[1]",
        "zzz=1",
    ],
)
def test_an_agent_query_that_kibana_does_not_take_is_refused(query: str) -> None:
    """Not more than 10,000 by page, and no page together with `searchAfter`."""
    _, caller = mixed()

    assert caller.get(f"{AGENTS}?{query}").status == 400


@pytest.mark.parametrize(
    ("kuery", "message"),
    [
        (
            "policy_id:ap-1\\#*",
            'Kuery is malformed: Expected AND, OR, end of input, whitespace but "\\" found.',
        ),
        (
            f'policy_id:"{"x" * 10_000}"',
            f"[request query.kuery]: value has length [10012] but {TOO_LONG}",
        ),
    ],
)
def test_a_query_that_is_malformed_or_too_long_is_refused(kuery: str, message: str) -> None:
    """In the words of Fleet, and of the schema of the route."""
    answer = Caller(FakeKibana()).get(f"{AGENTS}?kuery={quote(kuery)}")

    assert (answer.status, answer.message) == (400, message)


@pytest.mark.parametrize("path", [AGENTS, "/api/endpoint/metadata"])
def test_wildcards_may_be_refused(path: str) -> None:
    """`search.allow_expensive_queries: false`."""
    caller = Caller(FakeKibana(allow_expensive_queries=False))
    field = "policy_id" if path == AGENTS else "united.agent.policy_id"

    assert caller.get(f"{path}?kuery={field}:a").status == 200
    assert caller.get(f"{path}?kuery={field}:*").status == 200
    refused = caller.get(f"{path}?kuery={field}:a*")
    assert refused.status == 400
    assert "'search.allow_expensive_queries' is set to false" in refused.message


@pytest.mark.parametrize("order", ["sortField=enrolled_at&sortOrder=asc", "sortField=status"])
def test_what_is_equal_in_the_sort_gets_lost_between_pages(order: str) -> None:
    """One key tells nothing of agents that enrolled in the same millisecond."""
    fake = FakeKibana()
    fake.enrol(fake.add_agent_policy("p"), 7, together=True)
    caller = Caller(fake)
    first = caller.get(f"{AGENTS}?perPage=4&{order}").json
    after = quote(first["nextSearchAfter"])

    assert len(json.loads(first["nextSearchAfter"])) == 1
    assert caller.get(f"{AGENTS}?perPage=4&{order}&searchAfter={after}").json["items"] == []
    second = caller.get(f"{AGENTS}?perPage=4&page=2&{order}").json
    assert {one["id"] for one in first["items"]} & {one["id"] for one in second["items"]}


def test_the_default_order_tells_agents_apart() -> None:
    """By their host, and only when the newest come first."""
    fake = FakeKibana()
    fake.enrol(fake.add_agent_policy("p"), 7, together=True)
    caller = Caller(fake)
    first = caller.get(f"{AGENTS}?perPage=4").json
    rest = caller.get(f"{AGENTS}?perPage=4&searchAfter={quote(first['nextSearchAfter'])}").json

    assert len(first["items"]) + len(rest["items"]) == 7


def test_the_window_of_agents_has_its_own_message() -> None:
    """It is checked before Elasticsearch is asked."""
    answer = Caller(FakeKibana()).get(f"{AGENTS}?page=2&perPage=10000")

    assert answer.message.endswith("You cannot use page and perPage page over 10000 agents")


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_search_after_walks_through_all_agents(order: str) -> None:
    """From 9.1 a client can go on behind the last agent it saw."""
    fake = FakeKibana()
    fake.add_agent_policy("p", agents=7)
    caller = Caller(fake)
    query = f"perPage=3&sortOrder={order}"
    seen: list[str] = []
    answer = caller.get(f"{AGENTS}?{query}")
    while answer.json["items"]:
        seen += ids(answer)
        mark = quote(answer.json["nextSearchAfter"])
        answer = caller.get(f"{AGENTS}?{query}&searchAfter={mark}")

    assert len(seen) == 7
    assert set(seen) == set(fake.agent_ids)


def test_search_after_is_unknown_before_9_1() -> None:
    """As any other unknown parameter."""
    mark = quote(json.dumps(["2026", "x"]))

    assert Caller(FakeKibana("9.0.0")).get(f"{AGENTS}?searchAfter={mark}").status == 400


def test_agents_are_seen_in_the_space_of_their_policy() -> None:
    """From 9.1."""
    fake = FakeKibana()
    fake.add_policy("here", agents=1)
    fake.add_policy("there", agents=2, space="emea")
    caller = Caller(fake)

    assert caller.get(AGENTS).json["total"] == 1
    assert caller.get(f"/s/emea{AGENTS}").json["total"] == 2


def test_a_summary_of_states_may_be_asked_for() -> None:
    """Counted over all that were found."""
    fake, caller = mixed()
    fake.set_agents(fake.agent_ids[:1], status="offline", version="9.2.0")

    answer = caller.get(f"{AGENTS}?getStatusSummary=true&perPage=1&openPit=true")

    assert answer.json["statusSummary"] == {"offline": 1, "online": 2}
    assert fake.agent(fake.agent_ids[0]).version == "9.2.0"
    assert answer.json["pit"]


@pytest.mark.parametrize(
    ("version", "query", "counted"),
    [
        ("8.13.0", "", True),
        ("8.13.0", "?noAgentCount=true", False),
        ("9.3.0", "", False),
        ("9.3.0", "?withAgentCount=true", True),
        ("9.3.0", "?noAgentCount=false", True),
    ],
)
def test_the_list_of_agent_policies_counts_agents_by_era(
    version: str,
    query: str,
    counted: bool,  # noqa: FBT001 - parametrized
) -> None:
    """Older releases count unless told not to, newer ones only when asked."""
    fake = FakeKibana(version)
    fake.add_agent_policy("p", agents=4)

    item = Caller(fake).get(f"{AGENT_POLICIES}{query}").json["items"][0]

    assert item.get("agents") == (4 if counted else None)


@pytest.mark.parametrize(("version", "listed"), [("8.4.0", True), ("8.5.0", False)])
def test_the_list_names_no_package_policies_since_8_5(version: str, listed: bool) -> None:  # noqa: FBT001 - parametrized
    """kibana#138677; reading one agent policy still does."""
    fake, caller, policy = new_fake(version)
    agent_policy = fake.document(policy)["policy_id"]

    item = caller.get(AGENT_POLICIES).json["items"][0]
    one = caller.get(f"{AGENT_POLICIES}/{agent_policy}").json["item"]

    assert ("package_policies" in item) is listed
    assert [package["id"] for package in one["package_policies"]] == [policy]


def test_long_pages_of_agent_policies_cannot_be_counted() -> None:
    """More than 100 with a count is refused, and without it is not."""
    caller = Caller(FakeKibana())

    assert caller.get(f"{AGENT_POLICIES}?perPage=101").status == 200
    assert caller.get(f"{AGENT_POLICIES}?perPage=101&withAgentCount=true").message.endswith(
        "perPage should be less or equal to 100 when fetching full policies or agent count."
    )


def test_several_agent_policies_are_read_with_their_counts() -> None:
    """In the order of their ids; a missing one spoils it unless ignored."""
    fake, caller = mixed()
    path = f"{AGENT_POLICIES}/_bulk_get"

    found = caller.call("POST", path, {"ids": ["ap-12", "ap-1"]})
    missing = caller.call("POST", path, {"ids": ["ap-1", "nope"]})
    ignored = caller.call("POST", path, {"ids": ["nope", "ap-1"], "ignoreMissing": True})

    assert [(one["id"], one["agents"]) for one in found.json["items"]] == [
        ("ap-12", 1),
        ("ap-1", 3),
    ]
    assert missing.status == 404
    assert ids(ignored) == ["ap-1"]
    assert len(fake.agent_ids) == 4


def test_agent_policies_are_found_by_name() -> None:
    """KQL works there too, sorted by any field."""
    _, caller = mixed()
    kuery = quote("ingest-agent-policies.name:f* or ingest-agent-policies.name:second")

    answer = caller.get(f"{AGENT_POLICIES}?kuery={kuery}&sortField=name&sortOrder=asc")

    assert answer.names == ["first", "second"]
    assert caller.get(f"{AGENT_POLICIES}?kuery=name:first").status == 400
    assert caller.get(f"{AGENT_POLICIES}?sortField=zzz").status == 400
