"""Synthetic agents, policy responses, policies and reports about endpoints."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from support.documents import defend_policy
from support.rollouts import connected

from elastic_mirror_policy import Kibana
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.endpoints.policy_response import (
    AgentFacts,
    GlobalArtifacts,
    PolicyResponse,
)
from elastic_mirror_policy.endpoints.read import Endpoint, EndpointReport, Verdict
from elastic_mirror_policy.endpoints.verdicts import Judgement, Published, assess
from elastic_mirror_policy.policies.policy import DefendPolicy
from elastic_mirror_policy.testing import FakeElasticsearch, FakeKibana
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

MIRROR: Final = "https://mirror.example"
VERSION: Final = "9.4.2"
HASHES: Final = {"one": "a" * 64, "two": "b" * 64, "three": "c" * 64}
LISTED: Final = (("one", "a" * 64), ("two", "b" * 64))
NOW: Final = datetime(2026, 2, 1, 12, tzinfo=UTC)


def agent(**facts: Any) -> AgentFacts:  # noqa: ANN401 - its fields
    """Return an agent that is online."""
    known = AgentFacts("agent-1", "host-1", "agent-policy-servers", "online", VERSION, "linux")
    return known._replace(**facts)


def judge(
    agent: AgentFacts,
    response: PolicyResponse | None,
    policy: DefendPolicy,
    ask_mirror: Callable[[], Published],
) -> Judgement:
    """Return the verdict on one endpoint."""
    assessment = assess(agent, response, policy, ask_mirror)
    return assessment.at(response.reported_at if response else None)


def artifacts(**facts: Any) -> GlobalArtifacts:  # noqa: ANN401 - its fields
    """Return two artifacts of manifest 1.0.260."""
    return GlobalArtifacts("1.0.260", "latest", LISTED)._replace(**facts)


def response(**facts: Any) -> PolicyResponse:  # noqa: ANN401 - its fields
    """Return what an endpoint says that applied revision 3 of `policy()` and has `artifacts()`."""
    known = PolicyResponse(
        "agent-1", NOW.timestamp(), VERSION, "linux", "id-servers", 3, "success", artifacts()
    )
    return known._replace(**facts)


def policy(*, pin: str = "latest", **linux: JsonValue) -> DefendPolicy:
    """Return a policy at revision 3 that names the mirror on every operating system.

    Args:
        pin: A date its artifacts are frozen to.
        linux: Further managed keys on Linux, such as `interval="60"`.
    """
    systems = {system: {"base_url": MIRROR} for system in ("mac", "windows")}
    settings = {**systems, "linux": {"base_url": MIRROR, **linux}}
    return replace(DefendPolicy.from_document(defend_policy("Servers", settings=settings)), pin=pin)


def published(**facts: Any) -> Published:  # noqa: ANN401 - its fields
    """Return what a mirror publishes: manifest 1.0.260 with three artifacts."""
    return replace(Published("1.0.260", HASHES), **facts)


def answering(found: Published) -> Callable[[], Published]:
    """Return a mirror that gives this answer."""
    return lambda: found


def endpoint(verdict: str = "current", **facts: Any) -> Endpoint:  # noqa: ANN401 - its fields
    """Return the verdict on one endpoint."""
    known = Endpoint(
        agent_id="agent-1",
        hostname="host-1",
        policy_id="id-servers",
        policy_name="Servers",
        os="linux",
        status="online",
        endpoint_version=VERSION,
        verdict=Verdict(verdict),
        manifest_version="1.0.260",
        mirror=MIRROR,
        mirror_version="1.0.260",
        revision=3,
        expected_revision=3,
        reported_at=NOW.timestamp() - 3600,
    )
    return replace(known, **facts)


def report(*endpoints: Endpoint, **facts: Any) -> EndpointReport:  # noqa: ANN401 - its fields
    """Return a report about these endpoints."""
    return EndpointReport(endpoints=endpoints, **{"read_at": NOW.timestamp(), **facts})


@dataclass(frozen=True, slots=True)
class Stack:
    """A Kibana, an Elasticsearch and a mirror, all being served.

    Attributes:
        fake: The Kibana.
        search: The Elasticsearch.
        mirror: The mirror; it publishes for endpoint version 9.4.2.
        kibana: A client of the Kibana.
    """

    fake: FakeKibana
    search: FakeElasticsearch
    mirror: FakeArtifactServer
    kibana: Kibana

    def add(self, name: str = "Servers", agents: int = 4, **options: Any) -> tuple[str, ...]:  # noqa: ANN401 - what add_policy takes
        """Add a policy that names the mirror; return its agents, which have reported."""
        before = self.fake.agent_ids
        self.fake.add_policy(name, agents=agents, **{"mirror": self.mirror.url, **options})
        return self.fake.agent_ids[len(before) :]

    def look(self, **options: Any) -> EndpointReport:  # noqa: ANN401 - what endpoints takes
        """Look at the endpoints through Kibana alone."""
        return self.kibana.endpoints(**{"now": lambda: self.fake.now, **options})

    def search_for(self, **options: Any) -> EndpointReport:  # noqa: ANN401 - what endpoints takes
        """Look at the endpoints through Elasticsearch."""
        with_key = {
            "elasticsearch_url": self.search.url,
            "elasticsearch_api_key": self.search.api_key,
        }
        return self.look(**{**with_key, **options})


@contextmanager
def stack(version: str = VERSION, **options: Any) -> Iterator[Stack]:  # noqa: ANN401 - what Kibana takes
    """Serve a Kibana, an Elasticsearch and a mirror; the clock is after the mirror's releases."""
    with (
        FakeArtifactServer.example(VERSION) as mirror,
        FakeKibana(version) as fake,
        FakeElasticsearch(fake) as search,
        connected(fake, **options) as kibana,
    ):
        fake.set_clock(NOW)
        yield Stack(fake, search, mirror, kibana)


def verdicts(found: EndpointReport) -> dict[str, str]:
    """Return the verdict of each agent."""
    return {one.agent_id: one.verdict.value for one in found.endpoints}
