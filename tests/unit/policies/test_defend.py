"""Which documents are Defend policies, and what of them a person may have changed."""

import copy
from collections.abc import Callable

import pytest
from support.documents import defend_policy, policy_value

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.policies.defend import changed_parts, fingerprint, is_defend

Change = Callable[[dict[str, JsonValue]], object]


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


def test_fingerprints_of_different_lengths_cannot_be_compared_part_by_part() -> None:
    """An older journal may have digests of other parts."""
    mark = fingerprint(defend_policy())

    assert changed_parts(mark, mark + "0") == ("something that cannot be determined",)
    assert changed_parts(mark, mark) == ()
