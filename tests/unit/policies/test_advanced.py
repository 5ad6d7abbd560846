"""Every advanced setting of a policy, by the name that other tools write down."""

import pytest
from support.documents import defend_policy, policy_value
from support.rollouts import MIRROR, connected, planned

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.policies.advanced import advanced_settings
from elastic_mirror_policy.testing import FakeKibana


def with_advanced(advanced: JsonValue) -> JsonValue:
    """Return a policy with these advanced settings for Linux alone."""
    document = defend_policy()
    for system in ("linux", "mac", "windows"):
        policy_value(document)[system].pop("advanced", None)
    policy_value(document)["linux"]["advanced"] = advanced
    return document


@pytest.mark.parametrize(
    ("value", "text"), [("60", "60"), (60, "60"), (True, "true"), (False, "false"), ("", "")]
)
def test_a_setting_has_its_full_name_and_a_text(value: JsonValue, text: str) -> None:
    """Numbers and booleans are spelled as JSON does."""
    found = advanced_settings(with_advanced({"agent": {"connection_delay": value}}))

    assert found.values == {"linux.advanced.agent.connection_delay": text}
    assert found.left_out == {}


@pytest.mark.parametrize(
    ("advanced", "name", "reason"),
    [
        ({"a.b": "1"}, "a.b", "Its key has dots in it."),
        ({"a": {"b.c": {"d": "1"}}}, "a.b.c", "Its key has dots in it."),
        ({"a": {}}, "a", "It is an empty object."),
        ({"a": ["1"]}, "a", "It is a list."),
        ({"a": None}, "a", "It is null."),
        ({"a": "https://u:p@m"}, "a", "It is a URL with credentials, which is not shown."),
    ],
)
def test_what_is_not_a_name_and_a_text_is_left_out_with_the_reason(
    advanced: JsonValue, name: str, reason: str
) -> None:
    """It would not be the same once it was written down."""
    found = advanced_settings(with_advanced(advanced))

    assert found.values == {}
    assert found.left_out == {f"linux.advanced.{name}": reason}


@pytest.mark.parametrize("advanced", [None, {}])
def test_a_policy_without_advanced_settings_has_none(advanced: JsonValue) -> None:
    """Null and an empty object hold nothing."""
    found = advanced_settings(with_advanced(advanced))

    assert (found.values, found.left_out) == ({}, {})


def test_a_plan_tells_what_its_policies_will_have() -> None:
    """The plan's edits are in it, and Kibana is only read."""
    fake = FakeKibana()
    policy = fake.add_policy("alpha")
    with fake, connected(fake) as kibana:
        plan = planned(kibana)
        fake.forget_requests()
        found = kibana.advanced_settings(plan)

    assert found.keys() == {policy}
    for system in ("linux", "mac", "windows"):
        assert found[policy].values[f"{system}.advanced.artifacts.global.base_url"] == MIRROR
    assert "PUT" not in {request.method for request in fake.requests}


def test_a_policy_that_is_gone_has_no_settings_to_tell() -> None:
    """It was deleted after the plan was made."""
    fake = FakeKibana()
    fake.add_policy("alpha", id="alpha")
    fake.add_policy("beta", id="beta")
    with fake, connected(fake) as kibana:
        plan = planned(kibana)
        fake.delete("beta")

        assert kibana.advanced_settings(plan).keys() == {"alpha"}
