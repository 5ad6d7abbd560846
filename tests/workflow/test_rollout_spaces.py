"""Spaces by version, lists whose pages move while they are read, and who is selected."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.rollouts import MIRROR, base_urls, commit_counts, connected, planned

from elastic_mirror_policy import ALL_SPACES, ConfigurationError, Kibana, PlanError, Selection
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import StalePlanError, TransportError, UnsupportedKibanaError
from elastic_mirror_policy.testing import FakeKibana, Fault

PAGE = re.compile(r"package_policies\?page=")
NEW = {"version": "9.1.2"}
UPGRADED = {"version": "9.1.2", "space_aware": False}
OLD = {"version": "8.18.1"}
FORBIDDEN = {"statusCode": 403, "error": "Forbidden", "message": "synthetic"}


def spread(**kibana: Any) -> FakeKibana:  # noqa: ANN401 - what FakeKibana takes
    """Return a Kibana with policies in three spaces, one of them in two."""
    fake = FakeKibana(**kibana)
    fake.add_policy("home", id="home")
    fake.add_policy("emea", id="emea", space="emea")
    fake.add_policy("both", id="both", spaces=["apac", "emea"])
    return fake


def planned_ids(fake: FakeKibana, **options: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - what plan takes
    """Return space and id of every change of a plan."""
    with fake, connected(fake) as kibana:
        return [(one.space, one.policy_id) for one in planned(kibana, **options).changes]


@pytest.mark.parametrize(
    ("spaces", "expected"),
    [
        (None, [("default", "home")]),
        (["emea"], [("emea", "both"), ("emea", "emea")]),
        (["apac", "emea"], [("apac", "both"), ("emea", "emea")]),
        (["emea", "apac", "emea"], [("emea", "both"), ("emea", "emea")]),
        (ALL_SPACES, [("apac", "both"), ("default", "home"), ("emea", "emea")]),
    ],
)
def test_policies_are_planned_once_in_the_first_space_that_has_them(
    spaces: object, expected: list[tuple[str, str]]
) -> None:
    """Where policies belong to spaces; the default is the default space alone."""
    assert planned_ids(spread(**NEW), spaces=spaces) == expected


@pytest.mark.parametrize("kibana", [UPGRADED, OLD], ids=["upgraded", "old"])
@pytest.mark.parametrize("spaces", [None, ["emea"], ["emea", "default"], ALL_SPACES])
def test_where_every_space_has_the_same_list_all_policies_are_planned_once(
    kibana: dict[str, object], spaces: object
) -> None:
    """Whatever spaces are asked, nothing is planned twice and nothing is left out."""
    found = planned_ids(spread(**kibana), spaces=spaces)

    assert sorted(one for _, one in found) == ["both", "emea", "home"]


@pytest.mark.parametrize("kibana", [NEW, UPGRADED, OLD], ids=["new", "upgraded", "old"])
def test_a_rollout_over_all_spaces_reaches_every_policy_and_can_be_undone(
    kibana: dict[str, object], tmp_path: Path
) -> None:
    """Each is written once, through a space that holds it, back and forth."""
    fake = spread(**kibana)
    with fake, connected(fake) as client:
        plan = planned(client, spaces=ALL_SPACES)
        report = client.apply(plan, journal=tmp_path / "a.journal")
        during = {one: base_urls(fake.document(one)) for one in fake.policy_ids}
        undo = client.plan_rollback(tmp_path / "a.journal")
        undone = client.apply(undo, journal=tmp_path / "b.journal")

    assert report.ok
    assert undone.ok
    assert set(during.values()) == {(MIRROR,) * 3}
    assert commit_counts(fake) == dict.fromkeys(("home", "emea", "both"), 2)


def test_spaces_can_be_given_to_the_client(tmp_path: Path) -> None:
    """Then every plan is about them."""
    fake = spread(**NEW)
    with fake, connected(fake, spaces=["emea"]) as kibana:
        report = kibana.apply(planned(kibana), journal=tmp_path / "a.journal")

    assert report.ok
    assert commit_counts(fake) == {"both": 1, "emea": 1}


def test_a_plan_for_other_spaces_is_refused_naming_both(tmp_path: Path) -> None:
    """Nothing is written, and no journal is made."""
    fake = spread(**NEW)
    with fake, connected(fake) as kibana:
        plan = planned(kibana, spaces=["emea", "apac"])
        with (
            connected(fake, spaces=["apac"]) as other,
            pytest.raises(StalePlanError, match=r"'emea', 'apac', not for space 'apac'"),
        ):
            other.apply(plan, journal=tmp_path / "a.journal")

    assert commit_counts(fake) == {}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("spaces", ["emea", "", [], [""]])
def test_a_client_for_spaces_that_make_no_sense_is_refused(spaces: Any) -> None:  # noqa: ANN401 - of no kind that is expected
    """It would write a plan for any space."""
    with FakeKibana() as fake, pytest.raises(ConfigurationError, match="spaces"):
        Kibana(fake.url, api_key=fake.api_key, spaces=spaces)

    assert fake.requests == ()


def test_a_space_that_is_not_there_has_no_policies() -> None:
    """An empty selection is an error that names the space."""
    fake = spread(**NEW)
    with fake, connected(fake) as kibana, pytest.raises(PlanError, match="'nowhere'"):
        planned(kibana, spaces=["nowhere"])


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        (Selection(names=("nothing*",)), "None of the 1 Elastic Defend policies"),
        (Selection(ids=("zzz",)), "The policy id 'zzz' matches nothing"),
        (Selection(ids=("home", "zzz")), "The policy id 'zzz' matches nothing"),
        (Selection(exclude=("*",)), "None of the 1"),
        (Selection(agent_policies=("none",)), "The agent policy 'none' matches nothing"),
        (Selection(agent_policies=("none*",)), "None of the 1"),
    ],
)
def test_a_selection_that_matches_nothing_is_an_error(selection: Selection, words: str) -> None:
    """Never an empty plan, which would look like success."""
    fake = spread(**NEW)
    with fake, connected(fake) as kibana, pytest.raises(PlanError, match=words):
        planned(kibana, selection=selection)


def test_a_kibana_without_elastic_defend_is_an_error() -> None:
    """Other integrations do not count."""
    fake = FakeKibana()
    fake.add_package_policy("nginx", "nginx")
    with fake, connected(fake) as kibana, pytest.raises(PlanError, match="No Elastic Defend"):
        planned(kibana)


def test_selecting_by_agent_policy_needs_the_right_to_read_them() -> None:
    """Otherwise nobody knows what is meant."""
    fake = spread(**NEW)
    with (
        fake,
        connected(fake, api_key=fake.key_for("defend")) as kibana,
        pytest.raises(PlanError, match="may not read"),
    ):
        planned(kibana, selection=Selection(agent_policies=("main *",)))


def crowd(count: int = 250) -> FakeKibana:
    """Return a Kibana whose list has three pages."""
    fake = FakeKibana()
    for number in range(count):
        fake.add_policy(f"policy {number:03}", id=f"p{number:03}", agents=0)
    return fake


def swap(fake: FakeKibana) -> None:
    """Let one policy go and another come, so that their number stays."""
    fake.delete("p050")
    fake.add_policy("late", id="late", agents=0)


MOVES: dict[str, tuple[Callable[[FakeKibana], object], set[str], set[str]]] = {
    "a policy comes": (lambda f: f.add_policy("late", id="late", agents=0), {"late"}, set()),
    "a policy of the first page goes": (lambda f: f.delete("p000"), set(), {"p000"}),
    "a policy of the last page goes": (lambda f: f.delete("p249"), set(), {"p249"}),
    "one comes and one goes": (swap, {"late"}, {"p050"}),
    "a policy is saved": (lambda f: f.edit("p010", "description", "new"), set(), set()),
    "everything is saved": (lambda f: f.run_packager(), set(), set()),
}


@pytest.mark.parametrize("nth", [2, 3, 4])
@pytest.mark.parametrize("move", MOVES)
def test_no_policy_is_lost_or_doubled_when_pages_move(move: str, nth: int) -> None:
    """It is read from its end, and read again when its total does not fit."""
    change, come, gone = MOVES[move]
    fake = crowd()
    fake.before("GET", PAGE, nth, lambda: change(fake))
    with fake, connected(fake) as kibana:
        found = [one.policy_id for one in planned(kibana).changes]

    assert len(found) == len(set(found))
    assert {f"p{n:03}" for n in range(250)} - gone <= set(found)
    assert come <= set(found)
    assert not gone & set(found)


def test_a_list_that_never_rests_is_told() -> None:
    """Rather than planning for a part of the estate."""
    fake = crowd(150)
    for nth in range(2, 20):
        fake.before("GET", PAGE, nth, partial(fake.add_policy, f"late {nth}", agents=0))
    with fake, connected(fake) as kibana, pytest.raises(TransportError, match="kept changing"):
        planned(kibana)


def test_more_policies_than_a_list_can_reach_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elasticsearch gives 10,000 by page number; here the limit is set lower."""
    monkeypatch.setattr("elastic_mirror_policy._fleet.api.WINDOW", 100)
    fake = crowd(101)
    with fake, connected(fake) as kibana, pytest.raises(UnsupportedKibanaError, match="101"):
        planned(kibana)


