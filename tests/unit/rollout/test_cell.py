"""The progress of a rollout in a notebook's cell, with a stand-in for IPython."""

import sys
from types import ModuleType

import pytest

from elastic_mirror_policy.rollout.cell import CellProgress
from elastic_mirror_policy.rollout.outcome import Outcome, OutcomeKind

Screen = list[str]


class Handle:
    """What IPython gives for an output that can be replaced."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def update(self, content: CellProgress) -> None:
        """Show the content in the place of what was there."""
        self._screen[-1] = content._repr_html_()


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """Give what is on the screen, one text per output."""
    shown: Screen = []

    def display(content: CellProgress, *, display_id: bool) -> Handle:
        assert display_id
        shown.append(content._repr_html_())
        return Handle(shown)

    stand_in = ModuleType("IPython.display")
    monkeypatch.setattr(stand_in, "display", display, raising=False)
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", stand_in)
    return shown


def outcome(kind: OutcomeKind, name: str = "Servers") -> Outcome:
    """Return an outcome of this kind."""
    return Outcome(policy_id="p1", name=name, space="default", outcome=kind)


def test_the_bar_is_there_before_the_first_policy(screen: Screen) -> None:
    """Whoever starts the cell sees that something goes on."""
    CellProgress(3)

    assert screen == ['<progress value="0" max="3"></progress> 0 of 3 policies']


def test_each_outcome_moves_the_bar_in_its_place(screen: Screen) -> None:
    """There is one bar, however many policies there are."""
    progress = CellProgress(3)

    progress(outcome(OutcomeKind.SUCCEEDED))
    progress(outcome(OutcomeKind.UNCHANGED))

    assert screen == ['<progress value="2" max="3"></progress> 2 of 3 policies']


@pytest.mark.parametrize("kind", [OutcomeKind.FAILED, OutcomeKind.UNKNOWN, OutcomeKind.SKIPPED])
def test_a_policy_that_was_not_done_is_counted_apart(screen: Screen, kind: OutcomeKind) -> None:
    """A full bar alone would look like a success."""
    progress = CellProgress(2)

    progress(outcome(OutcomeKind.SUCCEEDED))
    progress(outcome(kind))

    assert screen[0].endswith(" 2 of 2 policies, 1 not done")
    assert str(progress) == repr(progress) == "2 of 2 policies, 1 not done"


@pytest.mark.usefixtures("screen")
def test_a_plan_without_changes_has_a_bar_that_html_allows() -> None:
    """`max` must be more than nothing."""
    assert 'max="1"' in CellProgress(0)._repr_html_()


def test_the_bar_shows_nothing_that_a_server_sent(screen: Screen) -> None:
    """A policy's name is no part of it, so it cannot act as markup."""
    CellProgress(1)(outcome(OutcomeKind.FAILED, "<script>alert(1)</script>"))

    assert "script" not in screen[0]


def test_without_ipython_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside a notebook there is no cell to show anything in."""
    monkeypatch.setitem(sys.modules, "IPython", None)
    monkeypatch.delitem(sys.modules, "IPython.display", raising=False)

    with pytest.raises(ImportError, match="IPython"):
        CellProgress(1)
