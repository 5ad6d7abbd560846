"""What callers hand in, of the kind it must be: a clear error instead of a traceback (pure)."""

import os
from collections.abc import Iterable

from elastic_mirror_policy._text import brief
from elastic_mirror_policy.errors import ConfigurationError


def check_kind(value: object, kind: type | tuple[type, ...], what: str, wanted: str) -> None:
    """Refuse a value of another kind; a boolean is not a number.

    Raises:
        ConfigurationError: It is of another kind.
    """
    boolean = isinstance(value, bool) and kind is not bool
    if boolean or not isinstance(value, kind):
        raise ConfigurationError(f"{what} must be {wanted}, not {brief(value)}.")


def check_number(value: object, what: str) -> None:
    """Refuse what is neither None nor a whole number of 0 or more.

    Raises:
        ConfigurationError: It is something else.
    """
    if value is None:
        return
    check_kind(value, int, what, "a whole number")
    if isinstance(value, int) and value < 0:
        raise ConfigurationError(f"{what} cannot be below zero.")


def path_text(value: object, what: str) -> str:
    """Return a path as text.

    Raises:
        ConfigurationError: It is not a path.
    """
    text = os.fspath(value) if isinstance(value, str | os.PathLike) else value
    if not isinstance(text, str) or not text or "\0" in text:
        raise ConfigurationError(f"{what} must be a path, not {brief(text)}.")
    return text


def optional_path(value: object, what: str) -> str | None:
    """Return a path as text, or None where none was given.

    Raises:
        ConfigurationError: It is not a path.
    """
    return path_text(value, what) if value else None


def paths_of(value: object, what: str) -> tuple[str, ...]:
    """Return a path, several, or none as texts.

    Raises:
        ConfigurationError: It is something else.
    """
    if not value:
        return ()
    found = value if isinstance(value, list | tuple) else (value,)
    return tuple(path_text(one, what) for one in found)


def texts_of(value: object, what: str) -> tuple[str, ...]:
    """Return several texts, none of them empty; one alone is not taken for its letters.

    Raises:
        ConfigurationError: It is something else.
    """
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise ConfigurationError(f"{what} must be several texts, not {brief(value)}.")
    found = tuple(value)
    for one in found:
        check_kind(one, str, f"Each of {what}", "a text")
    if "" in found:
        raise ConfigurationError(f"{what} has an empty text in it.", hint="Leave it out.")
    return found
