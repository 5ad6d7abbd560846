"""FakeKibana: credentials, privileges, headers and what the status says."""

import base64

import pytest
from support.fake_client import ENDPOINT_KUERY, POLICIES, Answer, Caller, update_body

from elastic_mirror_policy.testing import FakeKibana
from elastic_mirror_policy.testing._api.access import Role

NOBODY = "00000000-0000-0000-0000-000000000000"
AGENT_POLICIES = "/api/fleet/agent_policies"
FORBIDDEN = {"statusCode": 403, "error": "Forbidden", "message": "Forbidden"}


def caller_as(role: Role) -> Caller:
    """Return a caller of the example with the rights of a role."""
    fake = FakeKibana.example()
    return Caller(fake, fake.key_for(role))


@pytest.mark.parametrize("value", [None, "ApiKey bm9wZTpub3Bl", "Bearer x", "ApiKey", "Basic ü"])
def test_wrong_credentials_are_a_401(value: str | None) -> None:
    """Whatever is asked for, and without a word of what was sent."""
    answer = Caller(FakeKibana()).get(POLICIES, Authorization=value)

    assert answer.status == 401
    assert value is None or value.partition(" ")[2] not in answer.message.split()


def test_a_user_may_log_in_with_a_password() -> None:
    """Basic authentication works besides API keys."""
    fake = FakeKibana()

    assert fake.username == "elastic"
    assert Caller(fake).get(POLICIES, Authorization=_basic(fake, fake.password)).status == 200
    assert Caller(fake).get(POLICIES, Authorization=_basic(fake, "wrong")).status == 401


def _basic(fake: FakeKibana, password: str) -> str:
    return "Basic " + base64.b64encode(f"{fake.username}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("full", 404),
        ("superuser", 404),
        ("defend", 404),
        ("fleet-no-agents", 404),
        ("read", 403),
        ("none", 403),
    ],
)
def test_the_write_probe_tells_who_may_write(role: Role, status: int) -> None:
    """404 with the right to write, 403 without."""
    caller = caller_as(role)

    assert caller.put(NOBODY, {}).status == status


def test_a_reader_may_not_write() -> None:
    """Fleet's own routes give no reason."""
    caller = caller_as("read")
    item = caller.item(caller.fake.policy_ids[0])

    answer = caller.put(item["id"], update_body(item))

    assert (answer.status, answer.json) == (403, FORBIDDEN)
    assert caller.fake.revision(item["id"]) == 1


def test_the_defend_privilege_reaches_defend_policies_only() -> None:
    """A list that holds another integration is refused as a whole."""
    caller = caller_as("defend")
    foreign = caller.fake.policy_ids[6]

    assert caller.get(f"{POLICIES}?{ENDPOINT_KUERY}").status == 200
    assert caller.get(POLICIES).status == 403
    assert caller.get(f"{POLICIES}?perPage=1").status == 403
    assert caller.get(f"{POLICIES}/{foreign}").status == 403
    assert caller.put(foreign, {}).message == "Update for package name system is not authorized."


def test_the_defend_privilege_writes_defend_policies() -> None:
    """PUT works although Fleet's permission check says no."""
    caller = caller_as("defend")
    item = caller.item(caller.fake.policy_ids[0])

    answer = caller.put(item["id"], update_body(item))

    assert answer.status == 200
    assert caller.get("/api/fleet/check-permissions").json == {
        "success": False,
        "error": "MISSING_PRIVILEGES",
    }


@pytest.mark.parametrize("role", ["full", "superuser", "read"])
def test_rights_on_fleet_pass_its_permission_check(role: Role) -> None:
    """It says nothing about what may be written."""
    assert caller_as(role).get("/api/fleet/check-permissions").json == {"success": True}


def test_the_defend_privilege_checks_the_package_in_the_body() -> None:
    """kibana#282403."""
    caller = caller_as("defend")
    item = caller.item(caller.fake.policy_ids[0])
    body = update_body(item)
    body["package"]["name"] = "nginx"

    answer = caller.put(item["id"], body)

    assert answer.message == "Update for package name nginx is not authorized."


@pytest.mark.parametrize("path", [AGENT_POLICIES, "/api/fleet/agents"])
@pytest.mark.parametrize("role", ["defend", "none"])
def test_agents_and_agent_policies_need_rights_of_fleet(role: Role, path: str) -> None:
    """The Defend privilege does not reach them."""
    assert caller_as(role).get(path).json == FORBIDDEN


def test_without_the_right_to_read_agents_nothing_is_counted() -> None:
    """Agent policies are there, their agents are not."""
    caller = caller_as("fleet-no-agents")
    agent_policy = caller.item(caller.fake.policy_ids[0])["policy_id"]

    one = caller.get(f"{AGENT_POLICIES}/{agent_policy}")

    assert caller.get("/api/fleet/agents").status == 403
    assert one.status == 200
    assert "agents" not in one.json["item"]


@pytest.mark.parametrize(
    "path",
    [
        POLICIES,
        "/api/spaces/space",
        "/api/endpoint/metadata",
        "/api/endpoint/policy_response?agentId=x",
    ],
)
def test_a_key_without_rights_sees_nothing(path: str) -> None:
    """403 everywhere; only the permission check answers, with no."""
    caller = caller_as("none")

    assert caller.get(path).status == 403
    assert caller.get("/api/fleet/check-permissions").json["success"] is False


