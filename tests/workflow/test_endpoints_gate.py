"""The gate between waves asks real servers: never healthy by silence, by error or by half."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.endpoints import Stack, stack

from elastic_mirror_policy import (
    ConfigurationError,
    MirrorSettings,
    Outcome,
    PermissionDeniedError,
    TransportError,
)
from elastic_mirror_policy._fleet.api import Fleet
from elastic_mirror_policy.rollout.endpoint_gate import EndpointHealthGate
from elastic_mirror_policy.rollout.gates import GateAnswer, Health
from elastic_mirror_policy.testing import Fault, Habit

MIRROR = "https://mirror.example"
NO_METADATA = {"data": [], "total": 0, "page": 0, "pageSize": 10}


@pytest.fixture
def estate() -> Iterator[Stack]:
    """Two policies without a mirror, each with four endpoints that have reported."""
    with stack() as made:
        made.add("One", mirror=None)
        made.add("Two", mirror=None)
        yield made


@pytest.fixture
def written(estate: Stack, tmp_path: Path) -> tuple[Outcome, ...]:
    """What came of writing the mirror into both policies."""
    plan = estate.kibana.plan(MirrorSettings.everywhere(MIRROR), check_mirror=False)
    return estate.kibana.apply(plan, journal=tmp_path / "journal").outcomes


def gate(estate: Stack, **options: Any) -> EndpointHealthGate:  # noqa: ANN401 - what the gate takes
    """Return a gate for the estate's Kibana."""
    return EndpointHealthGate(estate.kibana._fleet, **options)


def ask(estate: Stack, written: tuple[Outcome, ...], **options: Any) -> GateAnswer:  # noqa: ANN401 - what the gate takes
    """Return the answer of a gate."""
    return gate(estate, **options).check(written)


def test_before_the_endpoints_have_reported_it_is_inconclusive(
    estate: Stack, written: tuple[Outcome, ...]
) -> None:
    """What they reported before is not about this rollout."""
    answer = ask(estate, written)

    assert answer.health is Health.INCONCLUSIVE
    assert answer.evidence == {
        "endpoints": 8,
        "healthy": 0,
        "unhealthy": 0,
        "waiting": 8,
        "offline": 0,
    }


def test_once_all_took_it_and_are_well_it_is_healthy(
    estate: Stack, written: tuple[Outcome, ...]
) -> None:
    """The revision of the package policy is what counts."""
    estate.fake.tick()

    assert ask(estate, written).health is Health.HEALTHY


def test_a_later_revision_is_as_good(estate: Stack, written: tuple[Outcome, ...]) -> None:
    """Somebody saved a policy again; what this rollout wrote is in it."""
    estate.fake.edit(estate.fake.policy_ids[0], "description", "saved again")
    estate.fake.tick()

    assert ask(estate, written).health is Health.HEALTHY


def test_only_the_endpoints_of_the_wave_are_asked(
    estate: Stack, written: tuple[Outcome, ...]
) -> None:
    """The second policy is not in this wave."""
    estate.fake.tick()
    first = tuple(outcome for outcome in written if outcome.name == "One")

    assert ask(estate, first).evidence["endpoints"] == 4


@pytest.mark.parametrize("status", ["warning", "failure"])
def test_trouble_with_artifacts_is_unhealthy(
    estate: Stack, written: tuple[Outcome, ...], status: str
) -> None:
    """One endpoint of eight is enough, when all have to be well."""
    estate.fake.set_habit(Habit(status=status), estate.fake.agent_ids[:1])
    estate.fake.tick()
    answer = ask(estate, written)

    assert answer.health is Health.UNHEALTHY
    assert answer.evidence["unhealthy"] == 1


def test_a_warning_about_something_else_is_no_harm(
    estate: Stack, written: tuple[Outcome, ...]
) -> None:
    """A kernel driver that does not load has nothing to do with the mirror."""
    habit = Habit(status="warning", concerns="configure_kernel")
    estate.fake.set_habit(habit, estate.fake.agent_ids[:1])
    estate.fake.tick()

    assert ask(estate, written).health is Health.HEALTHY


