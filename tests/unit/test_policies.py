"""The read-only view of a package policy, and which policies are meant."""

import copy
from collections.abc import Callable
from dataclasses import replace

import pytest
from support.documents import defend_policy, nested, policy_value

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy._url import shown
from elastic_mirror_policy.errors import ConfigurationError, PlanError, UnexpectedPolicyError
from elastic_mirror_policy.policies.defend import changed_parts, fingerprint, is_defend
from elastic_mirror_policy.policies.policy import DefendPolicy
from elastic_mirror_policy.policies.selection import Selection
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


@pytest.mark.parametrize(
    ("change", "is_one"),
    [
        (lambda d: d.update(id="id-servers:prev:x"), True),
        (lambda d: d["package"].update(name="osquery_manager"), False),
        (lambda d: d.update(package=None), False),
        (lambda d: d.pop("package"), False),
        (lambda d: d.update(id="id-servers:prev"), False),
    ],
)
def test_only_live_policies_of_the_endpoint_package_count(
    change: Change, is_one: JsonValue
) -> None:
    """Other packages, and Kibana's own snapshots, are never looked at."""
    document = defend_policy()
    change(document)

    assert is_defend(document) is is_one


def test_what_is_no_object_is_no_policy() -> None:
    """A list that holds something else is not taken for one of policies."""
    assert not is_defend(["package"])


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(version="other", revision=9, updated_at="later", updated_by="x"),
        lambda d: d.update(agents=100, spaceIds=["lab"], latest_revision=True),
        lambda d: d["inputs"][0]["config"].update(artifact_manifest={"value": {}}),
        lambda d: policy_value(d).update(meta={"license": "basic"}),
    ],
)
def test_a_fingerprint_leaves_out_what_background_tasks_change(change: Change) -> None:
    """Versions, time stamps, user artifacts and `meta` are nobody's edit."""
    document = defend_policy()
    before = fingerprint(document)
    change(document)

    assert fingerprint(document) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(name="Other"),
        lambda d: d.update(description="other"),
        lambda d: d.update(namespace="other"),
        lambda d: d.update(enabled=False),
        lambda d: d.update(policy_id="other"),
        lambda d: d.update(policy_ids=["other"]),
        lambda d: d.update(output_id="other"),
        lambda d: d.update(is_managed=True),
        lambda d: d.update(vars={"x": {"value": 1}}),
        lambda d: d.update(unknown=1),
        lambda d: d["package"].update(version="9.2.0"),
        lambda d: d["inputs"][0].update(enabled=False),
        lambda d: d["inputs"].append({"type": "other"}),
        lambda d: d["inputs"][0]["config"].update(integration_config={}),
        lambda d: policy_value(d).update(global_manifest_version="2026-01-31"),
        lambda d: policy_value(d)["linux"]["malware"].update(mode="off"),
        lambda d: policy_value(d)["linux"]["advanced"].update(capture_env_vars=""),
    ],
)
def test_a_fingerprint_tells_what_a_person_may_have_changed(change: Change) -> None:
    """Every field that somebody can edit is in it, and making it changes nothing."""
    document = defend_policy()
    before = fingerprint(document)
    kept = copy.deepcopy(document)
    untouched = document == kept
    change(document)

    assert untouched
    assert fingerprint(document) != before


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


@pytest.mark.parametrize("value", [URL, "text", 7, None, True])
def test_a_value_without_credentials_is_shown_as_it_is(value: JsonValue) -> None:
    """Only a URL with a password is replaced."""
    assert shown(value) is value


POLICY = DefendPolicy.from_document(defend_policy("Web Servers", policy_ids=["ap-1"]))


@pytest.mark.parametrize(
    ("selection", "meant"),
    [
        (Selection(), True),
        (Selection(names=("Web*",)), True),
        (Selection(names=("web*",)), False),
        (Selection(names=("Web Servers",)), True),
        (Selection(names=("Web",)), False),
        (Selection(names=("DB*", "*Servers")), True),
        (Selection(names=("[WX]eb ?ervers",)), False),
        (Selection(exclude=("DB*",)), True),
        (Selection(exclude=("DB*", "Web*")), False),
        (Selection(names=("Web*",), exclude=("*Servers",)), False),
        (Selection(ids=("id-web-servers",)), True),
        (Selection(ids=("id-*",)), False),
        (Selection(ids=("id-web-servers",), names=("DB*",)), False),
        (Selection(agent_policies=("ap-?",)), True),
        (Selection(agent_policies=("Web*",)), False),
    ],
)
def test_a_selection_means_what_all_its_parts_allow(selection: Selection, meant: bool) -> None:  # noqa: FBT001 - a table
    """Names and agent policies are globs with upper and lower case, ids are exact."""
    assert selection.matches(POLICY) is meant


