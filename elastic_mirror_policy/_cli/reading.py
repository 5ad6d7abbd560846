"""How far a long list of policies has been read: one line on a terminal, which goes at its end."""

import sys

import click

from elastic_mirror_policy._cli.options import is_quiet
from elastic_mirror_policy._cli.terminal import on_terminal
from elastic_mirror_policy._fleet.api import Reading


def reading_shown() -> Reading | None:
    """Return what shows a count, or None in a pipe, with --quiet and where JSON is printed."""
    context = click.get_current_context()
    if not on_terminal() or is_quiet() or context.params.get("form") == "json":
        return None
    line = ReadingLine()
    context.call_on_close(line.erase)  # also where reading ends in an error
    return line.show


class ReadingLine:
    """A line of standard error that is written over again and again."""

    def __init__(self) -> None:
        self._width = 0

    def show(self, read: int, total: int) -> None:
        """Show the count; erase it once everything has been read."""
        if read >= total:
            self.erase()
            return
        text = f"Reading policies: {read:,} of {total:,}"
        self._write(f"\r{text.ljust(self._width)}")
        self._width = len(text)

    def erase(self) -> None:
        """Leave an empty line, with the cursor at its beginning."""
        if self._width:
            self._write(f"\r{' ' * self._width}\r")
        self._width = 0

    def _write(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()
