"""Before a rollout: what is there, what is missing, and what nobody can tell without writing."""

import re
from typing import Any

import pytest
from support.rollouts import commit_counts, connected

from elastic_mirror_policy import ALL_SPACES
from elastic_mirror_policy.diagnosis import Check, Diagnosis, State, examine
from elastic_mirror_policy.testing import FakeKibana, Fault


def examined(fake: FakeKibana, *faults: Fault, **options: Any) -> dict[str, Check]:  # noqa: ANN401 - what Kibana takes
    """Return what is found at a fake with these faults, by name."""
    with fake, connected(fake, **options) as kibana:
        for fault in faults:
            fake.inject(fault)
        return {check.name: check for check in kibana.examine()}


def test_everything_is_there() -> None:
    """In every space that was asked for; nothing is written."""
    fake = FakeKibana.example()

    found = examined(fake, spaces=ALL_SPACES)

    assert {check.state for check in found.values()} == {State.OK}
    assert found["spaces"].detail == "default, emea"
    assert {"read (emea)", "write (emea)", "agents (emea)"} <= set(found)
    assert commit_counts(fake) == {}


def test_spaces_that_nobody_asked_for_are_named() -> None:
    """Their policies would be left out of a rollout without a word."""
    assert examined(FakeKibana.example())["spaces"].detail == (
        "default; not looked at: emea (--all-spaces)"
    )
    seen = examined(FakeKibana.example(), spaces=["default", "emea"])
    assert seen["spaces"].detail == "default, emea"


def test_spaces_that_cannot_be_seen_are_a_problem_and_end_it() -> None:
    """There is nothing to look into."""
    nothing = Fault(path="/api/spaces/space", status=200, json=[], times=None)

    found = examined(FakeKibana.example(), nothing, spaces=ALL_SPACES)

    assert list(found) == ["connection", "spaces", "package registry"]
    assert found["spaces"].state is State.PROBLEM
    assert "may not see any space" in found["spaces"].detail


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(method="PUT", status=400, json={"message": "odd"}), "was refused (400)"),
        (Fault(method="PUT", status=200, json={}), "as if it had written something"),
        (Fault(method="PUT", drop="before", times=None), "connection"),
        (Fault(method="PUT", redirect="http://127.0.0.1:9/"), "redirect"),
    ],
    ids=["refused otherwise", "accepted", "dropped", "redirected"],
)
def test_a_probe_that_tells_nothing_leaves_the_right_to_write_unknown(
    fault: Fault, said: str
) -> None:
    """It is neither taken for granted nor for missing; all the rest is looked at."""
    found = examined(FakeKibana.example(), fault)

    assert found["write (default)"].state is State.UNKNOWN
    assert said in found["write (default)"].detail
    assert found["agents (default)"].state is State.OK


def test_a_kibana_without_a_harmless_probe_is_not_probed() -> None:
    """Old ones check the body first."""
    fake = FakeKibana.example("8.4.3")

    found = examined(fake)

    assert found["write (default)"].state is State.UNKNOWN
    assert "no way to find out" in found["write (default)"].detail
    assert [request for request in fake.requests if request.method == "PUT"] == []


def test_policies_that_cannot_be_edited_are_named_and_a_problem() -> None:
    """They are there, and will be skipped."""
    fake = FakeKibana.example()
    fake.edit(fake.policy_ids[0], "inputs", [])

    found = examined(fake)

    name = fake.document(fake.policy_ids[0])["name"]
    assert found["read (default)"].state is State.PROBLEM
    assert f"1 of which cannot be edited: {name!r}" in found["read (default)"].detail


@pytest.mark.parametrize(("version", "tells"), [("8.13.4", False), ("8.15.0", True)])
def test_a_kibana_that_answers_a_probe_with_500_is_said_not_to_tell(
    version: str, *, tells: bool
) -> None:
    """A missing policy was an internal error there (kibana#186486), whoever asked."""
    fake = FakeKibana(version)
    fake.add_policy("one")
    found = examined(fake, Fault(method="PUT", status=500, json={"message": "Internal"}))

    assert found["write (default)"].state is State.UNKNOWN
    assert ("cannot tell" in found["write (default)"].detail) is not tells


REFUSED = Fault(
    path=re.compile("^/api/fleet/"),
    status=403,
    json={"statusCode": 403, "message": "unauthorized"},
    times=None,
)


def team_a() -> FakeKibana:
    """Return a Kibana with a policy in a space of its own."""
    fake = FakeKibana("9.2.3", space_aware=True)
    fake.add_policy("one", space="team-a")
    return fake


def test_a_key_for_one_space_is_tried_in_that_space() -> None:
    """The default space is not where the work goes to."""
    faults = (
        Fault(path="/api/spaces/space", status=200, json=[{"id": "team-a", "name": "A"}]),
        REFUSED,
    )
    found = examined(team_a(), *faults, spaces=ALL_SPACES)

    assert found["connection"].state is State.OK
    assert found["read (team-a)"].state is State.OK


def test_a_key_for_another_space_is_connected_and_refused_the_right_to_read() -> None:
    """Kibana answered; which spaces there are besides is said, and the registry is not blamed."""
    found = examined(team_a(), REFUSED)

    assert found["connection"].state is State.OK
    assert found["read (default)"].state is State.PROBLEM
    assert "was refused (403)" in found["read (default)"].detail
    assert found["read (default)"].detail.endswith("Other spaces that they see: team-a.")
    assert found["package registry"].detail == "not asked: no space can be read"


