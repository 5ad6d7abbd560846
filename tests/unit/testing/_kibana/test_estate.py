"""FakeKibana: how tests set up its state, and the example that is shipped."""

import time
from datetime import UTC, datetime

import pytest
from support.documents import policy_value
from support.fake_client import (
    ENDPOINT_KUERY,
    POLICIES,
    Caller,
    new_fake,
    update_body,
)

from elastic_mirror_policy._json import JsonValue, encode
from elastic_mirror_policy.testing import REMOVE, FakeKibana

KIBANAS = (
    "7.17.9",
    "8.0.0",
    "8.5.3",
    "8.13.2",
    "8.18.0",
    "9.0.1",
    "9.1.0",
    "9.3.2",
    "9.4.2",
    "9.5.0",
)
SYSTEMS = ("windows", "mac", "linux")


@pytest.mark.parametrize("version", KIBANAS)
def test_every_policy_of_the_example_can_be_written(version: str) -> None:
    """In every version, with the body that the version takes."""
    fake = FakeKibana.example(version)
    caller = Caller(fake)
    listed = caller.get(f"{POLICIES}?{ENDPOINT_KUERY}").json["items"]

    answers = [caller.put(item["id"], update_body(item)) for item in listed]

    assert len(listed) == 6
    assert {answer.status for answer in answers} == {200}


def test_the_example_carries_no_risk() -> None:
    """Nothing pinned, nothing managed, one older mirror, one agent policy each."""
    fake = FakeKibana.example()
    listed = Caller(fake).get(f"{POLICIES}?{ENDPOINT_KUERY}&withAgentCount=true").json["items"]

    assert all(policy_value(one)["global_manifest_version"] == "latest" for one in listed)
    assert not any(one.get("is_managed") for one in listed)
    assert all(len(one["policy_ids"]) == 1 and one["agents"] > 0 for one in listed)
    assert sum(_mirrors(one) == ["http://old-mirror.example"] * 3 for one in listed) == 1
    assert sum(_mirrors(one) == [None] * 3 for one in listed) == 5


def _mirrors(item: JsonValue) -> list[str | None]:
    value = policy_value(item)
    blocks = [value[system].get("advanced", {}).get("artifacts", {}) for system in SYSTEMS]
    return [block.get("global", {}).get("base_url") for block in blocks]


def test_the_example_has_odd_corners() -> None:
    """Windows without `advanced`, other advanced keys, a name beyond ASCII."""
    fake = FakeKibana.example()
    documents = [fake.document(one) for one in fake.policy_ids]
    values = [policy_value(one) for one in documents if one["package"]["name"] == "endpoint"]

    assert any("advanced" not in value["windows"] for value in values)
    assert any("connection_delay" in str(value["linux"]["advanced"]) for value in values)
    assert any(not document["name"].isascii() for document in documents)


def test_the_second_space_has_policies_of_its_own() -> None:
    """Where policies belong to spaces; elsewhere the space shows the same list."""
    newer, older = Caller(FakeKibana.example()), Caller(FakeKibana.example("8.13.0"))
    path = f"/s/emea{POLICIES}?{ENDPOINT_KUERY}"

    assert len(newer.get(path).json["items"]) == 2
    assert len(older.get(path).json["items"]) == 6


def test_the_example_has_as_many_policies_as_asked_for() -> None:
    """Each with its own name and id."""
    fake = FakeKibana.example(policies=40, space_aware=False)
    documents = [fake.document(one) for one in fake.policy_ids]

    assert len({one["name"] for one in documents}) == len({one["id"] for one in documents}) == 41


def test_the_example_may_have_no_policy() -> None:
    """The spaces are there all the same."""
    fake = FakeKibana.example(policies=0, space_aware=False)
    spaces = Caller(fake).get("/api/spaces/space").json

    assert fake.policy_ids == ()
    assert [space["id"] for space in spaces] == ["default", "emea"]


def test_two_examples_are_the_same_but_for_their_times() -> None:
    """Ids and versions are counted, not drawn."""
    first, second = FakeKibana.example(), FakeKibana.example()

    assert first.policy_ids == second.policy_ids
    assert [timeless(first.document(one)) for one in first.policy_ids] == [
        timeless(second.document(one)) for one in second.policy_ids
    ]


def timeless(document: JsonValue) -> dict[str, JsonValue]:
    """Return a package policy without its times."""
    return {key: value for key, value in document.items() if not key.endswith("_at")}


def test_its_clock_is_now_until_a_test_sets_it() -> None:
    """A pin or a token that is made outside is as old for it as for the world."""
    fake = FakeKibana()
    assert abs(fake.now - time.time()) < 3600

    fake.set_clock(datetime(2024, 5, 1, tzinfo=UTC))
    policy = fake.add_policy("a", agents=0)

    assert fake.document(policy)["created_at"].startswith("2024-05-01")


