"""Every field of a report about a small fleet, over both sources."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pytest
from support.endpoints import NOW, VERSION, Stack, stack

from elastic_mirror_policy.endpoints.endpoint import Endpoint, MirrorManifest
from elastic_mirror_policy.endpoints.read import Verdict
from elastic_mirror_policy.endpoints.report import PROOF_NOTE
from elastic_mirror_policy.plan.change import KibanaInfo
from elastic_mirror_policy.testing import Fault

EMPTY: Final = ("Empty 1", "Empty 2", "Empty 3", "Empty 4", "Empty 5", "Empty 6", "Empty 7")


@pytest.fixture
def estate() -> Iterator[Stack]:
    """One policy whose two agents have just fetched from the mirror."""
    with stack() as made:
        made.add("Servers", agents=2)
        made.fake.fetch_artifacts(made.mirror)
        yield made


def expected(estate: Stack, number: int, system: str) -> Endpoint:
    """Return what is known of one of the agents; they reported one second after the other."""
    (policy_id,) = estate.fake.policy_ids
    return Endpoint(
        agent_id=estate.fake.agent_ids[number],
        hostname=f"{system}-{number:05}",
        policy_id=policy_id,
        policy_name="Servers",
        os=system,
        status="online",
        endpoint_version=VERSION,
        verdict=Verdict.CURRENT,
        detail="7 of 7 listed hashes were compared",
        proof="artifacts",
        manifest_version="1.0.260",
        mirror=estate.mirror.url,
        mirror_version="1.0.260",
        revision=1,
        expected_revision=1,
        reported_at=estate.fake.now - 1 + number,
        hashes_listed=7,
        hashes_compared=7,
    )


@pytest.mark.parametrize("source", ["Kibana", "Elasticsearch"])
def test_a_report_says_all_there_is_to_say(estate: Stack, source: str) -> None:
    """Field by field; what is left out of a record would be missed nowhere else."""
    found = estate.look() if source == "Kibana" else estate.search_for()

    assert found.endpoints == tuple(
        expected(estate, number, system) for number, system in enumerate(("linux", "windows"))
    )
    assert found.mirrors == (
        MirrorManifest(
            mirror=estate.mirror.url,
            endpoint_version=VERSION,
            manifest_version="1.0.260",
            published_at=None,
            modified_at=found.mirrors[0].modified_at,
        ),
    )
    assert found.notes == (PROOF_NOTE,)
    assert (found.window, found.source, found.complete) == ("30d", source, True)
    assert found.read_at == estate.fake.now > NOW.timestamp()
    assert found.kibana == KibanaInfo(estate.fake.url, estate.fake.version, ("default",))
    assert f"Endpoints: Kibana {estate.fake.url}, version" in str(found)
    assert found.requests == {"Kibana": 4, "Elasticsearch": 2}[source]


def test_what_kibana_could_not_say_is_left_open(estate: Stack) -> None:
    """What Fleet knows of the agent is told all the same."""
    first, _ = estate.fake.agent_ids
    estate.fake.inject(Fault(path=f"agentId={first}", status=500, times=None))

    said = (
        "Kibana could not say: GET /api/endpoint/policy_response could not be answered (500): An "
        "injected fault."
    )
    assert estate.look().endpoints[0] == replace(
        expected(estate, 0, "linux"),
        verdict=Verdict.UNKNOWN,
        detail=said,
        proof="",
        hashes_listed=0,
        hashes_compared=0,
        manifest_version="",
        mirror="",
        mirror_version=None,
        revision=None,
        reported_at=None,
    )


@pytest.mark.parametrize("strange", [0, 1, 2])
def test_hashes_that_no_endpoint_shares_with_its_mirror_are_remarked(
    estate: Stack, strange: int
) -> None:
    """They may not be what they are taken for; one endpoint that has them shows that they are."""
    for agent in estate.fake.agent_ids[:strange]:
        known = estate.fake._state.agents[agent].report
        assert known is not None
        others = tuple((name, "f" * 64) for name, _ in known.identifiers)
        estate.fake.set_report(agent, replace(known, identifiers=others))

    found = estate.look()

    assert [one.verdict for one in found.endpoints].count(Verdict.BEHIND) == strange
    assert any(note.startswith("No endpoint lists the hash") for note in found.notes) == (
        strange == 2
    )


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "No agent runs Empty 1."),
        (5, "No agent runs Empty 1, Empty 2, Empty 3, Empty 4, Empty 5."),
        (6, "No agent runs Empty 1, Empty 2, Empty 3, Empty 4, Empty 5 and 1 more."),
        (7, "No agent runs Empty 1, Empty 2, Empty 3, Empty 4, Empty 5 and 2 more."),
    ],
)
def test_a_few_policies_without_agents_are_named_and_the_rest_is_counted(
    estate: Stack, count: int, said: str
) -> None:
    """A long list would hide what it is about."""
    for name in EMPTY[:count]:
        estate.add(name, agents=0)

    assert said in estate.look().notes
