"""FakeKibana answers as the published descriptions of five Kibana releases say."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from support.fake_client import POLICIES, Answer, Caller, update_body
from support.openapi import KIBANAS, Description, description

from elastic_mirror_policy._json import decode
from elastic_mirror_policy.testing import FakeKibana
from elastic_mirror_policy.testing._api.bodies import TYPED_FORM
from elastic_mirror_policy.testing._api.routes import ROUTES
from elastic_mirror_policy.testing._kibana.versions import parse_version

AGENT_POLICIES = "/api/fleet/agent_policies"
ONE = f"{POLICIES}/{{packagePolicyId}}"
ONE_AGENT_POLICY = f"{AGENT_POLICIES}/{{agentPolicyId}}"


@dataclass(frozen=True)
class Scene:
    """One fake of a version with the document that describes it."""

    fake: FakeKibana
    caller: Caller
    described: Description

    @property
    def policy(self) -> str:
        """A Defend policy."""
        return self.fake.policy_ids[0]

    @property
    def agent_policy(self) -> str:
        """Its agent policy."""
        return str(self.fake.document(self.policy)["policy_id"])


@pytest.fixture(params=KIBANAS)
def scene(request: pytest.FixtureRequest, contract: Path) -> Scene:
    """The example in each version."""
    fake = FakeKibana.example(KIBANAS[request.param])
    return Scene(fake, Caller(fake), description(contract, request.param))


NOT_KEPT = {"/api/fleet/agent_download_sources"}
"""Routes that the recorded descriptions, which are excerpts, do not have."""

Ask = Callable[[Scene], Answer]
ASKED: dict[str, tuple[str, str, Ask]] = {
    "status": ("GET", "/api/status", lambda s: s.caller.get("/api/status")),
    "status for strangers": (
        "GET",
        "/api/status",
        lambda s: s.caller.get("/api/status", Authorization=None),
    ),
    "spaces": ("GET", "/api/spaces/space", lambda s: s.caller.get("/api/spaces/space")),
    "permissions": (
        "GET",
        "/api/fleet/check-permissions",
        lambda s: s.caller.get("/api/fleet/check-permissions"),
    ),
    "permissions of a Defend role": (
        "GET",
        "/api/fleet/check-permissions",
        lambda s: Caller(s.fake, s.fake.key_for("defend")).get("/api/fleet/check-permissions"),
    ),
    "list": ("GET", POLICIES, lambda s: s.caller.get(POLICIES)),
    "counted list": ("GET", POLICIES, lambda s: s.caller.get(f"{POLICIES}?withAgentCount=true")),
    "simplified list": ("GET", POLICIES, lambda s: s.caller.get(f"{POLICIES}?format=simplified")),
    "several": (
        "POST",
        f"{POLICIES}/_bulk_get",
        lambda s: s.caller.call("POST", f"{POLICIES}/_bulk_get", {"ids": [s.policy]}),
    ),
    "one": ("GET", ONE, lambda s: s.caller.get(f"{POLICIES}/{s.policy}")),
    "update": ("PUT", ONE, lambda s: s.caller.put(s.policy, update_body(s.caller.item(s.policy)))),
    "agent policies": ("GET", AGENT_POLICIES, lambda s: s.caller.get(AGENT_POLICIES)),
    "full agent policies": (
        "GET",
        AGENT_POLICIES,
        lambda s: s.caller.get(f"{AGENT_POLICIES}?full=true"),
    ),
    "several agent policies": (
        "POST",
        f"{AGENT_POLICIES}/_bulk_get",
        lambda s: s.caller.call("POST", f"{AGENT_POLICIES}/_bulk_get", {"ids": [s.agent_policy]}),
    ),
    "one agent policy": (
        "GET",
        ONE_AGENT_POLICY,
        lambda s: s.caller.get(f"{AGENT_POLICIES}/{s.agent_policy}"),
    ),
    "agents": (
        "GET",
        "/api/fleet/agents",
        lambda s: s.caller.get("/api/fleet/agents?getStatusSummary=true"),
    ),
    "metadata": (
        "GET",
        "/api/endpoint/metadata",
        lambda s: s.caller.get("/api/endpoint/metadata?pageSize=100"),
    ),
    "policy response": (
        "GET",
        "/api/endpoint/policy_response",
        lambda s: s.caller.get(f"/api/endpoint/policy_response?agentId={s.fake.agent_ids[0]}"),
    ),
}


@pytest.mark.parametrize("name", ASKED)
def test_an_answer_is_as_the_release_describes_it(scene: Scene, name: str) -> None:
    """Every key is known there and has the type that is described."""
    method, path, ask = ASKED[name]

    answer = ask(scene)

    assert answer.status == 200, answer
    assert scene.described.answer_problems(method, path, 200, answer.json) == []


@pytest.mark.parametrize(
    ("method", "path", "ask"),
    [
        ("GET", POLICIES, lambda s: s.caller.get(f"{POLICIES}?zzz=1")),
        ("GET", POLICIES, lambda s: s.caller.get(f"{POLICIES}?kuery=zzz:1")),
        ("GET", AGENT_POLICIES, lambda s: s.caller.get(f"{AGENT_POLICIES}?zzz=1")),
        ("GET", "/api/fleet/agents", lambda s: s.caller.get("/api/fleet/agents?page=0")),
        ("PUT", ONE, lambda s: s.caller.put(s.policy, {"zzz": 1})),
        (
            "POST",
            f"{POLICIES}/_bulk_get",
            lambda s: s.caller.call("POST", f"{POLICIES}/_bulk_get", {}),
        ),
    ],
)
def test_a_refusal_is_as_the_release_describes_it(
    scene: Scene, method: str, path: str, ask: Ask
) -> None:
    """400 has a body of its own."""
    answer = ask(scene)

    assert answer.status == 400
    assert scene.described.answer_problems(method, path, 400, answer.json) == []


def test_a_policy_after_a_life_is_still_as_described(scene: Scene) -> None:
    """Edited, packaged, moved manifests, written twice."""
    scene.fake.edit(scene.policy, "linux.advanced.artifacts.global.base_url", "http://m")
    scene.fake.run_packager()
    scene.caller.put(scene.policy, update_body(scene.caller.item(scene.policy)))

    answer = scene.caller.get(POLICIES)

    assert scene.described.answer_problems("GET", POLICIES, 200, answer.json) == []


def test_a_body_that_is_taken_is_one_that_is_described(scene: Scene) -> None:
    """What the fake stores, the release would have taken."""
    body = update_body(scene.caller.item(scene.policy))

    assert scene.described.body_problems("PUT", ONE, body) == []
    assert scene.caller.put(scene.policy, body).status == 200


def test_the_fake_takes_no_key_that_is_not_described(scene: Scene) -> None:
    """Its allowlist is the release's, or narrower."""
    version = parse_version(scene.fake.version)
    taken = {name for name, rule in (TYPED_FORM.keys or {}).items() if version.since(rule.since)}

    assert taken - scene.described.body_keys("PUT", ONE) == set()


