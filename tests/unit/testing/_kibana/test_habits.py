"""The fake's agents live by its clock: they take policies late, fail, fetch, or are off."""

from datetime import UTC, datetime

import pytest
from support.fake_client import Caller

from elastic_mirror_policy.testing import FakeEndpointReport, FakeKibana, Habit
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer


@pytest.fixture
def fake() -> FakeKibana:
    """A policy with three agents that have reported its first revision."""
    made = FakeKibana()
    made.add_policy("Servers", id="servers", agents=3)
    return made


def report(fake: FakeKibana, agent: str) -> FakeEndpointReport:
    """Return what an endpoint reported last."""
    found = fake.agent(agent).report
    assert found is not None
    return found


def revisions(fake: FakeKibana) -> list[int]:
    """Return the revision of the package policy that each endpoint reports."""
    return [report(fake, agent).policy_revision for agent in fake.agent_ids]


def test_a_new_revision_is_taken_at_the_next_tick(fake: FakeKibana) -> None:
    """By default."""
    fake.edit("servers", "description", "new")
    before = revisions(fake)
    fake.tick()

    assert (before, revisions(fake)) == ([1, 1, 1], [2, 2, 2])


def test_some_take_their_time(fake: FakeKibana) -> None:
    """A delay is counted in ticks; None is never."""
    quick, slow, never = fake.agent_ids
    fake.set_habit(Habit(delay=3), [slow])
    fake.set_habit(Habit(delay=None), [never])
    fake.edit("servers", "description", "new")
    fake.tick(2)
    after_two = revisions(fake)
    fake.tick()

    assert after_two == [2, 1, 1]
    assert revisions(fake) == [2, 2, 1]
    assert quick == fake.agent_ids[0]


def test_the_usual_habit_can_be_changed(fake: FakeKibana) -> None:
    """For all that have none of their own."""
    fake.set_habit(Habit(status="failure"))
    fake.edit("servers", "description", "new")
    fake.tick()

    assert {report(fake, agent).status for agent in fake.agent_ids} == {"failure"}


@pytest.mark.parametrize("concerns", ["download_global_artifacts", "configure_kernel"])
def test_a_warning_is_about_one_action(fake: FakeKibana, concerns: str) -> None:
    """The others succeed."""
    fake.set_habit(Habit(status="warning", concerns=concerns))
    fake.edit("servers", "description", "new")
    fake.tick()
    (document, *_) = fake.policy_responses()
    actions = document["Endpoint"]["policy"]["applied"]["actions"]

    assert {one["name"] for one in actions if one["status"] == "warning"} == {concerns}


def test_an_agent_that_is_offline_does_nothing(fake: FakeKibana) -> None:
    """Its last check-in stays where it was."""
    first, second, _ = fake.agent_ids
    fake.set_agents([first], status="offline")
    before = fake.agent(first).last_checkin
    fake.edit("servers", "description", "new")
    fake.tick()

    assert revisions(fake) == [1, 2, 2]
    assert fake.agent(first).last_checkin == before < fake.agent(second).last_checkin


def test_an_agent_without_defend_reports_nothing() -> None:
    """It checks in all the same."""
    fake = FakeKibana()
    fake.add_agent_policy("Plain", agents=1)
    (agent,) = fake.agent_ids
    fake.tick()

    assert fake.agent(agent).report is None


def test_a_tick_is_a_minute(fake: FakeKibana) -> None:
    """And the clock can be set."""
    fake.set_clock(datetime(2026, 3, 1, tzinfo=UTC))
    before = fake.now
    fake.tick(90)

    assert before == datetime(2026, 3, 1, tzinfo=UTC).timestamp()
    assert fake.now == before + 5400


def test_artifacts_are_reported_and_kept(fake: FakeKibana) -> None:
    """A new policy revision does not change what an endpoint uses."""
    first, second, third = fake.agent_ids
    fake.report_artifacts(first, version="1.0.7", identifiers={"one": "a" * 64})
    fake.report_artifacts([second], version="1.0.8")
    fake.report_artifacts(third, version="1.0.9", identifiers={})
    fake.edit("servers", "description", "new")
    fake.tick()

    assert [report(fake, one).manifest_version for one in fake.agent_ids] == [
        "1.0.7",
        "1.0.8",
        "1.0.9",
    ]
    assert report(fake, first).identifiers == (("one", "a" * 64),)
    assert report(fake, second).identifiers
    assert (
        "identifiers"
        not in fake.policy_responses([third])[0]["Endpoint"]["policy"]["applied"]["artifacts"][
            "global"
        ]
    )


