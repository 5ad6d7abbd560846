"""FakeKibana: which bodies a PUT may have in which release, and how a refusal reads."""

import pytest
from support.documents import policy_value
from support.fake_client import new_fake, update_body

from elastic_mirror_policy._json import JsonValue

KIBANAS = (
    "8.0.1",
    "8.4.3",
    "8.5.0",
    "8.13.4",
    "8.15.0",
    "8.18.1",
    "9.1.2",
    "9.2.0",
    "9.3.1",
    "9.5.0",
)
TWO_FORMS = """[request body]: types that failed validation:
- [request body.0.zzz]: {}
- [request body.1.inputs]: expected value of type [object] but got [Array]"""
OLD_WORDING = "definition for this key is missing"
NEW_WORDING = "Additional properties are not allowed ('zzz' was unexpected)"


@pytest.mark.parametrize("version", KIBANAS)
def test_a_full_body_is_stored_and_counts_one_revision(version: str) -> None:
    """The recommended body is taken by every release."""
    fake, caller, policy = new_fake(version)
    body = update_body(caller.item(policy))
    policy_value(body)["linux"]["advanced"] = {"artifacts": {"global": {"base_url": "http://m"}}}

    answer = caller.put(policy, body)

    assert answer.status == 200, answer
    assert fake.revision(policy) == answer.json["item"]["revision"] == 2
    stored = policy_value(fake.document(policy))
    assert stored["linux"]["advanced"]["artifacts"]["global"]["base_url"] == "http://m"


@pytest.mark.parametrize(
    ("version", "key", "value"),
    [
        ("9.5.0", "id", "x"),
        ("9.5.0", "revision", 3),
        ("9.5.0", "created_at", "2026-01-01"),
        ("9.5.0", "updated_by", "me"),
        ("9.5.0", "secret_references", []),
        ("9.5.0", "elasticsearch", {}),
        ("9.5.0", "agents", 1),
        ("9.5.0", "latest_revision", True),
        ("9.3.0", "condition", "x"),
        ("9.1.0", "cloud_connector_id", "x"),
        ("9.1.0", "spaceIds", ["default"]),
        ("8.18.0", "additional_datastreams_permissions", []),
        ("8.13.0", "policy_ids", ["x"]),
        ("8.13.0", "overrides", None),
        ("8.13.0", "supports_agentless", False),
        ("8.5.0", "is_managed", False),
    ],
)
def test_a_key_that_the_release_does_not_know_is_refused(
    version: str, key: str, value: JsonValue
) -> None:
    """Unknown keys are a 400 that names the key, and nothing is stored."""
    fake, caller, policy = new_fake(version)
    body = update_body(caller.item(policy)) | {key: value}

    answer = caller.put(policy, body)

    assert answer.status == 400
    assert f".{key}]" in answer.message
    assert fake.revision(policy) == 1


@pytest.mark.parametrize(
    ("version", "key", "value"),
    [
        ("9.5.0", "condition", None),
        ("9.5.0", "spaceIds", ["default"]),
        ("9.3.0", "cloud_connector_id", None),
        ("9.1.0", "additional_datastreams_permissions", ["logs-*"]),
        ("8.18.0", "supports_agentless", False),
        ("8.15.0", "overrides", None),
        ("8.13.0", "is_managed", False),
    ],
)
def test_a_key_that_the_release_knows_is_taken(version: str, key: str, value: JsonValue) -> None:
    """The allowlist grows with the releases."""
    _, caller, policy = new_fake(version)

    answer = caller.put(policy, update_body(caller.item(policy)) | {key: value})

    assert answer.status == 200, answer


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("8.5.0", f"[request body.zzz]: {OLD_WORDING}"),
        ("9.3.0", TWO_FORMS.format(OLD_WORDING)),
        ("9.4.0", TWO_FORMS.format(NEW_WORDING)),
    ],
)
def test_the_message_for_an_unknown_key_is_the_releases_own(version: str, message: str) -> None:
    """Three wordings: one form of the body, two forms, and the newer sentence."""
    _, caller, policy = new_fake(version)

    answer = caller.put(policy, update_body(caller.item(policy)) | {"zzz": 1})

    assert answer.json == {"statusCode": 400, "error": "Bad Request", "message": message}


@pytest.mark.parametrize(
    ("version", "where", "key"),
    [
        ("9.5.0", "inputs", "compiled_input"),
        ("8.13.0", "inputs", "id"),
        ("9.3.0", "inputs", "name"),
        ("9.2.0", "package", "fips_compatible"),
        ("8.13.0", "package", "requires_root"),
    ],
)
def test_nested_unknown_keys_are_refused_as_well(version: str, where: str, key: str) -> None:
    """Objects inside the body are closed too."""
    _, caller, policy = new_fake(version)
    body = update_body(caller.item(policy))
    target = body["inputs"][0] if where == "inputs" else body["package"]
    target[key] = "x"

    answer = caller.put(policy, body)

    assert answer.status == 400
    assert key in answer.message


def test_an_entry_of_config_takes_only_type_value_and_frozen() -> None:
    """`config.policy` may not carry anything else."""
    _, caller, policy = new_fake()
    body = update_body(caller.item(policy))
    body["inputs"][0]["config"]["policy"]["note"] = "x"

    answer = caller.put(policy, body)

    assert answer.status == 400
    assert "[request body.0.inputs.0.config.policy.note]" in answer.message


def test_the_simplified_form_cannot_carry_a_defend_policy() -> None:
    """It has no `config`; taking it would empty the policy."""
    fake, caller, policy = new_fake()
    item = caller.item(policy)
    body = {
        "name": item["name"],
        "package": {"name": "endpoint", "version": item["package"]["version"]},
        "inputs": {"endpoint-endpoint": {"enabled": True}},
    }

    answer = caller.put(policy, body)

    assert answer.status == 400
    assert "inputs[0].config.policy.value" in answer.message
    assert fake.revision(policy) == 1
