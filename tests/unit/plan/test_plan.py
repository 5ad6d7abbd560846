"""A plan as a value: counted, digested, stored and read back."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from support.plans import KIBANA, MIRROR, change, edit, plan

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy._url import shown
from elastic_mirror_policy.errors import PlanError, StalePlanError
from elastic_mirror_policy.plan.change import (
    Edit,
    KibanaInfo,
    PolicyChange,
    Setting,
    Skipped,
    Unchanged,
)
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.plan.stored import parsed
from elastic_mirror_policy.policies.policy import total_agents
from elastic_mirror_policy.settings import OperatingSystem

BACK = Edit(OperatingSystem.MAC, "artifacts.global.channel", "rapid", None, (3, 1))
FULL = plan(
    change("A", edit(before="http://old"), BACK, agent_policies=("ap",), fingerprint="f"),
    change("B", warnings=("w",), risks=("clear",), agents=None),
    unchanged=(
        Unchanged(
            "id-c",
            "C",
            "lab",
            (Setting(OperatingSystem.LINUX, "artifacts.global.base_url", MIRROR),),
        ),
    ),
    skipped=(Skipped("id-d", "D", "It is odd.", "lab", intended=True),),
    purpose="rollback",
    notes=("n",),
)


def test_a_plan_as_json_is_the_documented_contract() -> None:
    """Other programs read these names."""
    assert json.loads(FULL.to_json()) == {
        "schema_version": 1,
        "kind": "plan",
        "digest": FULL.digest,
        "purpose": "rollback",
        "kibana": {"url": KIBANA.url, "version": "9.1.3", "spaces": ["default"]},
        "summary": {"policies": 4, "to_change": 2, "unchanged": 1, "skipped": 1, "agents": None},
        "changes": [
            {
                "policy_id": "id-A",
                "name": "A",
                "space": "default",
                "version": "WzEsMV0=",
                "revision": 3,
                "agent_policies": ["ap"],
                "agents": 4,
                "edits": [
                    {
                        "os": "linux",
                        "key": "artifacts.global.base_url",
                        "before": "http://old",
                        "after": MIRROR,
                        "parents": [3, 3],
                    },
                    {
                        "os": "mac",
                        "key": "artifacts.global.channel",
                        "before": "rapid",
                        "after": None,
                        "parents": [3, 1],
                    },
                ],
                "warnings": [],
                "risks": [],
                "fingerprint": "f",
            },
            {
                "policy_id": "id-B",
                "name": "B",
                "space": "default",
                "version": "WzEsMV0=",
                "revision": 3,
                "agent_policies": [],
                "agents": None,
                "edits": [
                    {
                        "os": "linux",
                        "key": "artifacts.global.base_url",
                        "before": None,
                        "after": MIRROR,
                        "parents": [3, 3],
                    }
                ],
                "warnings": ["w"],
                "risks": ["clear"],
                "fingerprint": "",
            },
        ],
        "unchanged": [
            {
                "policy_id": "id-c",
                "name": "C",
                "space": "lab",
                "settings": [{"os": "linux", "key": "artifacts.global.base_url", "value": MIRROR}],
            }
        ],
        "skipped": [
            {
                "policy_id": "id-d",
                "name": "D",
                "reason": "It is odd.",
                "space": "lab",
                "intended": True,
            }
        ],
        "notes": ["n"],
    }


def test_a_stored_plan_begins_with_what_it_is() -> None:
    """A reader sees the version before anything else."""
    assert list(FULL.to_dict())[:3] == ["schema_version", "kind", "digest"]
    assert FULL.to_json().startswith('{\n  "schema_version": 1,\n  "kind": "plan",\n')
    assert FULL.to_json().endswith("\n}\n")


@pytest.mark.parametrize("text", [FULL.to_json(), FULL.to_json().encode()])
def test_a_stored_plan_is_read_back_to_an_equal_one(text: str | bytes) -> None:
    """Nothing that decides a write is lost on the disk."""
    assert Plan.from_json(text) == FULL


def stored(**changes: JsonValue) -> dict[str, JsonValue]:
    """Return the stored plan with some of its fields replaced."""
    return {**FULL.to_dict(), **changes}


def test_fields_of_a_later_release_are_ignored() -> None:
    """A reader is not stopped by what it does not know."""
    data = stored(later=1)
    data["changes"][0]["later"] = 2
    data["kibana"]["later"] = 3

    assert Plan.from_json(json.dumps(data)) == FULL


def test_fields_that_may_be_left_out_have_their_default() -> None:
    """The contract's required fields are enough."""
    short = plan(change("A", edit(), agents=None))
    data = short.to_dict()
    for name in ("unchanged", "skipped", "purpose", "notes", "summary"):
        del data[name]
    for name in ("agent_policies", "agents", "warnings", "risks", "fingerprint"):
        del data["changes"][0][name]
    del data["changes"][0]["edits"][0]["parents"]

    assert Plan.from_json(json.dumps(data)) == short


