"""Every request that the client can send is one that Kibana's own descriptions know."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from support.openapi import KIBANAS, Description, description
from support.recorded import RecordingKibana, Sent, request_problems, template_of
from support.rollouts import MIRROR, Naps

from elastic_mirror_policy import ALL_SPACES, CLEAR, Kibana, MirrorSettings
from elastic_mirror_policy.testing import FakeKibana, Fault

VERSIONS: dict[str, tuple[dict[str, Any], str]] = {
    **{minor: ({"version": version}, minor) for minor, version in KIBANAS.items()},
    "8.14": ({"version": "8.14.3"}, "8.13"),
    "9.0": ({"version": "9.0.3"}, "8.18"),
    "9.1 upgraded": ({"version": "9.1.2", "space_aware": False}, "9.1"),
    "9.4": ({"version": "9.4.2"}, "9.3"),
    "serverless": ({"version": "9.5.0", "serverless": True}, "9.5"),
}
"""Versions of Kibana, with the newest description that is not newer."""

OPERATIONS = {
    ("GET", "/api/status"),
    ("GET", "/api/spaces/space"),
    ("GET", "/api/fleet/package_policies"),
    ("POST", "/api/fleet/package_policies/_bulk_get"),
    ("GET", "/api/fleet/package_policies/{packagePolicyId}"),
    ("PUT", "/api/fleet/package_policies/{packagePolicyId}"),
    ("POST", "/api/fleet/agent_policies/_bulk_get"),
    ("GET", "/api/fleet/agents"),
    ("GET", "/api/fleet/epm/packages/{pkgName}"),
    ("GET", "/api/endpoint/metadata"),
    ("GET", "/api/endpoint/policy_response"),
}
"""What the client asks of a Kibana from 8.13 on."""

UNDESCRIBED = {("GET", "/api/fleet/agent_download_sources")}
"""What it asks besides, and the recorded descriptions, which are excerpts, do not have."""


def tour(fake: FakeKibana, folder: Path) -> None:
    """Do everything that a client can do."""
    with fake, Kibana(fake.url, api_key=fake.api_key, sleep=Naps()) as kibana:
        list(kibana.examine(air_gap=True))
        kibana.agent_versions(spaces=ALL_SPACES)
        plan = kibana.plan(MirrorSettings.everywhere(MIRROR, interval=600), **QUIET)
        fake.inject(Fault(method="PUT", drop="before"))
        fake.before("PUT", "", 3, fake.run_packager)
        kibana.apply(plan, journal=folder / "a.journal", max_failures=0)
        kibana.resume(folder / "a.journal")
        kibana.endpoints()
        cleared = kibana.plan(MirrorSettings.everywhere(CLEAR), **QUIET)
        kibana.apply(cleared, journal=folder / "b.journal", allow={"clear"})
        for journal in ("b", "a"):
            undo = kibana.plan_rollback(folder / f"{journal}.journal")
            kibana.apply(undo, journal=folder / f"{journal}.undo")


QUIET: dict[str, Any] = {"spaces": ALL_SPACES, "check_mirror": False}


def populate(fake: FakeKibana) -> None:
    """Add policies of every kind that a document can describe."""
    fake.add_policy("plain")
    fake.add_policy("orphan", agent_policies=())
    fake.add_policy("shared", agent_policies=("one", "two"))
    fake.add_policy("padded", size_bytes=40_000, namespace="production", description="words")
    fake.add_policy("elsewhere", space="emea")
    export = fake.document(fake.add_policy("exported"))
    export |= {"id": "exported, with a comma/and more", "name": "exported 2", "brand_new_key": [1]}
    export["package"] |= {"fips_compatible": False, "experimental_data_stream_features": []}
    export["inputs"][0] |= {"compiled_input": {"a": 1}, "id": "exported"}
    export["elasticsearch"] = {"privileges": {"cluster": []}}
    fake.load(export)


@cache
def requests_of(name: str) -> tuple[Sent, ...]:
    """Return the requests of a tour, taken once for each version."""
    options, _ = VERSIONS[name]
    fake = RecordingKibana(**options, license="enterprise")
    populate(fake)
    with TemporaryDirectory() as folder:
        tour(fake, Path(folder))
    return fake.kept


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """A version of Kibana."""
    return str(request.param)


@pytest.fixture
def described(contract: Path, version: str) -> Description:
    """The description that holds for it."""
    return description(contract, VERSIONS[version][1])


def test_every_request_is_described(version: str, described: Description) -> None:
    """Path, method, names and values in the query, and the body."""
    problems = {
        str(sent): request_problems(described, sent)
        for sent in requests_of(version)
        if (sent.method, sent.path) not in UNDESCRIBED
    }

    assert {sent: found for sent, found in problems.items() if found} == {}


def test_the_tour_asks_for_everything_the_client_knows(
    version: str, described: Description
) -> None:
    """Otherwise the test above would hold for less than it says."""
    asked = {
        (sent.method, template_of(described, sent) or sent.path) for sent in requests_of(version)
    }

    assert asked == OPERATIONS | UNDESCRIBED


HEADER_RULES: dict[str, Callable[[Sent], bool]] = {
    "kbn-version is never sent": lambda sent: "kbn-version" not in sent.headers,
    "kbn-xsrf is always sent": lambda sent: bool(sent.headers.get("kbn-xsrf")),
    "the version of the API is always sent": lambda sent: (
        sent.headers.get("elastic-api-version") == "2023-10-31"
    ),
    "a body is JSON": lambda sent: (
        sent.body is None or sent.headers.get("content-type") == "application/json"
    ),
    "credentials are in their header alone": lambda sent: (
        sent.headers["authorization"].startswith("ApiKey ") and "api" not in sent.query
    ),
    "no cookie is sent": lambda sent: "cookie" not in sent.headers,
}


def test_every_request_has_the_right_headers(version: str) -> None:
    """In every version, for every method."""
    broken = [
        f"{sent}: {rule}"
        for sent in requests_of(version)
        for rule, holds in HEADER_RULES.items()
        if not holds(sent)
    ]

    assert broken == []


NEVER_SENT = {
    *("id", "revision", "spaceIds", "created_at", "created_by", "updated_at", "updated_by"),
    *("elasticsearch", "secret_references", "agents", "latest_revision", "is_managed", "force"),
    "brand_new_key",
}


def test_a_write_says_nothing_that_kibana_works_out_itself(version: str) -> None:
    """Whatever a policy brings along, the body is an allowlist."""
    bodies = [s.body for s in requests_of(version) if s.method == "PUT" and s.body]

    assert [sorted(NEVER_SENT & set(body)) for body in bodies if NEVER_SENT & set(body)] == []
    assert {key for body in bodies for key in body["package"]} == {"name", "title", "version"}
    assert all(body["version"] and "policy_id" in body | {"policy_id": ""} for body in bodies)
    assert not any("compiled_input" in body["inputs"][0] for body in bodies)
    assert all(body["inputs"][0]["streams"] == [] for body in bodies)


@pytest.mark.parametrize(
    "change",
    [
        lambda sent: sent.query.update(zzz="1"),
        lambda sent: sent.body.update(zzz=1),
        lambda sent: sent.body["inputs"][0].update(zzz=1),
    ],
    ids=["query", "body", "input"],
)
def test_a_request_that_is_not_described_would_be_found(
    version: str, described: Description, change: Callable[[Sent], object]
) -> None:
    """The check itself can fail."""
    put = next(sent for sent in requests_of(version) if sent.method == "PUT" and sent.body)
    copy = Sent(put.method, put.path, dict(put.query), put.headers, {**put.body})
    copy.body["inputs"] = [dict(put.body["inputs"][0])]
    change(copy)

    assert request_problems(described, copy) != []


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("/api/endpoint/metadata", {"pageSize": "10001"}),
        ("/api/endpoint/metadata", {"page": "one"}),
        ("/api/endpoint/metadata", {"sortField": "zzz"}),
        ("/api/fleet/package_policies", {"sortOrder": "up"}),
        ("/api/fleet/package_policies", {"withAgentCount": "yes"}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_value_of_a_query_that_is_not_described_would_be_found(
    version: str, described: Description, path: str, change: dict[str, str]
) -> None:
    """Numbers, words and limits are checked as well as names."""
    sent = next(one for one in requests_of(version) if (one.method, one.path) == ("GET", path))
    copy = Sent(sent.method, sent.path, {**sent.query, **change}, sent.headers, None)

    assert len(request_problems(described, copy)) == 1


def test_a_query_that_is_missing_would_be_found(version: str, described: Description) -> None:
    """A policy response is asked for by agent."""
    path = "/api/endpoint/policy_response"
    sent = next(one for one in requests_of(version) if one.path == path)
    copy = Sent(sent.method, sent.path, {}, sent.headers, None)

    assert request_problems(described, copy) == [f"GET {path}: query 'agentId' is missing"]
