"""Plans and reports in the words that a task shows (pure)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from . import product

LIMIT = 3
"""How many policies a message names; the result has them all."""


def shown(text: str) -> str:
    r"""Return `text` on one line, with everything a terminal would act on spelled out.

    >>> shown("evil\x1b[2Jname")
    'evil\\x1b[2Jname'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def safe(value: Any) -> Any:  # noqa: ANN401 - decoded JSON
    """Return a value that Ansible may print.

    Ansible prints results as JSON that escapes control characters, but not those beyond ASCII.
    """
    if isinstance(value, dict):
        return {safe(key): safe(item) for key, item in value.items()}
    if isinstance(value, list):
        return [safe(item) for item in value]
    if isinstance(value, str) and not value.isprintable():
        return "".join(c if c < "\x7f" else shown(c) for c in value)
    return value


def diff_of(changes: Iterable[product.PolicyChange]) -> list[dict[str, str]]:
    """Return the managed keys before and after, one entry with a header for each policy."""
    return [_diff_one(change) for change in changes]


def _diff_one(change: product.PolicyChange) -> dict[str, str]:
    header = shown(f"{change.space}/{change.name}")
    return {
        "before_header": header,
        "before": _side(change, lambda edit: edit.before),
        "after_header": header,
        "after": _side(change, lambda edit: edit.after),
    }


def _side(change: product.PolicyChange, value_of: Callable[[product.Edit], Any]) -> str:
    pairs = ((edit.name, value_of(edit)) for edit in change.edits)
    return "".join(f"{name} = {_value(value)}\n" for name, value in pairs if value is not None)


def _value(value: object) -> str:
    return shown(value if isinstance(value, str) else json.dumps(value))


def warnings_of(plan: product.Plan) -> tuple[str, ...]:
    """Return what is worth knowing about a plan, each sentence once."""
    named: dict[str, list[str]] = {}
    for change in plan.changes:
        for warning in change.warnings:
            named.setdefault(warning, []).append(change.name)
    return (
        *(shown(note) for note in plan.notes),
        *(shown(f"{warning} ({_names(names)})") for warning, names in named.items()),
    )


def _names(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} policies"


def describe_plan(plan: product.Plan) -> str:
    """Return how much a plan would change, as a sentence."""
    if not plan:
        return f"{_policies(len(plan.unchanged))} already as asked."
    return f"{len(plan)} of {_policies(plan.policies)} to change, {_agents(plan.agents)}."


def describe_success(report: product.Report) -> str:
    """Return how much was written, as a sentence."""
    written = [outcome.agents for outcome in report.outcomes if outcome.written]
    agents = _agents(product.total_agents(written))
    return f"{len(written)} of {_policies(len(report.outcomes))} changed, {agents}."


def _agents(number: int | None) -> str:
    if number is None:
        return "agents not counted"
    return "1 agent affected" if number == 1 else f"{number} agents affected"


def _policies(number: int) -> str:
    return "1 policy" if number == 1 else f"{number} policies"


def describe_left_out(plan: product.Plan) -> str:
    """Return which policies cannot be given what was asked for, or an empty string."""
    left_out = [policy for policy in plan.skipped if not policy.intended]
    if not left_out:
        return ""
    reasons = _first(f"{policy.name}: {policy.reason}" for policy in left_out)
    return f"{_policies(len(left_out))} cannot be changed: {reasons}"


def describe_failures(report: product.Report) -> str:
    """Return why some policies are not as asked, what they are called and where it is recorded."""
    reasons = _first(_reason(outcome) for outcome in report.failed)
    number = f"{len(report.failed)} of {_policies(len(report.outcomes))} not written as asked"
    evidence = f" The journal is {report.journal}." if report.journal else ""
    return shown(f"{report.stopped} {number}: {reasons}{evidence}".strip())


def _reason(outcome: product.Outcome) -> str:
    return f"{outcome.name}: {outcome.error or outcome.outcome.value}"


def _first(sentences: Iterable[str]) -> str:
    found = list(sentences)
    more = [f"and {len(found) - LIMIT} more."] if len(found) > LIMIT else []
    return shown(" ".join([*found[:LIMIT], *more]))
