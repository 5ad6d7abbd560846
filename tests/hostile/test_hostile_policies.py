"""Whatever a policy looks like, it is planned and written without losing anything, or skipped."""

import copy
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.cases import cases
from support.documents import defend_policy
from support.hostile_answers import Mutated, Tampering, tamperings
from support.hostile_stack import MIRROR, HostileStack, new_stack
from support.memory_http import all_http
from support.mutations import Mutation, Nested, mutated, mutations
from support.strategies import mirror_settings

from elastic_mirror_policy import MirrorPolicyError, MirrorSettings, Plan
from elastic_mirror_policy._fleet.bodies import update_body
from elastic_mirror_policy._fleet.versions import KibanaVersion
from elastic_mirror_policy._json import JsonValue, decode, encode
from elastic_mirror_policy.errors import UnexpectedPolicyError
from elastic_mirror_policy.plan.change import KibanaInfo, PolicyChange
from elastic_mirror_policy.plan.planning import make_plan
from elastic_mirror_policy.policies.policy import DefendPolicy
from elastic_mirror_policy.policies.table import Policies
from elastic_mirror_policy.rollout.recheck import Ready, judge, recheck
from elastic_mirror_policy.settings import MANAGED_KEYS

KIBANA = KibanaInfo("https://kibana.example", "9.4.2", ("default",))
EVERYWHERE = MirrorSettings.everywhere(MIRROR)
KIBANAS = st.sampled_from(["8.0.1", "8.5.0", "9.4.2"]).map(KibanaVersion)
SYSTEMS = ("linux", "mac", "windows")
SETTINGS = {"linux": {"base_url": "https://old.example", "interval": 600}, "mac": {}}


def served() -> JsonValue:
    """Return a policy that has everything, and a second input."""
    document = defend_policy(settings=SETTINGS)
    document["inputs"].append(
        {"type": "other", "enabled": False, "streams": [], "config": {"a": {"value": 1}}}
    )
    return document


def view(document: JsonValue) -> DefendPolicy | None:
    """Return the view of a document, or None when it is no policy at all."""
    try:
        return DefendPolicy.from_document(document)
    except UnexpectedPolicyError:
        return None


def without_managed_keys(inputs: JsonValue) -> JsonValue:
    """Return inputs without managed keys, parents that are empty then, and keys that say nothing.

    Releases that do not take the `id` of an input lose nothing when it is null.
    """
    found = [
        {key: value for key, value in one.items() if value is not None}
        for one in copy.deepcopy(inputs)
    ]
    value = found[0]["config"]["policy"]["value"]
    for block in (value[system] for system in SYSTEMS if isinstance(value.get(system), dict)):
        chain = [block]
        for step in ("advanced", "artifacts", "global"):
            chain.append(chain[-1].get(step, {}))
        for key in MANAGED_KEYS:
            chain[-1].pop(key, None)
        for parent, step in zip(chain[2::-1], ("global", "artifacts", "advanced"), strict=True):
            if parent.get(step) == {}:
                del parent[step]
    return found


def kept(document: JsonValue, body: JsonValue) -> bool:
    """Whether a body has everything of the inputs that Kibana accepts, but for managed keys."""
    return bool(
        without_managed_keys(body["inputs"])
        == without_managed_keys(update_body(document, KibanaVersion("9.4.2"))["inputs"])
    )


@pytest.mark.timeout(600)
@cases(10)
@given(mutations, mirror_settings())
@example([Mutation("replace", 2, Nested(900))], EVERYWHERE)
def test_any_policy_is_planned_or_left_alone(
    changes: Sequence[Mutation], wanted: MirrorSettings
) -> None:
    """Whatever is odd in it, there is a line about it in the plan, and nothing is invented."""
    policy = view(mutated(served(), changes))
    plan = make_plan([policy] if policy else [], wanted, KIBANA)

    assert plan.policies == (policy is not None)
    assert Plan.from_json(plan.to_json()) == plan
    assert plan.to_text()
    assert str(Policies([policy] if policy else []))


def change_of(document: JsonValue) -> PolicyChange:
    """Return what is planned for a document."""
    (change,) = make_plan([DefendPolicy.from_document(document)], EVERYWHERE, KIBANA).changes
    return change


CHANGE = change_of(served())


@pytest.mark.timeout(600)
@cases(10)
@given(mutations, KIBANAS)
@example([Mutation("replace", 2, Nested(900))], KibanaVersion("9.4.2"))
@example([Mutation("replace", 40, None)], KibanaVersion("8.0.1"))
def test_any_policy_is_written_whole_or_not_at_all(
    changes: Sequence[Mutation], version: KibanaVersion
) -> None:
    """What a write would send has everything that was read, and can be sent."""
    document = mutated(served(), changes)
    found = recheck(document, CHANGE, version, allow=frozenset())
    if not isinstance(found, Ready):
        return
    sent = encode(update_body(found.document, version))

    assert kept(document, decode(sent))
    assert isinstance(found.image.revision, int)


@pytest.mark.timeout(600)
@cases(5)
@given(mutations)
def test_any_answer_to_a_write_is_judged(changes: Sequence[Mutation]) -> None:
    """What Kibana says it stored is believed only where it says so."""
    ready = recheck(served(), CHANGE, KibanaVersion("9.4.2"), allow=frozenset())
    assert isinstance(ready, Ready)
    answer = mutated({**ready.document, "revision": 4}, changes)
    judgement = judge(answer if isinstance(answer, dict) else {}, ready, CHANGE)

    assert isinstance(judgement.revision, int)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for journals."""
    return tmp_path_factory.mktemp("journals")


def rolled_out(stack: HostileStack, journal: Path) -> Iterator[str]:
    """Yield what a rollout and its rollback say of themselves."""
    with stack.client() as kibana:
        plan = kibana.plan(EVERYWHERE, check_mirror=False)
        report = kibana.apply(plan, journal=journal)
        yield str(report)
        undone = kibana.apply(kibana.plan_rollback(journal), journal=f"{journal}.undo")
        yield undone.to_json()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("only", ["/package_policies?", "_bulk_get", "/package_policies/"])
@pytest.mark.parametrize("version", ["8.0.1", "9.4.2"])
@cases(0.5)
@given(tampering=st.builds(Mutated, mutations) | tamperings, first=st.integers(0, 3))
def test_a_rollout_over_any_answer_is_reported(
    folder: Path, version: str, only: str, tampering: Tampering, first: int
) -> None:
    """Whatever is read or answered in the middle, it ends in a report or one of our errors."""
    stack = new_stack(version, policies=2, agents=0)
    stack.tampering, stack.only, stack.first = tampering, only, first
    journal = folder / f"{len(list(folder.iterdir()))}.journal"
    with all_http(stack):
        try:
            said = list(rolled_out(stack, journal))
        except MirrorPolicyError as exc:
            said = [str(exc)]

    assert all(said)
    assert stack.strays == []
    assert all("spaceIds" not in decode(one.body) for one in stack.writes)
