"""Secrets come from files and standard input, never from the command line."""

import sys
from pathlib import Path
from typing import Final

from elastic_mirror_policy.errors import ConfigurationError

_LONGEST: Final = 65_536
"""Characters that are read at most: a secret is shorter, and a device may have no end."""


def read_secret(name: str | None) -> str:
    """Return the first line of a file or of standard input; empty when no file is named.

    Raises:
        ConfigurationError: The file cannot be read or holds nothing.
    """
    if name is None:
        return ""
    try:
        text = _beginning(name)
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not text"
        raise ConfigurationError(f"The secret in {name} cannot be read: {reason}.") from exc
    secret = text.strip().split("\n")[0].strip()
    if not secret:
        where = "Standard input" if name == "-" else name
        raise ConfigurationError(f"{where} contains no secret: its first line is empty.")
    return secret


def _beginning(name: str) -> str:
    if name != "-":
        with Path(name).open(encoding="utf-8") as file:
            return file.read(_LONGEST)
    # A daemon may have none at all.
    return sys.stdin.read(_LONGEST) if sys.stdin else ""
