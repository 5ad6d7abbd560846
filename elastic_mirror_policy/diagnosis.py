"""Is everything there that a rollout needs? Asked without writing anything."""

import contextlib
import enum
import time
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Final, Literal, Self

from elastic_mirror_policy._document import Document
from elastic_mirror_policy._fleet.agent_versions import AgentVersions
from elastic_mirror_policy._fleet.api import DEFAULT_SPACE, Fleet
from elastic_mirror_policy._fleet.refusals import REGISTRY_HINT, names_registry
from elastic_mirror_policy._text import brief, visible
from elastic_mirror_policy.airgap import AirGapRow, RowState, look
from elastic_mirror_policy.airgap.read import registry_row
from elastic_mirror_policy.airgap.rows import not_seen
from elastic_mirror_policy.errors import (
    ApiError,
    MirrorPolicyError,
    NotFoundError,
    PermissionDeniedError,
    PlanError,
    RequestTimeoutError,
)
from elastic_mirror_policy.policies.inventory import (
    ALL_SPACES,
    Spaces,
    list_policies,
    resolve_spaces,
)
from elastic_mirror_policy.render import words
from elastic_mirror_policy.render.view import Point, Section, Table, Tone, View, sections
from elastic_mirror_policy.render.viewable import Viewable

REGISTRY: Final = "package registry"
SLOW_REGISTRY: Final = 2.0
"""Seconds above which every save is needlessly slow."""

MOST_NAMED: Final = 20
"""Policies that are named in one check."""

_SERVER_ERROR: Final = 500
_SET: Final = f"Every save waits for it. {REGISTRY_HINT}"


class State(enum.StrEnum):
    """How a check ended."""

    OK = "ok"
    PROBLEM = "problem"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check(Document):
    """One thing that was looked at.

    Attributes:
        name: What was looked at.
        state: How it ended.
        detail: One sentence: what was seen.
    """

    KEYS: ClassVar = ("name as check", "state", "detail")

    name: str
    state: State
    detail: str


class Diagnosis(Viewable, Document, tuple[Check, ...]):  # noqa: SLOT001 - it carries rows beside the tuple
    """What a rollout needs, and whether it is there: the checks, in the order they were made.

    Attributes:
        air_gap: What must be right in a closed network; empty unless it was asked for.
    """

    kind: ClassVar[Literal["doctor"]] = "doctor"
    KEYS: ClassVar = ("checks", "air_gap as rows")
    OPTIONAL: ClassVar = ("rows",)

    air_gap: tuple[AirGapRow, ...]

    def __new__(cls, checks: Iterable[Check], air_gap: Iterable[AirGapRow] = ()) -> Self:
        """Return the checks, with the rows of a closed network."""
        made = super().__new__(cls, checks)
        made.air_gap = tuple(air_gap)
        return made

    @property
    def gist(self) -> str:
        """What it comes to, in a few words."""
        counts = Counter(check.state for check in self)
        return ", ".join(f"{counts[state]} {state.value}" for state in State if counts[state])

    @property
    def exit_code(self) -> int:
        """2 for a problem, 1 when something that every rollout needs is not known, else 0."""
        if any(check.state is State.PROBLEM for check in self):
            return 2
        if any(row.state is RowState.PROBLEM for row in self.air_gap):
            return 2
        needed = (c for c in self if not c.name.startswith(("agents ", REGISTRY)))
        seen = all(row.state is RowState.OK for row in self.air_gap)
        return 0 if seen and all(check.state is State.OK for check in needed) else 1

    @property
    def checks(self) -> tuple[Check, ...]:
        """What was looked at."""
        return tuple(self)

    def views(self) -> tuple[View, ...]:
        """Return what there is to say: a row for each check."""
        rows = tuple(
            (check.state.value, visible(check.name), words.sentence(check.detail)) for check in self
        )
        view = View(
            title="Doctor",
            banner=(),
            lead=_RESULTS[self.exit_code][0],
            tone=_RESULTS[self.exit_code][1],
            sections=(Section("", table=Table(("state", "check", "seen"), rows)),),
            summary="",
        )
        return (view, self._air_gap_view()) if self.air_gap else (view,)

    def _air_gap_view(self) -> View:
        """Return what must be right in a closed network: a table, then what to do."""
        rows = tuple(
            (row.state.value, visible(row.name), words.sentence(row.seen)) for row in self.air_gap
        )
        todo = [
            Point(words.sentence(f"{row.name}: {row.meaning} {row.advice} ({row.where})"))
            for row in self.air_gap
            if row.state is RowState.PROBLEM
        ]
        counts = Counter(row.state for row in self.air_gap)
        return View(
            title="Air gap",
            banner=(),
            lead="What can be checked from here, read-only; plain HTTP alone is not a problem.",
            sections=(
                Section("", table=Table(("state", "what", "seen"), rows)),
                *sections(Section("What it means, and what to set", tuple(todo))),
            ),
            summary=", ".join(f"{counts[state]} {state.value}" for state in RowState),
        )


