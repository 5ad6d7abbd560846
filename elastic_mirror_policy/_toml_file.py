"""A TOML file as data, read within bounds of time and memory."""

import re
import tomllib
from pathlib import Path
from typing import Final

from elastic_mirror_policy._files import read_bounded
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy._text import visible

MAX_TOML: Final = 4 << 20
"""Largest file, in bytes; rules that name 10,000 policies by id have about 0.5 MB."""

_LONG_KEY: Final = re.compile(
    r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){40}"""
)
"""A key of so many parts; the time to read one grows with the square of them."""

_LONGEST: Final = 200


def read_toml(path: Path) -> dict[str, JsonValue]:
    """Return what a TOML file says; a byte order mark before it is passed over.

    Raises:
        OSError: It cannot be read, or is too large.
        ValueError: It is not TOML, not UTF-8, nested too deep, or holds a number that is too
            large; the message says so in a few words.
    """
    data = read_bounded(path, MAX_TOML)
    try:
        return _decoded(data.decode("utf-8-sig"))
    except RecursionError as exc:
        raise ValueError("nested too deep") from exc
    except ValueError as exc:
        raise ValueError(visible(str(exc))[:_LONGEST]) from exc


def _decoded(text: str) -> dict[str, JsonValue]:
    if _LONG_KEY.search(text):
        raise ValueError("a key has too many parts")
    return tomllib.loads(text)
