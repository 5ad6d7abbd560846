"""What access logs prove: who asked for which manifest, when, and what was answered (pure).

A web server's log is the only proof that an endpoint loaded from the mirror: Kibana and
Elasticsearch know what an endpoint has, not where it came from.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from elastic_mirror_policy._document import MOMENT, Document
from elastic_mirror_policy._text import visible
from elastic_mirror_policy._time import written
from elastic_mirror_policy.render import Point, Section, Table, View, Viewable
from elastic_mirror_policy.render import words as _words

_HEADERS: Final = ("address", "version", "last", "status", "sent", "unchanged", "refused")


@dataclass(frozen=True, slots=True)
class ManifestRequests:
    """Requests of one address for one version's manifest, or for artifacts.

    Attributes:
        endpoint_version: The version in the manifest's name; empty for artifacts, whose paths
            do not say for which version they were asked.
        last: When the last one came, in seconds since 1970.
        last_status: What was answered then.
        delivered: How many were answered with the file (200 or 206).
        unchanged: How many were answered with 304: the endpoint had it already.
        refused: How many had any other answer.
    """

    endpoint_version: str
    last: Annotated[int, MOMENT]
    last_status: int
    delivered: int
    unchanged: int
    refused: int

    @property
    def served(self) -> bool:
        """Whether the mirror gave out what was asked for at least once."""
        return bool(self.delivered or self.unchanged)


@dataclass(frozen=True, slots=True)
class Caller:
    """One address in the log. Behind it may be one endpoint, or a proxy or NAT in front of many.

    Attributes:
        address: As the web server wrote it.
        manifests: Its requests for manifests, one entry for each endpoint version.
        artifacts: Its requests for artifacts, or None.
    """

    address: str
    manifests: tuple[ManifestRequests, ...] = ()
    artifacts: ManifestRequests | None = None


@dataclass(frozen=True, slots=True)
class VersionAddresses:
    """How many addresses were given one version's manifest."""

    endpoint_version: str
    addresses: int


@dataclass(frozen=True, slots=True)
class LogSummary:
    """How much of the logs could be used."""

    lines: int
    damaged: int
    others: int
    not_kept: int
    addresses: int


@dataclass(frozen=True, slots=True, repr=False)
class AccessLogReport(Viewable, Document):
    """What the access logs of a mirror prove.

    Attributes:
        files: What was read.
        lines: How many lines there were.
        damaged: Lines that are not in the format of `mirror config`.
        others: Requests for something else than manifests and artifacts.
        not_kept: Requests of addresses that were too many to be kept apart.
        first: The time of the earliest request, in seconds since 1970; None without any.
        last: The time of the latest one.
        callers: Who asked, sorted by address.
    """

    kind: ClassVar[Literal["mirror-log-report"]] = "mirror-log-report"
    KEYS: ClassVar = ("files", "first", "last", "summary", "given_out as versions", "callers")

    files: tuple[str, ...]
    lines: int
    damaged: int
    others: int
    not_kept: int
    first: Annotated[int, MOMENT] | None
    last: Annotated[int, MOMENT] | None
    callers: tuple[Caller, ...]

    @property
    def versions(self) -> dict[str, int]:
        """How many addresses were given the manifest of each version, by version."""
        counted: dict[str, int] = {}
        for caller in self.callers:
            for made in caller.manifests:
                counted[made.endpoint_version] = counted.get(made.endpoint_version, 0) + made.served
        return dict(sorted(counted.items()))

    @property
    def exit_code(self) -> int:
        """0 when some manifest was given out, 2 when none was, 1 when no line could be read."""
        if self.lines == self.damaged:
            return 1
        return 0 if any(self.versions.values()) else 2

    @property
    def summary(self) -> LogSummary:
        """How much of the logs could be used."""
        return LogSummary(self.lines, self.damaged, self.others, self.not_kept, len(self.callers))

    @property
    def given_out(self) -> tuple[VersionAddresses, ...]:
        """How many addresses were given the manifest of each version."""
        return tuple(VersionAddresses(*counted) for counted in self.versions.items())

    @property
    def gist(self) -> str:
        """What it comes to, in a few words."""
        return f"{len(self.callers):,} addresses, {len(self.versions):,} versions"

    def views(self) -> tuple[View, ...]:
        """Return what the logs prove, before any format."""
        rows = tuple(
            (
                visible(caller.address),
                visible(made.endpoint_version) or "artifacts",
                written(made.last),
                str(made.last_status),
                f"{made.delivered:,}",
                f"{made.unchanged:,}",
                f"{made.refused:,}",
            )
            for caller in self.callers
            for made in (*caller.manifests, *filter(None, (caller.artifacts,)))
        )
        sections = [Section("", table=Table(_HEADERS, rows))] if rows else []
        return (
            View(
                title="Access log",
                banner=tuple(("file", visible(file)) for file in self.files[:3]),
                lead=self._span(),
                summary=self._summary(),
                sections=(*sections, Section("Notes", tuple(map(Point, self.notes)))),
            ),
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What the log does not prove, and what was left out of it."""
        return (
            "The log proves what was given to an address: a proxy or NAT hides many endpoints.",
            "304: the endpoint had the manifest already, and the log does not say from where.",
            *self.left_out,
        )

    @property
    def left_out(self) -> tuple[str, ...]:
        """What of the log is not counted."""
        found = []
        if self.damaged:
            found.append(
                f"{self.damaged:,} of {self.lines:,} lines are not in the format that "
                "`mirror config` writes, and were skipped."
            )
        if self.not_kept:
            found.append(
                f"{self.not_kept:,} requests came from more addresses than are kept apart, "
                "and are not in the list."
            )
        return tuple(found)

    def _span(self) -> str:
        if self.first is None or self.last is None:
            return "No request for a manifest or an artifact was found."
        return f"Requests from {written(self.first)} to {written(self.last)}."

    def _summary(self) -> str:
        given = ", ".join(
            f"{version} to {number:,} {'address' if number == 1 else 'addresses'}"
            for version, number in self.versions.items()
        )
        return f"{_words.count(self.lines, 'line')}; manifests given out: {given or 'none'}"
