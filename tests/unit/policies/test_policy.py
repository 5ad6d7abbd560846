"""The read-only view of a package policy."""

from collections.abc import Callable

import pytest
from support.documents import defend_policy, nested, policy_value

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import UnexpectedPolicyError
from elastic_mirror_policy.policies.policy import DefendPolicy
from elastic_mirror_policy.settings import OperatingSystem

URL = "https://mirror.corp"
VALUE = "inputs.0.config.policy.value"
Change = Callable[[dict[str, JsonValue]], object]


def test_a_view_holds_what_plans_need() -> None:
    """The outer fields, the present settings, and nothing of the rest."""
    document = defend_policy(
        "Servers",
        settings={"linux": {"interval": "60", "base_url": URL, "unmanaged": "x"}, "windows": {}},
        policy_ids=["one", "two"],
        updated_by="bob",
    )
    policy_value(document)["mac"]["advanced"] |= {
        "artifacts.global.base_url": URL,
        "artifacts.global.interval": "1",
        "allow_cloud_features": "lookup,telemetry",
    }
    view = DefendPolicy.from_document(document, space="lab")

    assert (view.id, view.name, view.space) == ("id-servers", "Servers", "lab")
    assert (view.version, view.revision, view.agents) == ("WzQyLDFd", 3, 4)
    assert view.agent_policy_ids == view.agent_policies == ("one", "two")
    assert (view.is_managed, view.is_pinned, view.pin) == (False, False, "latest")
    assert (view.problem, view.updated_by) == ("", "bob")
    linux, mac, windows = (view.settings[system] for system in ("linux", "mac", "windows"))
    assert linux.values == (("base_url", URL), ("interval", "60"))
    assert (linux.get("base_url"), linux.get("channel")) == (URL, None)
    assert (linux.parents, mac.parents, windows.parents) == (3, 1, 3)
    assert mac.dotted == ("artifacts.global.base_url", "artifacts.global.interval")
    assert (mac.cloud_features, linux.cloud_features) == ("lookup,telemetry", "")
    assert (linux.present, mac.present, windows.present) == (True, True, True)


@pytest.mark.parametrize(
    ("outer", "ids"),
    [
        ({"policy_ids": ["a", "b"], "policy_id": "a"}, ("a", "b")),
        ({"policy_ids": [], "policy_id": "stale"}, ()),
        ({"policy_ids": [""], "policy_id": "a"}, ()),
        ({"policy_ids": None, "policy_id": "a"}, ("a",)),
        ({"policy_ids": None, "policy_id": None}, ()),
    ],
)
def test_attached_agent_policies_are_read_in_old_and_new_form(
    outer: dict[str, JsonValue], ids: tuple[str, ...]
) -> None:
    """`policy_ids` since 8.15, `policy_id` before; the empty id of kibana#210976 is none."""
    assert DefendPolicy.from_document(defend_policy(**outer)).agent_policy_ids == ids


def test_an_old_policy_has_fewer_fields() -> None:
    """Version token, agents, and management may all be missing."""
    document = defend_policy()
    for name in ("version", "agents", "policy_ids", "spaceIds", "updated_by"):
        del document[name]
    del policy_value(document)["global_manifest_version"]
    del policy_value(document)["meta"]
    view = DefendPolicy.from_document(document)

    assert (view.version, view.agents, view.updated_by, view.pin) == ("", None, "", "latest")
    assert view.problem == ""


@pytest.mark.parametrize(
    ("pin", "is_pinned"),
    [("2026-01-31", True), ("latest", False), ("", False), (None, False), (7, False)],
)
def test_a_date_pins_the_artifacts(pin: JsonValue, is_pinned: JsonValue) -> None:
    """Anything that is no text is as good as `latest`."""
    document = defend_policy()
    policy_value(document)["global_manifest_version"] = pin

    assert DefendPolicy.from_document(document).is_pinned is is_pinned


@pytest.mark.parametrize(
    ("value", "kind"), [(None, "null"), ({}, "an object"), ([URL], "an array")]
)
def test_a_managed_key_that_is_no_scalar_is_a_problem(value: JsonValue, kind: str) -> None:
    """The policy is listed, but never edited."""
    view = DefendPolicy.from_document(defend_policy(settings={"mac": {"base_url": value}}))

    assert view.problem == (
        f"mac.advanced.artifacts.global.base_url is {kind}, not a text; it is left as it is."
    )
    assert view.settings == {}


@pytest.mark.parametrize("value", ["", "text", 0, 60, 0.5, True, False])
def test_a_managed_key_may_hold_any_scalar(value: JsonValue) -> None:
    """Kibana stores texts; other clients have stored numbers and booleans."""
    view = DefendPolicy.from_document(defend_policy(settings={"mac": {"interval": value}}))

    assert view.settings["mac"].values == (("interval", value),)


