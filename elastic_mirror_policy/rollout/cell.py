"""A progress bar in a notebook's cell, made of plain HTML.

::

    from elastic_mirror_policy.rollout import CellProgress

    report = kibana.apply(plan, journal="rollout.journal", progress=CellProgress(len(plan)))
"""

import importlib
from typing import Protocol

from elastic_mirror_policy.rollout.outcome import Outcome


class _Handle(Protocol):
    def update(self, content: object) -> None: ...


class CellProgress:
    """Shows how many policies are done in the cell it was made in; give it as `progress`.

    Args:
        total: How many policies there are.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.failed = 0
        self._handle = _show(self)

    def __call__(self, outcome: Outcome) -> None:
        """Count one outcome and move the bar."""
        self.done += 1
        self.failed += not outcome.ok
        self._handle.update(self)

    def __str__(self) -> str:
        failed = f", {self.failed} not done" if self.failed else ""
        return f"{self.done} of {self.total} policies{failed}"

    def _repr_html_(self) -> str:
        return f'<progress value="{self.done}" max="{max(self.total, 1)}"></progress> {self}'

    def __repr__(self) -> str:
        return str(self)


def _show(content: object) -> _Handle:
    # Only a notebook has IPython, and it is not a dependency.
    display = importlib.import_module("IPython.display").display
    handle: _Handle = display(content, display_id=True)
    return handle