@pytest.mark.parametrize("size", [12_000, 40_000])
def test_a_document_can_be_made_as_large_as_real_ones(size: int) -> None:
    """Its manifest is padded with user artifacts."""
    fake = FakeKibana()
    policy = fake.add_policy("a", size_bytes=size)

    assert abs(len(encode(fake.document(policy))) - size) < 1000


def test_a_policy_is_made_as_asked() -> None:
    """Mirror, pin, advanced keys, namespace, management."""
    fake = FakeKibana()
    policy = fake.add_policy(
        "a",
        id="given",
        mirror="http://m",
        pinned="2025-08-15",
        advanced={"linux": {"zzz": {"a": "1"}}},
        namespace="prod",
        description="d",
        is_managed=True,
    )

    document = fake.document(policy)
    assert (policy, document["namespace"], document["description"]) == ("given", "prod", "d")
    assert document["is_managed"] is True
    assert _mirrors(document) == ["http://m"] * 3
    assert policy_value(document)["global_manifest_version"] == "2025-08-15"
    assert policy_value(document)["linux"]["advanced"]["zzz"] == {"a": "1"}
    assert "capture_env_vars" in policy_value(document)["linux"]["advanced"]


def test_the_whole_policy_may_be_given() -> None:
    """For shapes that no Kibana would make."""
    fake = FakeKibana()

    policy = fake.add_policy("a", policy={"linux": []})

    assert policy_value(fake.document(policy)) == {"linux": []}


def test_policies_that_share_parts_do_not_share_changes() -> None:
    """What is changed in one is not changed in another."""
    fake = FakeKibana()
    one, other = fake.add_policy("a", mirror="http://m"), fake.add_policy("b")
    fake.edit(one, "mac.advanced.zzz", "1")
    fake.run_packager([one])

    assert "zzz" in policy_value(fake.document(one))["mac"]["advanced"]
    assert "zzz" not in policy_value(fake.document(other))["mac"]["advanced"]
    assert _mirrors(fake.document(other)) == [None] * 3


@pytest.mark.parametrize("wrapped", ["item", "answer", "list"])
def test_exported_policies_are_loaded_verbatim(wrapped: str) -> None:
    """Unknown keys are kept; agent policies it names are made."""
    item = _exported()
    document = {"item": item, "answer": {"item": item}, "list": {"items": [item]}}[wrapped]
    fake = FakeKibana("9.5.0")

    loaded = fake.load(document)

    assert loaded == ("exported",)
    assert fake.document("exported") == item
    assert Caller(fake).get("/s/emea/api/fleet/agent_policies/ap-1").status == 200


def _exported() -> JsonValue:
    source = FakeKibana("9.5.0")
    source.add_policy("a", id="exported", agent_policies=("ap-1",))
    return source.document("exported") | {"zzz": {"kept": True}, "spaceIds": ["emea"]}


def test_a_loaded_document_is_a_copy() -> None:
    """Changing what was loaded changes nothing here."""
    item = _exported()
    fake = FakeKibana("9.5.0")
    fake.load(item)
    item["name"] = "changed"

    assert fake.document("exported")["name"] == "a"


def test_something_else_is_not_loaded() -> None:
    """The message names what is missing."""
    with pytest.raises(ValueError, match=r"not a package policy: \[item.id\]"):
        FakeKibana().load({"version": "x"})
    with pytest.raises(ValueError, match=r"not a package policy: \[item\]"):
        FakeKibana().load("policy")


def test_an_edit_is_seen_like_a_persons() -> None:
    """Revision, version and author change, and nothing else."""
    fake, _, policy = new_fake()
    before = fake.document(policy)

    fake.edit(policy, "linux.advanced.artifacts.global.base_url", "http://m", by="anna")

    after = fake.document(policy)
    changed = {key for key in after if after[key] != before[key]}
    assert changed == {"inputs", "revision", "version", "updated_at", "updated_by"}
    assert (fake.revision(policy), after["updated_by"]) == (2, "anna")
    assert fake.commits(policy) == ()


def test_an_edit_may_remove() -> None:
    """The key is gone, its parents stay."""
    fake = FakeKibana()
    policy = fake.add_policy("a", mirror="http://m")

    fake.edit(policy, "windows.advanced.artifacts.global.base_url", REMOVE)
    shown = repr(REMOVE)

    assert policy_value(fake.document(policy))["windows"]["advanced"] == {
        "artifacts": {"global": {}}
    }
    assert shown == "REMOVE"