_RESULTS: Final[dict[int, tuple[str, Tone]]] = {
    0: ("Everything that a rollout needs is in place.", "good"),
    1: ("Something that every rollout needs could not be checked.", "unsure"),
    2: ("There are problems.", "bad"),
}


def examine(
    fleet: Fleet, spaces: Spaces, *, clock: Callable[[], float] = time.monotonic
) -> Iterator[Check]:
    """Yield what was found, as it is found; after a failed connection nothing more is asked."""
    connection = _attempt("connection", State.UNKNOWN, lambda: _connection(fleet, spaces))
    yield connection
    if connection.state is not State.OK:
        return
    if fleet.complaint:
        yield Check("status", State.PROBLEM, fleet.complaint)
    try:
        asked = resolve_spaces(fleet, spaces)
    except MirrorPolicyError as exc:
        yield Check("spaces", State.PROBLEM, str(exc))
        asked = ()
    else:
        others = "" if spaces is ALL_SPACES else _others(fleet, asked)
        left_out = f"; not looked at: {others} (--all-spaces)" if others else ""
        yield Check("spaces", State.OK, f"{', '.join(asked)}{left_out}")
    readable: list[str] = []
    for space in asked:
        try:
            yield _read(fleet, space)
            readable.append(space)
        except MirrorPolicyError as exc:
            yield Check(f"read ({space})", State.PROBLEM, f"{exc}{_elsewhere(fleet, space, exc)}")
        yield _write(fleet, space)
        yield _attempt(f"agents ({space})", State.UNKNOWN, partial(_agents, fleet, space))
    yield _registry(fleet, readable, clock)


def examine_air_gap(
    fleet: Fleet,
    spaces: Spaces,
    found: Iterable[Check],
    versions: Callable[[], AgentVersions],
    *,
    ca_cert: str | None = None,
) -> Iterator[AirGapRow]:
    """Yield what must be right in a closed network; nothing when Kibana could not be asked.

    Args:
        fleet: Kibana.
        spaces: Where to look.
        found: What `examine` found: the package registry is not asked twice.
        versions: Reads the versions of the agents.
        ca_cert: PEM file of the CA that signed the mirrors' certificates.
    """
    checks = {check.name: check for check in found}
    registry = checks.get(REGISTRY)
    if registry is None:
        return
    state = {State.OK: RowState.OK, State.PROBLEM: RowState.PROBLEM}
    row = registry_row(
        state.get(registry.state, RowState.NOT_SEEN),
        registry.detail.partition(f" {_SET}")[0],
        REGISTRY_HINT if registry.state is State.PROBLEM else "",
    )
    try:
        asked = resolve_spaces(fleet, spaces)
    except MirrorPolicyError as exc:
        yield not_seen("spaces", exc.message, "Nothing could be checked.", "")
        return
    yield from look(fleet, asked, versions, row, ca_cert=ca_cert)