def test_an_unknown_role_is_an_error() -> None:
    """The message names the roles."""
    with pytest.raises(ValueError, match="full, superuser, read, defend"):
        FakeKibana().key_for("boss")  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_changing_requests_need_the_xsrf_header(method: str) -> None:
    """On every request that is not a read."""
    path = f"{POLICIES}/_bulk_get" if method == "POST" else f"{POLICIES}/{NOBODY}"

    answer = Caller(FakeKibana()).call(method, path, {}, kbn_xsrf=None)

    assert answer.message == "Request must contain a kbn-xsrf header."


def test_another_kbn_version_is_refused() -> None:
    """A client that sends it breaks when Kibana is upgraded under it."""
    fake = FakeKibana("9.4.2")
    caller = Caller(fake)

    before = caller.get(POLICIES, kbn_version="9.4.2")
    fake.restart("9.5.0")
    after = caller.get(POLICIES, kbn_version="9.4.2")

    assert before.status == 200
    assert after.status == 400
    assert after.json["attributes"] == {"expected": "9.5.0", "got": "9.4.2"}


@pytest.mark.parametrize(("version", "status"), [("8.10.0", 200), ("8.11.0", 400)])
def test_an_unknown_api_version_is_refused_where_it_is_read(version: str, status: int) -> None:
    """Older releases ignore the header."""
    answer = Caller(FakeKibana(version)).get(POLICIES, elastic_api_version="2000-01-01")

    assert answer.status == status


def test_the_api_version_is_echoed() -> None:
    """On versioned routes only."""
    fake = FakeKibana()
    headers = {"authorization": f"ApiKey {fake.api_key}"}

    fleet = fake.handle("GET", POLICIES, headers)
    spaces = fake.handle("GET", "/api/spaces/space", headers)

    assert fleet.headers["elastic-api-version"] == "2023-10-31"
    assert "elastic-api-version" not in spaces.headers


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"{}", "application/json; charset=utf-8", 404),
        (b'{"name":"' + b"x" * 1_048_576 + b'"}', "application/json", 413),
    ],
)
def test_a_body_must_be_json_and_not_too_large(body: bytes, kind: str, status: int) -> None:
    """Hapi looks at it before Fleet does."""
    fake = FakeKibana()
    headers = {
        "Authorization": f"ApiKey {fake.api_key}",
        "kbn-xsrf": "x",
        "Content-Type": kind,
    }

    answer = fake.handle("PUT", f"{POLICIES}/{NOBODY}", headers, body)

    assert answer.status == status


def test_the_status_is_redacted_for_strangers() -> None:
    """A missing version says that nobody is logged in, not that it is no Kibana."""
    fake = FakeKibana("9.4.2")
    caller = Caller(fake)

    known, stranger = caller.get("/api/status"), caller.get("/api/status", Authorization=None)

    assert known.json["version"]["number"] == "9.4.2"
    assert known.json["version"]["build_flavor"] == "traditional"
    assert stranger.json == {"status": {"overall": {"level": "available"}}}


def test_a_serverless_project_says_so() -> None:
    """It behaves as the newest release whatever its number."""
    fake = FakeKibana("9.1.0", serverless=True)
    caller = Caller(fake)
    policy = fake.add_policy("a")

    answer = caller.put(policy, update_body(caller.item(policy)) | {"condition": None})

    assert caller.get("/api/status").json["version"]["build_flavor"] == "serverless"
    assert answer.status == 200


def spaces_of(answer: Answer) -> list[str]:
    """The ids of listed spaces."""
    return [space["id"] for space in answer.json]


def test_spaces_are_listed() -> None:
    """With the default space first."""
    caller = caller_as("read")

    assert spaces_of(caller.get("/api/spaces/space")) == ["default", "emea"]


@pytest.mark.parametrize("version", ["9.4", "nine", "9.4.2.1", ""])
def test_a_version_must_be_one(version: str) -> None:
    """Three numbers, and perhaps a suffix."""
    with pytest.raises(ValueError, match="is not a Kibana version"):
        FakeKibana(version)


def test_the_elastic_defend_package_can_be_asked_for() -> None:
    """By whoever reads policies; another package is not there."""
    fake = FakeKibana("9.4.2")
    caller = Caller(fake)
    nobody = Caller(fake, fake.key_for("none"))

    found = caller.get("/api/fleet/epm/packages/endpoint")

    assert found.json["item"] == {
        "name": "endpoint",
        "title": "Elastic Defend",
        "version": "9.4.0",
        "latestVersion": "9.4.0",
        "status": "installed",
    }
    assert caller.get("/api/fleet/epm/packages/zzz").status == 404
    assert nobody.get("/api/fleet/epm/packages/endpoint").status == 403


@pytest.mark.parametrize(("role", "status"), [("full", 200), ("defend", 403), ("none", 403)])
def test_download_sources_take_the_right_to_read_fleets_settings(role: Role, status: int) -> None:
    """The Defend privilege alone is not enough."""
    assert caller_as(role).get("/api/fleet/agent_download_sources").status == status
