"""FakeKibana: what a PUT of a package policy stores, and what stops it."""

import base64
import copy

import pytest
from support.documents import policy_value
from support.fake_client import Caller, new_fake, update_body

from elastic_mirror_policy.testing import REMOVE, FakeKibana
from elastic_mirror_policy.testing._kibana.clock import is_version_token, version_token


def test_an_enabled_input_without_streams_is_an_internal_error() -> None:
    """Fleet reads `streams.length` without looking."""
    _, caller, policy = new_fake()
    body = update_body(caller.item(policy))
    del body["inputs"][0]["streams"]

    answer = caller.put(policy, body)

    assert answer.status == 500
    assert answer.message == "Cannot read properties of undefined (reading 'length')"


def test_inputs_are_replaced_as_a_whole() -> None:
    """A key that the body leaves out under `inputs` is gone; one above it survives."""
    fake, caller, policy = new_fake()
    fake.edit(policy, "description", "kept")
    fake.edit(policy, "overrides", {"inputs": {"a": 1}})
    body = update_body(caller.item(policy))
    del policy_value(body)["linux"]["advanced"]
    del body["description"]

    answer = caller.put(policy, body)

    stored = fake.document(policy)
    assert answer.status == 200
    assert "advanced" not in policy_value(stored)["linux"]
    assert stored["description"] == "kept"
    assert stored["overrides"] == {"inputs": {"a": 1}}


def test_unknown_keys_inside_the_policy_are_kept() -> None:
    """What lies under `value` is free."""
    fake, caller, policy = new_fake()
    body = update_body(caller.item(policy))
    policy_value(body)["zzz"] = {"deep": [1, True, None, "ü"]}

    caller.put(policy, body)

    assert policy_value(fake.document(policy))["zzz"] == {"deep": [1, True, None, "ü"]}


def test_true_is_not_taken_for_one() -> None:
    """A change from 1 to true is a change, although Python calls them equal."""
    fake, caller, policy = new_fake()
    fake.edit(policy, "linux.advanced.zzz", 1)
    body = update_body(caller.item(policy))
    policy_value(body)["linux"]["advanced"]["zzz"] = True

    caller.put(policy, body)

    assert policy_value(fake.document(policy))["linux"]["advanced"]["zzz"] is True


@pytest.mark.parametrize(
    ("version", "checks"), [("8.7.1", False), ("8.8.0", True), ("9.4.2", True)]
)
def test_a_stale_version_is_a_conflict_where_versions_are_checked(
    version: str, *, checks: bool
) -> None:
    """Whoever read before somebody else wrote gets 409, in Elasticsearch's words."""
    fake, caller, policy = new_fake(version, checks_version=checks)
    body = update_body(caller.item(policy))
    fake.edit(policy, "description", "somebody was here")

    answer = caller.put(policy, body)

    assert answer.status == 409
    kind = "fleet" if version.startswith("9") else "ingest"
    assert answer.message.startswith(
        f"[{kind}-package-policies:{policy}]: version conflict, required seqNo [1], primary term "
        "[1]. current document has seqNo [3] and primary term [1]: version_conflict_engine"
    )
    assert fake.commits(policy) == ()


def test_a_policy_without_meta_is_always_checked() -> None:
    """The callback that would take the version away throws (kibana#291902)."""
    fake, caller, policy = new_fake()
    fake.edit(policy, "meta", REMOVE)
    body = update_body(caller.item(policy))
    fake.run_packager()

    answer = caller.put(policy, body)

    assert answer.status == 409


def test_without_a_version_the_last_write_wins() -> None:
    """Leaving `version` out skips the check."""
    fake, caller, policy = new_fake()
    body = update_body(caller.item(policy))
    fake.edit(policy, "description", "somebody was here")
    del body["version"]

    answer = caller.put(policy, body)

    assert answer.status == 200
    assert fake.commits(policy)[-1].version_sent is None


@pytest.mark.parametrize("version", ["8.13.4", "8.18.1", "9.5.0"])
def test_no_release_from_8_8_looks_at_the_version(version: str) -> None:
    """kibana#291902: a stale version is taken."""
    fake, caller, policy = new_fake(version)
    body = update_body(caller.item(policy))
    fake.run_packager()

    answer = caller.put(policy, body)

    assert answer.status == 200


def test_a_version_that_is_no_version_is_refused() -> None:
    """The token is opaque, but not any text."""
    _, caller, policy = new_fake()

    answer = caller.put(policy, update_body(caller.item(policy)) | {"version": "7"})

    assert (answer.status, answer.message) == (400, "Invalid version [7]")


def test_every_write_gives_a_new_version_and_a_new_revision() -> None:
    """There is no comparison with what is stored: an equal body is a write too."""
    fake, caller, policy = new_fake()
    before = caller.item(policy)
    agent_policy = before["policy_id"]
    revision = caller.get(f"/api/fleet/agent_policies/{agent_policy}").json["item"]["revision"]

    caller.put(policy, update_body(before))

    after = caller.item(policy)
    bumped = caller.get(f"/api/fleet/agent_policies/{agent_policy}").json["item"]["revision"]
    assert after["version"] != before["version"]
    assert (after["revision"], bumped) == (before["revision"] + 1, revision + 1)
    assert after["updated_by"] == "elastic_operator"
    assert fake.commits(policy)[0].version_sent == before["version"]


