"""Time and version numbers of the fake Kibana: the time is now, until a test sets it."""

import base64
from datetime import UTC, date, datetime, timedelta

from elastic_mirror_policy._json import decode


class Clock:
    """A clock that moves one second with every look at it.

    Args:
        start: What it shows first; now when left out.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime.now(UTC)

    def tick(self) -> str:
        """Move on by a second and return the time as Kibana writes it."""
        self._now += timedelta(seconds=1)
        return stamp(self._now)

    @property
    def now(self) -> datetime:
        """The present, without moving on."""
        return self._now

    @property
    def today(self) -> date:
        """The present day in UTC."""
        return self._now.date()


def stamp(moment: datetime) -> str:
    """Return a moment as Kibana writes it, with milliseconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def version_token(sequence: int) -> str:
    """Return the opaque `version` of a saved object: a sequence number and a primary term."""
    return base64.b64encode(f"[{sequence},1]".encode()).decode()


def is_version_token(text: str) -> bool:
    """Whether Kibana can read this as a `version`."""
    try:
        token_numbers(text)
    except ValueError:
        return False
    return True


def token_numbers(text: str) -> tuple[int, int]:
    """Return the sequence number and the primary term in a `version`.

    Raises:
        ValueError: Kibana could not read it.
    """
    match decode(base64.b64decode(text, validate=True)):
        case [int(sequence), int(term)]:
            return sequence, term
        case _:
            raise ValueError("not a version of a saved object")