Damage = Callable[[dict[str, JsonValue]], object]


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d.update(digest="0" * 64),
        lambda d: d.pop("digest"),
        lambda d: d["changes"].pop(),
        lambda d: d["changes"].reverse(),
        lambda d: d["changes"][0].update(policy_id="id-other"),
        lambda d: d["changes"][0].update(version="other"),
        lambda d: d["changes"][0].update(agents=5),
        lambda d: d["changes"][1].update(risks=[]),
        lambda d: d["changes"][0]["edits"][0].update(after="https://evil"),
        lambda d: d["changes"][0]["edits"][0].update(before=None),
        lambda d: d["changes"][0]["edits"][0].update(os="windows"),
        lambda d: d["changes"][0]["edits"][1].update(parents=[3, 0]),
        lambda d: d["unchanged"].clear(),
        lambda d: d["skipped"][0].update(intended=False),
        lambda d: d["kibana"].update(url="https://other"),
        lambda d: d.update(purpose="apply"),
        lambda d: d.update(notes=[]),
    ],
)
def test_an_edited_plan_is_refused(damage: Damage) -> None:
    """The digest covers everything that is read."""
    data = stored()
    damage(data)

    with pytest.raises(StalePlanError, match="does not match its own digest") as caught:
        Plan.from_json(json.dumps(data))

    assert caught.value.hint == "Make a new plan; plans are not meant to be edited."


@pytest.mark.parametrize(
    ("damage", "where"),
    [
        (lambda d: d.pop("kibana"), "kibana: Field required"),
        (lambda d: d["kibana"].update(spaces="default"), "kibana.spaces: "),
        (lambda d: d.pop("changes"), "changes: Field required"),
        (lambda d: d.update(changes={}), "changes: "),
        (lambda d: d["changes"][0].update(edits=[]), "changes.0.edits: "),
        (lambda d: d["changes"][0].update(revision="3"), "changes.0.revision: "),
        (lambda d: d["changes"][0].update(revision=True), "changes.0.revision: "),
        (lambda d: d["changes"][0].update(agents=-1), "changes.0.agents: "),
        (lambda d: d["changes"][0]["edits"][0].update(os="solaris"), "changes.0.edits.0.os: "),
        (lambda d: d["changes"][0]["edits"][0].update(key="popup"), "changes.0.edits.0.key: "),
        (lambda d: d["changes"][0]["edits"][0].update(after=["x"]), "changes.0.edits.0.after"),
        (lambda d: d["changes"][0]["edits"][0].pop("before"), "changes.0.edits.0.before: "),
        (lambda d: d["changes"][0]["edits"][0].update(parents=[3, 4]), "changes.0.edits.0.par"),
        (lambda d: d["changes"][0]["edits"][0].update(parents=[3]), "changes.0.edits.0.parents"),
        (lambda d: d["skipped"][0].pop("reason"), "skipped.0.reason: Field required"),
        (lambda d: d.update(purpose="destroy"), "purpose: Input should be 'apply' or 'rollback'"),
    ],
)
def test_a_damaged_plan_is_refused_with_the_place(damage: Damage, where: str) -> None:
    """The message leads to the field, and never repeats what stands there."""
    data = stored()
    damage(data)

    with pytest.raises(PlanError) as caught:
        Plan.from_json(json.dumps(data))

    assert caught.value.message.startswith(f"The plan is damaged: {where}")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "The plan is not readable JSON"),
        (
            "{",
            (
                "The plan is not readable JSON: Expecting property name enclosed in double quotes: "
                "line 1 column 2 (char 1). Make a new one with --out."
            ),
        ),
        (b"\xff", "The plan is not readable JSON"),
        ("[" * 100_000, "The plan is not readable JSON: nested too deep."),
        ("NaN", "The plan is not readable JSON: NaN is not JSON."),
        ('{"a": 1e999}', "The plan is not readable JSON: 1e999 is not a number that can be kept."),
        ("[]", 'This is not a plan: it does not say "kind": "plan".'),
        ("7", 'This is not a plan: it does not say "kind": "plan".'),
        ('{"kind": "report"}', 'This is not a plan: it does not say "kind": "plan".'),
        ('{"kind": "plan"}', "The plan has no usable schema_version."),
        ('{"kind": "plan", "schema_version": true}', "The plan has no usable schema_version."),
        ('{"kind": "plan", "schema_version": "1"}', "The plan has no usable schema_version."),
        ('{"kind": "plan", "schema_version": 0}', "The plan has no usable schema_version."),
        (
            '{"kind": "plan", "schema_version": 2}',
            "The plan has schema version 2; this release reads up to 1.",
        ),
    ],
)
def test_what_is_no_plan_is_refused(text: str | bytes, why: str) -> None:
    """Whatever file a user names, the answer is one sentence."""
    with pytest.raises(PlanError) as caught:
        Plan.from_json(text)

    assert str(caught.value).startswith(why)


