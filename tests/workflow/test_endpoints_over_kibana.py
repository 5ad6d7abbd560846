"""Verdicts over Kibana alone, through sockets: everything an endpoint can be, and every refusal."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.endpoints import NOW, Stack, stack, verdicts
from support.rollouts import connected

from elastic_mirror_policy import (
    ALL_SPACES,
    MirrorSettings,
    PermissionDeniedError,
    Selection,
    TransportError,
)
from elastic_mirror_policy._fleet import agents as _fleet_agents
from elastic_mirror_policy.endpoints.read import Verdict, wait_for_endpoints
from elastic_mirror_policy.errors import ServerError
from elastic_mirror_policy.testing import FakeKibana, Fault, Habit
from elastic_mirror_policy.testing._api import agents as _agents
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

NO_METADATA = {"data": [], "total": 0, "page": 0, "pageSize": 10}


@pytest.fixture
def estate() -> Iterator[Stack]:
    """A Kibana, an Elasticsearch and a mirror without any policy."""
    with stack() as made:
        yield made


def test_a_rollout_can_be_followed_to_its_end(estate: Stack, tmp_path: Path) -> None:
    """Not applied, then applied with other artifacts, then current: proven by hashes."""
    estate.add(mirror=None)
    plan = estate.kibana.plan(MirrorSettings.everywhere(estate.mirror.url))
    estate.kibana.apply(plan, journal=tmp_path / "journal")
    before = estate.look()
    estate.fake.tick()
    applied = estate.look()
    estate.fake.fetch_artifacts(estate.mirror)
    after = estate.look()

    assert set(before.counts) == {Verdict.POLICY_NOT_APPLIED}
    assert set(applied.counts) == {Verdict.AHEAD}
    assert set(after.counts) == {Verdict.CURRENT}
    assert {one.proof for one in after.endpoints} == {"artifacts"}
    assert [found.exit_code for found in (before, applied, after)] == [2, 2, 0]


def test_every_verdict_is_found(estate: Stack) -> None:
    """One endpoint for each of them, in one fleet."""
    apart = {Verdict.PINNED, Verdict.UNKNOWN}
    names = [verdict.value for verdict in Verdict if verdict not in apart]
    of = dict(zip(names, estate.add(agents=len(names)), strict=True))
    (of["pinned"],) = estate.add("Pinned", agents=1, pinned="2025-12-01")
    (of["unknown"],) = estate.add("No mirror", agents=1, mirror=None)
    fake = estate.fake
    fake.set_habit(Habit(delay=None), [of["policy-not-applied"]])
    fake.edit(fake.policy_ids[0], "description", "saved again")
    fake.tick()
    fake.fetch_artifacts(estate.mirror)
    fake.set_report(of["no-document"], None)
    fake.report_artifacts(of["no-artifacts"], version="1.0.260", identifiers={})
    fake.report_artifacts(of["ahead"], version="1.0.300")
    fake.report_artifacts(of["behind"], version="1.0.200")
    fake.set_agents([of["no-manifest"]], version="9.3.0")
    fake.report_artifacts(of["offline"], version="1.0.200")
    fake.set_agents([of["offline"]], status="offline")
    fake.report_artifacts(of["stale-report"], version="1.0.200")
    date_back(estate, of["stale-report"], "2026-01-05T12:59:59.000Z")

    assert verdicts(estate.look()) == {agent: name for name, agent in of.items()}


def date_back(estate: Stack, agent: str, moment: str) -> None:
    """Let an endpoint have reported at another time."""
    report = estate.fake.agent(agent).report
    assert report is not None
    estate.fake.set_report(agent, replace(report, reported_at=moment))


def test_an_endpoint_is_compared_with_its_own_mirror(estate: Stack) -> None:
    """Two policies, two mirrors, two truths; each is asked once."""
    estate.add("One", agents=2)
    with FakeArtifactServer.example("9.4.2") as other:
        other.release()
        estate.add("Two", agents=2, mirror=other.url)
        estate.fake.fetch_artifacts(estate.mirror)
        estate.fake.fetch_artifacts(other)
        found = estate.look()
        requests = (estate.mirror.requests, other.requests)

    assert set(found.counts) == {Verdict.CURRENT}
    assert {one.mirror_version for one in found.endpoints} == {"1.0.260", "1.0.261"}
    assert [len(seen) for seen in requests] == [1, 1]


def test_each_operating_system_has_its_own_mirror(estate: Stack) -> None:
    """Telemetry's macOS is the policy's mac."""
    at_mirror = {"artifacts": {"global": {"base_url": estate.mirror.url}}}
    agents = estate.add(agents=3, mirror=None, advanced={"mac": at_mirror})
    estate.fake.fetch_artifacts(estate.mirror)
    found = verdicts(estate.look())

    assert [found[one] for one in agents] == ["unknown", "unknown", "current"]


def test_a_tampered_artifact_is_not_current(estate: Stack) -> None:
    """The version is the mirror's, the bytes are not."""
    first, *_ = estate.add()
    estate.fake.fetch_artifacts(estate.mirror)
    known = dict(estate.fake.agent(first).report.identifiers)  # type: ignore[union-attr]
    changed = known | {next(iter(known)): "0" * 64}
    estate.fake.report_artifacts(first, version="1.0.260", identifiers=changed)
    found = estate.look()

    assert found.counts == {Verdict.CURRENT: 3, Verdict.BEHIND: 1}


