"""Edits as a unified diff of the managed keys (pure)."""

import difflib
from collections.abc import Iterable, Iterator

from elastic_mirror_policy._text import visible
from elastic_mirror_policy.plan.plan import Plan, PolicyChange
from elastic_mirror_policy.plan.view import edit_line
from elastic_mirror_policy.render import words as _words
from elastic_mirror_policy.render.view import Line


def plan_diff(plan: Plan) -> str:
    """Return a unified diff of the managed keys that change, one file header for each policy.

    A key that is not set has no line. The text is empty when nothing changes.
    """
    return "".join(f"{line}\n" for change in plan.changes for line in _policy_diff(change))


def side(lines: Iterable[Line], *, after: bool) -> list[str]:
    """Return `key = value` for each key that is set, before or after."""
    pairs = ((line.setting, line.after if after else line.before) for line in lines)
    return [f"{setting} = {value}" for setting, value in pairs if value is not None]


def _policy_diff(change: PolicyChange) -> Iterator[str]:
    lines = [edit_line(edit) for edit in change.edits]
    title = f"{_words.clip(visible(change.space), _words.LONGEST_NAME)}/{_words.name(change.name)}"
    return difflib.unified_diff(
        side(lines, after=False),
        side(lines, after=True),
        fromfile=f"{title} (before)",
        tofile=f"{title} (after)",
        lineterm="",
    )