def test_all_spaces_are_refused_when_none_can_be_seen() -> None:
    """No space at all is an error, never an empty plan."""
    fake = FakeKibana.example()
    with fake, connected(fake) as kibana:
        fake.inject(Fault(path="/api/spaces/space", status=200, json=[]))
        with pytest.raises(PlanError, match="may not see any space"):
            kibana.policies(spaces=ALL_SPACES)


@pytest.mark.parametrize(
    ("json", "words"),
    [
        ({"spaces": []}, "is not a list of spaces"),
        ([{"name": "no id"}], "is not a list of spaces"),
        ([{"id": ".."}], "names a space that cannot be part of an address"),
    ],
)
def test_spaces_that_cannot_be_used_are_an_error(json: JsonValue, words: str) -> None:
    """No path is made of them."""
    fake = spread(**NEW)
    with fake, connected(fake) as kibana:
        fake.inject(Fault(path="/api/spaces/space", status=200, json=json))
        with pytest.raises(TransportError, match=words):
            kibana.policies(spaces=ALL_SPACES)


@pytest.mark.parametrize(
    ("hidden", "known"), [("/s/apac/", True), ("", False)], ids=["in one", "in both"]
)
def test_names_that_one_space_hides_are_read_in_another(hidden: str, *, known: bool) -> None:
    """A policy is kept in the space seen first, with the names that a later one could tell."""
    fake = spread(**NEW)
    path = f"{hidden}api/fleet/agent_policies"
    fake.inject(Fault(path=path, times=None, status=403, json=FORBIDDEN))
    with fake, connected(fake) as kibana:
        both = next(one for one in kibana.policies(spaces=["apac", "emea"]) if one.id == "both")

    assert both.space == "apac"
    assert (both.unnamed == ()) is known
    assert (both.agent_policies != both.agent_policy_ids) is known


def test_an_id_that_cannot_be_part_of_an_address_is_never_asked_for() -> None:
    """A path made of it would lead elsewhere."""
    fake = spread(**NEW)
    with fake, connected(fake) as kibana, pytest.raises(ConfigurationError, match="of the space"):
        kibana.policies(spaces=[".."])

    assert not any(".." in request.path for request in fake.requests)


@pytest.mark.parametrize(("version", "spaces"), [("8.15.5", ("*",)), ("8.16.0", ("default",))])
def test_where_policies_belong_to_no_space_they_live_in_all(
    version: str, spaces: tuple[str, ...]
) -> None:
    """Rules that name a space then mean every policy: the list is the same in each."""
    fake = FakeKibana(version=version, space_aware=False)
    fake.add_policy("home", id="home")
    with fake, connected(fake) as kibana:
        (policy,) = kibana.policies()

    assert policy.spaces == spaces
