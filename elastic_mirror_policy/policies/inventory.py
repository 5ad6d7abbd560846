"""Reading an estate: every Elastic Defend policy of some spaces, once, with its agent policies."""

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from elastic_mirror_policy._collector import collecting_seldom
from elastic_mirror_policy._fleet.api import DEFAULT_SPACE, Fleet
from elastic_mirror_policy._fleet.bodies import find_lost_key
from elastic_mirror_policy._given import texts_of
from elastic_mirror_policy._json import JsonValue, count_of
from elastic_mirror_policy.errors import (
    ConfigurationError,
    PermissionDeniedError,
    PlanError,
    TransportError,
    UnexpectedPolicyError,
)
from elastic_mirror_policy.policies.defend import is_defend
from elastic_mirror_policy.policies.policy import DefendPolicy, total_agents
from elastic_mirror_policy.policies.selection import SEE_ALL, Selection
from elastic_mirror_policy.policies.table import Policies

MAX_READS: Final = 4
"""How often a list is read when policies come and go while its pages are being read."""


CHUNK: Final = 100
"""How many policies are read by id at a time."""


class AllSpaces(enum.Enum):
    """The type of `ALL_SPACES`."""

    ALL_SPACES = "all spaces"

    def __repr__(self) -> str:
        return "ALL_SPACES"


ALL_SPACES: Final = AllSpaces.ALL_SPACES
"""Every space that the credentials may see."""

Spaces = Sequence[str] | AllSpaces | None


@dataclass(frozen=True, slots=True)
class Inventory:
    """What was read.

    Attributes:
        spaces: The spaces that were asked.
        policies: Every Elastic Defend policy found there, once, sorted as plans are.
        everything: The policies that are not selected as well, in no order.
        notes: What could not be read, such as the names of agent policies.
    """

    spaces: tuple[str, ...]
    policies: Policies
    everything: tuple[DefendPolicy, ...] = ()
    notes: tuple[str, ...] = ()


def given_spaces(spaces: Spaces) -> tuple[str, ...] | AllSpaces | None:
    """Return the spaces that were given, each once.

    Raises:
        ConfigurationError: A single text was given, or an empty list.
    """
    if spaces is None or isinstance(spaces, AllSpaces):
        return spaces
    given = texts_of(spaces, "spaces")
    if not given:
        raise ConfigurationError(
            "spaces is an empty list, which selects nothing.", hint='Write spaces=["default"].'
        )
    return tuple(dict.fromkeys(given))


def resolve_spaces(fleet: Fleet, spaces: Spaces) -> tuple[str, ...]:
    """Return the spaces to ask, in order and each once; the default space when none is named.

    Raises:
        ConfigurationError: A single text was given, or an empty list.
        PlanError: All spaces are meant, and none can be seen.
    """
    given = given_spaces(spaces)
    if not isinstance(given, AllSpaces):
        return given or (DEFAULT_SPACE,)
    found = fleet.spaces()
    if not found:
        raise PlanError("The credentials may not see any space.")
    return found


def read_inventory(fleet: Fleet, spaces: tuple[str, ...], selection: Selection) -> Inventory:
    """Return the selected policies of these spaces.

    Before Kibana 8.16 every space has the same list, so that only the first one is asked; later
    ones may have it too, so policies are told apart by id and kept in the space seen first.

    Raises:
        PlanError: There is no Elastic Defend policy, or none is selected.
    """
    may_differ = fleet.version.may_be_space_aware
    found: dict[str, DefendPolicy] = {}
    notes: list[str] = []
    for space in spaces if may_differ else spaces[:1]:
        with collecting_seldom():
            listed = list_policies(fleet, space)
        unseen = [p for p in listed if p.id not in found or found[p.id].unnamed]
        for policy in name_agent_policies(fleet, unseen, space, notes):
            found[policy.id] = _merged(found.get(policy.id), policy)
    everything = tuple(found.values())
    _check_found(everything, spaces)
    notes += selection.unmatched(everything)
    chosen = [policy for policy in everything if selection.matches(policy)]
    if not chosen:
        raise PlanError(
            f"None of the {len(found)} Elastic Defend policies is selected by {selection}.",
            hint=SEE_ALL,
        )
    chosen.sort(key=lambda policy: (policy.space, policy.name, policy.id))
    return Inventory(spaces, Policies(chosen), everything, tuple(dict.fromkeys(notes)))