def test_a_flood_of_warnings_is_sampled(
    estate: Stack, written: tuple[Outcome, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not every endpoint is asked what its warning is about; the others wait for the next look."""
    monkeypatch.setattr("elastic_mirror_policy.rollout.endpoint_gate.MOST_ASKED", 2)
    estate.fake.set_habit(Habit(status="warning"))
    estate.fake.tick()
    estate.fake.forget_requests()
    answer = ask(estate, written)

    assert (answer.evidence["unhealthy"], answer.evidence["waiting"]) == (2, 6)
    assert answer.health is Health.UNHEALTHY
    assert sum("policy_response" in seen.path for seen in estate.fake.requests) == 2


def test_a_share_may_be_enough(estate: Stack, written: tuple[Outcome, ...]) -> None:
    """Seven of eight are 87.5 %."""
    estate.fake.set_habit(Habit(status="failure"), estate.fake.agent_ids[:1])
    estate.fake.tick()

    assert ask(estate, written, min_healthy=87.5).health is Health.HEALTHY
    assert ask(estate, written, min_healthy=90).health is Health.UNHEALTHY


@pytest.mark.parametrize(
    ("offline", "health"),
    [(1, Health.HEALTHY), (3, Health.HEALTHY), (4, Health.INCONCLUSIVE), (8, Health.INCONCLUSIVE)],
)
def test_half_of_the_fleet_offline_is_inconclusive(
    estate: Stack, written: tuple[Outcome, ...], offline: int, health: Health
) -> None:
    """Offline ones do not count, but too many of them leave too little to count."""
    estate.fake.set_agents(estate.fake.agent_ids[:offline], status="offline")
    estate.fake.tick()

    assert ask(estate, written).health is health


def test_an_endpoint_that_never_takes_it_stays_inconclusive(
    estate: Stack, written: tuple[Outcome, ...]
) -> None:
    """However long one waits."""
    estate.fake.set_habit(Habit(delay=None), estate.fake.agent_ids[:1])
    estate.fake.tick(600)

    assert ask(estate, written).health is Health.INCONCLUSIVE


def test_no_endpoint_is_inconclusive(estate: Stack, tmp_path: Path) -> None:
    """Nothing was seen, so nothing is healthy."""
    estate.add("Empty", agents=0, mirror=None)
    plan = estate.kibana.plan(MirrorSettings.everywhere(MIRROR), check_mirror=False)
    outcomes = estate.kibana.apply(plan, journal=tmp_path / "journal").outcomes
    empty = tuple(outcome for outcome in outcomes if outcome.name == "Empty")

    assert ask(estate, empty).health is Health.INCONCLUSIVE


def test_a_policy_that_is_gone_is_inconclusive(estate: Stack, written: tuple[Outcome, ...]) -> None:
    """Its endpoints cannot be asked any more."""
    estate.fake.tick()
    for policy_id in estate.fake.policy_ids:
        estate.fake.delete(policy_id)

    assert ask(estate, written).health is Health.INCONCLUSIVE


def test_stopped_transforms_are_inconclusive(estate: Stack, written: tuple[Outcome, ...]) -> None:
    """No metadata at all is said to be that."""
    estate.fake.tick()
    estate.fake.inject(Fault(path="/endpoint/metadata", status=200, json=NO_METADATA, times=None))
    answer = ask(estate, written)

    assert answer.health is Health.INCONCLUSIVE
    assert "transforms" in answer.reason


@pytest.mark.parametrize("path", ["/fleet/agents", "/endpoint/metadata"])
def test_a_missing_right_is_raised(estate: Stack, written: tuple[Outcome, ...], path: str) -> None:
    """The rollout pauses; it is never taken for healthy."""
    estate.fake.tick()
    estate.fake.inject(Fault(path=path, status=403, times=None))

    with pytest.raises(PermissionDeniedError):
        ask(estate, written)


@pytest.mark.parametrize("path", ["/fleet/agents", "/endpoint/metadata", "/package_policies"])
def test_a_kibana_that_is_away_is_raised(
    estate: Stack, written: tuple[Outcome, ...], path: str
) -> None:
    """The rollout asks again, or pauses."""
    estate.fake.tick()
    estate.fake.inject(Fault(path=path, drop="before", times=None))

    with pytest.raises(TransportError):
        ask(estate, written)


def test_agents_that_were_not_listed_are_waited_for(
    estate: Stack, written: tuple[Outcome, ...]
) -> None:
    """Fleet counts more than it gives."""
    estate.fake.tick()
    listed = {"items": [], "total": 8, "page": 1, "perPage": 100}
    estate.fake.inject(Fault(path="/fleet/agents", status=200, json=listed))
    answer = ask(estate, written)

    assert answer.health is Health.INCONCLUSIVE
    assert answer.evidence["waiting"] == 8


def test_a_broken_mirror_is_unhealthy(estate: Stack, written: tuple[Outcome, ...]) -> None:
    """Endpoints with cached artifacts would not notice for a while."""
    estate.fake.tick()
    answer = ask(estate, written, mirror_check=lambda: "there is no manifest for 9.4.2.")

    assert answer.health is Health.UNHEALTHY
    assert answer.reason == "The mirror is not well: there is no manifest for 9.4.2."


def test_a_mirror_that_is_well_changes_nothing(estate: Stack, written: tuple[Outcome, ...]) -> None:
    """It is asked only when the endpoints are well."""
    asked: list[str] = []

    def check() -> str:
        asked.append("mirror")
        return ""

    before = ask(estate, written, mirror_check=check)
    estate.fake.tick()
    after = ask(estate, written, mirror_check=check)

    assert [before.health, after.health] == [Health.INCONCLUSIVE, Health.HEALTHY]
    assert asked == ["mirror"]


@pytest.mark.parametrize(
    "options",
    [{"min_healthy": 0}, {"min_healthy": 101}, {"min_reachable": -1}, {"min_reachable": 100}],
    ids=str,
)
def test_a_share_that_makes_no_sense_is_refused(options: dict[str, Any], fleet: Fleet) -> None:
    """Before anything is written."""
    with pytest.raises(ConfigurationError):
        EndpointHealthGate(fleet, **options)


@pytest.fixture
def fleet(estate: Stack) -> Fleet:
    """The Fleet of the estate."""
    return estate.kibana._fleet


def test_waves_stop_at_a_canary_that_fails(estate: Stack, tmp_path: Path) -> None:
    """The second wave is not written."""
    estate.fake.set_habit(Habit(status="failure"))
    plan = estate.kibana.plan(MirrorSettings.everywhere(MIRROR), check_mirror=False)

    class Living:
        """The gate, asked after a minute of the fleet's life."""

        def check(self, wave: Any) -> GateAnswer:  # noqa: ANN401 - outcomes
            """Let a minute pass, and ask."""
            estate.fake.tick()
            return gate(estate).check(wave)

    report = estate.kibana.apply(
        plan, journal=tmp_path / "journal", waves=[1, "rest"], gate=Living()
    )

    assert "Wave 1 is unhealthy" in report.stopped
    assert sum(outcome.written for outcome in report.outcomes) == 1
