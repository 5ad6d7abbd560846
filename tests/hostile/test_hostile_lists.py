"""Lists that never end, totals that cannot be, ids that are no step of a path."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.documents import defend_policy
from support.hostile_stack import new_stack
from support.memory_http import Asked, all_http, answer
from support.rollouts import Naps

from elastic_mirror_policy import ALL_SPACES, Kibana, MirrorPolicyError, MirrorSettings, Plan
from elastic_mirror_policy._fleet.agents import AgentQuery, Page, every_page
from elastic_mirror_policy._fleet.versions import KibanaVersion
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import TransportError, UnsupportedKibanaError
from elastic_mirror_policy.plan.change import KibanaInfo
from elastic_mirror_policy.plan.planning import make_plan
from elastic_mirror_policy.policies.policy import DefendPolicy
from elastic_mirror_policy.rollout.recheck import Refused, recheck

MIRROR = MirrorSettings.everywhere("https://mirror.example")
Answer = Callable[[Asked], JsonValue]


def serving(answers: Answer, version: str = "9.4.2") -> Callable[[Asked], bytes]:
    """Return a Kibana that answers lists from a function."""
    status = {"version": {"number": version}}

    def serve(asked: Asked) -> bytes:
        value = status if asked.path == "/api/status" else answers(asked)
        return answer(json.dumps(value).encode())

    return serve


def client() -> Kibana:
    """Return a client that never waits."""
    return Kibana("http://kibana.example", api_key="x", sleep=Naps())


@pytest.mark.timeout(120)
@pytest.mark.parametrize("total", [101, 9_999])
def test_a_list_of_policies_that_never_ends_is_given_up(total: int) -> None:
    """Each page is full and none is the last."""
    numbers = itertools.count()

    def endless(_: Asked) -> JsonValue:
        items = [defend_policy(id=str(next(numbers)), policy_ids=[]) for _ in range(10)]
        return {"items": items, "total": total}

    with (
        all_http(serving(endless)),
        client() as kibana,
        pytest.raises(TransportError, match="kept changing"),
    ):
        kibana.policies()

    assert kibana.requests_sent <= 1 + 4 * 101


@pytest.mark.timeout(120)
def test_a_list_of_agent_policies_that_never_ends_is_given_up() -> None:
    """Before 8.13 all of them are read, page by page."""

    def endless(asked: Asked) -> JsonValue:
        if asked.path.endswith("/agent_policies"):
            return {"items": [{"id": "a"}], "total": 10_000_000}
        return {"items": [defend_policy()], "total": 1}

    with all_http(serving(endless, "8.4.0")), client() as kibana:
        (policy,) = kibana.policies()

    assert policy.agent_policies == ("agent-policy-servers",)
    assert kibana.requests_sent < 110


@pytest.mark.parametrize("total", [10_001, 10_000_000])
def test_more_policies_than_can_be_listed_are_an_error(total: int) -> None:
    """Nothing is read of a list that cannot be read whole."""
    with (
        all_http(serving(lambda _: {"items": [], "total": total})),
        client() as kibana,
        pytest.raises(UnsupportedKibanaError, match=f"has {total} Elastic Defend policies"),
    ):
        kibana.policies()


@pytest.mark.parametrize(
    "total", [-1, 10_000_001, pytest.param(10**4000, id="4001 digits"), "1", None, 1.5, [1]]
)
def test_a_total_that_cannot_be_is_an_error(total: JsonValue) -> None:
    """And it is not repeated, however many digits it has."""
    with (
        all_http(serving(lambda _: {"items": [], "total": total})),
        client() as kibana,
        pytest.raises(TransportError) as caught,
    ):
        kibana.policies()

    assert caught.value.message == (
        "Kibana's list has no usable total: it is an object with items, total."
    )


def test_pages_that_always_name_another_one_end() -> None:
    """A list of agents is read no further than twice its own first total."""
    asked = itertools.count()

    def ask(_: AgentQuery, number: int, after: str) -> Page:
        assert next(asked) < 1_000
        return Page([{"id": f"{number}"}], 100_000 + number, after + "x")

    pages = list(every_page(AgentQuery(("a",)), ask))

    assert len(pages) == 50 + 2 * 100_000 // 2_500


def test_parts_that_are_more_than_the_whole_are_an_error() -> None:
    """A query is cut up into smaller ones only as long as they are smaller."""
    asked = itertools.count()

    def ask(*_: object) -> Page:
        assert next(asked) < 100
        return Page([{"id": "a"}], 1_000_000)

    with pytest.raises(TransportError, match="contradict each other"):
        list(every_page(AgentQuery(tuple("abcdefgh")), ask))


@pytest.mark.parametrize("policy_id", ["", ".", "..", "\ud800"])
@pytest.mark.parametrize("version", ["8.4.0", "9.4.2"])
def test_an_id_that_is_no_step_of_a_path_is_left_alone(policy_id: str, version: str) -> None:
    """It is in the plan as skipped, so that no request goes elsewhere because of it."""
    listed = {"items": [defend_policy(id=policy_id, policy_ids=[])], "total": 1}
    with all_http(serving(lambda _: listed, version)), client() as kibana:
        plan = kibana.plan(MIRROR, check_mirror=False)

    assert [skipped.reason for skipped in plan.skipped] == ["Its id cannot be part of an address."]


@pytest.mark.parametrize("space", ["", ".", "..", "\udcff"])
def test_a_space_that_is_no_step_of_a_path_is_an_error(space: str) -> None:
    """Whether a person names it or Kibana does."""
    with all_http(serving(lambda _: [{"id": space}])), client() as kibana:
        with pytest.raises(MirrorPolicyError, match=r"part of an address|an empty text"):
            kibana.policies(spaces=[space])
        with pytest.raises(TransportError, match="part of an address"):
            kibana.policies(spaces=ALL_SPACES)


@pytest.mark.parametrize("number", ["9." + "1" * 100, "9.4.2" + " " * 100, "\x1b[2J", ""])
def test_a_version_that_is_none_is_an_error(number: str) -> None:
    """It would be printed, and stored in every plan."""
    with (
        all_http(lambda _: answer(json.dumps({"version": {"number": number}}).encode())),
        client() as kibana,
        pytest.raises(UnsupportedKibanaError, match="cannot be parsed") as caught,
    ):
        kibana.plan(MIRROR)

    assert len(str(caught.value)) < 200


def uncopyable(given: bytes) -> bytes:
    """Return an answer whose policies have a second input that cannot be copied."""
    body = json.loads(given.partition(b"\r\n\r\n")[2])
    for item in body["items"]:
        item.get("inputs", []).append({"type": "other", "config": {"a": None}})
    return answer(json.dumps(body).encode())


def test_an_input_that_cannot_be_copied_keeps_the_policy_as_it_is(tmp_path: Path) -> None:
    """In a plan, and when it became so after the plan was made."""
    stack = new_stack(policies=2, agents=0)
    stack.count = 100
    with all_http(stack), stack.client() as kibana:
        plan = kibana.plan(MIRROR, check_mirror=False)
        stack.tampering = uncopyable
        again = kibana.plan(MIRROR, check_mirror=False)
        report = kibana.apply(plan, journal=tmp_path / "journal")

    reason = "An entry of the config of an input is not an object."
    assert [skipped.reason for skipped in again.skipped] == [reason] * 2
    assert [outcome.error for outcome in report.outcomes] == [reason] * 2
    assert stack.writes == []


@pytest.mark.parametrize(
    "agents", [-1, True, "4", 4.5, [], pytest.param(9 * 10**4299, id="4300 digits")]
)
@pytest.mark.parametrize("where", ["policies", "agent policies"])
def test_agents_that_cannot_be_counted_are_not_known(agents: JsonValue, where: str) -> None:
    """A plan says so, and can be shown and stored."""
    own = agents if where == "policies" else None
    listed = {"items": [defend_policy(n, agents=own) for n in ("One", "Two")], "total": 2}
    attached = {"items": [{"id": f"agent-policy-{n}", "agents": agents} for n in ("one", "two")]}
    answers = {"package_policies": listed, "_bulk_get": attached}
    with (
        all_http(serving(lambda asked: answers[asked.path.rpartition("/")[2]])),
        client() as kibana,
    ):
        plan = kibana.plan(MIRROR, check_mirror=False)

    assert plan.agents is None
    assert Plan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize("revision", ["3", "3.0", 3.0, True, None, -1, 10**30, "x"])
def test_a_revision_of_another_kind_is_read_or_the_policy_is_left_alone(
    revision: JsonValue,
) -> None:
    """Before a write as in a list, and never anything else."""
    (change,) = make_plan(
        [DefendPolicy.from_document(defend_policy())], MIRROR, KibanaInfo("https://k", "9.4.2", ())
    ).changes
    found = recheck(
        defend_policy(revision=revision), change, KibanaVersion("9.4.2"), allow=frozenset()
    )

    assert isinstance(found, Refused) or type(found.revision) is int