def list_policies(fleet: Fleet, space: str) -> tuple[DefendPolicy, ...]:
    """Return the Elastic Defend policies of one space, keeping no document.

    Pages can move while they are read; then the list is read again until it is whole.

    Raises:
        TransportError: It kept changing.
    """
    for _ in range(MAX_READS):
        seen: dict[str, DefendPolicy | None] = {}
        totals = set()
        for items, total in fleet.package_policies(space):
            totals.add(total)
            for item in items:
                seen[item["id"]] = _view(fleet, item, space) if is_defend(item) else None
        if totals == {len(seen)}:
            return tuple(view for view in seen.values() if view is not None)
    raise TransportError(
        f"The list of policies in space {space!r} kept changing while it was read.",
        hint="Try again when nobody is adding or deleting policies.",
    )


def _view(fleet: Fleet, document: JsonValue, space: str) -> DefendPolicy:
    """Return the view of an item; one that is odd stops nobody else's plan."""
    spaces = (space,) if fleet.version.may_be_space_aware else ("*",)
    try:
        view = DefendPolicy.from_document(document, space=space, spaces=spaces)
    except UnexpectedPolicyError as exc:
        return DefendPolicy.odd(document, space=space, spaces=spaces, problem=exc.message)
    lost = "" if view.problem else find_lost_key(document, fleet.version)
    return replace(view, problem=lost) if lost else view


def _merged(earlier: DefendPolicy | None, later: DefendPolicy) -> DefendPolicy:
    """Return the view seen first, with the names that only a later space could tell."""
    if earlier is None:
        return later
    fewer = len(later.unnamed) < len(earlier.unnamed)
    names = (later if fewer else earlier).agent_policies
    unnamed = tuple(one for one in earlier.unnamed if one in later.unnamed)
    return replace(earlier, agent_policies=names, unnamed=unnamed)


def name_agent_policies(
    fleet: Fleet, policies: Iterable[DefendPolicy], space: str, notes: list[str]
) -> list[DefendPolicy]:
    """Return the policies with the names of their agent policies, and agents where missing."""
    views = list(policies)
    wanted = {agent_policy for view in views for agent_policy in view.agent_policy_ids}
    if not wanted:
        return views
    try:
        known = fleet.agent_policies(wanted, space)
    except PermissionDeniedError:
        notes.append(
            "The credentials may not read agent policies: their names are not known, and agents "
            "may not have been counted."
        )
        return [replace(view, unnamed=view.agent_policy_ids) for view in views]
    return [_with_names(view, known) for view in views]


def _with_names(view: DefendPolicy, known: Mapping[str, JsonValue]) -> DefendPolicy:
    attached = [known.get(agent_policy, {}) for agent_policy in view.agent_policy_ids]
    names = (str(p.get("name", i)) for p, i in zip(attached, view.agent_policy_ids, strict=True))
    agents = total_agents(count_of(policy.get("agents")) for policy in attached)
    return replace(
        view,
        agent_policies=tuple(names),
        unnamed=tuple(one for one in view.agent_policy_ids if one not in known),
        agents=view.agents if view.agents is not None else agents,
    )


def _check_found(found: Sequence[DefendPolicy], spaces: tuple[str, ...]) -> None:
    if not found:
        raise PlanError(
            f"No Elastic Defend policy was found in {describe_spaces(spaces)}.",
            hint="Look in another space (--space, --all-spaces), or check what the credentials "
            "may see.",
        )


def read_by_id(fleet: Fleet, wanted: Iterable[tuple[str, str]]) -> dict[str, DefendPolicy]:
    """Return those of the wanted policies (space and id) that are there now, by id."""
    by_space: dict[str, list[DefendPolicy]] = {}
    for space, _, document in read_documents(fleet, wanted):
        if is_defend(document):
            view = _view(fleet, document, space)
            by_space.setdefault(space, []).append(view)
    return {
        view.id: view
        for space, views in by_space.items()
        for view in name_agent_policies(fleet, views, space, [])
    }


def read_documents(
    fleet: Fleet, wanted: Iterable[tuple[str, str]]
) -> Iterator[tuple[str, str, JsonValue | None]]:
    """Yield each wanted space and id with the document, or None when it is not visible any more.

    Documents are read some at a time and not kept.
    """
    by_space: dict[str, list[str]] = {}
    for space, policy_id in wanted:
        by_space.setdefault(space, []).append(policy_id)
    for space, ids in by_space.items():
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            found = fleet.package_policies_by_id(chunk, space)
            for policy_id in chunk:
                yield space, policy_id, found.get(policy_id)


def describe_spaces(spaces: tuple[str, ...]) -> str:
    """Return the spaces as part of a sentence."""
    if len(spaces) == 1:
        return f"space {spaces[0]!r}"
    return "spaces " + ", ".join(repr(space) for space in spaces)
