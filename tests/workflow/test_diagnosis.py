"""Before a rollout: what is there, what is missing, and what nobody can tell without writing."""

from typing import Any

import pytest
from support.rollouts import commit_counts, connected

from elastic_mirror_policy import ALL_SPACES
from elastic_mirror_policy.diagnosis import Check, State
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


def test_spaces_that_cannot_be_seen_are_a_problem_and_end_it() -> None:
    """There is nothing to look into."""
    nothing = Fault(path="/api/spaces/space", status=200, json=[])

    found = examined(FakeKibana.example(), nothing, spaces=ALL_SPACES)

    assert list(found) == ["connection", "spaces"]
    assert found["spaces"].state is State.PROBLEM
    assert "may not see any space" in found["spaces"].detail


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(method="PUT", status=400, json={"message": "odd"}), "answered with 400"),
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


def test_policies_that_cannot_be_edited_are_counted() -> None:
    """They are there, and will be skipped."""
    fake = FakeKibana.example()
    fake.edit(fake.policy_ids[0], "inputs", [])

    found = examined(fake)

    assert found["read (default)"].state is State.OK
    assert "1 of which cannot be edited safely" in found["read (default)"].detail
