"""Reading, setting and unsetting one value inside a document, losslessly."""

import copy
from collections.abc import Callable

import pytest
from support.documents import defend_policy, policy_value

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import UnexpectedPolicyError
from elastic_mirror_policy.policies import document as _document
from elastic_mirror_policy.policies.document import ABSENT, POLICY_VALUE, managed_path

URL = "https://mirror.corp"
PATH = managed_path("linux", "base_url")
SYSTEM = len(POLICY_VALUE) + 1


def test_managed_path_leads_into_the_endpoint_input() -> None:
    """The settings are nested objects; the dotted names of Kibana's form are display only."""
    assert (
        *("inputs", 0, "config", "policy", "value"),
        *("linux", "advanced", "artifacts", "global", "base_url"),
    ) == PATH


@pytest.mark.parametrize("value", [URL, "", None, False, 0, {}, []])
def test_get_returns_what_is_there(value: JsonValue) -> None:
    """Null, empty and false are values, not absence."""
    document = defend_policy(settings={"linux": {"base_url": value}})

    assert _document.get(document, PATH) == value


@pytest.mark.parametrize(
    "path",
    [
        PATH,
        (*POLICY_VALUE, "linux", "nothing"),
        (*POLICY_VALUE, "solaris", "advanced"),
        ("inputs", 1, "config"),
        ("nothing",),
    ],
)
def test_get_tells_absence_from_null(path: _document.Path) -> None:
    """A missing leaf, parent, or array element is absent."""
    assert _document.get(defend_policy(), path) is ABSENT


def test_absent_shows_itself() -> None:
    """It is recognised in a failed assertion."""
    assert repr(ABSENT) == "ABSENT"


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        ([], "an array"),
        ("text", "a string"),
        (None, "null"),
        (7, "a number"),
        (0.5, "a number"),
        (True, "a boolean"),
    ],
)
@pytest.mark.parametrize(
    "touch",
    [
        lambda document: _document.get(document, PATH),
        lambda document: _document.set_value(document, PATH, URL),
        lambda document: _document.unset(document, PATH, keep=SYSTEM),
        lambda document: _document.count_parents(document, "linux"),
    ],
)
def test_what_is_not_an_object_is_never_overwritten(
    found: JsonValue, kind: str, touch: Callable[[JsonValue], object]
) -> None:
    """Something else where an object should be is refused, and named."""
    document = defend_policy()
    policy_value(document)["linux"]["advanced"] = found

    with pytest.raises(UnexpectedPolicyError) as caught:
        touch(document)

    assert caught.value.message == (
        f"inputs.0.config.policy.value.linux.advanced is {kind}, not an object; it is left as "
        "it is."
    )
    assert caught.value.hint == "Put it right in Kibana, then plan again."


def test_what_is_not_an_array_is_never_overwritten() -> None:
    """The simplified format has an object where the inputs are."""
    with pytest.raises(UnexpectedPolicyError, match=r"^inputs is an object, not an array;"):
        _document.set_value(defend_policy(inputs={}), PATH, URL)


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({"inputs": []}, r"^inputs\.0 is missing from the policy\.$"),
        ({}, r"^inputs is an object, not an array;"),
    ],
)
def test_an_array_is_never_made_or_made_longer(document: JsonValue, why: str) -> None:
    """Objects on the way may be missing; inputs may not."""
    with pytest.raises(UnexpectedPolicyError, match=why):
        _document.set_value(document, PATH, URL)


@pytest.mark.parametrize("inputs", [{}, "", "text", None, 7])
def test_inputs_that_are_no_array_are_refused_when_they_are_read(inputs: JsonValue) -> None:
    """Not taken for absent, nor for a text of characters."""
    with pytest.raises(UnexpectedPolicyError, match="not an array"):
        _document.get(defend_policy(inputs=inputs), PATH)


def test_a_document_that_is_no_object_is_refused() -> None:
    """The message names the policy, as there is no path yet."""
    with pytest.raises(UnexpectedPolicyError, match=r"^the policy is an array, not an object;"):
        _document.get([], PATH)