@pytest.mark.parametrize(
    ("block", "present"), [({}, True), ({"advanced": {}}, True), (None, False)]
)
def test_a_system_may_be_missing(block: JsonValue, present: JsonValue) -> None:
    """Odd and old policies lack a whole operating system."""
    document = defend_policy()
    blocks = {"windows": block} if present else {}
    del policy_value(document)["windows"]
    policy_value(document).update(blocks)
    view = DefendPolicy.from_document(document)

    assert view.settings["windows"].present is present


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda d: d.update(inputs=[]), "Its first input is not of type 'endpoint'."),
        (lambda d: d.update(inputs={}), "Its first input is not of type 'endpoint'."),
        (lambda d: d.pop("inputs"), "Its first input is not of type 'endpoint'."),
        (lambda d: d.update(inputs=["x"]), "Its first input is not of type 'endpoint'."),
        (lambda d: d["inputs"][0].update(type="log"), "Its first input is not of type 'endpoint'."),
        (lambda d: d["inputs"][0].pop("config"), "It has no inputs[0].config.policy.value."),
        (lambda d: d["inputs"].append("x"), "One of its inputs is not an object."),
        (
            lambda d: d["inputs"][0]["config"].update(policy=[]),
            "An entry of the config of an input is not an object.",
        ),
        (
            lambda d: d["inputs"][0]["config"].update(other=None),
            "An entry of the config of an input is not an object.",
        ),
        (
            lambda d: d["inputs"][0]["config"].update(other=1),
            "An entry of the config of an input is not an object.",
        ),
        (lambda d: d.update(id=".."), "Its id cannot be part of an address."),
        (
            lambda d: d["inputs"][0].update(config=[]),
            "It has no inputs[0].config.policy.value.",
        ),
        (
            lambda d: d["inputs"][0]["config"].pop("policy"),
            "It has no inputs[0].config.policy.value.",
        ),
        (
            lambda d: d["inputs"][0]["config"]["policy"].update(value=None),
            "It has no inputs[0].config.policy.value.",
        ),
        (
            lambda d: d["inputs"][0]["config"].pop("artifact_manifest"),
            "It has no inputs[0].config.artifact_manifest.value.",
        ),
        (
            lambda d: policy_value(d).update(linux=None),
            f"{VALUE}.linux is null, not an object; it is left as it is.",
        ),
        (
            lambda d: policy_value(d)["mac"].update(advanced="x"),
            f"{VALUE}.mac.advanced is a string, not an object; it is left as it is.",
        ),
    ],
)
def test_a_policy_that_cannot_be_edited_safely_says_why(change: Change, problem: str) -> None:
    """It is still listed, with its name, and never written."""
    document = defend_policy("Odd")
    change(document)
    view = DefendPolicy.from_document(document)

    assert (view.name, view.problem) == ("Odd", problem)


def test_a_policy_that_is_nested_too_deep_cannot_be_edited() -> None:
    """It is listed, and no digest of it is made up."""
    document = defend_policy("Deep", vars={"x": nested(100_000)})

    assert DefendPolicy.from_document(document).problem == (
        "The policy cannot be read: it is nested too deep."
    )


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({}, "id: Field required"),
        ({**defend_policy(), "name": 7}, "name: Input should be a valid string"),
        (defend_policy(revision="many"), "revision: Input should be a valid integer"),
        ([], "the item: Input should be"),
        (None, "the item: Input should be"),
    ],
)
def test_what_is_no_package_policy_is_refused(document: JsonValue, where: str) -> None:
    """The message says where, and never repeats the value."""
    with pytest.raises(UnexpectedPolicyError) as caught:
        DefendPolicy.from_document(document)

    assert f"not a package policy: {where}" in caught.value.message


def test_a_policy_as_json_hides_credentials() -> None:
    """`policies --format json` shows every managed key that is set, but no password."""
    document = defend_policy(
        settings={"linux": {"base_url": URL, "proxy_url": "http://user:secret@proxy.corp"}}
    )
    shown_policy = DefendPolicy.from_document(document).to_dict()

    assert shown_policy == {
        "policy_id": "id-servers",
        "name": "Servers",
        "space": "default",
        "version": "WzQyLDFd",
        "revision": 3,
        "agent_policies": ["agent-policy-servers"],
        "agents": 4,
        "pin": "latest",
        "is_managed": False,
        "settings": {
            "linux": {
                "artifacts.global.base_url": URL,
                "artifacts.global.proxy_url": "<a URL with credentials, not shown>",
            },
            "mac": {},
            "windows": {},
        },
        "problem": "",
    }


def test_null_in_a_field_that_says_little_does_not_fail_the_listing() -> None:
    """An item whose manager or last editor is null is a policy like any other."""
    document = {**defend_policy(), "is_managed": None, "updated_by": None}
    policy = DefendPolicy.from_document(document)

    assert (policy.is_managed, policy.updated_by) == (False, "")


@pytest.mark.parametrize(
    ("urls", "common"),
    [
        (("https://m", "https://m", "https://m"), "https://m"),
        (("https://m", "https://m", None), None),
        ((None, None, None), None),
        (("https://u:p@m",) * 3, "<a URL with credentials, not shown>"),
    ],
)
def test_a_policy_knows_the_base_url_that_its_systems_share(
    urls: tuple[str | None, ...], common: str | None
) -> None:
    """And that of each of them."""
    settings = {
        system.value: {"base_url": url}
        for system, url in zip(OperatingSystem, urls, strict=True)
        if url
    }
    policy = DefendPolicy.from_document(defend_policy("P", settings=settings))

    assert policy.base_url == common
    assert [bool(url) for url in policy.base_urls.values()] == [bool(url) for url in urls]


@pytest.mark.parametrize("value", [True, 1, 1.0])
def test_what_python_calls_equal_is_told_apart(value: JsonValue) -> None:
    """Settings that are the same are one object; 1, 1.0 and true are not the same JSON."""
    for other in (True, 1, 1.0):
        DefendPolicy.from_document(defend_policy(settings={"linux": {"interval": other}}))
    policy = DefendPolicy.from_document(defend_policy(settings={"linux": {"interval": value}}))

    assert type(policy.settings["linux"].get("interval")) is type(value)
