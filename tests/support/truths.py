"""Holds a report and a journal against what a watched Kibana really stored."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from support.watched import WatchedKibana

from elastic_mirror_policy import Journal, Report
from elastic_mirror_policy.plan.change import PolicyChange
from elastic_mirror_policy.plan.planning import same
from elastic_mirror_policy.rollout.outcome import Outcome

ADMITTED = ("may have been applied", "was written", "stored")
"""How an error says that a write that is not as intended was carried out all the same."""

UNCONFIRMED = "not confirmed"
"""How a note says that a write was found done, and that nobody said who did it."""


def has_goal(fake: WatchedKibana, change: PolicyChange, revision: int | None) -> bool:
    """Whether a revision of a policy had every value of a change."""
    values = fake.history.get((change.policy_id, revision or 0))
    return values is not None and all(
        same(values.get((edit.os.value, edit.setting)), edit.after) for edit in change.edits
    )


def false_claims(fake: WatchedKibana, path: Path, wrote: Mapping[str, int]) -> Iterator[str]:
    """Yield what a journal says that is not so; `wrote` is what its runs have stored."""
    if not path.exists():
        yield from (f"{policy_id} was written without a journal" for policy_id in wrote)
        return
    for state in Journal.read(path).states:
        policy_id = state.change.policy_id
        if wrote.get(policy_id) and not state.may_be_written:
            yield f"{policy_id} was written, the journal has {state.phase}"
        if state.phase == "verified" and not has_goal(fake, state.change, state.revision):
            yield f"{policy_id} is verified as revision {state.revision}, which it is not"


def lies(
    fake: WatchedKibana, report: Report, changes: Mapping[str, PolicyChange], wrote: Counter[str]
) -> Iterator[str]:
    """Yield what a report says that is not so; `wrote` is what its journal's runs have stored."""
    for outcome in report.outcomes:
        change = changes.get(outcome.policy_id)
        if change is None:
            if wrote[outcome.policy_id]:
                yield f"{outcome.policy_id} was not to be changed, and was written"
            continue
        reason = _lie(fake, outcome, change, wrote[outcome.policy_id])
        if reason:
            yield f"{outcome.policy_id} {reason}: {outcome}"
    expected = {
        change for change in changes if change not in {o.policy_id for o in report.outcomes}
    }
    yield from (f"{policy_id} is missing from the report" for policy_id in expected)


def _lie(fake: WatchedKibana, outcome: Outcome, change: PolicyChange, wrote: int) -> str:
    """Return what is wrong with one outcome, or an empty text."""
    match outcome.outcome.value:
        case "succeeded" | "unchanged":
            if not has_goal(fake, change, outcome.revision_after):
                return "never had what was planned"
            if outcome.written and not wrote and UNCONFIRMED not in " ".join(outcome.notes):
                return "was not written"
            return "was written" if wrote and not outcome.written else ""
        case "failed" | "skipped":
            admitted = any(text in (outcome.error or "") for text in ADMITTED)
            return "was written" if wrote and not admitted else ""
        case _:
            return ""
