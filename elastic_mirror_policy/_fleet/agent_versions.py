"""Which versions the agents of a Kibana have, and of how many that is not known."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from elastic_mirror_policy._fleet.answers import list_of, total_of
from elastic_mirror_policy._fleet.api import Fleet
from elastic_mirror_policy._fleet.kuery import quoted
from elastic_mirror_policy._json import JsonValue, text_at
from elastic_mirror_policy._text import brief
from elastic_mirror_policy.mirror.version import is_version

MAX_VERSIONS: Final = 200
"""More different agent versions than any fleet has."""

PER_PAGE: Final = 20
MAX_NAMED: Final = 3
"""Versions named where there may be many."""

_FIELD: Final = "fleet-agents.agent.version"


@dataclass(frozen=True, slots=True)
class AgentVersions:
    """The versions of some agents.

    Attributes:
        versions: Each version once, sorted.
        unversioned: How many agents have none that Fleet knows.
        unusable: What other agents report in place of a version, each once, sorted.
        complete: Whether these are the versions of all agents that have one.
    """

    versions: tuple[str, ...] = ()
    unversioned: int = 0
    unusable: tuple[str, ...] = ()
    complete: bool = True

    def lacks(self) -> tuple[str, ...]:
        """Return what cannot be said by these versions, one sentence each."""
        parts = []
        if self.unversioned:
            agents = "1 agent has" if self.unversioned == 1 else f"{self.unversioned:,} agents have"
            parts.append(f"{agents} no version that Fleet knows.")
        if self.unusable:
            named = ", ".join(map(brief, self.unusable[:MAX_NAMED]))
            more = len(self.unusable) - MAX_NAMED
            rest = f" and {more:,} more" if more > 0 else ""
            parts.append(f"Some agents report what is not a version: {named}{rest}.")
        if not self.complete:
            parts.append("Kibana did not list the versions of all agents.")
        return tuple(parts)


def read_agent_versions(fleet: Fleet, spaces: Iterable[str]) -> AgentVersions:
    """Return the versions of all agents in these spaces.

    Raises:
        TransportError: No usable answer arrived.
        ApiError: Kibana refused.
    """
    found = [_of_space(fleet, space) for space in spaces]
    listed = sorted({version for one in found for version in one.versions})
    return AgentVersions(
        versions=tuple(filter(is_version, listed)),
        unversioned=sum(one.unversioned for one in found),
        unusable=tuple(version for version in listed if not is_version(version)),
        complete=all(one.complete for one in found),
    )


def _of_space(fleet: Fleet, space: str) -> AgentVersions:
    """Ask for agents of versions not seen yet, so that a fleet of any size costs the same.

    The agents that have no version in the index are asked for apart: a query by version never
    finds them.
    """
    seen: set[str] = set()
    complete = False
    while len(seen) < MAX_VERSIONS:
        page, total = _page(fleet, space, _known(seen))
        new = {version for version in page if version} - seen
        complete = total <= len(page)
        if not new:
            break
        seen |= new
        if complete:
            break
    bare, count = _page(fleet, space, f"not {_FIELD}:*")
    others = [version for version in bare if version]
    return AgentVersions(
        versions=tuple(sorted({*seen, *others})),
        unversioned=count - len(others),
        complete=complete and (count <= len(bare) or not others),
    )


def _known(seen: Iterable[str]) -> str:
    excluded = " or ".join(map(quoted, sorted(seen)))
    return f"{_FIELD}:*" + (f" and not {_FIELD}:({excluded})" if excluded else "")


def _page(fleet: Fleet, space: str, kuery: str) -> tuple[list[str], int]:
    """Return the versions on one page of agents, empty for those without, and the total."""
    answer = fleet.agents(kuery, space, per_page=PER_PAGE)
    return [_version(item) for item in list_of(answer, "items")], total_of(answer)


def _version(item: JsonValue) -> str:
    found = text_at(item, "agent.version") or text_at(item, "local_metadata.elastic.agent.version")
    return found if found.strip('"\\ ') else ""
