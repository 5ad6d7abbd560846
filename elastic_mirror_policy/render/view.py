"""What there is to say about a plan or a report, before any format (pure).

A view is made once and rendered as text, Markdown or HTML. Its strings can be shown on one line,
but are not escaped for any markup.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from elastic_mirror_policy.render import words as _words

Tone = Literal["", "good", "bad", "unsure"]
"""Whether something is well, wrong, or open: the colour it has where there are colours."""


@dataclass(frozen=True, slots=True)
class Named:
    """A policy in a list: its name, and what else is worth a bracket behind it."""

    name: str
    facts: str = ""

    @property
    def label(self) -> str:
        """The name, with the facts in brackets."""
        return f"{self.name} ({self.facts})" if self.facts else self.name


@dataclass(frozen=True, slots=True)
class Line:
    """One edit: the setting, and its value before and after (None when absent)."""

    setting: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """The same edits, and every policy that they apply to."""

    lines: tuple[Line, ...]
    policies: tuple[Named, ...]
    agents: int | None

    @property
    def scope(self) -> str:
        """How many policies and agents it is about."""
        return f"{_words.policies(len(self.policies))} ({_words.agents(self.agents)})"


@dataclass(frozen=True, slots=True)
class Point:
    """One sentence, and the policies that it is about.

    Attributes:
        sentence: The sentence; it may be empty when the section says it all.
        count: How many policies it is about; 0 when it is about none in particular.
        policies: Their names, or nothing when it is about all of them.
        noun: What they are: policies, or endpoints.
    """

    sentence: str
    count: int = 0
    policies: tuple[Named, ...] = ()
    noun: str = "policy"

    @property
    def only(self) -> Named | None:
        """The policy, when there is just this one."""
        return self.policies[0] if self.count == 1 else None

    @property
    def scope(self) -> str:
        """How many policies it is about, or nothing for none in particular."""
        return _words.count(self.count, self.noun) if self.count else ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of data below fixed headers.

    Attributes:
        headers: The names of the columns.
        rows: The cells of each row.
        total: A last row that counts all of them, or nothing.
        weights: How much each row matters where not all are shown; the first rows when left out.
    """

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()
    weights: tuple[int, ...] = ()

    def shown(self, limit: int | None) -> tuple[tuple[str, ...], ...]:
        """Return the rows to show, a row that counts the others, and the total."""
        most, rest = folded(len(self.rows), limit)
        rows = self.rows
        if rest and self.weights:
            order = sorted(range(len(rows)), key=lambda index: -self.weights[index])
            rows = tuple(rows[index] for index in order)
        more = ((rest, *("" for _ in self.headers[1:])),) if rest else ()
        return (*rows[:most], *more, *((self.total,) if self.total else ()))


@dataclass(frozen=True, slots=True)
class Section:
    """A fixed heading, which may be empty, and what stands below it: points or a table.

    Attributes:
        title: The heading.
        points: Sentences, each with what it is about.
        table: Rows, in place of points.
        hints: What to do about it, one sentence each.
        tone: Whether it is about what is well, wrong, or open.
    """

    title: str
    points: tuple[Point, ...] = ()
    table: Table | None = None
    hints: tuple[str, ...] = ()
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """How numbers are made up: one bar for each label, one stretch for each series.

    Attributes:
        title: What is counted.
        series: The name of each stretch, and whether it is well, wrong, or open.
        bars: The label of each bar, which is data, and its number for each series.
    """

    title: str
    series: tuple[tuple[str, Tone], ...]
    bars: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class View:
    """A value in words.

    Attributes:
        title: What it is.
        banner: Label and value of what it was made for; values are data, labels may be empty.
        lead: One sentence: what it comes to, or an empty string.
        summary: The arithmetic in one line, or an empty string.
        tone: Whether that is good.
        groups: What changes, the most frequent first.
        sections: Everything else.
        counts: The numbers of the summary, with their labels.
        charts: The same in pictures, where pictures can be shown.
    """

    title: str
    banner: tuple[tuple[str, str], ...]
    lead: str
    summary: str
    tone: Tone = ""
    groups: tuple[Group, ...] = ()
    sections: tuple[Section, ...] = ()
    counts: tuple[tuple[str, str], ...] = ()
    charts: tuple[Chart, ...] = ()


def folded(number: int, limit: int | None) -> tuple[int, str]:
    """Return how many of `number` things to show, and what to say about the rest."""
    if limit is None or number <= limit:
        return number, ""
    return limit, f"and {number - limit:,} more"


def side(lines: Iterable[Line], *, after: bool) -> list[str]:
    """Return `key = value` for each key that is set, before or after."""
    pairs = ((line.setting, line.after if after else line.before) for line in lines)
    return [f"{setting} = {value}" for setting, value in pairs if value is not None]


def sections(*candidates: Section) -> tuple[Section, ...]:
    """Return the sections that have anything to say, in the order given."""
    return tuple(one for one in candidates if one.points or one.table)


def grouped(found: Iterable[tuple[str, Named]], everybody: int = 0) -> tuple[Point, ...]:
    """Return one point for each different sentence, the most frequent first.

    A sentence that holds for `everybody` (their number) names none of them.
    """
    groups: dict[str, list[Named]] = {}
    for text, policy in found:
        groups.setdefault(text, []).append(policy)
    points = (
        Point(text, len(who), () if 1 < len(who) == everybody else tuple(who))
        for text, who in groups.items()
    )
    return tuple(sorted(points, key=lambda point: -point.count))
