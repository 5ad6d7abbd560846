"""A view as plain text for a terminal, with colours or without (pure)."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from elastic_mirror_policy._text import visible
from elastic_mirror_policy.render import words as _words
from elastic_mirror_policy.render.table import broken, laid_out, width
from elastic_mirror_policy.render.view import (
    Group,
    Line,
    Named,
    Point,
    Section,
    Tone,
    View,
    folded,
)

WIDTH: Final = 80
NARROWEST: Final = 40
_FILL: Final = "\x01"
"""Stands behind a wide character while lines are filled; `visible` has left none in a text."""

_COLOURS: Final = {"good": "32", "bad": "31", "unsure": "33", "strong": "1"}


@dataclass(frozen=True, slots=True)
class TextWriter:
    """Writes views for one kind of terminal.

    Attributes:
        limit: How many of each list are shown before the rest is counted; None shows all.
        width: How many columns the terminal has.
        colour: Whether it shows colours.
        one_line: Whether the totals at the end stay one line, for whoever reads a pipe by line.
    """

    limit: int | None = None
    width: int = WIDTH
    colour: bool = False
    one_line: bool = True

    def write(self, view: View) -> str:
        """Return the view as text that ends in a newline."""
        blocks = [self._head(view), *self._groups(view.groups)]
        blocks += [self._section(section) for section in view.sections]
        totals = [view.summary] if self.one_line and view.summary else self._wrapped(view.summary)
        blocks.append([self._painted(line, "strong") for line in totals])
        return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"

    def _head(self, view: View) -> list[str]:
        banner = ", ".join(f"{label} {value}".strip() for label, value in view.banner)
        title = self._painted(view.title, "strong")
        lead = [self._painted(line, view.tone) for line in self._wrapped(view.lead)]
        if not banner:
            return lead or [title]
        named = f"{view.title}: {visible(banner)}"
        first, *rest = [named] if self.one_line else self._wrapped(named, hang="  ")
        return [title + first.removeprefix(view.title), *rest, *lead]

    def _groups(self, groups: tuple[Group, ...]) -> Iterator[list[str]]:
        most, rest = folded(len(groups), self.limit)
        for group in groups[:most]:
            names = self._names(group.policies, "    ")
            yield [*self._lines(group.lines), f"  applies to {group.scope}:", *names]
        if rest:
            hidden = sum(len(group.policies) for group in groups[most:])
            yield [f"{rest} different changes, to {_words.policies(hidden)}."]

    def _lines(self, lines: tuple[Line, ...]) -> Iterator[str]:
        for line in lines:
            before, after = line.before or _words.NOT_SET, line.after or _words.NOT_SET
            old = self._painted(before, "bad" if line.before else "")
            new = self._painted(after, "good" if line.after else "")
            taken = width(before) + width(after)
            setting = f"  {visible(line.setting)}:"
            if width(setting) + taken + len("  -> ") <= self.width:
                yield f"{setting} {old} -> {new}"
            elif taken + len("       -> ") <= self.width:
                yield from (setting, f"      {old} -> {new}")
            else:
                yield from (setting, f"      {old}", f"      -> {new}")

    def _section(self, section: Section) -> list[str]:
        lines = [self._painted(f"{section.title}:", section.tone)] if section.title else []
        if section.table:
            rows = section.table.shown(self.limit)
            head, *body = laid_out(rows, section.table.headers, self.width)
            lines += [self._painted(line, "strong") for line in head.splitlines()]
            lines += "".join(body).splitlines()
        most, rest = folded(len(section.points), self.limit)
        for point in section.points[:most]:
            lines += self._point(point)
        lines += [f"  {rest}"] if rest else []
        for hint in section.hints:
            lines += self._wrapped(hint, "  -> ")
        return lines

    def _point(self, point: Point) -> list[str]:
        if not point.sentence:
            return self._names(point.policies, "  - ")
        who = point.only.label if point.only else point.scope
        text = ": ".join(part for part in (who, point.sentence) if part)
        lines = self._wrapped(text, "  - ")
        return lines if point.only else [*lines, *self._names(point.policies, "      ")]

    def _names(self, policies: tuple[Named, ...], indent: str) -> list[str]:
        most, rest = folded(len(policies), self.limit)
        names = [line for policy in policies[:most] for line in self._name(policy, indent)]
        return [*names, indent + rest] if rest else names

    def _name(self, policy: Named, indent: str) -> list[str]:
        label = visible(policy.label)
        room = max(self.width, NARROWEST) - len(indent)
        return [indent + line for line in ([label] if self.one_line else broken(label, room))]

    def _wrapped(self, text: str, bullet: str = "", hang: str = "") -> list[str]:
        return filled(visible(text), max(self.width, NARROWEST), bullet, hang)

    def _painted(self, text: str, tone: Tone | str) -> str:
        # What is painted is spelled out first: no name can end or begin a colour.
        shown = visible(text)
        return f"\x1b[{_COLOURS[tone]}m{shown}\x1b[0m" if self.colour and tone else shown


def filled(text: str, most: int, bullet: str = "", hang: str = "") -> list[str]:
    """Return a text as lines of at most this many columns, broken between words.

    `bullet` begins the first line; the others begin with `hang`, or as far in as the first.

    A word that is too long stays in one piece: it may be an address, to be copied. In a script
    that sets no blanks between words, lines end between characters.
    """
    held = "".join(char + _FILL * (width(char) - 1) for char in text)
    wide = _FILL in held
    lines = textwrap.wrap(
        held,
        most - wide,
        initial_indent=bullet,
        subsequent_indent=hang or " " * len(bullet),
        break_long_words=wide,
        break_on_hyphens=False,
    )
    return [line.replace(_FILL, "") for line in lines]
