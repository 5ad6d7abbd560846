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
from elastic_mirror_policy.errors import ServerError
from elastic_mirror_policy.journal.waves import GateAnswer, Health
from elastic_mirror_policy.rollout.endpoint_gate import EndpointHealthGate
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


@pytest.mark.parametrize("agents", [60, 130])
def test_every_endpoint_that_warns_is_asked(estate: Stack, tmp_path: Path, agents: int) -> None:
    """The last one of them may be the one that cannot download."""
    last = estate.add("Three", agents=agents, mirror=None)[-1]
    plan = estate.kibana.plan(MirrorSettings.everywhere(MIRROR), check_mirror=False)
    written = estate.kibana.apply(plan, journal=tmp_path / "journal").outcomes
    estate.fake.set_habit(Habit(status="warning", concerns="configure_kernel"))
    estate.fake.set_habit(Habit(status="warning"), [last])
    estate.fake.tick()
    answer = ask(estate, written)

    assert answer.health is Health.UNHEALTHY
    assert answer.evidence["unhealthy"] == 1


def test_no_more_are_asked_once_the_answer_is_settled(
    estate: Stack, written: tuple[Outcome, ...]
) -> None:
    """The others are not taken for well."""
    estate.fake.set_habit(Habit(status="warning"))
    estate.fake.tick()
    answer = ask(estate, written)

    assert (answer.evidence["unhealthy"], answer.evidence["waiting"]) == (1, 7)
    assert answer.health is Health.UNHEALTHY


MISSING = Fault(path="/policy_response", status=404, json={"message": "not found"}, times=None)
BROKEN = Fault(path="/policy_response", status=500, times=None)


@pytest.mark.parametrize("fault", [MISSING, BROKEN], ids=["missing", "broken"])
def test_a_warning_that_cannot_be_looked_into_is_waited_for(
    estate: Stack, written: tuple[Outcome, ...], fault: Fault
) -> None:
    """Silence about artifacts is not health."""
    estate.fake.set_habit(Habit(status="warning", concerns="configure_kernel"))
    estate.fake.tick()
    estate.fake.inject(fault)
    answer = ask(estate, written)

    assert answer.health is Health.INCONCLUSIVE
    assert answer.evidence["waiting"] == 8


@pytest.mark.parametrize("another", ["an older revision", "another endpoint"])
def test_a_policy_response_about_something_else_is_waited_for(
    estate: Stack, written: tuple[Outcome, ...], another: str
) -> None:
    """What it says is not about this revision on this endpoint."""
    warned, other = estate.fake.agent_ids[:2]
    old = estate.fake.policy_responses([warned])[0]
    estate.fake.set_habit(Habit(status="warning", concerns="configure_kernel"), [warned])
    estate.fake.tick()
    document = old
    if another == "another endpoint":
        document = estate.fake.policy_responses([other])[0]
    answer = {"policy_response": document}
    estate.fake.inject(Fault(path="/policy_response", status=200, json=answer, times=None))
    found = ask(estate, written)

    assert found.health is Health.INCONCLUSIVE
    assert found.evidence["waiting"] == 1


def test_a_kibana_that_answers_no_policy_response_is_raised(estate: Stack, tmp_path: Path) -> None:
    """It is out of order; the rollout asks again."""
    estate.add("Three", agents=12, mirror=None)
    plan = estate.kibana.plan(MirrorSettings.everywhere(MIRROR), check_mirror=False)
    written = estate.kibana.apply(plan, journal=tmp_path / "journal").outcomes
    estate.fake.set_habit(Habit(status="warning"))
    estate.fake.tick()
    estate.fake.inject(BROKEN)

    with pytest.raises(ServerError):
        ask(estate, written)


@pytest.mark.parametrize(
    ("habit", "health"),
    [
        (Habit(), Health.HEALTHY),
        (Habit(status="warning", concerns="configure_kernel"), Health.HEALTHY),
        (Habit(status="warning"), Health.UNHEALTHY),
        (Habit(status="failure"), Health.UNHEALTHY),
        (Habit(delay=None), Health.INCONCLUSIVE),
    ],
)
def test_endpoints_of_version_specific_policies_pass_by_their_policy_responses(
    tmp_path: Path, habit: Habit, health: Health
) -> None:
    """They have no metadata (kibana#276295), and that is not a stopped transform."""
    with stack("9.4.3") as estate:
        estate.fake.add_policy("Servers", agent_policies=["servers"], agents=0)
        estate.fake.enrol("servers#9.3", 3)
        plan = estate.kibana.plan(MirrorSettings.everywhere(MIRROR), check_mirror=False)
        written = estate.kibana.apply(plan, journal=tmp_path / "journal").outcomes
        estate.fake.set_habit(habit)
        estate.fake.tick()
        answer = ask(estate, written)

    assert answer.health is health
    assert answer.evidence["endpoints"] == 3
    assert "transforms" not in answer.reason


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


@pytest.mark.parametrize("share", [0, 101])
def test_a_share_that_makes_no_sense_is_refused(share: float, fleet: Fleet) -> None:
    """Before anything is written."""
    with pytest.raises(ConfigurationError, match="min_healthy is above 0 and up to 100"):
        EndpointHealthGate(fleet, min_healthy=share)


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
