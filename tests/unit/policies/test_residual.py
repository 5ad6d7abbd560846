"""What else differs between a policy as it was sent and as Kibana stored it."""

import copy
from collections.abc import Callable

import pytest
from pydantic import ValidationError
from support.documents import defend_policy

from elastic_mirror_policy._document import adapter
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.policies.residual import (
    MOST,
    AlsoChanged,
    Kind,
    residual,
    show_path,
)

Change = Callable[[JsonValue], object]


def value_of(document: JsonValue) -> JsonValue:
    """Return the Defend policy inside a package policy."""
    return document["inputs"][0]["config"]["policy"]["value"]


def after(change: Change, **more: JsonValue) -> tuple[AlsoChanged, ...]:
    """Return what differs once a document was changed."""
    before = defend_policy(**more)
    found = copy.deepcopy(before)
    change(found)
    return residual(before, found)


@pytest.mark.parametrize(
    "change",
    [
        lambda _: None,
        lambda d: d.update(version="x", revision=9, updated_at="later", updated_by="us"),
        lambda d: d.update(agents=7, elasticsearch={"privileges": {}}),
        lambda d: d.pop("spaceIds", None),
        lambda d: d["package"].update(requires_root=True, fips_compatible=False),
        lambda d: d.update(latest_revision=True, inputs_for_versions={"9.4": []}),
        lambda d: d.update(package_agent_version_condition="^9.4.0"),
        lambda d: d["inputs"][0].update(compiled_input={"a": 1}),
        lambda d: d["inputs"][0].update(id=d["id"]),
        lambda d: value_of(d).update(meta={"license": "enterprise"}),
        lambda d: d.update(condition=None, overrides=None),
        lambda d: d.update(policy_id=d["policy_ids"][0]),
    ],
)
def test_what_kibana_rewrites_with_every_save_is_not_reported(change: Change) -> None:
    """It is in the table, with where that was read; null carries nothing."""
    assert after(change, policy_ids=["fresh"], policy_id="stale") == ()


@pytest.mark.parametrize(
    ("change", "path", "kind"),
    [
        (lambda d: d["inputs"][0].update(condition="x"), "inputs[0].condition", "added"),
        (lambda d: d["inputs"][0].pop("type"), "inputs[0].type", "removed"),
        (lambda d: d["inputs"][0].update(type=None), "inputs[0].type", "removed"),
        (lambda d: d["inputs"][0].update(id="zzz"), "inputs[0].id", "changed"),
        (lambda d: d.update(name="Other"), "name", "changed"),
        (lambda d: d.update(enabled=1), "enabled", "changed"),
        (lambda d: d.update(policy_id="zzz"), "policy_id", "changed"),
        (lambda d: d.update(policy_ids=["a", "b"]), "policy_ids", "changed"),
        (lambda d: d.update(inputs={}), "inputs", "changed"),
        (
            lambda d: value_of(d)["windows"]["malware"].update(mode="off"),
            "inputs[0].config.policy.value.windows.malware.mode",
            "changed",
        ),
        (
            lambda d: d["inputs"][0]["config"]["artifact_manifest"]["value"].update(x=1),
            "inputs[0].config.artifact_manifest.value.x",
            "added",
        ),
    ],
)
def test_everything_else_is_named_by_its_path(change: Change, path: str, kind: Kind) -> None:
    """And never by its value."""
    assert after(change, policy_id="ap", policy_ids=["ap"]) == (AlsoChanged(path, kind),)


def test_numbers_that_javascript_writes_otherwise_are_the_same() -> None:
    """1.0 comes back as 1; true does not."""
    assert residual({"a": 1.0, "b": [1]}, {"a": 1, "b": [1.0]}) == ()
    assert residual({"a": 1}, {"a": True}) == (AlsoChanged("a", "changed"),)
    assert residual({"a": {"b": [0]}}, {"a": {"b": [False]}}) == (AlsoChanged("a.b[0]", "changed"),)


def test_the_order_of_keys_is_no_difference() -> None:
    """Kibana has one of its own; what has another value beside it is found all the same."""
    before = {"a": {"x": {"y": 1}, "z": [1, "two"]}, "b": 3}

    assert residual(before, {"b": 3, "a": {"z": [1, "two"], "x": {"y": 1}}}) == ()
    changed = residual(before, {"b": 3, "a": {"z": [True, "two"], "x": {"y": 1}}})
    assert changed == (AlsoChanged("a.z[0]", "changed"),)


def nested() -> JsonValue:
    """Return a value that is nested deeper than Python compares."""
    deep: JsonValue = "x"
    for _ in range(5000):
        deep = [deep]
    return deep


def test_an_answer_that_is_nested_without_end_is_compared() -> None:
    """The depth is the server's to choose."""
    deep, again = nested(), nested()

    assert residual({"a": deep, "b": 1}, {"a": again, "b": 2}) == (AlsoChanged("b", "changed"),)


def test_differences_without_number_are_cut_off() -> None:
    """So many are enough to see what it is about."""
    before = {f"k{number}": number for number in range(MOST + 1)}

    assert len(residual(before, {})) == MOST


def test_a_path_is_as_people_write_it() -> None:
    """However long a key is."""
    assert show_path(("inputs", 0, "config")) == "inputs[0].config"
    assert show_path(()) == "the policy"
    assert len(show_path(("x" * 10_000,))) == 300


@pytest.mark.parametrize("data", [None, {}, {"path": 1, "change": "added"}, {"path": "a"}, [1]])
def test_only_a_difference_is_read_back(data: JsonValue) -> None:
    """From a journal, which somebody may have edited."""
    with pytest.raises(ValidationError):
        adapter(AlsoChanged).validate_python(data)


def test_a_difference_survives_its_journal() -> None:
    """As it was."""
    found = AlsoChanged("inputs[0].name", "removed")

    assert adapter(AlsoChanged).validate_python(found.to_dict()) == found