def test_the_fake_takes_no_query_that_is_not_described(scene: Scene) -> None:
    """Names only; the document of 8.13 is known to leave some of agent policies and agents out."""
    version = parse_version(scene.fake.version)
    loose = {AGENT_POLICIES, "/api/fleet/agents"} if version.release == (8, 13) else set()
    loose |= NOT_KEPT
    surplus = {
        route.path: extra
        for route in ROUTES
        if route.path not in loose
        and (
            extra := {name for name, one in route.params.items() if version.since(one.since)}
            - scene.described.query_names(route.method, route.path)
        )
    }

    assert surplus == {}


@pytest.mark.parametrize("part", ["package", "input"])
def test_the_descriptions_would_notice_a_foreign_key(scene: Scene, part: str) -> None:
    """The check itself can fail: documents of these releases are closed in requests."""
    body = update_body(scene.caller.item(scene.policy))
    target = body["package"] if part == "package" else body["inputs"][0]
    target["zzz"] = 1

    assert scene.described.body_problems("PUT", ONE, body) != []


def test_the_descriptions_would_notice_a_missing_key(scene: Scene) -> None:
    """The check of answers can fail as well."""
    answer = scene.caller.get(POLICIES)
    del answer.json["items"][0]["name"]

    assert scene.described.answer_problems("GET", POLICIES, 200, answer.json) != []


@pytest.mark.parametrize("version", ["8.18", "9.1", "9.3"])
def test_the_descriptions_would_notice_a_surplus_key(contract: Path, version: str) -> None:
    """In these three the answers are closed too."""
    answer = Caller(FakeKibana.example(KIBANAS[version])).get(POLICIES)
    answer.json["items"][0]["zzz"] = 1

    assert description(contract, version).answer_problems("GET", POLICIES, 200, answer.json) != []


@pytest.mark.parametrize("version", ["8.5.0", *KIBANAS.values()])
def test_a_documented_policy_can_be_loaded_and_written(contract: Path, version: str) -> None:
    """The example of Elastic's own page, with no `meta` and no `policy_ids`."""
    source = contract / "fleet" / "package_policy_create_response_8.5_docs.json"
    fake = FakeKibana(version)
    (policy,) = fake.load(decode(source.read_bytes()))
    caller = Caller(fake)
    path = f"{POLICIES}/{quote(policy)}"
    item = caller.get(path).json["item"]

    answer = caller.call("PUT", path, update_body(item))

    assert answer.status == 200, answer
    assert answer.json["item"]["inputs"][0]["config"] == item["inputs"][0]["config"]
    assert fake.requests[-1].policy_id == policy
