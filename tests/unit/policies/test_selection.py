"""Which policies are meant: by name, id and agent policy."""

from dataclasses import replace

import pytest
from support.documents import defend_policy

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import ConfigurationError, PlanError
from elastic_mirror_policy.policies.policy import DefendPolicy
from elastic_mirror_policy.policies.selection import Selection

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
