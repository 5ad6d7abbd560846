"""FakeKibana: to which agent policies an update leaves a package policy attached."""

import pytest
from support.fake_client import Caller, new_fake, update_body

from elastic_mirror_policy.testing import FakeKibana


def test_leaving_policy_ids_out_detaches_all_but_one() -> None:
    """The older `policy_id` is back-filled and `policy_ids` is not."""
    fake = FakeKibana(license="enterprise")
    caller = Caller(fake)
    policy = fake.add_policy("Shared", agent_policies=("a", "b"))
    body = update_body(caller.item(policy))
    del body["policy_ids"], body["policy_id"]

    answer = caller.put(policy, body)

    assert answer.status == 200
    assert fake.document(policy)["policy_ids"] == ["a"]


def test_an_empty_list_of_agent_policies_detaches_all() -> None:
    """`policy_ids: []` sets `policy_id` to null."""
    fake = FakeKibana(license="enterprise")
    caller = Caller(fake)
    policy = fake.add_policy("Shared", agent_policies=("a", "b"))

    answer = caller.put(policy, update_body(caller.item(policy)) | {"policy_ids": []})

    assert answer.status == 200
    assert fake.document(policy)["policy_id"] is None


@pytest.mark.parametrize("attached", [(), ("a", "b")])
def test_sharing_needs_an_enterprise_license(attached: tuple[str, ...]) -> None:
    """Any number of agent policies but one is refused below Enterprise."""
    fake = FakeKibana()
    caller = Caller(fake)
    policy = fake.add_policy("Shared", agent_policies=attached)

    answer = caller.put(policy, update_body(caller.item(policy)))

    assert answer.status == 400
    assert "only available with an Enterprise license" in answer.message


@pytest.mark.parametrize(
    ("version", "license", "status"),
    [("8.15.0", "platinum", 200), ("8.16.0", "platinum", 400), ("8.16.0", "enterprise", 200)],
)
def test_an_output_of_its_own_needs_an_enterprise_license(
    version: str,
    license: str,  # noqa: A002 - what Kibana calls it
    status: int,
) -> None:
    """From the release on that has such outputs, even when the stored one is sent back."""
    fake = FakeKibana(version, license=license)
    caller = Caller(fake)
    policy = fake.add_policy("Servers")

    answer = caller.put(policy, update_body(caller.item(policy)) | {"output_id": "other"})

    assert answer.status == status


def test_an_agent_policy_that_is_not_there_is_not_found() -> None:
    """Every id in `policy_ids` must exist."""
    _, caller, policy = new_fake()
    body = update_body(caller.item(policy)) | {"policy_ids": ["nope"]}

    answer = caller.put(policy, body)

    assert (answer.status, answer.message) == (404, "Agent policy not found")


def test_a_stale_policy_id_makes_every_update_fail() -> None:
    """kibana#281170: the id in the message is not the package policy's."""
    fake = FakeKibana(license="enterprise")
    caller = Caller(fake)
    policy = fake.add_policy("Shared", agent_policies=("a", "b"))
    fake.delete_agent_policy("a")
    body = update_body(caller.item(policy)) | {"policy_ids": ["b"]}

    answer = caller.put(policy, body)

    assert answer.status == 404
    assert answer.message == "Saved object [fleet-agent-policies/a] not found"


def test_naming_the_remaining_agent_policy_heals_it() -> None:
    """With `policy_id` beside `policy_ids` the stale one is forgotten."""
    fake = FakeKibana(license="enterprise")
    caller = Caller(fake)
    policy = fake.add_policy("Shared", agent_policies=("a", "b"))
    fake.delete_agent_policy("a")
    body = update_body(caller.item(policy)) | {"policy_ids": ["b"], "policy_id": "b"}

    answer = caller.put(policy, body)

    assert answer.status == 200
    assert fake.document(policy)["policy_id"] == "b"
