"""FakeKibana: lists, pages, queries and single documents."""

import pytest
from support.fake_client import ENDPOINT_KUERY, POLICIES, Caller, update_body

from elastic_mirror_policy.testing import FakeKibana


def five() -> tuple[FakeKibana, Caller]:
    """Return a fake with five Defend policies, a to e, and one of another integration."""
    fake = FakeKibana()
    for name in "abcde":
        fake.add_policy(name)
    fake.add_package_policy("system-1", "system")
    return fake, Caller(fake)


def test_pages_together_are_the_whole_list() -> None:
    """Pages are counted from 1."""
    _, caller = five()
    query = f"{ENDPOINT_KUERY}&perPage=2&sortField=name&sortOrder=asc"

    pages = [caller.get(f"{POLICIES}?{query}&page={page}") for page in (1, 2, 3, 4)]

    assert [page.names for page in pages] == [["a", "b"], ["c", "d"], ["e"], []]
    assert {page.json["total"] for page in pages} == {5}


def test_the_default_order_reshuffles_with_every_write() -> None:
    """Newest change first: a client that pages while it writes misses policies."""
    fake, caller = five()
    before = caller.get(f"{POLICIES}?{ENDPOINT_KUERY}").names
    fake.edit(fake.policy_ids[0], "description", "changed")

    after = caller.get(f"{POLICIES}?{ENDPOINT_KUERY}").names

    assert before == ["e", "d", "c", "b", "a"]
    assert after == ["a", "e", "d", "c", "b"]


def test_without_a_query_other_integrations_are_listed_too() -> None:
    """The list is of all package policies."""
    _, caller = five()

    assert "system-1" in caller.get(POLICIES).names
    assert "system-1" not in caller.get(f"{POLICIES}?{ENDPOINT_KUERY}").names


@pytest.mark.parametrize(
    "query",
    [
        "spaces=a",
        "page=0",
        "page=x",
        "perPage=-1",
        "sortOrder=up",
        "withAgentCount=1",
        "page=1&page=2",
        "format=short",
        "page=101&perPage=100",
        "sortField=zzz",
    ],
)
def test_a_query_that_kibana_does_not_take_is_refused(query: str) -> None:
    """Unknown names, wrong types, and pages beyond Elasticsearch's window."""
    _, caller = five()

    answer = caller.get(f"{POLICIES}?{query}")

    assert answer.status == 400


@pytest.mark.parametrize(
    ("version", "query"), [("8.12.0", "withAgentCount=true"), ("8.5.0", "format=legacy")]
)
def test_older_releases_do_not_know_newer_parameters(version: str, query: str) -> None:
    """A parameter is unknown before the release that brought it."""
    answer = Caller(FakeKibana(version)).get(f"{POLICIES}?{query}")

    assert answer.status == 400
    assert "definition for this key is missing" in answer.message


@pytest.mark.parametrize(
    "kuery",
    ["package.name:endpoint", "ingest-package-policies.zzz:1", "ingest-package-policies.name", "("],
)
def test_a_query_in_kql_must_name_fields_of_the_mapping(kuery: str) -> None:
    """Fields carry the saved object type in front."""
    _, caller = five()

    answer = caller.get(f"{POLICIES}?kuery={kuery}")

    assert answer.status == 400
    assert answer.message.startswith("KQLSyntaxError: ")


@pytest.mark.parametrize(("version", "status"), [("8.15.0", 400), ("8.16.0", 200)])
def test_the_newer_spelling_of_the_type_is_not_known_everywhere(version: str, status: int) -> None:
    """`ingest-package-policies` is the one prefix that every release takes."""
    query = "kuery=fleet-package-policies.package.name:endpoint"

    answer = Caller(FakeKibana.example(version)).get(f"{POLICIES}?{query}")

    assert answer.status == status


def test_agents_are_counted_when_asked() -> None:
    """`withAgentCount` adds `agents`."""
    fake = FakeKibana()
    fake.add_policy("a", agents=7)
    caller = Caller(fake)

    plain = caller.get(POLICIES).json["items"][0]
    counted = caller.get(f"{POLICIES}?withAgentCount=true").json["items"][0]

    assert "agents" not in plain
    assert counted["agents"] == 7


def test_several_are_read_in_the_order_of_their_ids() -> None:
    """One request for many documents."""
    fake, caller = five()
    wanted = [fake.policy_ids[3], fake.policy_ids[1]]

    answer = caller.call("POST", f"{POLICIES}/_bulk_get", {"ids": wanted})

    assert answer.names == ["d", "b"]


@pytest.mark.parametrize(("ignore", "status"), [(False, 404), (True, 200)])
def test_a_missing_id_may_be_ignored(ignore: bool, status: int) -> None:  # noqa: FBT001 - parametrized
    """Without `ignoreMissing` one missing id spoils the whole answer."""
    fake, caller = five()
    body = {"ids": [fake.policy_ids[0], "nope"], "ignoreMissing": ignore}

    answer = caller.call("POST", f"{POLICIES}/_bulk_get", body)

    assert answer.status == status


@pytest.mark.parametrize("body", [{}, {"ids": "x"}, {"ids": [1]}, {"ids": [], "zzz": 1}, None])
def test_the_body_of_a_bulk_get_is_closed(body: object) -> None:
    """Unknown keys and wrong types are refused."""
    _, caller = five()

    assert caller.call("POST", f"{POLICIES}/_bulk_get", body).status == 400