@pytest.mark.parametrize("system", ["linux", "windows", "solaris"])
def test_set_makes_the_parents_that_are_missing(system: str) -> None:
    """There may be no `advanced` at all, as on Windows by default, or no system."""
    before = defend_policy()
    kept = copy.deepcopy(before)
    after = _document.set_value(before, managed_path(system, "base_url"), URL)

    assert before == kept
    assert policy_value(after)[system]["advanced"]["artifacts"] == {"global": {"base_url": URL}}


def test_set_shares_what_it_does_not_touch() -> None:
    """Ten thousand edits do not copy ten thousand documents."""
    before = defend_policy()
    after = _document.set_value(before, PATH, URL)

    assert after["package"] is before["package"]
    assert policy_value(after)["mac"] is policy_value(before)["mac"]


def test_unset_removes_the_leaf_only() -> None:
    """Its neighbours stay."""
    settings = {"linux": {"base_url": URL, "interval": "60"}}
    after = _document.unset(defend_policy(settings=settings), PATH, keep=SYSTEM)

    assert after == defend_policy(settings={"linux": {"interval": "60"}})


@pytest.mark.parametrize(
    ("keep", "left"),
    [
        (0, {}),
        (1, {"advanced": {}}),
        (2, {"advanced": {"artifacts": {}}}),
        (3, {"advanced": {"artifacts": {"global": {}}}}),
    ],
)
def test_unset_prunes_empty_parents_down_to_those_that_stay(keep: int, left: JsonValue) -> None:
    """A rollback puts back exactly the parents that there were."""
    document = defend_policy()
    policy_value(document)["linux"] = {"advanced": {"artifacts": {"global": {"base_url": URL}}}}
    after = _document.unset(document, PATH, keep=SYSTEM + keep)

    assert policy_value(after)["linux"] == left


def test_unset_stops_at_a_parent_that_holds_something() -> None:
    """Other advanced settings are nobody's business."""
    document = defend_policy(settings={"linux": {"base_url": URL}})
    after = _document.unset(document, PATH, keep=SYSTEM)

    assert policy_value(after)["linux"]["advanced"] == {"capture_env_vars": "LD_PRELOAD"}


def test_unset_prunes_where_the_leaf_is_already_gone() -> None:
    """An empty `global` that nobody needs goes as well."""
    document = defend_policy(settings={"linux": {}})
    after = _document.unset(document, PATH, keep=SYSTEM)

    assert after == defend_policy()


def test_unset_of_nothing_changes_nothing() -> None:
    """The very same document comes back."""
    document = defend_policy()

    assert _document.unset(document, PATH, keep=SYSTEM) is document


@pytest.mark.parametrize(
    ("block", "count"),
    [
        ({}, 0),
        ({"advanced": {}}, 1),
        ({"advanced": {"artifacts": {}}}, 2),
        ({"advanced": {"artifacts": {"global": {}}}}, 3),
        ({"advanced": {"artifacts": {"global": {"base_url": URL}, "user": {}}}}, 3),
    ],
)
def test_parents_are_counted_as_far_as_they_go(block: JsonValue, count: int) -> None:
    """0 is no `advanced` at all, 3 is a `global`, empty or not."""
    document = defend_policy()
    policy_value(document)["mac"] = block

    assert _document.count_parents(document, "mac") == count


@pytest.mark.parametrize(
    "block", [{"advanced": {"artifacts": {"global": []}}}, {"advanced": {"artifacts": 7}}]
)
def test_a_parent_of_another_kind_is_not_counted(block: JsonValue) -> None:
    """The last parent is looked at as well."""
    document = defend_policy()
    policy_value(document)["mac"] = block

    with pytest.raises(UnexpectedPolicyError):
        _document.count_parents(document, "mac")


def test_a_system_that_is_not_there_has_no_parents() -> None:
    """The whole block of an operating system may be missing."""
    assert _document.count_parents(defend_policy(), "solaris") == 0
