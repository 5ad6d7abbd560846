"""An answer about another policy than was asked for is an error, and never taken for it."""

import os

import pytest
from support.rollouts import connected

from elastic_mirror_policy.errors import TransportError
from elastic_mirror_policy.testing import FakeKibana, Fault

OTHER = {"id": "other", "name": "Other", "revision": 1}


def test_several_policies_are_those_that_were_asked_for() -> None:
    """A cache in front of Kibana may mix answers up."""
    with FakeKibana() as fake, connected(fake) as kibana:
        fake.inject(Fault(method="POST", status=200, json={"items": [OTHER]}))

        with pytest.raises(TransportError, match="not asked for"):
            kibana._fleet.package_policies_by_id(["mine"], "default")


def test_one_policy_is_the_one_that_was_asked_for() -> None:
    """As above, one at a time, as before 8.5."""
    with FakeKibana() as fake, connected(fake) as kibana:
        fake.inject(Fault(method="GET", path="/mine", status=200, json={"item": OTHER}))

        with pytest.raises(TransportError, match="not asked for"):
            kibana._fleet.package_policy("mine", "default")


def test_a_process_that_inherited_the_object_opens_connections_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two processes on one connection would read each other's answers."""
    with FakeKibana.example() as fake, connected(fake) as kibana:
        before = kibana.policies()
        opened = fake.connections
        monkeypatch.setattr(os, "getpid", lambda: -1)
        after = kibana.policies()

    assert [policy.id for policy in after] == [policy.id for policy in before]
    assert fake.connections > opened