def _attempt(name: str, otherwise: State, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except MirrorPolicyError as exc:
        return Check(name, otherwise, str(exc))


def _connection(fleet: Fleet, spaces: Spaces) -> Check:
    version = fleet.version
    # The status page answers strangers too: only a list proves the credentials. One that is
    # refused does so as well; what it says of rights is another check.
    with contextlib.suppress(PermissionDeniedError):
        fleet.probe_read(_first_space(fleet, spaces))
    return Check("connection", State.OK, f"{fleet.http.base_url}, Kibana {version}")


def _elsewhere(fleet: Fleet, space: str, refusal: MirrorPolicyError) -> str:
    """Return which other spaces there are for credentials that were refused in one."""
    if not isinstance(refusal, PermissionDeniedError):
        return ""
    others = _others(fleet, (space,))
    return f" Other spaces that they see: {others}." if others else ""


def _others(fleet: Fleet, asked: Collection[str]) -> str:
    """Return which other spaces the credentials see; nothing when they may not ask."""
    try:
        return words.listed([one for one in fleet.spaces() if one not in asked])
    except MirrorPolicyError:
        return ""


def _first_space(fleet: Fleet, spaces: Spaces) -> str:
    """Return the space that the work begins with; a key may be good for no other."""
    try:
        return resolve_spaces(fleet, spaces)[0]
    except (ApiError, PlanError):  # the next check says so
        return DEFAULT_SPACE


def _registry(fleet: Fleet, readable: Sequence[str], clock: Callable[[], float]) -> Check:
    """Time what Kibana does with every save: it asks its package registry.

    Without an answer, as behind a firewall that drops packets, every save takes minutes, and is
    carried out after its client gave up.

    Args:
        fleet: Kibana.
        readable: Spaces whose policies may be read: elsewhere Kibana refuses to say.
        clock: Counts the seconds.
    """
    if not readable:
        return Check(REGISTRY, State.UNKNOWN, "not asked: no space can be read")
    started = clock()
    try:
        fleet.ask_registry(readable[0])
    except RequestTimeoutError:
        return Check(REGISTRY, State.PROBLEM, f"Kibana did not hear from it in time. {_SET}")
    except ApiError as exc:
        known = names_registry(exc.reason)
        return Check(REGISTRY, State.PROBLEM if known else State.UNKNOWN, str(exc))
    except MirrorPolicyError as exc:
        return Check(REGISTRY, State.UNKNOWN, str(exc))
    took = clock() - started
    if took > SLOW_REGISTRY:
        return Check(REGISTRY, State.PROBLEM, f"Kibana took {took:.1f} s to ask it. {_SET}")
    return Check(REGISTRY, State.OK, f"Kibana can ask it within {SLOW_REGISTRY:.0f} seconds")


def _read(fleet: Fleet, space: str) -> Check:
    policies = list_policies(fleet, space)
    odd = [policy for policy in policies if policy.problem]
    detail = f"{len(policies)} Elastic Defend policies"
    if odd:
        named = "; ".join(f"{brief(p.name)} ({p.id}): {p.problem}" for p in odd[:MOST_NAMED])
        more = f" and {len(odd) - MOST_NAMED} more" if len(odd) > MOST_NAMED else ""
        detail += f", {len(odd)} of which cannot be edited: {named}{more}"
    return Check(f"read ({space})", State.OK if policies and not odd else State.PROBLEM, detail)


def _write(fleet: Fleet, space: str) -> Check:
    name = f"write ({space})"
    if not fleet.version.probes_writes:
        detail = f"Kibana {fleet.version} has no way to find out without writing"
        return Check(name, State.UNKNOWN, detail)
    try:
        fleet.probe_write(str(uuid.uuid4()), space)
    except NotFoundError:
        return Check(name, State.OK, "allowed (verified with a request that changes nothing)")
    except PermissionDeniedError as exc:
        return Check(name, State.PROBLEM, str(exc))
    except ApiError as exc:
        detail = f"the probe was inconclusive: {exc}"
        if exc.status == _SERVER_ERROR and fleet.version.hides_missing:
            detail += f" Kibana {fleet.version} cannot tell (kibana#186486)."
        return Check(name, State.UNKNOWN, detail)
    except MirrorPolicyError as exc:
        return Check(name, State.UNKNOWN, str(exc))
    return Check(name, State.UNKNOWN, "the probe was answered as if it had written something")


def _agents(fleet: Fleet, space: str) -> Check:
    total = fleet.count_agents(space)
    return Check(f"agents ({space})", State.OK, f"{words.agents(total)} may be read")