def test_a_damaged_change_is_refused() -> None:
    """A journal holds changes one by one."""
    good = FULL.changes[0]

    assert parsed(PolicyChange, good.to_dict(), "A change") == good
    short = {k: v for k, v in good.to_dict().items() if k != "edits"}
    with pytest.raises(PlanError, match=r"^A change is damaged: edits: Field required\.$"):
        parsed(PolicyChange, short, "A change")


@pytest.mark.parametrize(
    ("part", "why"),
    [
        ({"key": "artifacts.user.ca_cert"}, "'artifacts.user.ca_cert' of 'linux' is not a setting"),
        ({"os": "linux"}, "'artifacts.global.base_url' of 'linux' is not a setting"),
        ({"after": {"a": 1}}, "linux.advanced.artifacts.global.base_url cannot be <dict>."),
        ({"before": ["a"]}, "linux.advanced.artifacts.global.base_url cannot be <list>."),
    ],
)
def test_an_edit_that_no_journal_could_hold_cannot_be_made(part: dict[str, Any], why: str) -> None:
    """A program may put a plan together: what was written like that could not be taken back."""
    good = Edit(OperatingSystem.LINUX, "artifacts.global.base_url", before=None, after="http://m")

    with pytest.raises(PlanError, match="^" + re.escape(why)):
        replace(good, **part)


@pytest.mark.parametrize("times", [0, 2])
def test_a_change_has_each_of_its_edits_once(times: int) -> None:
    """None would write for nothing, and of two the journal could name only one."""
    change = FULL.changes[0]

    with pytest.raises(PlanError, match=f"changes each key of '{change.policy_id}' once"):
        replace(change, edits=change.edits * times)


def test_a_plan_can_be_counted() -> None:
    """It is as long as its changes, and false when there are none."""
    empty = plan(unchanged=(Unchanged("id-a", "A", "default"),))

    assert (FULL.policies, len(FULL), bool(FULL)) == (4, 2, True)
    assert (empty.policies, len(empty), bool(empty)) == (1, 0, False)
    assert (FULL.is_rollback, empty.is_rollback) == (True, False)


@pytest.mark.parametrize(
    ("counts", "total"), [([], 0), ([1, 2], 3), ([1, None], None), ([None], None), ([0], 0)]
)
def test_one_unknown_count_makes_the_sum_unknown(
    counts: list[int | None], total: int | None
) -> None:
    """A sum over what could be counted would be a lie."""
    assert total_agents(counts) == total


def test_an_edit_is_named_as_kibana_names_it() -> None:
    """The dotted name is the one in the advanced settings of the policy's form."""
    assert edit().name == "linux.advanced.artifacts.global.base_url"
    assert edit().setting == "base_url"


def test_a_plan_shows_itself() -> None:
    """`print(plan)` is the dry run, and a notebook shows a table."""
    assert str(FULL) == FULL.to_text()
    assert FULL._repr_html_() == FULL._repr_html_()


def test_a_value_with_credentials_is_not_shown() -> None:
    """Whoever shows an edit asks here first."""
    assert shown("https://user:secret@old") == "<a URL with credentials, not shown>"
    assert shown(None) is None


def test_the_digest_is_the_same_in_every_release() -> None:
    """A stored plan outlives an upgrade of this package."""
    known = Plan(
        kibana=KibanaInfo("https://kibana.corp", "9.1.0", ("default",)), changes=(change("A"),)
    )

    assert known.digest == ("c240b75cd97a5a2d143df83ff87e2b3134322430c71756ad3f27f0a935a9ab25")
