"""What a run of the benchmark found: three tables, printed, and put into the page about them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

Cells: TypeAlias = tuple[str, ...]

HOLDS: Final[Cells] = ("what", "goal", "measured", "how")
GROWTH: Final[Cells] = ("policies changed", "requests", "client CPU", "peak memory")
BESIDE: Final[Cells] = (
    "tool",
    "requests",
    "wall time",
    "client CPU",
    "peak memory",
    "what is lost",
    "writes of a second run",
)
COLUMNS: Final[Mapping[str, Cells]] = {"holds": HOLDS, "growth": GROWTH, "beside": BESIDE}
"""The tables of the page by the names of their marks."""


def markdown(columns: Cells, rows: Iterable[Cells]) -> str:
    """Return a table."""
    return "\n".join(
        f"| {' | '.join(cells)} |" for cells in (columns, ("---",) * len(columns), *rows)
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One number to hold.

    Attributes:
        what: What was measured.
        measured: What came out.
        bound: What is asserted.
        how: How it was measured, for the reader of the page.
        goal: What it should be, where that is more than what is asserted.
        reason: Why the goal is not reached.
        holds: Whether the bound holds.
    """

    what: str
    measured: str
    bound: str
    how: str
    goal: str
    reason: str
    holds: bool

    @property
    def cells(self) -> Cells:
        """The cells of `HOLDS`."""
        measured = self.measured if self.holds else f"**does not hold:** {self.measured}"
        missed = f" (not reached; held: {self.bound})" if self.goal else ""
        return (self.what, f"{self.goal or self.bound}{missed}", measured, self.how)


@dataclass
class Table:
    """The numbers of one run, in the order in which they were measured."""

    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(
        self,
        what: str,
        measured: str,
        bound: str,
        *,
        holds: bool,
        how: str = "",
        goal: str = "",
        reason: str = "",
    ) -> None:
        """Keep a row, and fail when its bound does not hold.

        `goal` and `reason` are given together, when what should hold is more than the bound.
        """
        assert bool(goal) == bool(reason), f"{what}: a goal that is missed needs its reason"
        self.rows.append(Row(what, measured, bound, how, goal, reason, holds))

        assert holds, f"{what}: {measured}, but {bound}"

    def note(self, what: str, measured: str) -> None:
        """Print something that promises nothing."""
        self.notes.append(f"{what}: {measured}")

    def __str__(self) -> str:
        table = markdown(HOLDS, (row.cells for row in self.rows))
        missed = [f"- {row.what}: {row.reason}" for row in self.rows if row.goal]
        return "\n".join(
            [table, *(["", "Why a goal is not reached:", "", *missed] if missed else [])]
        )


@dataclass
class Results:
    """All that one run found."""

    holds: Table = field(default_factory=Table)
    growth: list[Cells] = field(default_factory=list)
    beside: list[Cells] = field(default_factory=list)

    def parts(self) -> dict[str, str]:
        """Return the tables that have rows, by the names of their marks."""
        lists = {"growth": self.growth, "beside": self.beside}
        found = {name: markdown(COLUMNS[name], rows) for name, rows in lists.items() if rows}
        return ({"holds": str(self.holds)} if self.holds.rows else {}) | found


def marks(name: str) -> tuple[str, str]:
    """Return what stands before and after a part of the page."""
    return f"<!-- {name}:begin -->", f"<!-- {name}:end -->"


def part(page: str, name: str) -> str:
    """Return what stands between the marks of a part.

    Raises:
        ValueError: The page has no such marks.
    """
    begin, end = marks(name)
    start = page.index(begin) + len(begin)
    return page[start : page.index(end, start)].strip("\n")


def filled(page: str, parts: Mapping[str, str]) -> str:
    """Return the page with other text between the marks of some of its parts.

    Raises:
        ValueError: The page does not have the marks of a part.
    """
    for name, text in parts.items():
        begin, end = marks(name)
        before, _, rest = page.partition(begin)
        after = rest[rest.index(end) :]
        page = f"{before}{begin}\n{text}\n{after}"
    return page
