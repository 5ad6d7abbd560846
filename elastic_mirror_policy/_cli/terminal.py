"""Whether a person looks, and how wide what they look at is."""

import os
import re
import shutil
import sys
from typing import Final, TextIO

WIDTH: Final = 80
"""Columns where there is no terminal to ask."""

_COMMAND: Final = re.compile(r"'elastic-mirror-policy [^']*'")
_GLUE: Final = "\x00"
"""Holds the words of a command together; `visible` has left none in a message."""


def on_terminal() -> bool:
    """Whether standard error is a terminal; a daemon may have none at all."""
    stream: TextIO | None = sys.stderr
    return stream is not None and stream.isatty()


def draws() -> bool:
    """Whether standard error is a terminal on which a line can be drawn again."""
    return on_terminal() and not is_dumb()


def is_dumb() -> bool:
    """Whether the terminal knows neither colours nor a way back to the line's beginning."""
    return os.environ.get("TERM", "").lower() in {"dumb", "unknown"}


def printing_to_terminal() -> bool:
    """Whether standard output is a terminal; a daemon may have none at all."""
    stream: TextIO | None = sys.stdout
    return stream is not None and stream.isatty()


def columns() -> int:
    """Return how many columns a terminal has; 80 where nobody knows."""
    return shutil.get_terminal_size((WIDTH, 24)).columns


def wrapped(message: str) -> str:
    """Return a message as a terminal shows it best: broken between words, in no command.

    In a pipe it stays one line.
    """
    if not on_terminal():
        return message
    from elastic_mirror_policy.render.text import filled

    held = _COMMAND.sub(lambda command: command[0].replace(" ", _GLUE), message)
    return "\n".join(filled(held, columns())).replace(_GLUE, " ")
