"""How many requests and connections a rollout over 500 policies costs, in every version."""

import math
from pathlib import Path

import pytest
from support.rollouts import KIBANAS, commit_counts, connected, planned, roll_back

from elastic_mirror_policy import MirrorSettings
from elastic_mirror_policy.testing import FakeKibana
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

POLICIES = 500
WRITERS = 4
PAGE = 100
WITHOUT_BULK = ("8.0", "8.4")
WITHOUT_COUNTS = (*WITHOUT_BULK, "8.5", "8.12")


def budget(policies: int, *, bulk: bool = True) -> float:
    """Return the most requests that reading, rechecking, writing and verifying may take."""
    return (1.25 if bulk else 2) * policies + 2 * math.ceil(policies / PAGE) + 10


def reading(version: str) -> int:
    """Return the requests of a plan: status, the list, and the names of agent policies."""
    pages = math.ceil(POLICIES / PAGE)
    return 1 + (pages + 1) + (pages if version in WITHOUT_COUNTS else 1)


def writing(version: str) -> int:
    """Return the requests of writing it: rechecks, by batches where that exists, and writes."""
    rechecks = POLICIES if version in WITHOUT_BULK else math.ceil(POLICIES / WRITERS)
    return rechecks + POLICIES


@pytest.mark.parametrize("version", KIBANAS)
def test_a_rollout_over_500_policies_keeps_to_its_requests_and_connections(
    version: str, tmp_path: Path
) -> None:
    """1.25 N + 2 ceil(N/100) + 10; before `_bulk_get` (8.5) each policy is read by itself."""
    fake = FakeKibana.example(**{"space_aware": False, **KIBANAS[version]}, policies=POLICIES)
    with fake, connected(fake) as kibana:
        report = kibana.apply(planned(kibana), journal=tmp_path / "a.journal", parallel=WRITERS)

    assert report.ok
    assert report.requests == writing(version)
    assert kibana.requests_sent == len(fake.requests) == reading(version) + writing(version)
    assert len(fake.requests) <= budget(POLICIES, bulk=version not in WITHOUT_BULK)
    assert fake.connections <= WRITERS + 1
    assert list(commit_counts(fake).values()) == [1] * POLICIES


def test_checking_the_mirror_costs_kibana_two_requests_more_than_there_are_versions(
    tmp_path: Path,
) -> None:
    """As plans do unless they are told not to; the last one counts agents without a version."""
    fake = FakeKibana.example(policies=20, space_aware=False)
    with fake, connected(fake) as kibana, FakeArtifactServer.example("9.4.2") as mirror:
        plan = kibana.plan(MirrorSettings.everywhere(mirror.url))
        kibana.apply(plan, journal=tmp_path / "a.journal")
    asked = [request for request in fake.requests if request.path == "/api/fleet/agents"]

    assert len(asked) == 3
    assert len(fake.requests) <= budget(20)


def test_a_rollback_costs_what_a_rollout_costs(tmp_path: Path) -> None:
    """It goes the same way; the policies are read by their ids."""
    fake = FakeKibana.example(policies=50, space_aware=False)
    with fake, connected(fake) as kibana:
        kibana.apply(planned(kibana), journal=tmp_path / "a.journal")
        fake.forget_requests()
        roll_back(fake, tmp_path / "a.journal")

    assert len(fake.requests) <= budget(50)
