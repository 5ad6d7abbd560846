"""What differs between Kibana versions, by name (pure)."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from elastic_mirror_policy.errors import UnsupportedKibanaError

OLDEST: Final = (8, 0)
LONGEST: Final = 64
"""Characters of a version at most; it is shown, and stored in plans."""


@dataclass(frozen=True, slots=True)
class KibanaVersion:
    """A Kibana, as it names itself in `GET /api/status`.

    Attributes:
        number: The version, such as `9.4.2`.
        serverless: Whether it is a serverless project, which follows the newest version.
    """

    number: str
    serverless: bool = False

    @classmethod
    def parse(cls, number: str, *, serverless: bool = False) -> "KibanaVersion":
        """Return the version, when it is one we can work with.

        Raises:
            UnsupportedKibanaError: It is older than 8.0, or not a version at all.
        """
        version = cls(number, serverless)
        if not serverless and version.minor < OLDEST:
            raise UnsupportedKibanaError(
                f"Kibana {number} is too old: this needs 8.0 or later.",
                hint="Upgrade Kibana, or set the base URL by hand.",
            )
        return version

    @property
    def minor(self) -> tuple[int, int]:
        """Major and minor number.

        Raises:
            UnsupportedKibanaError: The number is not a version.
        """
        found = _minor(self.number)
        if found is None or len(self.number) > LONGEST:
            # Its text is not shown: it may be anything, what was sent included.
            raise UnsupportedKibanaError("Kibana reported a version number that cannot be parsed.")
        return found

    def at_least(self, major: int, minor: int) -> bool:
        """Whether it is this version or a later one; serverless is later than any."""
        return self.serverless or self.minor >= (major, minor)

    @property
    def has_bulk_get(self) -> bool:
        """Whether `_bulk_get` exists (kibana#138677, 8.5)."""
        return self.at_least(8, 5)

    @property
    def counts_agents_in_list(self) -> bool:
        """Whether package policies may be listed `withAgentCount`; older ones refuse the word."""
        return self.at_least(8, 13)

    @property
    def may_be_space_aware(self) -> bool:
        """Whether spaces may have different policies: by a flag from 8.16, by default from 9.1."""
        return self.at_least(8, 16)

    @property
    def wants_output_id(self) -> bool:
        """Whether a write must send back `output_id`; later versions keep the stored one."""
        return not self.at_least(8, 5)

    @property
    def probes_writes(self) -> bool:
        """Whether an empty write to a missing policy tells if the caller may write."""
        return self.at_least(8, 6)

    @property
    def hides_missing(self) -> bool:
        """Whether a write to a missing policy may be answered with 500 (kibana#186486)."""
        return self.probes_writes and not self.at_least(8, 15)

    def __str__(self) -> str:
        return f"{self.number} (serverless)" if self.serverless else self.number


@lru_cache(maxsize=64)
def _minor(number: str) -> tuple[int, int] | None:
    found = re.match(r"(\d{1,6})\.(\d{1,6})(?:\D|$)", number, re.ASCII)
    return (int(found[1]), int(found[2])) if found else None
