"""Whatever a plan file holds: the plan that was written, or one of our errors and no request."""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import pytest
from hypothesis import example, given
from support.cases import cases
from support.differences import MANAGED, differences
from support.hostile_answers import Damaged, damaged
from support.hostile_stack import HostileStack, new_stack
from support.memory_http import all_http
from support.mutations import Mutation, Nested, dumped, mutated, mutations
from support.plans import change, edit, plan

from elastic_mirror_policy import MirrorPolicyError, MirrorSettings, Plan, PlanError
from elastic_mirror_policy._json import JsonValue, decode
from elastic_mirror_policy.plan.change import Skipped, Unchanged
from elastic_mirror_policy.plan.guards import Guards

WHOLE = plan(
    change("One", edit(), edit("600", 5, os="mac", key="interval"), risks=("pinned",)),
    change("Two", edit(None, "https://old.example"), warnings=("plain http",), agents=None),
    unchanged=(Unchanged("id-three", "Three", "default"),),
    skipped=(Skipped("id-four", "Four", "odd"),),
    notes=("a note",),
)
HUGE = 9 * 10**4299
"""The largest number that can be read; two of them cannot be added up and shown."""


def sealed(document: JsonValue) -> bytes:
    """Return a plan file whose digest was made to fit, as far as it can be read at all."""
    try:
        return dumped({**document, "digest": Plan.from_dict(document).digest})
    except (PlanError, TypeError):
        return dumped(document)


def read(data: bytes) -> Plan | None:
    """Return the plan in a file, or None when it is refused."""
    try:
        return Plan.from_json(data)
    except PlanError:
        return None


def shown(found: Plan) -> list[str]:
    """Return a plan as it is shown, in every way there is."""
    refusals = Guards(max_agents=1, max_policies=1, expect_policies=1).refusals(found)
    return [found.to_text(), found.to_diff(), found._repr_html_(), found.to_markdown(), *refusals]


@pytest.mark.timeout(600)
@cases(5)
@given(mutations)
@example([Mutation("replace", 0, Nested(900))])
def test_a_plan_that_was_edited_is_refused_or_the_same(changes: Sequence[Mutation]) -> None:
    """Its digest covers everything that a rollout reads."""
    found = read(dumped(mutated(WHOLE.to_dict(), changes)))

    assert found in {None, WHOLE}


@pytest.mark.timeout(600)
@cases(5)
@given(damaged)
def test_a_plan_that_was_damaged_is_refused_or_the_same(how: Damaged) -> None:
    """Cut short at any place, or with some bytes changed."""
    data = how(WHOLE.to_json().encode())
    found = read(data if isinstance(data, bytes) else b"")

    assert found in {None, WHOLE}


@pytest.mark.timeout(600)
@cases(10)
@given(mutations)
@example([Mutation("replace", 0, Nested(900))])
def test_a_plan_that_was_edited_with_its_digest_can_be_shown(changes: Sequence[Mutation]) -> None:
    """Whoever makes the digest fit can write any plan; nothing in it breaks what shows it."""
    found = read(sealed(mutated(WHOLE.to_dict(), changes)))

    assert found is None or all(shown(found))
    assert found is None or Plan.from_json(found.to_json()) == found


def test_numbers_that_cannot_be_added_up_are_refused() -> None:
    """A count has a bound, so that a sum of counts can be shown."""
    document = WHOLE.to_dict()
    for entry in document["changes"]:
        entry["agents"] = HUGE

    with pytest.raises(PlanError, match="agents"):
        Plan.from_json(dumped(document))


@pytest.fixture(scope="module")
def journals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """New names for journals."""
    folder = tmp_path_factory.mktemp("journals")
    return (folder / str(number) for number in count())


def attempt(stack: HostileStack, data: bytes, journal: Path) -> None:
    """Apply what is in a plan file."""
    found = read(data)
    if found is None:
        return
    with stack.client() as kibana:
        try:
            report = kibana.apply(found, journal=journal, allow=("pinned", "clear"))
        except MirrorPolicyError:
            return
    assert len(report.outcomes) == found.policies
    assert report.to_json()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("version", ["8.0.1", "9.4.2"])
@cases(1.5)
@given(changes=mutations)
def test_a_plan_that_was_edited_writes_managed_keys_at_most(
    journals: Iterator[Path], version: str, changes: Sequence[Mutation]
) -> None:
    """Whatever policy, space or value it names, only texts under these keys are written."""
    stack = new_stack(version, policies=2, agents=0)
    with all_http(stack):
        with stack.client() as kibana:
            made = kibana.plan(MirrorSettings.everywhere("https://m.example"), check_mirror=False)
        before = {policy_id: stack.fake.document(policy_id) for policy_id in stack.fake.policy_ids}
        attempt(stack, sealed(mutated(made.to_dict(), changes)), next(journals))

    assert stack.strays == []
    for asked in stack.writes:
        body = decode(asked.body)
        document = before[asked.path.rpartition("/")[2]]
        assert differences(document["inputs"][0]["config"], body["inputs"][0]["config"]) <= MANAGED