@pytest.mark.parametrize("path", [POLICIES, "/api/fleet/agent_policies"])
@pytest.mark.parametrize(("asked", "status"), [(1000, 200), (1001, 400)])
def test_a_bulk_get_has_a_limit(path: str, asked: int, status: int) -> None:
    """A thousand ids at a time."""
    body = {"ids": [str(number) for number in range(asked)], "ignoreMissing": True}

    assert Caller(FakeKibana()).call("POST", f"{path}/_bulk_get", body).status == status


def test_bulk_get_came_with_8_5() -> None:
    """Before, there is no such route."""
    caller = Caller(FakeKibana("8.4.3"))

    assert caller.call("POST", f"{POLICIES}/_bulk_get", {"ids": ["x"]}).status == 404


def test_a_policy_is_seen_only_in_its_space() -> None:
    """From 9.1 lists, single reads and bulk reads stay within a space."""
    fake = FakeKibana()
    here, there = fake.add_policy("here"), fake.add_policy("there", space="emea")
    caller = Caller(fake)

    assert caller.get(POLICIES).names == ["here"]
    assert caller.get(f"/s/emea{POLICIES}").names == ["there"]
    assert caller.get(f"{POLICIES}/{there}").message == f"Package policy {there} not found"
    assert caller.get(f"/s/emea{POLICIES}/{here}").status == 404


@pytest.mark.parametrize("spaces", [("default", "emea"), ("*",)])
def test_a_policy_may_live_in_several_spaces(spaces: tuple[str, ...]) -> None:
    """It is seen in each of them, and is one policy."""
    fake = FakeKibana()
    policy = fake.add_policy("both", spaces=spaces)
    caller = Caller(fake)

    here, there = caller.get(POLICIES), caller.get(f"/s/emea{POLICIES}")

    assert here.json["items"] == there.json["items"]
    assert here.json["items"][0]["spaceIds"] == list(spaces)
    assert fake.policy_ids == (policy,)
    assert "*" not in str(caller.get("/api/spaces/space").json)


def test_without_space_awareness_every_space_shows_everything() -> None:
    """Up to 9.0, and in upgraded clusters that did not opt in."""
    fake = FakeKibana("9.0.2")
    fake.add_policy("here")
    fake.add_policy("there", space="emea")
    caller = Caller(fake)

    lists = [caller.get(f"{prefix}{POLICIES}") for prefix in ("", "/s/emea", "/s/default")]

    assert [sorted(one.names) for one in lists] == [["here", "there"]] * 3
    assert all("spaceIds" not in item for one in lists for item in one.json["items"])


def test_the_simplified_format_has_no_config() -> None:
    """Whoever asks for it cannot write a Defend policy back."""
    _, caller = five()

    item = caller.get(f"{POLICIES}?format=simplified&{ENDPOINT_KUERY}").json["items"][0]

    assert item["inputs"] == {"endpoint-endpoint": {"enabled": True}}


def test_the_version_in_a_list_is_good_for_a_write() -> None:
    """List, edit and PUT with that token is valid."""
    fake, caller = five()
    item = caller.get(f"{POLICIES}?{ENDPOINT_KUERY}").json["items"][0]

    assert caller.put(item["id"], update_body(item)).status == 200
    assert fake.revision(item["id"]) == 2


@pytest.mark.parametrize(
    "path", ["/api/fleet/settings", "/api/fleet", "/internal/fleet/x", "/", "/s/emea"]
)
def test_other_routes_are_not_found(path: str) -> None:
    """Only what a client of Defend policies needs is there."""
    answer = Caller(FakeKibana()).get(path)

    assert answer.json == {"statusCode": 404, "error": "Not Found", "message": "Not Found"}


def test_a_base_path_stands_in_front_of_everything() -> None:
    """`server.basePath`: without it nothing is found."""
    caller = Caller(FakeKibana(base_path="/kibana/"))

    assert caller.get(POLICIES).status == 404
    assert caller.get(f"/kibana{POLICIES}").status == 200
    assert caller.get(f"/kibana/s/emea{POLICIES}").status == 200


@pytest.mark.parametrize(("version", "status"), [("8.17.0", 400), ("8.18.0", 200)])
def test_nothing_at_all_can_be_read_at_once_since_8_18(version: str, status: int) -> None:
    """Before, a list of ids had to have one."""
    caller = Caller(FakeKibana.example(version))

    assert caller.call("POST", f"{POLICIES}/_bulk_get", {"ids": []}).status == status


def test_a_query_can_look_for_an_id() -> None:
    """Which is no attribute of the document."""
    fake, caller = five()
    query = f'kuery=ingest-package-policies.id:"{fake.policy_ids[2]}"'

    assert caller.get(f"{POLICIES}?{query}").names == ["c"]


def test_a_query_can_look_into_a_list() -> None:
    """One of its values is enough."""
    fake = FakeKibana()
    fake.add_policy("a", agent_policies=["one", "two"])
    fake.add_policy("b", agent_policies=["three"])
    query = 'kuery=ingest-package-policies.policy_ids:"two"'

    assert Caller(fake).get(f"{POLICIES}?{query}").names == ["a"]


def test_an_agent_policy_that_is_not_there_is_not_found() -> None:
    """By its id alone."""
    _, caller = five()

    assert caller.get("/api/fleet/agent_policies/nope").message == "Agent policy not found"
