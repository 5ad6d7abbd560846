"""The endpoints of a wave, counted and weighed: silence is neither good nor bad news."""

from typing import Any

import pytest
from support.endpoints import agent, response

from elastic_mirror_policy.endpoints.policy_response import OFFLINE
from elastic_mirror_policy.journal.waves import Health
from elastic_mirror_policy.rollout.counts import Counts, Standing, answered, standing, weigh

HEALTHY, UNHEALTHY, INCONCLUSIVE = Health.HEALTHY, Health.UNHEALTHY, Health.INCONCLUSIVE


def standing_of(**facts: Any) -> Standing:  # noqa: ANN401 - fields of metadata
    """Return how an endpoint is doing that is to take revision 3."""
    return standing(agent(), response(artifacts=None, **facts), "id-servers", 3)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("success", "healthy"),
        ("failure", "unhealthy"),
        ("warning", "open"),
        ("unsupported", "open"),
        ("", "waiting"),
    ],
)
def test_the_status_counts_once_the_revision_is_there(status: str, expected: str) -> None:
    """What a warning is about has to be asked."""
    assert standing_of(status=status) == expected
    assert standing_of(status=status, revision=4) == expected


@pytest.mark.parametrize("status", ["success", "failure", "warning"])
@pytest.mark.parametrize("facts", [{"revision": 2}, {"revision": None}, {"policy_id": "other"}])
def test_an_older_revision_is_waited_for(status: str, facts: dict[str, Any]) -> None:
    """What went wrong before this rollout is not its fault, and no proof either."""
    assert standing_of(status=status, **facts) == "waiting"


def test_an_endpoint_without_metadata_is_waited_for() -> None:
    """It may be installing."""
    assert standing(agent(), None, "id-servers", 3) == "waiting"


@pytest.mark.parametrize("told", [None, response(revision=2)])
def test_an_endpoint_of_a_version_specific_policy_has_to_be_asked(told: Any) -> None:  # noqa: ANN401 - metadata or none
    """It has no metadata: only its policy response can tell."""
    versioned = agent(is_version_specific=True)

    assert standing(versioned, told, "id-servers", 3) == "open"


@pytest.mark.parametrize("status", ["warning", "unsupported"])
@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ([("load_config", "warning"), ("download_global_artifacts", "success")], "healthy"),
        ([("download_global_artifacts", "warning")], "unhealthy"),
        (
            [("download_global_artifacts", "success"), ("download_global_artifacts", "failure")],
            "unhealthy",
        ),
        ([("download_global_artifacts", "unsupported")], "waiting"),
        ([("load_config", "warning")], "waiting"),
        ([], "waiting"),
        (None, "waiting"),
    ],
    ids=str,
)
def test_a_warning_is_well_only_where_the_download_succeeded(
    status: str, actions: list[tuple[str, str]] | None, expected: str
) -> None:
    """A response that says nothing of the artifacts is no proof that they came."""
    applied: dict[str, Any] = {"id": "id-servers", "endpoint_policy_version": "3", "status": status}
    if actions is not None:
        applied["actions"] = [{"name": name, "status": found} for name, found in actions]
    document = {"agent": {"id": "a"}, "Endpoint": {"policy": {"applied": applied}}}

    assert answered(document, "id-servers", 3) == expected


@pytest.mark.parametrize("status", sorted(OFFLINE))
def test_an_offline_endpoint_is_offline_whatever_it_said(status: str) -> None:
    """Only reachable endpoints are judged."""
    assert standing(agent(status=status), response(), "id-servers", 3) == "offline"


@pytest.mark.parametrize(
    ("counts", "health"),
    [
        (Counts(), INCONCLUSIVE),
        (Counts(offline=4), INCONCLUSIVE),
        (Counts(waiting=4), INCONCLUSIVE),
        (Counts(healthy=3, waiting=1, reported=4), INCONCLUSIVE),
        (Counts(healthy=4, reported=4), HEALTHY),
        (Counts(healthy=3, unhealthy=1, reported=4), UNHEALTHY),
        (Counts(healthy=3, offline=1, reported=4), HEALTHY),
        (Counts(healthy=2, offline=2, reported=4), INCONCLUSIVE),
        (Counts(healthy=1, unhealthy=1, offline=8, reported=9), UNHEALTHY),
    ],
)
def test_all_reachable_ones_must_be_well(counts: Counts, health: Health) -> None:
    """By default; and more than half must be reachable."""
    assert weigh(counts, 100)[0] is health


@pytest.mark.parametrize(
    ("healthy", "unhealthy", "waiting", "health"),
    [
        (19, 1, 0, HEALTHY),
        (19, 0, 1, HEALTHY),
        (18, 1, 1, INCONCLUSIVE),
        (18, 2, 0, UNHEALTHY),
        (0, 2, 18, UNHEALTHY),
        (0, 1, 19, INCONCLUSIVE),
    ],
)
def test_a_share_of_the_reachable_ones_may_be_enough(
    healthy: int, unhealthy: int, waiting: int, health: Health
) -> None:
    """Unhealthy is what cannot become healthy any more; the rest is waited for."""
    counts = Counts(healthy, unhealthy, waiting, reported=20)

    assert weigh(counts, 95)[0] is health


def test_a_share_is_rounded_up() -> None:
    """95 % of three is three."""
    assert weigh(Counts(healthy=2, unhealthy=1, reported=3), 95)[0] is UNHEALTHY


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        (Counts(), "Fleet knows no agent of these policies."),
        (Counts(offline=4), "None of the 4 endpoints can be reached."),
        (Counts(healthy=4, reported=4), "4 of 4 reachable endpoints are healthy."),
        (
            Counts(healthy=1, unhealthy=1, offline=3, reported=4),
            "1 of 2 reachable endpoints are healthy, 1 report a failure, 3 are offline.",
        ),
        (
            Counts(healthy=1, waiting=2, reported=4),
            "1 of 3 reachable endpoints are healthy, 2 are still waited for.",
        ),
        (
            Counts(healthy=1, offline=3, reported=4),
            (
                "1 of 1 reachable endpoints are healthy, 3 are offline; "
                "more than half must be reachable."
            ),
        ),
    ],
)
def test_the_reason_has_the_numbers(counts: Counts, reason: str) -> None:
    """Whoever reads the journal sees why."""
    assert weigh(counts, 100)[1] == reason


def test_stopped_transforms_are_named() -> None:
    """All waiting and nothing reported has a cause that can be mended."""
    assert "transforms" in weigh(Counts(waiting=4), 100)[1]


def test_the_evidence_has_every_count() -> None:
    """It goes into the journal."""
    counts = Counts(healthy=1, unhealthy=2, waiting=3, offline=4, reported=6)

    assert counts.to_evidence() == {
        "endpoints": 10,
        "healthy": 1,
        "unhealthy": 2,
        "waiting": 3,
        "offline": 4,
    }
