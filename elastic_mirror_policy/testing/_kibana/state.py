"""Everything the fake Kibana remembers. Whoever calls it holds the lock.

Stored JSON is never changed in place: a write puts a new value in its place, so that an answer can
be encoded after the lock is released.
"""

import marshal
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.testing._kibana.clock import Clock, version_token
from elastic_mirror_policy.testing._kibana.versions import Version

DEFAULT_SPACE = "default"
VERSIONED = re.compile(r"#(?:[0-9]+\.[0-9]+|sentinel)$")
"""What Fleet appends to the id of an agent policy that is made for one agent version (9.4)."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One update of a package policy over HTTP that was stored.

    Attributes:
        revision_before: The revision it was made on.
        revision_after: The revision it made.
        version_sent: The `version` in the body, or None when it had none.
        user: Who sent it.
    """

    revision_before: int
    revision_after: int
    version_sent: str | None
    user: str


@dataclass(slots=True)
class StoredPolicy:
    """One package policy: its attributes, and what Kibana keeps beside them."""

    id: str
    attributes: dict[str, JsonValue]
    version: str
    spaces: tuple[str, ...]
    commits: list[Commit] = field(default_factory=list)

    @property
    def package(self) -> JsonValue:
        """The name of its package, or None."""
        package = self.attributes.get("package")
        return package.get("name") if isinstance(package, dict) else None

    @property
    def agent_policies(self) -> tuple[str, ...]:
        """The agent policies it is attached to."""
        ids = self.attributes.get("policy_ids")
        if isinstance(ids, list):
            return tuple(ids)
        first = self.attributes.get("policy_id")
        return (first,) if first else ()


@dataclass(slots=True)
class StoredAgentPolicy:
    """One agent policy."""

    id: str
    name: str
    spaces: tuple[str, ...]
    updated_at: str
    namespace: str = "default"
    revision: int = 1
    updated_by: str = "elastic"
    is_managed: bool = False


@dataclass(frozen=True, slots=True)
class FakeEndpointReport:
    """What the Elastic Defend of one agent last reported about its policy and its artifacts.

    Attributes:
        policy_id: The package policy it applied.
        policy_revision: The revision of that package policy.
        agent_policy_revision: The revision of the agent policy it came with.
        status: `success`, `warning`, `failure` or `unsupported`.
        manifest_version: The version of the global artifacts in use.
        snapshot: The `global_manifest_version` it applied: `latest` or a date.
        identifiers: Names and SHA-256 of the global artifacts in use; empty when it has none.
        reported_at: When.
        concerns: The action that a status other than `success` comes from.
    """

    policy_id: str
    policy_name: str
    policy_revision: int
    agent_policy_revision: int
    reported_at: str
    status: str = "success"
    manifest_version: str = "1.0.1000"
    snapshot: str = "latest"
    identifiers: tuple[tuple[str, str], ...] = ()
    concerns: str = "download_global_artifacts"


@dataclass(slots=True)
class FakeAgent:
    """One enrolled agent.

    Attributes:
        policy_id: The agent policy it runs, with `#<version>` when it is a version-specific one.
        policy_revision: The agent policy revision it acknowledged.
        report: What its Elastic Defend last reported; None: nothing yet.
        addresses: The addresses of its host with their masks, as Fleet lists them.
    """

    id: str
    policy_id: str
    os: str
    version: str
    hostname: str
    enrolled_at: str
    last_checkin: str
    status: str = "online"
    policy_revision: int = 1
    report: FakeEndpointReport | None = None
    addresses: tuple[str, ...] = ()

    @property
    def base_policy_id(self) -> str:
        """The agent policy without the version it was made for."""
        return VERSIONED.sub("", self.policy_id)

    @property
    def is_version_specific(self) -> bool:
        """Whether it runs an agent policy made for one agent version."""
        return self.policy_id != self.base_policy_id


@dataclass(slots=True)
class Conditions:
    """How this Kibana is set up."""

    version: Version
    space_aware: bool
    license: str = "platinum"
    checks_version: bool = False
    protected_settings: bool = False
    allow_expensive_queries: bool = True


