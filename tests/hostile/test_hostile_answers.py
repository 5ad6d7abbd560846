"""Whatever a server answers: a result or one of our errors, and nothing is written because of it.

Every request that the product makes is answered by something else: HTML, cut or twisted JSON,
other statuses, contradictory headers, bytes that are no HTTP, a line that breaks.
"""

import json
from collections.abc import Callable, Iterator, Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.cases import cases
from support.hostile_answers import Breaks, Mutated, Replaced, Tampering, tamperings
from support.hostile_stack import MIRROR, SEARCH, HostileStack, hostile_stack
from support.mutations import Mutation, Nested

from elastic_mirror_policy import ALL_SPACES, Kibana, MirrorPolicyError, MirrorSettings
from elastic_mirror_policy.rollout.outcome import Outcome, OutcomeKind

LONGEST = 1500
"""Characters of an error at most: a server's text is quoted, never passed on whole."""

Operation = Callable[[HostileStack, Kibana], object]


def look(stack: HostileStack, kibana: Kibana) -> object:
    """Look at the endpoints through Kibana alone."""
    return kibana.endpoints(now=lambda: stack.fake.now)


def search(stack: HostileStack, kibana: Kibana) -> object:
    """Look at the endpoints through Elasticsearch."""
    key = stack.search.api_key
    now = lambda: stack.fake.now  # noqa: E731 - a clock
    return kibana.endpoints(elasticsearch_url=SEARCH, elasticsearch_api_key=key, now=now)


def gate(stack: HostileStack, kibana: Kibana) -> object:
    """Ask whether the endpoints of a wave are well."""
    written = [
        Outcome(
            policy_id=policy_id,
            name="x",
            space="default",
            outcome=OutcomeKind.SUCCEEDED,
            revision_after=1,
            written=True,
        )
        for policy_id in stack.fake.policy_ids
    ]
    return kibana.endpoint_gate().check(written)


OPERATIONS: Mapping[str, Operation] = {
    "status": lambda _, kibana: kibana.version,
    "policies": lambda _, kibana: kibana.policies(),
    "all spaces": lambda _, kibana: kibana.policies(spaces=ALL_SPACES),
    "plan": lambda _, kibana: kibana.plan(MirrorSettings.everywhere(MIRROR)),
    "doctor": lambda _, kibana: [check.to_dict() for check in kibana.examine()],
    "versions": lambda _, kibana: kibana.agent_versions(),
    "endpoints": look,
    "elasticsearch": search,
    "gate": gate,
}
KIBANAS = ("8.0.1", "8.4.3", "8.12.2", "9.4.2")


@pytest.fixture(scope="module", params=KIBANAS)
def stack(request: pytest.FixtureRequest) -> Iterator[HostileStack]:
    """A Kibana of one version with everything around it."""
    with hostile_stack(request.param) as made:
        yield made


def error_of(stack: HostileStack, operation: Operation) -> str:
    """Return the error, or an empty text when there is a result that can be shown."""
    with stack.client() as kibana:
        try:
            found = operation(stack, kibana)
        except MirrorPolicyError as exc:
            return str(exc)
    assert list(shown(found))
    return ""


def shown(found: object) -> Iterator[str]:
    """Yield what a result shows of itself, in every way it has."""
    yield str(found)
    for name in ("to_dict", "_repr_html_"):
        method = getattr(found, name, None)
        if method is not None:
            yield json.dumps(method())


@pytest.mark.timeout(600)
@pytest.mark.parametrize("operation", OPERATIONS)
@cases(0.3)
@given(tampering=tamperings, first=st.integers(0, 6), count=st.sampled_from([1, 3, 10**6]))
@example(tampering=Breaks(TimeoutError()), first=0, count=10**6)
@example(tampering=Replaced(302, {"Location": "\xff\xfe"}), first=0, count=10**6)
@example(tampering=Mutated([Mutation("replace", 0, Nested(900))]), first=0, count=10**6)
def test_any_answer_gives_a_result_or_one_of_our_errors(
    stack: HostileStack, operation: str, tampering: Tampering, first: int, count: int
) -> None:
    """No other exception, no endless asking, and nothing that could be written is."""
    stack.begin_anew()
    stack.tampering, stack.first, stack.count = tampering, first, count
    error = error_of(stack, OPERATIONS[operation])

    assert len(error) <= LONGEST
    assert "\n" not in error
    assert stack.writes == []
    assert stack.strays == []