def test_a_managed_policy_is_refused_only_when_the_body_says_so() -> None:
    """Fleet looks at the body's flag and not at the stored one."""
    fake = FakeKibana()
    caller = Caller(fake)
    policy = fake.add_policy("Managed", is_managed=True)
    body = update_body(caller.item(policy))

    said = caller.put(policy, body | {"is_managed": True})
    unsaid = caller.put(policy, body)

    assert said.status == 400
    assert said.message.startswith(f"Cannot update package policy {policy} in Fleet")
    assert unsaid.status == 200


def test_a_name_that_is_taken_is_a_conflict_of_another_kind() -> None:
    """409 again, but not of versions."""
    fake, caller, policy = new_fake()
    fake.add_policy("Laptops")

    answer = caller.put(policy, update_body(caller.item(policy)) | {"name": "Laptops"})

    assert answer.status == 409
    assert "name Laptops already exists" in answer.message
    assert "conflict" not in answer.message


def test_the_package_cannot_be_exchanged() -> None:
    """kibana#275405."""
    _, caller, policy = new_fake()
    body = update_body(caller.item(policy))
    body["package"]["name"] = "system"

    answer = caller.put(policy, body)

    assert answer.status == 400
    assert answer.message.startswith("Cannot change the package")


def test_the_answer_to_a_put_does_not_name_the_spaces() -> None:
    """GET does, PUT does not."""
    _, caller, policy = new_fake()

    answer = caller.put(policy, update_body(caller.item(policy)))

    assert "spaceIds" not in answer.json["item"]
    assert caller.item(policy)["spaceIds"] == ["default"]


def test_space_ids_in_a_body_leak_into_the_answers() -> None:
    """kibana#288966: whoever echoes them makes Kibana show a wrong space."""
    fake, caller, policy = new_fake("9.5.0")

    caller.put(policy, update_body(caller.item(policy)) | {"spaceIds": ["elsewhere"]})

    assert caller.item(policy)["spaceIds"] == ["elsewhere"]
    assert fake.policy_ids == (policy,)


def test_a_put_in_another_space_does_not_find_the_policy() -> None:
    """A policy is written through a space that holds it."""
    fake = FakeKibana()
    caller = Caller(fake)
    policy = fake.add_policy("Servers", space="emea")
    path = f"/api/fleet/package_policies/{policy}"

    here = caller.call("PUT", path, {})
    there = caller.call("PUT", f"/s/emea{path}", {})

    assert (here.status, there.status) == (404, 200)


@pytest.mark.parametrize(
    ("version", "status"),
    [("8.5.0", 400), ("8.6.0", 500), ("8.14.3", 500), ("8.15.0", 404), ("9.4.2", 404)],
)
def test_an_empty_body_for_an_unknown_id_writes_nothing(version: str, status: int) -> None:
    """The probe for the right to write: 404 with it; older ones fail, or want keys first."""
    fake, caller, policy = new_fake(version)

    answer = caller.put("00000000-0000-0000-0000-000000000000", {})

    assert answer.status == status
    assert fake.revision(policy) == 1


def test_the_output_must_be_echoed_before_8_5() -> None:
    """`output_id` of the stored policy may not be left out there."""
    _, caller, policy = new_fake("8.4.0")
    body = update_body(caller.item(policy))
    del body["output_id"]

    answer = caller.put(policy, body)

    assert answer.status == 400
    assert "[request body.output_id]" in answer.message


def test_newer_releases_number_the_input() -> None:
    """`inputs[].id` is the id of the package policy from 9.4, whatever was sent."""
    _, caller, policy = new_fake("9.4.0")

    answer = caller.put(policy, update_body(caller.item(policy)))

    assert answer.json["item"]["inputs"][0]["id"] == policy


def test_a_refused_body_changes_nothing() -> None:
    """After a refusal the stored document is byte for byte what it was."""
    fake, caller, policy = new_fake()
    before = copy.deepcopy(fake.document(policy))

    caller.put(policy, update_body(caller.item(policy)) | {"zzz": 1})

    assert fake.document(policy) == before


def test_the_policy_of_another_integration_is_stored_as_it_was_sent() -> None:
    """Only Elastic Defend looks into its inputs."""
    fake = FakeKibana()
    policy = fake.add_package_policy("system-1", "system", agent_policies=["ap"])
    caller = Caller(fake)
    inputs = [{"type": "logs", "enabled": False, "streams": []}]
    body = {"name": "system-2", "policy_id": "ap", "inputs": inputs}

    answer = caller.put(policy, body)

    assert answer.status == 200
    assert fake.document(policy)["name"] == "system-2"
    assert fake.document(policy)["inputs"] == inputs


def test_a_policy_without_a_package_gets_none_by_a_write() -> None:
    """As documents of long ago were exported."""
    fake, _, policy = new_fake()
    exported = {key: value for key, value in fake.document(policy).items() if key != "package"}
    other = FakeKibana()
    other.load(exported)

    answer = Caller(other).put(policy, {"name": "renamed", "policy_id": exported["policy_id"]})

    assert answer.status == 200, answer
    assert "package" not in other.document(policy)


@pytest.mark.parametrize("decoded", ["[1]", "[1,2,3]", "{}", '["1","1"]', "null"])
def test_a_version_that_decodes_to_something_else_is_none(decoded: str) -> None:
    """A version is a sequence number and a primary term, and nothing else."""
    assert not is_version_token(base64.b64encode(decoded.encode()).decode())
    assert is_version_token(version_token(7))