@pytest.mark.parametrize(
    "spaces",
    [
        Fault(path="/api/spaces/space", status=403, json={"message": "no"}, times=None),
        Fault(path="/api/spaces/space", status=200, json=[{"id": "default"}], times=None),
    ],
    ids=["they may not be seen", "there is no other"],
)
def test_nothing_is_said_of_other_spaces_where_none_is_seen(spaces: Fault) -> None:
    """The refusal says enough."""
    found = examined(team_a(), REFUSED, spaces)

    assert "Other spaces" not in found["read (default)"].detail


def test_an_error_that_is_no_refusal_says_nothing_of_other_spaces() -> None:
    """They would answer no better."""
    broken = Fault(path="/package_policies", nth=2, status=500, json={"message": "broken"})

    found = examined(team_a(), broken)

    assert found["read (default)"].state is State.PROBLEM
    assert "Other spaces" not in found["read (default)"].detail


def test_the_registry_is_asked_in_a_space_that_can_be_read() -> None:
    """Of a key for one space, the default space would only show that it has no right there."""
    found = examined(team_a(), REFUSED, spaces=["default", "team-a"])

    assert found["package registry"].state is State.OK


UNWELL = {
    "version": {"number": "9.3.4"},
    "status": {"overall": {"level": "critical", "summary": "1 service is critical: elasticsearch"}},
}


def test_a_kibana_that_is_not_well_by_its_own_status_is_said() -> None:
    """Everything else is looked at all the same."""
    page = Fault(path="/api/status", status=503, json=UNWELL, times=None)

    found = examined(FakeKibana.example("9.3.4"), page)

    assert found["status"].state is State.PROBLEM
    assert "critical (1 service is critical: elasticsearch)" in found["status"].detail
    assert found["read (default)"].state is State.OK


class Seconds:
    """A clock that says at each look how much later it is."""

    def __init__(self, took: float) -> None:
        self._now = 0.0
        self._took = took

    def __call__(self) -> float:
        """Return the time, and let some pass."""
        self._now += self._took
        return self._now


def registry_of(fake: FakeKibana, took: float = 0.1, *faults: Fault) -> Check:
    """Return what is found of the package registry when asking it takes so long."""
    with fake, connected(fake) as kibana:
        for fault in faults:
            fake.inject(fault)
        checks = {one.name: one for one in examine(kibana._fleet, None, clock=Seconds(took))}
        return checks["package registry"]


@pytest.mark.parametrize(("took", "state"), [(2.0, State.OK), (2.1, State.PROBLEM)])
def test_a_registry_that_kibana_waits_for_is_timed(took: float, state: State) -> None:
    """Every save waits for it, too; above two seconds it is said what to set."""
    found = registry_of(FakeKibana.example(), took)

    assert found.state is state
    slow = state is State.PROBLEM
    assert ("Kibana took 2.1 s to ask it" if slow else "within 2 seconds") in found.detail
    assert ("xpack.fleet.isAirGapped: true" in found.detail) is (state is State.PROBLEM)
    assert ("xpack.fleet.registryUrl" in found.detail) is (state is State.PROBLEM)


ASKED = "/epm/packages/endpoint"


@pytest.mark.parametrize(
    ("fault", "state", "said"),
    [
        (
            Fault(path=ASKED, status=502, json={"message": "Error connecting to package registry"}),
            State.PROBLEM,
            "xpack.fleet.isAirGapped",
        ),
        (
            Fault(path=ASKED, status=500, json={"message": "no response from package registry"}),
            State.PROBLEM,
            "xpack.fleet.registryUrl",
        ),
        (Fault(path=ASKED, status=502, html="<h1>Bad Gateway</h1>"), State.UNKNOWN, "502"),
        (Fault(path=ASKED, status=403), State.UNKNOWN, "403"),
        (Fault(path=ASKED, drop="before"), State.UNKNOWN, "got no answer"),
    ],
)
def test_a_registry_that_cannot_be_asked_is_said(fault: Fault, state: State, said: str) -> None:
    """Asked once, because it may take minutes."""
    fake = FakeKibana.example()

    found = registry_of(fake, 0.1, fault)

    assert found.state is state
    assert said in found.detail
    assert len([one for one in fake.requests if one.path.endswith(ASKED)]) == 1


def test_a_registry_that_nobody_hears_from_is_a_problem() -> None:
    """A firewall drops the packets: the answer comes after minutes."""
    fake = FakeKibana.example()
    with fake, connected(fake, timeout=0.3) as kibana:
        fake.inject(Fault(path=ASKED, delay=30.0))
        found = {one.name: one for one in kibana.examine()}["package registry"]

    assert found.state is State.PROBLEM
    assert "did not hear from it in time" in found.detail


@pytest.mark.parametrize(("state", "code"), [(State.OK, 0), (State.UNKNOWN, 0), (State.PROBLEM, 2)])
def test_rights_to_ask_the_registry_are_not_needed(state: State, code: int) -> None:
    """Only what is known to be slow is a problem."""
    assert Diagnosis([Check("package registry", state, "x")]).exit_code == code
