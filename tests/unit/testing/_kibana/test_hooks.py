"""FakeKibana: what the Security Solution refuses and rewrites in an update."""

import pytest
from support.documents import policy_value
from support.fake_client import Answer, Caller, update_body

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.testing import REMOVE, FakeKibana

LICENSE_TEXT = "license does not support this action. Please upgrade your license."


def put_edited(fake: FakeKibana, path: str, value: JsonValue, *, role: str = "full") -> Answer:
    """PUT a new policy after one value under its Defend policy was changed in the body."""
    caller = Caller(fake, fake.key_for(role))  # type: ignore[arg-type]
    body = update_body(caller.item(fake.add_policy("Servers")))
    *parents, last = path.split(".")
    node = policy_value(body)
    for name in parents:
        node = node.setdefault(name, {})
    node[last] = value
    return caller.put(fake.policy_ids[-1], body)


def test_meta_is_filled_in_by_the_server() -> None:
    """A change that nobody sent: a client may verify only what it set."""
    fake = FakeKibana()

    answer = put_edited(fake, "meta.license", "")

    meta = policy_value(answer.json["item"])["meta"]
    assert meta["license"] == "platinum"
    assert meta["cluster_name"] == "synthetic-cluster"


def test_antivirus_registration_follows_the_malware_mode() -> None:
    """`sync_with_malware_prevent` is worked out anew with every update."""
    fake = FakeKibana()

    on = put_edited(fake, "windows.malware.mode", "prevent")
    off = put_edited(FakeKibana(), "windows.malware.mode", "detect")

    assert _registration(on) == {"mode": "sync_with_malware_prevent", "enabled": True}
    assert _registration(off) == {"mode": "sync_with_malware_prevent", "enabled": False}


def _registration(answer: Answer) -> JsonValue:
    return policy_value(answer.json["item"])["windows"]["antivirus_registration"]


def test_a_policy_without_meta_is_stored_as_it_was_sent() -> None:
    """Refreshing it throws inside Kibana, which goes on without."""
    fake = FakeKibana()
    caller = Caller(fake)
    policy = fake.add_policy("Servers")
    fake.edit(policy, "meta", REMOVE)
    sent = update_body(caller.item(policy))

    answer = caller.put(policy, sent)

    assert policy_value(answer.json["item"]) == policy_value(sent)


@pytest.mark.parametrize("missing", ["policy", "artifact_manifest"])
@pytest.mark.parametrize(("version", "status"), [("9.1.0", 200), ("9.2.0", 400)])
def test_a_policy_without_its_parts_is_refused_from_9_2(
    missing: str, version: str, status: int
) -> None:
    """kibana#231039; before, the broken policy is stored."""
    fake = FakeKibana(version)
    caller = Caller(fake)
    policy = fake.add_policy("Servers")
    body = update_body(caller.item(policy))
    del body["inputs"][0]["config"][missing]

    answer = caller.put(policy, body)

    assert answer.status == status


@pytest.mark.parametrize(
    ("pin", "message"),
    [
        ("yesterday", "Invalid date format."),
        ("2026-13-01", "Invalid date format."),
        ("2024-01-01", "Global manifest version is too far in the past."),
        ("2027-01-01", "Global manifest version cannot be in the future. Latest selectable date "),
    ],
)
def test_a_pin_must_be_a_day_of_the_last_18_months(pin: str, message: str) -> None:
    """A policy that was pinned long ago cannot be saved at all."""
    answer = put_edited(FakeKibana(license="enterprise"), "global_manifest_version", pin)

    assert answer.status == 400
    assert answer.message.startswith(message)


@pytest.mark.parametrize("pin", ["latest", "2025-08-15", "2026-01-05", ""])
def test_a_recent_pin_is_taken(pin: str) -> None:
    """Up to the present day of the fake's clock."""
    answer = put_edited(FakeKibana(license="enterprise"), "global_manifest_version", pin)

    assert answer.status == 200, answer


def test_a_pin_needs_an_enterprise_license() -> None:
    """Below it the whole policy is refused."""
    answer = put_edited(FakeKibana(), "global_manifest_version", "2025-08-15")

    assert (answer.status, answer.message) == (403, f"Platinum {LICENSE_TEXT}")


def test_a_lapsed_license_refuses_every_update() -> None:
    """Even one that only sets a mirror: the whole policy is looked at."""
    answer = put_edited(FakeKibana(license="basic"), "linux.advanced.zzz", "1")

    assert (answer.status, answer.message) == (403, f"Basic {LICENSE_TEXT}")


def test_a_basic_license_takes_a_policy_without_platinum_features() -> None:
    """Malware protection alone is free."""
    fake = FakeKibana(license="basic")
    caller = Caller(fake)
    policy = fake.add_policy("Servers")
    body = update_body(caller.item(policy))
    for system in ("windows", "mac", "linux"):
        for name in ("ransomware", "memory_protection", "behavior_protection"):
            policy_value(body)[system][name] = {"mode": "off", "supported": False}

    answer = caller.put(policy, body)

    assert answer.status == 200, answer


def test_device_control_may_notify_only_when_it_denies() -> None:
    """From 9.2 the policy has device control."""
    answer = put_edited(FakeKibana("9.3.0"), "mac.device_control.usb_storage", "audit")

    assert answer.status == 400
    assert answer.message.startswith("Device Control user notifications are only supported")


def test_protected_settings_are_for_superusers() -> None:
    """kibana#287027: the refusal names every path that differs."""
    path = "linux.advanced.artifacts.global.base_url"

    refused = put_edited(FakeKibana(protected_settings=True), path, "http://m")
    taken = put_edited(FakeKibana(protected_settings=True), path, "http://m", role="superuser")

    assert refused.status == 403
    assert refused.message == (
        "Modifying the following Elastic Defend policy settings requires superuser/admin "
        f"privileges: {path}"
    )
    assert taken.status == 200


def test_other_settings_are_not_protected() -> None:
    """The gate compares values: what did not change is not refused."""
    fake = FakeKibana(protected_settings=True)

    answer = put_edited(fake, "linux.advanced.zzz", "1")

    assert answer.status == 200