class State:
    """Policies, agent policies, agents and spaces, with a clock and a sequence of versions."""

    def __init__(self, conditions: Conditions, clock: Clock) -> None:
        self.conditions = conditions
        self.clock = clock
        self.spaces = {DEFAULT_SPACE: "Default"}
        self.policies: dict[str, StoredPolicy] = {}
        self.names: dict[str, set[str]] = {}
        self.agent_policies: dict[str, StoredAgentPolicy] = {}
        self.agents: dict[str, FakeAgent] = {}
        self.download_source = "https://artifacts.elastic.co/downloads/"
        self.generation = 0
        self.listing: tuple[object, list[StoredPolicy]] | None = None
        self._agents_of: dict[str, list[FakeAgent]] = {}

    def next_version(self) -> str:
        """Count one write and return the version it gives its document."""
        self.generation += 1
        return version_token(self.generation)

    def add(self, policy: StoredPolicy) -> None:
        """Take a package policy in."""
        self.policies[policy.id] = policy
        self.names.setdefault(policy.attributes["name"], set()).add(policy.id)
        self.generation += 1

    def remove(self, policy_id: str) -> None:
        """Forget a package policy."""
        policy = self.policies.pop(policy_id)
        self.names[policy.attributes["name"]].discard(policy_id)
        self.generation += 1

    def know_spaces(self, spaces: Iterable[str]) -> None:
        """Make the spaces that are not there yet; `*` stands for all of them and is not one."""
        for space in spaces:
            if space != "*":
                self.spaces.setdefault(space, space.capitalize())

    def is_visible(self, spaces: Iterable[str], space: str) -> bool:
        """Whether something in these spaces is seen from a space."""
        return not self.conditions.space_aware or space in spaces or "*" in spaces

    def policy_in(self, policy_id: str, space: str) -> StoredPolicy | None:
        """Return a package policy if it is seen from a space."""
        found = self.policies.get(policy_id)
        return found if found is not None and self.is_visible(found.spaces, space) else None

    def agent_policy_in(self, policy_id: str, space: str) -> StoredAgentPolicy | None:
        """Return an agent policy if it is seen from a space."""
        found = self.agent_policies.get(policy_id)
        return found if found is not None and self.is_visible(found.spaces, space) else None

    def add_agent(self, agent: FakeAgent) -> None:
        """Enrol an agent."""
        self.agents[agent.id] = agent
        self._agents_of.setdefault(agent.base_policy_id, []).append(agent)

    def agents_of(self, agent_policies: Iterable[str]) -> Iterator[FakeAgent]:
        """The agents that run one of these agent policies."""
        for one in dict.fromkeys(agent_policies):
            yield from self._agents_of.get(one, ())

    def item(self, policy: StoredPolicy, *, with_spaces: bool = True) -> dict[str, JsonValue]:
        """Return a package policy as Kibana answers it; an answer to PUT leaves the spaces out."""
        item: dict[str, JsonValue] = {"id": policy.id, "version": policy.version}
        if with_spaces and self.conditions.space_aware:
            item["spaceIds"] = list(policy.spaces)
        return item | policy.attributes

    def store(self, policy: StoredPolicy, attributes: dict[str, JsonValue], *, by: str) -> None:
        """Put new attributes in place, one revision later, and tell the agent policies of it."""
        before = policy.agent_policies
        self.names[policy.attributes["name"]].discard(policy.id)
        self.names.setdefault(attributes["name"], set()).add(policy.id)
        policy.attributes = attributes | {
            "revision": policy.attributes.get("revision", 0) + 1,
            "updated_at": self.clock.tick(),
            "updated_by": by,
        }
        policy.version = self.next_version()
        self._bump((*before, *policy.agent_policies), by)

    def _bump(self, agent_policies: Iterable[str], by: str) -> None:
        for one in dict.fromkeys(agent_policies):
            found = self.agent_policies.get(one)
            if found is not None:
                found.revision += 1
                found.updated_at = self.clock.tick()
                found.updated_by = by


def shared_with(new: JsonValue, old: JsonValue) -> JsonValue:
    """Return a value that is the same JSON as `new` and reuses the parts of `old`: saves memory."""
    if new is old or _is_same(new, old):
        return old
    if isinstance(new, dict) and isinstance(old, dict):
        return {
            key: shared_with(value, old[key]) if key in old else value for key, value in new.items()
        }
    if isinstance(new, list) and isinstance(old, list) and len(new) == len(old):
        return [shared_with(one, other) for one, other in zip(new, old, strict=True)]
    return new


def _is_same(new: JsonValue, old: JsonValue) -> bool:
    # True and 1 are equal in Python and different in JSON, so the types must be compared too.
    # Version 2 of marshal writes types and values and nothing else, faster than JSON.
    return bool(new == old and marshal.dumps(new, 2) == marshal.dumps(old, 2))
