"""What each row of a closed network says."""

import pytest

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.airgap import PolicyFacts, RowState
from elastic_mirror_policy.airgap.rows import download_row, policy_rows

ODD = PolicyFacts("Odd", problem="linux is text")


@pytest.mark.parametrize(
    "sources", [[], ["text"], [{"host": "https://files.corp", "is_default": False}]]
)
def test_without_a_default_source_nothing_is_said_of_binaries(sources: list[JsonValue]) -> None:
    """Agents may have sources of their own."""
    row = download_row(sources)

    assert row.state is RowState.NOT_SEEN
    assert row.seen == "Fleet lists no default source."


def test_policies_that_cannot_be_read_are_a_problem_and_are_named() -> None:
    """The first three by name, the others by their number."""
    first, *_ = policy_rows([PolicyFacts("Good"), *[ODD] * 4])

    assert first.state is RowState.PROBLEM
    assert "5 Elastic Defend policies were read; 4 cannot be read" in first.seen
    assert "(Odd, Odd, Odd, and 1 more)" in first.seen


@pytest.mark.parametrize(
    ("policies", "first"), [([], RowState.NOT_SEEN), ([ODD], RowState.PROBLEM)]
)
def test_without_a_readable_policy_no_setting_is_called_good(
    policies: list[PolicyFacts], first: RowState
) -> None:
    """None was looked at."""
    row, *settings = policy_rows(policies)

    assert row.state is first
    assert {row.state for row in settings} == {RowState.NOT_SEEN}
    assert {row.seen for row in settings} == {"There is no policy that could be read."}
