"""A read-only view of one package policy (pure).

The view keeps what plans need and lets the document go, so that a list of ten thousand policies
fits into memory. It is never written back: edits are made on the document read before a write.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, ValidationError

from elastic_mirror_policy._document import Document, Value, first_problem
from elastic_mirror_policy._json import JsonValue, count_of
from elastic_mirror_policy._url import shown
from elastic_mirror_policy.errors import UnexpectedPolicyError
from elastic_mirror_policy.policies.defend import (
    LATEST,
    SystemSettings,
    find_problem,
    fingerprint,
    read_pin,
    read_settings,
)
from elastic_mirror_policy.settings import KEY_PREFIX, OperatingSystem

NAMELESS: Final = "(no name)"
"""What a policy is called that has no name, or one that is not a text."""


class _Package(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    version: str = ""


class PackagePolicy(BaseModel):
    """The outer fields every package policy has had since 8.0; the rest is ignored here."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    version: str | None = None
    revision: int
    package: _Package | None = None
    policy_id: str | None = None
    policy_ids: list[str] | None = None
    is_managed: bool | None = None
    updated_by: str | None = None
    spaceIds: list[str] | None = None  # noqa: N815 - Kibana's name
    agents: Annotated[int | None, BeforeValidator(count_of)] = None


def _shown(
    settings: Mapping[str, SystemSettings],
) -> dict[str, dict[str, JsonValue]]:
    """Return what each operating system has; credentials in URLs are hidden."""
    return {
        os: {KEY_PREFIX + key: shown(value) for key, value in found.values}
        for os, found in settings.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class DefendPolicy(Document):
    """One Elastic Defend integration policy, as it was read.

    Attributes:
        id: Id of the package policy.
        name: Its name: data, never markup.
        space: The space it was read through.
        spaces: Every space it lives in, as far as that was said; `*` for all of them.
        version: Opaque token of the stored document; sent back with a write.
        revision: Revision of the package policy.
        agent_policy_ids: Agent policies it is attached to.
        agent_policies: Their names, or their ids where names may not be read.
        unnamed: Those of the agent policies whose names could not be read.
        agents: How many agents run it, or None when that may not be read.
        is_managed: Managed by an external orchestration solution.
        pin: `latest`, or the date its artifacts are frozen to.
        settings: What each operating system has now.
        problem: Why it cannot be edited safely, or an empty string.
        fingerprint: Digest of everything but versions and what background tasks rewrite.
    """

    KEYS: ClassVar = (
        *("id as policy_id", "name", "space", "version", "revision", "agent_policies", "agents"),
        *("pin", "is_managed", "settings", "problem"),
    )

    id: str
    name: str
    space: str
    version: str
    revision: int
    agent_policy_ids: tuple[str, ...] = ()
    agent_policies: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()
    spaces: tuple[str, ...] = ()
    agents: int | None = None
    is_managed: bool = False
    pin: str = LATEST
    settings: Annotated[
        Mapping[str, SystemSettings],
        PlainSerializer(_shown, return_type=dict[OperatingSystem, dict[str, Value]]),
    ] = field(default_factory=dict)
    problem: str = ""
    fingerprint: str = ""
    updated_by: str = ""

    @classmethod
    def from_document(
        cls, document: JsonValue, *, space: str = "default", spaces: tuple[str, ...] = ()
    ) -> "DefendPolicy":
        """Return the view of one item of Kibana's answer.

        `spaces` are those it lives in when it does not say so itself; only `space` by default.

        Raises:
            UnexpectedPolicyError: It is not a package policy at all.
        """
        outer = read_outer(document)
        ids = outer.policy_ids if outer.policy_ids is not None else [outer.policy_id or ""]
        pin, settings, mark = LATEST, dict[str, SystemSettings](), ""
        problem = find_problem(document)
        try:
            if not problem:
                pin, settings, mark = read_pin(document), _settings(document), fingerprint(document)
        except UnexpectedPolicyError as exc:
            problem = exc.message
        return cls(
            id=outer.id,
            name=outer.name,
            space=space,
            version=outer.version or "",
            revision=outer.revision,
            agent_policy_ids=tuple(i for i in ids if i),
            agent_policies=tuple(i for i in ids if i),
            spaces=tuple(outer.spaceIds or spaces or (space,)),
            agents=outer.agents,
            is_managed=bool(outer.is_managed),
            updated_by=outer.updated_by or "",
            pin=pin,
            settings=settings,
            problem=problem,
            fingerprint=mark,
        )

    @classmethod
    def odd(
        cls, document: JsonValue, *, space: str, spaces: tuple[str, ...], problem: str
    ) -> "DefendPolicy":
        """Return the view of an item that is not of the usual kind: named, never edited."""
        name = document.get("name")
        return cls(
            id=str(document["id"]),
            name=name if isinstance(name, str) else NAMELESS,
            space=space,
            spaces=spaces,
            version="",
            revision=0,
            problem=problem,
        )

    @property
    def base_urls(self) -> dict[str, str | None]:
        """The base URL of each operating system; None where none is set."""
        found = {os: settings.get("base_url") for os, settings in self.settings.items()}
        return {os: None if url is None else str(shown(url)) for os, url in found.items()}

    @property
    def base_url(self) -> str | None:
        """The base URL that all operating systems have; None when they have none in common."""
        found = set(self.base_urls.values())
        return found.pop() if len(found) == 1 else None

    @property
    def is_pinned(self) -> bool:
        """Whether its artifacts are frozen to a date."""
        return self.pin != LATEST


def _settings(document: JsonValue) -> dict[str, SystemSettings]:
    return {system.value: read_settings(document, system) for system in OperatingSystem}


def total_agents(counts: Iterable[int | None]) -> int | None:
    """Return the sum, or None when one of the counts is not known."""
    total = 0
    for count in counts:
        if count is None:
            return None
        total += count
    return total


def read_outer(document: JsonValue) -> PackagePolicy:
    """Return the outer fields of a package policy, each of the kind it should be.

    Raises:
        UnexpectedPolicyError: It is not a package policy at all.
    """
    try:
        return PackagePolicy.model_validate(document)
    except ValidationError as exc:
        why = first_problem(exc, "the item")
        raise UnexpectedPolicyError(
            f"Kibana returned an item that is not a package policy: {why}."
        ) from exc