def test_a_policy_may_be_renamed_deleted_and_moved() -> None:
    """While clients look at it."""
    fake, caller, policy = new_fake()
    other = fake.add_policy("Laptops")

    fake.rename(policy, "Clients")
    fake.delete(other)
    fake.move(policy, "emea")

    assert fake.policy_ids == (policy,)
    assert caller.get(f"{POLICIES}/{policy}").status == 404
    assert caller.get(f"/s/emea{POLICIES}").names == ["Clients"]


def test_the_name_of_a_deleted_policy_is_free_again() -> None:
    """And so is the one that was given up."""
    fake, caller, policy = new_fake()
    fake.delete(fake.add_policy("Laptops"))

    answer = caller.put(policy, update_body(caller.item(policy)) | {"name": "Laptops"})

    assert answer.status == 200
    assert fake.document(policy)["name"] == "Laptops"


def test_the_packager_moves_the_manifest_and_the_version() -> None:
    """As the background task of Kibana does, in the name of the system."""
    fake, _, policy = new_fake()
    before = fake.document(policy)

    fake.run_packager()

    after = fake.document(policy)
    manifest = after["inputs"][0]["config"]["artifact_manifest"]["value"]
    assert manifest["manifest_version"] == "1.0.2"
    assert manifest["artifacts"]
    assert after["version"] != before["version"]
    assert after["updated_by"] == "system"
    assert policy_value(after) == policy_value(before)


def test_an_upgrade_keeps_the_state() -> None:
    """Only the rules change."""
    fake, caller, policy = new_fake("9.3.0")
    before = fake.document(policy)

    fake.restart("9.5.0")

    assert fake.document(policy) == before
    assert fake.version == "9.5.0"
    assert caller.get("/api/status").json["version"]["number"] == "9.5.0"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", None),
        ("name", " "),
        ("inputs", {}),
        ("inputs", ["x"]),
        ("revision", "1"),
        ("package", {"name": 1}),
        ("policy_ids", ["a", None]),
        ("spaceIds", "default"),
    ],
)
def test_a_policy_of_another_shape_is_not_loaded(key: str, value: JsonValue) -> None:
    """What Kibana could not have stored; the message says where."""
    with pytest.raises(ValueError, match=rf"not a package policy: \[item\.{key}"):
        FakeKibana("9.5.0").load(_exported() | {key: value})


@pytest.mark.parametrize("inputs", [[], [{}], [{"config": []}], [{"config": {"policy": 1}}]])
def test_an_odd_policy_is_loaded_and_does_no_harm(inputs: JsonValue) -> None:
    """Lists, background tasks and persons go on with it; a write may be refused."""
    fake = FakeKibana("9.5.0")
    caller = Caller(fake)
    fake.load(_exported() | {"inputs": inputs, "spaceIds": ["default"]})
    fake.run_packager()
    fake.enrol("ap-1")

    answer = caller.put("exported", {})

    assert answer.status == 400
    assert caller.get(POLICIES).names == ["a"]
    assert caller.get("/api/endpoint/metadata").json["total"] == 1


def test_an_edit_makes_what_is_missing_on_its_way() -> None:
    """A person in Kibana can set a value whatever was there."""
    fake = FakeKibana("9.5.0")
    fake.load(_exported() | {"inputs": []})

    fake.edit("exported", "linux.advanced.zzz", "1")

    assert policy_value(fake.document("exported")) == {"linux": {"advanced": {"zzz": "1"}}}


@pytest.mark.parametrize(
    ("version", "keys"),
    [
        ("8.8.0", set()),
        ("8.10.0", {"license", "license_uuid", "cluster_uuid", "cluster_name", "cloud"}),
        ("9.4.2", {"serverless", "billable"}),
    ],
)
def test_a_new_policy_has_the_meta_of_its_release(version: str, keys: set[str]) -> None:
    """It came with 8.9, and grew with 8.11."""
    _, caller, policy = new_fake(version)
    meta = policy_value(caller.item(policy)).get("meta", {})

    assert keys <= set(meta)
    assert ("serverless" in meta) == (version == "9.4.2")
    assert not keys & {"license"} or meta["license"] == "platinum"


def test_a_new_policy_is_changed_by_a_write_in_nothing_but_what_was_sent() -> None:
    """Kibana has worked everything out already when it makes one."""
    fake, caller, policy = new_fake()
    before = policy_value(caller.item(policy))
    caller.put(policy, {"description": "saved again"})

    assert policy_value(caller.item(policy)) == before
    assert before["windows"]["antivirus_registration"]["enabled"] is True
    assert before["windows"]["events"]["credential_access"] is True
    assert fake.revision(policy) == 2
