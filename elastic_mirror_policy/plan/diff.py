"""Edits as a unified diff of the managed keys (pure)."""

import difflib
from collections.abc import Iterable, Iterator

from elastic_mirror_policy._text import visible
from elastic_mirror_policy.plan.change import PolicyChange
from elastic_mirror_policy.plan.view import shown_values
from elastic_mirror_policy.render import words as _words
from elastic_mirror_policy.render.view import Line, side


def diff_of(changes: Iterable[PolicyChange]) -> str:
    """Return a unified diff of the managed keys that change, one file header for each policy.

    A key that is not set has no line. The text is empty when nothing changes.
    """
    return "".join(f"{line}\n" for change in changes for line in _policy_diff(change))


def _policy_diff(change: PolicyChange) -> Iterator[str]:
    lines = [Line(_words.name(edit.name), *shown_values(edit)) for edit in change.edits]
    title = f"{_words.clip(visible(change.space), _words.LONGEST_NAME)}/{_words.name(change.name)}"
    return difflib.unified_diff(
        side(lines, after=False),
        side(lines, after=True),
        fromfile=f"{title} (before)",
        tofile=f"{title} (after)",
        lineterm="",
    )