def test_the_operator_may_reach_the_mirror_by_another_name(estate: Stack) -> None:
    """Only endpoints whose policy names a mirror are compared with it."""
    estate.add(mirror="http://mirror.invalid")
    estate.add("No mirror", mirror=None)
    estate.fake.report_artifacts(estate.fake.agent_ids, version="1.0.100")
    found = estate.look(mirror=estate.mirror.url)

    assert found.counts == {Verdict.BEHIND: 4, Verdict.UNKNOWN: 4}


def test_an_offline_endpoint_with_the_mirrors_artifacts_is_current(estate: Stack) -> None:
    """What it has does not change while it is off; that it is off is said."""
    first, *_ = estate.add()
    estate.fake.fetch_artifacts(estate.mirror)
    estate.fake.set_agents([first], status="offline")
    found = estate.look()

    assert found.exit_code == 0
    assert any("1 of the current endpoints are offline now" in note for note in found.notes)


@pytest.mark.parametrize(("moment", "noted"), [("2026-06-01T00:00:00.000Z", True), (None, False)])
def test_a_report_from_the_future_is_noted(
    estate: Stack, moment: str | None, *, noted: bool
) -> None:
    """Its age is told as nothing, which nobody should take for fresh."""
    first, *_ = estate.add()
    estate.fake.fetch_artifacts(estate.mirror)
    if moment:
        date_back(estate, first, moment)
    found = estate.look()

    note = "1 report with a time in the future: a clock is wrong, so the age of these reports is "
    assert any(one.startswith(note) for one in found.notes) == noted


def test_what_is_older_than_the_window_is_no_document(estate: Stack) -> None:
    """The window is asked for, and said."""
    first, *_ = estate.add()
    estate.fake.fetch_artifacts(estate.mirror)
    date_back(estate, first, "2026-01-20T00:00:00.000Z")
    within, beyond = estate.look(window="14d"), estate.look(window="7d")

    assert (within.window, within.counts) == ("14d", {Verdict.CURRENT: 4})
    assert (beyond.window, beyond.counts) == ("7d", {Verdict.CURRENT: 3, Verdict.NO_DOCUMENT: 1})


def test_the_report_says_how_old_its_data_is(estate: Stack) -> None:
    """And that it does not prove which server delivered."""
    estate.add()
    estate.fake.tick(60)
    found = estate.look()

    assert found.data_age.oldest is not None
    assert 3600 <= found.data_age.oldest <= 3660
    assert "does not prove" in found.notes[-1]


def test_agents_that_have_left_are_not_counted_and_inactive_ones_are(estate: Stack) -> None:
    """An inactive laptop may come back; an unenrolled one is no more."""
    gone, away, *_ = estate.add()
    estate.fake.set_agents([gone], status="unenrolled")
    estate.fake.set_agents([away], status="inactive")
    found = verdicts(estate.look())

    assert len(found) == 3
    assert found[away] == "offline"


def test_only_the_selected_policies_are_looked_at(estate: Stack) -> None:
    """And only their agents are asked about."""
    estate.add("One", agents=2)
    estate.add("Two", agents=3)
    found = estate.look(selection=Selection(names=("One",)))

    assert {one.policy_name for one in found.endpoints} == {"One"}
    assert len(found.endpoints) == 2
    assert found.requests == 2 + 2


def test_policies_in_other_spaces_are_looked_at_there(estate: Stack) -> None:
    """An agent is seen only from the space of its policy."""
    estate.add("Here", agents=1)
    estate.add("There", agents=2, space="emea")
    estate.fake.fetch_artifacts(estate.mirror)
    found = estate.look(spaces=ALL_SPACES)

    assert found.counts == {Verdict.CURRENT: 3}