@pytest.mark.parametrize("version", ["", "9.4.2+build202512010600"])
def test_what_an_endpoint_reports_needs_no_plain_version(fake: FakeKibana, version: str) -> None:
    """Fleet may not know it, and builds have suffixes."""
    fake.set_agents(fake.agent_ids, version=version)

    assert [one["agent"]["version"] for one in fake.policy_responses()] == [version] * 3


def test_checking_in_with_a_version_forgets_what_was_reported(fake: FakeKibana) -> None:
    """It is the later word."""
    first, *_ = fake.agent_ids
    fake.report_artifacts(first, version="1.0.7", identifiers={"one": "a" * 64})
    fake.check_in([first], manifest_version="1.0.8")
    fake.check_in([first])

    assert report(fake, first).manifest_version == "1.0.8"


def test_an_endpoint_that_never_reported_has_no_artifacts(fake: FakeKibana) -> None:
    """That is a mistake in a test."""
    first, *_ = fake.agent_ids
    fake.set_report(first, None)

    with pytest.raises(ValueError, match="has not reported anything yet"):
        fake.report_artifacts(first, version="1.0.7")


def test_artifacts_are_fetched_from_the_mirror_that_the_policy_names() -> None:
    """By endpoints that are online, have applied it, and have a version that the mirror has."""
    with FakeArtifactServer.example("9.4.2") as mirror:
        fake = FakeKibana()
        fake.add_policy("Elsewhere", mirror="http://other.example", agents=1)
        fake.add_policy("Here", id="here", mirror=mirror.url, agents=4)
        elsewhere, good, away, upgraded, behind = fake.agent_ids
        fake.set_agents([away], status="offline")
        fake.set_agents([upgraded], version="9.5.0")
        fake.set_habit(Habit(delay=None), [behind])
        fake.edit("here", "description", "new")
        fake.tick()
        fake.fetch_artifacts(mirror)
        versions = {one: report(fake, one).manifest_version for one in fake.agent_ids}

    assert {one for one, version in versions.items() if version == "1.0.260"} == {good}
    assert dict(report(fake, good).identifiers) == {
        artifact.name: artifact.entry["decoded_sha256"] for artifact in mirror.artifacts("9.4.2")
    }
    assert {elsewhere, away, upgraded, behind} < set(versions)


def test_only_the_named_endpoints_fetch() -> None:
    """A staged release reaches some first."""
    with FakeArtifactServer.example("9.4.2") as mirror:
        fake = FakeKibana()
        fake.add_policy("Here", mirror=mirror.url, agents=2)
        first, second = fake.agent_ids
        fake.fetch_artifacts(mirror, [first])

    assert report(fake, first).manifest_version == "1.0.260"
    assert report(fake, second).manifest_version != "1.0.260"


def test_policy_responses_are_those_of_agents_that_reported(fake: FakeKibana) -> None:
    """All, or those that are asked for; an unknown id is nobody's."""
    first, second, third = fake.agent_ids
    fake.set_report(third, None)

    assert len(fake.policy_responses()) == 2
    assert [one["agent"]["id"] for one in fake.policy_responses([second, third, "x"])] == [second]
    assert first in fake.agent_ids


@pytest.mark.parametrize(
    ("version", "keys"),
    [
        ("8.6.0", {"version", "identifiers"}),
        ("8.12.0", {"version", "identifiers", "snapshot", "update_age"}),
        ("8.18.0", {"version", "identifiers", "snapshot", "update_age", "channel"}),
    ],
)
def test_older_endpoints_say_less(fake: FakeKibana, version: str, keys: set[str]) -> None:
    """Fields came with versions of the endpoint."""
    fake.set_agents(fake.agent_ids, version=version)
    (document, *_) = fake.policy_responses()

    assert set(document["Endpoint"]["policy"]["applied"]["artifacts"]["global"]) == keys


def test_an_agent_whose_policy_is_gone_reports_nothing_new(fake: FakeKibana) -> None:
    """The package policy still names the agent policy, which is no more."""
    first, *_ = fake.agent_ids
    fake.set_report(first, None)
    fake.delete_agent_policy(str(fake.document("servers")["policy_id"]))
    fake.tick()

    assert fake.agent(first).report is None


def test_metadata_of_a_deleted_policy_has_no_policy_info(fake: FakeKibana) -> None:
    """Kibana leaves it out when it cannot tell; clients must not rely on it."""
    fake.delete("servers")
    hosts = Caller(fake).get("/api/endpoint/metadata").json["data"]

    assert ["policy_info" in host for host in hosts] == [False] * 3