def test_an_agent_policy_is_found_by_its_name_and_by_its_id() -> None:
    """Once names could be read, both work."""
    named = DefendPolicy(
        **{
            **{name: getattr(POLICY, name) for name in DefendPolicy.__slots__},
            "agent_policies": ("Fleet of webs",),
        }
    )

    assert Selection(agent_policies=("Fleet*",)).matches(named)
    assert Selection(agent_policies=("ap-1",)).matches(named)


@pytest.mark.parametrize("value", ["Web*", ("",), (7,), ("a", None)])
@pytest.mark.parametrize("name", ["names", "exclude", "ids", "agent_policies"])
def test_a_selection_takes_several_texts(name: str, value: JsonValue) -> None:
    """A single text would be taken letter by letter, an empty one would match nothing."""
    with pytest.raises(ConfigurationError, match=rf"Selection\.{name} "):
        Selection(**{name: value})


@pytest.mark.parametrize("name", ["names", "ids", "agent_policies"])
def test_an_empty_list_selects_nothing_and_is_refused(name: str) -> None:
    """A filter that found nothing must not become every policy."""
    with pytest.raises(ConfigurationError, match=rf"Selection\.{name} is an empty list"):
        Selection(**{name: []})


def test_an_empty_exclusion_excludes_nothing() -> None:
    """It says the same as leaving it out."""
    assert Selection(exclude=[]).matches(POLICY)


@pytest.mark.parametrize("glob", ["[CRITICAL] Domain controllers", "[CRITICAL]*", "[?RITICAL] *"])
def test_brackets_in_a_glob_stand_for_themselves(glob: str) -> None:
    """Names have them; only * and ? stand for something else."""
    policy = replace(POLICY, name="[CRITICAL] Domain controllers")

    assert Selection(names=[glob]).matches(policy)
    assert not Selection(exclude=[glob]).matches(policy)
    assert not Selection(names=[glob]).matches(replace(POLICY, name="C Domain controllers"))


@pytest.mark.parametrize("name", ["names", "exclude", "ids", "agent_policies"])
def test_a_text_that_names_nothing_is_refused_with_the_nearest(name: str) -> None:
    """A slip in an exclusion would write what was to be left out."""
    near = {"ids": "id-web-servers", "agent_policies": "ap-1"}.get(name, "Web Servers")
    with pytest.raises(PlanError, match="matches nothing") as caught:
        Selection(**{name: [near + "x"]}).unmatched([POLICY])

    assert caught.value.hint == f"Did you mean {near!r}?"


@pytest.mark.parametrize("name", ["names", "exclude", "agent_policies"])
def test_a_pattern_that_matches_nothing_is_worth_a_sentence(name: str) -> None:
    """It may be meant for policies that come later."""
    (note,) = Selection(**{name: ["zzz*"]}).unmatched([POLICY])

    assert "'zzz*' matches nothing." in note


def test_an_agent_policy_without_a_readable_name_is_never_taken_for_no_match() -> None:
    """What is not known is not No."""
    hidden = replace(POLICY, unnamed=("ap-1",))

    with pytest.raises(PlanError, match="may not read 'ap-1'"):
        Selection(agent_policies=["Tier 0*"]).matches(hidden)
    assert Selection(agent_policies=["ap-1"]).matches(hidden)
    assert not Selection(names=["other*"], agent_policies=["Tier 0*"]).matches(hidden)


@pytest.mark.parametrize("names", [["DB*"], iter(["DB*"])])
def test_a_selection_from_a_generator_is_not_empty(names: JsonValue) -> None:
    """What can be read only once is read only once: empty would mean every policy."""
    selection = Selection(names=names)

    assert selection == Selection(names=("DB*",))
    assert not selection.matches(POLICY)


@pytest.mark.parametrize(
    ("selection", "text"),
    [
        (Selection(), "all policies"),
        (Selection(names=("a", "b"), ids=("c",)), "names=a, b; ids=c"),
    ],
)
def test_a_selection_says_what_it_means(selection: Selection, text: str) -> None:
    """An error about an empty selection quotes it."""
    assert str(selection) == text


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


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda d: d["inputs"].append("x"), "One of its inputs is not an object."),
        (
            lambda d: d["inputs"][0]["config"].update(x=1),
            "An entry of the config of an input is not an object.",
        ),
        (lambda d: d.update(id=".."), "Its id cannot be part of an address."),
    ],
)
def test_a_policy_that_could_not_be_sent_back_is_not_edited(change: Change, problem: str) -> None:
    """A write would lose a part of it, or lead to another address."""
    document = defend_policy()
    change(document)

    assert DefendPolicy.from_document(document).problem == problem


def test_fingerprints_of_different_lengths_cannot_be_compared_part_by_part() -> None:
    """An older journal may have digests of other parts."""
    mark = fingerprint(defend_policy())

    assert changed_parts(mark, mark + "0") == ("something that cannot be determined",)
    assert changed_parts(mark, mark) == ()