@pytest.mark.parametrize("version", ["8.0.1", "8.5.3", "8.19.4", "9.0.2"])
def test_older_kibanas_tell_the_same(version: str) -> None:
    """What they lack is not asked for."""
    with stack(version) as estate:
        agents = estate.add()
        estate.fake.set_agents(agents, version="9.4.2")
        estate.fake.check_in()
        estate.fake.fetch_artifacts(estate.mirror)
        found = estate.look()

    assert found.counts == {Verdict.CURRENT: 4}


@pytest.mark.parametrize("version", ["8.19.4", "9.4.2"])
def test_more_agents_than_a_list_can_reach_are_all_found(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Elasticsearch's window ends at ten thousand; here, to be quick, at a hundred."""
    for module in (_fleet_agents, _agents):
        monkeypatch.setattr(module, "WINDOW", 100)
    monkeypatch.setattr(_fleet_agents, "PER_PAGE", 25)
    with stack(version) as estate:
        estate.add(agents=330)
        found = estate.search_for()

    assert len(found.endpoints) == 330
    assert found.complete


def test_no_endpoint_is_could_not_tell(estate: Stack) -> None:
    """Not success: nothing was seen."""
    estate.add(agents=0)
    found = estate.look()

    assert found.exit_code == 1
    assert "Fleet knows no agent of the selected policies." in found.notes


def test_stopped_transforms_are_said(estate: Stack) -> None:
    """There is no metadata at all; what policy responses say still counts."""
    estate.add()
    estate.fake.fetch_artifacts(estate.mirror)
    estate.fake.inject(Fault(path="/endpoint/metadata", status=200, json=NO_METADATA, times=None))
    found = estate.look()

    assert any("transforms endpoint.metadata_* are stopped" in note for note in found.notes)
    assert found.counts == {Verdict.CURRENT: 4}


def test_nothing_reported_is_never_current(estate: Stack) -> None:
    """Neither metadata nor a policy response."""
    for agent in estate.add():
        estate.fake.set_report(agent, None)
    found = estate.look()

    assert found.counts == {Verdict.NO_DOCUMENT: 4}
    assert any("transforms" in note for note in found.notes)


def test_no_right_to_read_agents_is_said_in_one_line(estate: Stack) -> None:
    """There are no agents to count shares of."""
    estate.add()
    with (
        connected(estate.fake, api_key=estate.fake.key_for("defend")) as kibana,
        pytest.raises(PermissionDeniedError, match="403") as caught,
    ):
        kibana.endpoints(now=lambda: estate.fake.now)

    assert "Agents Read" in caught.value.hint


@pytest.mark.parametrize("path", ["/endpoint/metadata", "/endpoint/policy_response"])
def test_no_right_to_read_endpoints_is_said_in_one_line(estate: Stack, path: str) -> None:
    """It is never taken for `no-document`."""
    estate.add()
    estate.fake.inject(Fault(path=path, status=403, times=None))

    with pytest.raises(PermissionDeniedError, match="403") as caught:
        estate.look()
    assert "Endpoint List Read" in caught.value.hint


def test_one_answer_that_fails_leaves_one_endpoint_unknown(estate: Stack) -> None:
    """The others are told all the same."""
    first, *_ = estate.add()
    estate.fake.fetch_artifacts(estate.mirror)
    estate.fake.inject(Fault(path=f"agentId={first}", status=500, times=None))
    found = estate.look()

    assert verdicts(found)[first] == "unknown"
    assert found.counts == {Verdict.CURRENT: 3, Verdict.UNKNOWN: 1}
    assert found.exit_code == 1


def test_a_kibana_that_stops_answering_ends_it(estate: Stack) -> None:
    """A thousand agents are not tried one after the other for hours."""
    estate.add(agents=200)
    estate.fake.inject(Fault(path="/policy_response", status=500, times=None))

    with pytest.raises(ServerError):
        estate.look()
    assert sum("policy_response" in seen.path for seen in estate.fake.requests) < 100


@pytest.mark.parametrize("path", ["/fleet/agents", "/endpoint/metadata"])
@pytest.mark.parametrize(
    "body", [[], {}, {"items": 7, "data": 7, "total": 1}, {"items": [], "data": []}]
)
def test_an_answer_that_is_no_list_is_refused(estate: Stack, path: str, body: Any) -> None:  # noqa: ANN401 - JSON
    """It is not taken for an empty fleet."""
    estate.add()
    estate.fake.inject(Fault(path=path, status=200, json=body, times=None))

    with pytest.raises(TransportError, match=r"is not a list of|has no usable total"):
        estate.look()


def test_agents_that_were_not_listed_are_missed(estate: Stack) -> None:
    """Fleet counts more than it gives: the report is not complete."""
    estate.add()
    estate.fake.fetch_artifacts(estate.mirror)
    listed = {"items": [], "total": 7, "page": 1, "perPage": 100}
    estate.fake.inject(Fault(path="/fleet/agents", status=200, json=listed))
    found = estate.look()

    assert not found.complete
    assert found.exit_code == 1
    assert any("Fleet counted 7 agents more than it listed" in note for note in found.notes)
    assert not any("no agent" in note.lower() for note in found.notes)


def test_progress_counts_to_the_end(estate: Stack) -> None:
    """Agents first, then policy responses."""
    estate.add(agents=3)
    seen: list[tuple[str, int, int]] = []
    estate.look(progress=lambda *step: seen.append(step))

    assert seen == [("agents", 3, 3), *(("policy responses", n, 3) for n in (1, 2, 3))]


def test_waiting_ends_when_the_endpoints_have_fetched(estate: Stack) -> None:
    """They take their time; the clock is the fleet's."""
    estate.add()

    def sleep(_: float) -> None:
        estate.fake.tick(30)
        if estate.fake.now > NOW.timestamp() + 3600:
            estate.fake.fetch_artifacts(estate.mirror)

    found = wait_for_endpoints(
        estate.look, timeout=5400, sleep=sleep, clock=lambda: estate.fake.now
    )

    assert found.exit_code == 0
    assert estate.fake.now < NOW.timestamp() + 5400


def test_a_policy_with_credentials_in_its_url_does_not_show_them(estate: Stack) -> None:
    """Nor are they sent anywhere: the mirror is not asked."""
    estate.add(mirror="http://user:secret@127.0.0.1:9")
    found = estate.look()

    assert "secret" not in found.to_json() + str(found) + found._repr_html_()
    assert set(found.counts) == {Verdict.UNKNOWN}


@pytest.mark.parametrize("expensive", [True, False], ids=["wildcards", "no wildcards"])
def test_agents_of_version_specific_policies_are_listed_with_or_without_wildcards(
    *, expensive: bool
) -> None:
    """Where Elasticsearch refuses wildcards, all agents of the space are listed instead."""
    with FakeKibana("9.4.3", allow_expensive_queries=expensive) as fake, connected(fake) as kibana:
        fake.add_policy("Servers", agent_policies=["se#rvers"], agents=1)
        fake.add_policy("Others", agents=2)
        plain = fake.agent_ids[0]
        versioned = fake.enrol("se#rvers#9.3", 2)
        stable = fake.enrol("se#rvers#sentinel")
        found = kibana.endpoints(Selection(names=("Servers",)))

    assert {one.agent_id for one in found.endpoints} == {plain, *versioned, *stable}
    assert {one.revision for one in found.endpoints} == {1}
    said = " ".join(found.notes)
    assert "transforms" not in said
    refused = "GET /api/fleet/agents was refused (400): Elasticsearch takes no wildcards"
    assert (refused in said) is not expensive


def test_only_version_specific_agents_are_no_sign_of_stopped_transforms() -> None:
    """None of them has metadata; a single plain one without it is another matter."""
    with FakeKibana("9.4.3") as fake, connected(fake) as kibana:
        fake.add_policy("Servers", agent_policies=["servers"], agents=0)
        fake.enrol("servers#9.3")
        versioned = kibana.endpoints()
        fake.enrol("servers", reports=False)
        plain = kibana.endpoints()

    assert "transforms" not in " ".join(versioned.notes)
    assert "transforms" in " ".join(plain.notes)


def test_agents_that_enrolled_together_are_all_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are cut by a key that is unique."""
    monkeypatch.setattr(_fleet_agents, "PER_PAGE", 3)
    for version in ("8.19.0", "9.4.3"):
        with FakeKibana(version) as fake, connected(fake) as kibana:
            fake.add_policy("Servers", agent_policies=["servers"], agents=0)
            fake.enrol("servers", 10, together=True)
            found = kibana.endpoints()

        assert len({one.agent_id for one in found.endpoints}) == 10
        assert found.complete
