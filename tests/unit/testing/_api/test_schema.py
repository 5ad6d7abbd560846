"""The closed schemas FakeKibana checks bodies and queries against."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fake_client import POLICIES, Caller, new_fake, update_body

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.testing import FakeKibana
from elastic_mirror_policy.testing._api.bodies import TYPED_FORM
from elastic_mirror_policy.testing._api.schema import Rule, find_problem
from elastic_mirror_policy.testing._kibana.state import shared_with
from elastic_mirror_policy.testing._kibana.versions import parse_version

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)
NEWEST = parse_version("9.5.0")


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("name", " ", "Name is required"),
        ("name", 1, "expected value of type [string] but got [number]"),
        ("enabled", "true", "expected value of type [boolean] but got [string]"),
        ("namespace", "Prod", "Namespace must be lowercase"),
        ("namespace", "pro-d", "Namespace contains invalid characters"),
        ("namespace", "n" * 101, "Namespace cannot be more than 100 bytes"),
        ("policy_ids", "x", "expected value of type [array] but got [string]"),
        ("policy_ids", ["x"] * 101, "array size is [101], but cannot be greater than [100]"),
        ("policy_ids", [None], "expected value of type [string] but got [null]"),
        ("package", [], "expected a plain object value, but found [Array] instead."),
        ("package", {"name": "endpoint"}, "expected value of type [string] but got [undefined]"),
        ("vars", [], "expected value of type [object] but got [Array]"),
        ("vars", {"a": {"b": 1}}, "Additional properties are not allowed ('b' was unexpected)"),
        ("inputs", [{}], "expected value of type [string] but got [undefined]"),
        (
            "inputs",
            [{"type": "endpoint", "enabled": True, "streams": [{"enabled": True}]}],
            "expected value of type [object] but got [undefined]",
        ),
    ],
)
def test_a_wrong_value_is_named(key: str, value: JsonValue, what: str) -> None:
    """With the place, and in Kibana's words."""
    _, caller, policy = new_fake("9.5.0")

    answer = caller.put(policy, update_body(caller.item(policy)) | {key: value})

    assert answer.status == 400
    assert f"- [request body.0.{key}" in answer.message
    assert what in answer.message


def test_a_limit_begins_with_its_release() -> None:
    """Before 9.5 no limit on the number of agent policies is known."""
    body = {"policy_ids": ["x"] * 101}

    assert find_problem(body, TYPED_FORM, parse_version("9.4.0")) is None
    assert find_problem(body, TYPED_FORM, NEWEST) is not None


def test_a_record_without_a_rule_takes_anything() -> None:
    """Only its own type is checked."""
    assert find_problem({"a": [1]}, Rule("record"), NEWEST) is None
    assert find_problem([], Rule("record"), NEWEST) == (
        "",
        "expected value of type [object] but got [Array]",
    )


def test_an_array_without_a_rule_takes_anything() -> None:
    """Only its own type is checked."""
    assert find_problem([1, "a"], Rule("array"), NEWEST) is None


@given(JSON)
def test_any_body_is_stored_or_refused(body: JsonValue) -> None:
    """A PUT never ends in anything but an answer of Kibana."""
    fake = FakeKibana()
    policy = fake.add_policy("a")

    answer = Caller(fake).put(policy, body)

    assert answer.status in {200, 400, 500}
    assert fake.revision(policy) == (2 if answer.status == 200 else 1)


@given(st.text(max_size=30))
def test_any_query_is_answered_or_refused(query: str) -> None:
    """Whatever stands behind the question mark."""
    assert Caller(FakeKibana()).get(f"{POLICIES}?{query}").status in {200, 400}


@given(JSON, JSON)
def test_shared_parts_change_nothing(new: JsonValue, old: JsonValue) -> None:
    """What is stored is what was sent, types included."""
    stored = shared_with(new, old)

    assert repr(_sorted(stored)) == repr(_sorted(new))


def _sorted(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(one) for one in value] if isinstance(value, list) else value


def test_equal_parts_are_kept_only_once() -> None:
    """That is why ten thousand policies fit into memory."""
    old = {"a": {"large": ["x"] * 10}, "b": 1}

    stored = shared_with({"a": {"large": ["x"] * 10}, "b": 2}, old)

    assert stored["a"] is old["a"]
    assert stored["b"] == 2


def test_a_serverless_project_does_not_take_null_for_everything() -> None:
    """Being newer than every release is not being looser."""
    serverless = parse_version("9.5.0", serverless=True)

    assert find_problem({"name": None}, TYPED_FORM, serverless) == (
        ".name",
        "expected value of type [string] but got [null]",
    )
