"""What happens to one policy in a plan: changed, unchanged or skipped (pure)."""

from dataclasses import dataclass

from elastic_mirror_policy._json import JsonValue, Scalar
from elastic_mirror_policy.settings import KEY_PREFIX, OperatingSystem


@dataclass(frozen=True, slots=True)
class KibanaInfo:
    """Which Kibana a plan was made for."""

    url: str
    version: str
    spaces: tuple[str, ...]

    def to_dict(self) -> dict[str, JsonValue]:
        """Return it as the JSON contract names it."""
        return {"url": self.url, "version": self.version, "spaces": list(self.spaces)}


@dataclass(frozen=True, slots=True)
class Edit:
    """One managed key of one operating system, before and after; `None` is absence.

    Attributes:
        os: The operating system.
        key: The key after `advanced.`, such as `artifacts.global.base_url`.
        before: What the policy had when it was read.
        after: What it shall have.
        parents_before: How many of `advanced`, `artifacts`, `global` existed: 0 to 3.
        parents_after: How many of them stay when the key is absent afterwards.
    """

    os: OperatingSystem
    key: str
    before: Scalar | None
    after: Scalar | None
    parents_before: int = 3
    parents_after: int = 3

    @property
    def name(self) -> str:
        """The name of the setting in Kibana, such as `linux.advanced.artifacts.global.base_url`."""
        return f"{self.os.value}.advanced.{self.key}"

    @property
    def setting(self) -> str:
        """The key without its prefix, such as `base_url`."""
        return self.key.removeprefix(KEY_PREFIX)

    def to_dict(self) -> dict[str, JsonValue]:
        """Return the edit as the JSON contract names it."""
        return {
            "os": self.os.value,
            "key": self.key,
            "before": self.before,
            "after": self.after,
            "parents": [self.parents_before, self.parents_after],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """What changes in one policy, and what to know before it does.

    Attributes:
        policy_id: Id of the package policy.
        name: Its name when it was read.
        space: The space it is written through.
        version: Token of the document that was read.
        revision: Its revision then.
        edits: What changes, in a fixed order.
        agent_policies: Names of the agent policies it is attached to.
        agents: Agents that will fetch the change, or None when they could not be counted.
        warnings: Sentences worth reading; they block nothing.
        risks: Names of risks that must be allowed by name.
        fingerprint: Digest of the rest of the document, to tell who else changed what.
    """

    policy_id: str
    name: str
    space: str
    version: str
    revision: int
    edits: tuple[Edit, ...]
    agent_policies: tuple[str, ...] = ()
    agents: int | None = None
    warnings: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    fingerprint: str = ""

    def to_dict(self) -> dict[str, JsonValue]:
        """Return the change as the JSON contract names it."""
        return {
            "policy_id": self.policy_id,
            "name": self.name,
            "space": self.space,
            "version": self.version,
            "revision": self.revision,
            "agent_policies": list(self.agent_policies),
            "agents": self.agents,
            "edits": [edit.to_dict() for edit in self.edits],
            "warnings": list(self.warnings),
            "risks": list(self.risks),
            "fingerprint": self.fingerprint,
        }


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A policy that already has what is wanted, and is not written.

    Attributes:
        policy_id: Id of the package policy.
        name: Its name.
        space: The space it was read through.
        settings: What it was found to have: operating system, key after `advanced.`, value.
    """

    policy_id: str
    name: str
    space: str
    settings: tuple[tuple[OperatingSystem, str, Scalar | None], ...] = ()

    def to_dict(self) -> dict[str, JsonValue]:
        """Return it as the JSON contract names it."""
        return {
            "policy_id": self.policy_id,
            "name": self.name,
            "space": self.space,
            "settings": [
                {"os": system.value, "key": key, "value": value}
                for system, key, value in self.settings
            ],
        }


@dataclass(frozen=True, slots=True)
class Skipped:
    """A policy that is not written, and why.

    Attributes:
        policy_id: Id of the package policy.
        name: Its name.
        reason: One sentence.
        space: The space it was read through.
        intended: Whether leaving it alone is what was asked for, such as a frozen policy.
    """

    policy_id: str
    name: str
    reason: str
    space: str = "default"
    intended: bool = False

    def to_dict(self) -> dict[str, JsonValue]:
        """Return it as the JSON contract names it."""
        return {
            "policy_id": self.policy_id,
            "name": self.name,
            "reason": self.reason,
            "space": self.space,
            "intended": self.intended,
        }
