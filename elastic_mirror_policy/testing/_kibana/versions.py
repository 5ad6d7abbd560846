"""What a Kibana of one version can do (pure).

Bounds follow the tables in Elastic's sources and documents where a release label says so; where
the exact minor is not known the later one is taken, so that a client which works here works there.
"""

import re
from dataclasses import dataclass

API_VERSION = "2023-10-31"
"""The one version of the public Fleet API."""


@dataclass(frozen=True, slots=True)
class Version:
    """One Kibana version; serverless counts as newer than every release."""

    number: str
    release: tuple[int, int]
    serverless: bool

    def since(self, bound: tuple[int, int]) -> bool:
        """Whether this Kibana is at or after a release, given as (major, minor)."""
        return self.serverless or self.release >= bound

    @property
    def has_versioned_api(self) -> bool:
        """Whether `elastic-api-version` is read (8.11)."""
        return self.since((8, 11))

    @property
    def has_two_body_forms(self) -> bool:
        """Whether PUT takes the simplified form as well, and no key is required (8.6)."""
        return self.since((8, 6))

    @property
    def has_policy_ids(self) -> bool:
        """Whether a policy may be attached to several agent policies (kibana#184636, 8.15)."""
        return self.since((8, 15))

    @property
    def names_unknown_keys_newly(self) -> bool:
        """Whether unknown keys are reported in the wording of kibana#258633 (9.4)."""
        return self.since((9, 4))

    @property
    def checks_structure(self) -> bool:
        """Whether a policy without its policy or manifest is refused (kibana#231039, 9.2)."""
        return self.since((9, 2))


def parse_version(version: str, *, serverless: bool = False) -> Version:
    """Return the facts of a version such as `9.4.2`.

    Raises:
        ValueError: It is not three numbers, with an optional suffix such as `-SNAPSHOT`.
    """
    match = re.fullmatch(r"(\d+)\.(\d+)\.\d+(?:-[A-Za-z0-9.-]+)?", version)
    if match is None:
        raise ValueError(f"{version!r} is not a Kibana version such as 9.4.2.")
    return Version(version, (int(match[1]), int(match[2])), serverless)
