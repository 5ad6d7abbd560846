"""A read-only view of one package policy, and which policies are meant (pure).

The view keeps what plans need and lets the document go, so that a list of ten thousand policies
fits into memory. It is never written back: edits are made on the document read before a write.
"""

import fnmatch
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from elastic_mirror_policy import _document
from elastic_mirror_policy._document import ABSENT, POLICY_VALUE
from elastic_mirror_policy._json import JsonValue, canonical
from elastic_mirror_policy._url import has_credentials
from elastic_mirror_policy.errors import ConfigurationError, UnexpectedPolicyError
from elastic_mirror_policy.settings import KEY_PREFIX, MANAGED_KEYS, OperatingSystem

PACKAGE: Final = "endpoint"
"""Name of the Elastic Defend package, and type of its only input."""

LATEST: Final = "latest"
"""`global_manifest_version` of a policy that is not pinned to a date."""

Scalar = str | int | float | bool
"""What a managed key may hold in a document that can be edited."""


class _Package(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    version: str = ""


class _PackagePolicy(BaseModel):
    """The outer fields every package policy has had since 8.0; the rest is ignored here."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    version: str | None = None
    revision: int
    package: _Package | None = None
    policy_id: str | None = None
    policy_ids: list[str] | None = None
    is_managed: bool = False
    updated_by: str = ""
    agents: int | None = None


@dataclass(frozen=True, slots=True)
class SystemSettings:
    """What one operating system of a policy has now.

    Attributes:
        present: Whether the policy has a block for this operating system at all.
        parents: How many of `advanced`, `artifacts` and `global` exist: 0 to 3.
        values: The managed keys that are set, in a fixed order.
        dotted: Keys written literally with dots under `advanced`; no endpoint reads them.
        cloud_features: Value of `advanced.allow_cloud_features`, or an empty string.
    """

    present: bool = False
    parents: int = 0
    values: tuple[tuple[str, Scalar], ...] = ()
    dotted: tuple[str, ...] = ()
    cloud_features: str = ""

    def get(self, key: str) -> Scalar | None:
        """Return the value of a managed key, or None when it is not set."""
        return dict(self.values).get(key)


@dataclass(frozen=True, slots=True, kw_only=True)
class DefendPolicy:
    """One Elastic Defend integration policy, as it was read.

    Attributes:
        id: Id of the package policy.
        name: Its name: data, never markup.
        space: The space it was read through.
        version: Opaque token of the stored document; sent back with a write.
        revision: Revision of the package policy.
        agent_policy_ids: Agent policies it is attached to.
        agent_policies: Their names, or their ids where names may not be read.
        agents: How many agents run it, or None when that may not be read.
        is_managed: Managed by an external orchestration solution.
        pin: `latest`, or the date its artifacts are frozen to.
        settings: What each operating system has now.
        problem: Why it cannot be edited safely, or an empty string.
        fingerprint: Digest of everything but versions and what background tasks rewrite.
    """

    id: str
    name: str
    space: str
    version: str
    revision: int
    agent_policy_ids: tuple[str, ...] = ()
    agent_policies: tuple[str, ...] = ()
    agents: int | None = None
    is_managed: bool = False
    pin: str = LATEST
    settings: Mapping[str, SystemSettings] = field(default_factory=dict)
    problem: str = ""
    fingerprint: str = ""
    updated_by: str = ""

    @classmethod
    def from_document(cls, document: JsonValue, *, space: str = "default") -> "DefendPolicy":
        """Return the view of one item of Kibana's answer.

        Raises:
            UnexpectedPolicyError: It is not a package policy at all.
        """
        outer = _outer(document)
        ids = outer.policy_ids if outer.policy_ids is not None else [outer.policy_id or ""]
        view = cls(
            id=outer.id,
            name=outer.name,
            space=space,
            version=outer.version or "",
            revision=outer.revision,
            agent_policy_ids=tuple(i for i in ids if i),
            agent_policies=tuple(i for i in ids if i),
            agents=outer.agents,
            is_managed=outer.is_managed,
            updated_by=outer.updated_by,
        )
        problem = find_problem(document)
        if problem:
            return replace(view, problem=problem)
        try:
            return replace(
                view,
                pin=_pin(document),
                settings={s.value: read_settings(document, s) for s in OperatingSystem},
                fingerprint=fingerprint(document),
            )
        except UnexpectedPolicyError as exc:
            return replace(view, problem=exc.message)

    @property
    def is_pinned(self) -> bool:
        """Whether its artifacts are frozen to a date."""
        return self.pin != LATEST

    def to_dict(self) -> dict[str, JsonValue]:
        """Return what `policies --format json` prints; credentials in URLs are hidden."""
        return {
            "policy_id": self.id,
            "name": self.name,
            "space": self.space,
            "version": self.version,
            "revision": self.revision,
            "agent_policies": list(self.agent_policies),
            "agents": self.agents,
            "pin": self.pin,
            "is_managed": self.is_managed,
            "settings": {
                os: {KEY_PREFIX + key: shown(value) for key, value in settings.values}
                for os, settings in self.settings.items()
            },
            "problem": self.problem,
        }


def shown(value: JsonValue) -> JsonValue:
    """Return a value as it may be shown: a URL with credentials is replaced by a remark."""
    return "<a URL with credentials, not shown>" if has_credentials(value) else value


def is_defend(document: JsonValue) -> bool:
    """Whether an item is a live policy of the endpoint package.

    Ids ending in `:prev` are Kibana's own snapshots and are never edited.
    """
    package = document.get("package") if isinstance(document, dict) else None
    return (
        isinstance(package, dict)
        and package.get("name") == PACKAGE
        and not str(document.get("id", "")).endswith(":prev")
    )


def find_problem(document: JsonValue) -> str:
    """Return why a policy cannot be edited safely, or an empty string.

    Kibana refuses, or silently stores broken, a Defend policy without these parts
    (kibana#231039), so one that lacks them is left alone.
    """
    inputs = document.get("inputs")
    first = inputs[0] if isinstance(inputs, list) and inputs else None
    if not isinstance(first, dict) or first.get("type") != PACKAGE:
        return "Its first input is not of type 'endpoint'."
    config = first.get("config")
    for name in ("policy", "artifact_manifest"):
        entry = config.get(name) if isinstance(config, dict) else None
        if not isinstance(entry, dict) or not isinstance(entry.get("value"), dict):
            return f"It has no inputs[0].config.{name}.value."
    return ""


def read_settings(document: JsonValue, system: OperatingSystem) -> SystemSettings:
    """Return what `document` has for one operating system.

    Raises:
        UnexpectedPolicyError: Something there is not of the kind it should be.
    """
    block = _document.get(document, (*POLICY_VALUE, system.value))
    if block is ABSENT:
        return SystemSettings()
    parents = _document.count_parents(document, system.value)
    advanced = block.get("advanced", {})
    found = advanced
    for step in _document.MANAGED_PARENTS[1:]:
        found = found.get(step, {})
    features = advanced.get("allow_cloud_features")
    return SystemSettings(
        present=True,
        parents=parents,
        values=tuple(
            (key, _scalar(system, key, found[key])) for key in MANAGED_KEYS if key in found
        ),
        dotted=tuple(sorted(key for key in advanced if key.startswith("artifacts."))),
        cloud_features=features if isinstance(features, str) else "",
    )


def fingerprint(document: JsonValue) -> str:
    """Return a digest of what a person may have changed.

    Left out are versions, time stamps, the user artifact manifest that a background task
    rewrites, and `meta`, which Kibana refreshes on every write.
    """
    head, *rest = document["inputs"]
    config = {**head["config"], "artifact_manifest": None}
    value = config["policy"]["value"]
    config["policy"] = {**config["policy"], "value": {**value, "meta": None}}
    kept = {key: document.get(key) for key in _FINGERPRINTED}
    kept["inputs"] = [{**head, "config": config}, *rest]
    return hashlib.sha256(canonical(kept)).hexdigest()[:32]


_FINGERPRINTED: Final = (
    "name",
    "description",
    "namespace",
    "enabled",
    "policy_id",
    "policy_ids",
    "package",
    "vars",
    "output_id",
    "is_managed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which Elastic Defend policies are meant; empty means all of them.

    Args:
        names: Globs, one of which must match the name, with upper and lower case.
        exclude: Globs, none of which may match the name.
        ids: Package policy ids, one of which it must be.
        agent_policies: Globs, one of which must match the name or id of an agent policy.

    Raises:
        ConfigurationError: A single text was given where several are expected, or an empty one.
    """

    names: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    agent_policies: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("names", "exclude", "ids", "agent_policies"):
            value: Any = getattr(self, name)
            if isinstance(value, str) or not all(isinstance(v, str) and v for v in value):
                raise ConfigurationError(
                    f"Selection.{name} takes several texts, none of them empty.",
                    hint=f"Write {name}=[...].",
                )
            object.__setattr__(self, name, tuple(value))

    def matches(self, policy: DefendPolicy) -> bool:
        """Whether `policy` is meant."""
        return (
            (not self.ids or policy.id in self.ids)
            and (not self.names or any_match(self.names, (policy.name,)))
            and not any_match(self.exclude, (policy.name,))
            and (not self.agent_policies or self._attached(policy))
        )

    def _attached(self, policy: DefendPolicy) -> bool:
        return any_match(self.agent_policies, (*policy.agent_policies, *policy.agent_policy_ids))

    def __str__(self) -> str:
        parts = (f"{n}={', '.join(getattr(self, n))}" for n in self.__slots__ if getattr(self, n))
        return "; ".join(parts) or "all policies"


def any_match(globs: tuple[str, ...], names: tuple[str, ...]) -> bool:
    """Whether one of the globs matches one of the names."""
    return any(fnmatch.fnmatchcase(name, glob) for glob in globs for name in names)


def _outer(document: JsonValue) -> _PackagePolicy:
    try:
        return _PackagePolicy.model_validate(document)
    except ValidationError as exc:
        first = exc.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or "the item"
        raise UnexpectedPolicyError(
            f"Kibana returned an item that is not a package policy: {place}: {first['msg']}."
        ) from exc


def _pin(document: JsonValue) -> str:
    pin = _document.get(document, (*POLICY_VALUE, "global_manifest_version"))
    return pin if isinstance(pin, str) and pin else LATEST


def _scalar(system: OperatingSystem, key: str, value: JsonValue) -> Scalar:
    if value is None or isinstance(value, dict | list):
        raise UnexpectedPolicyError(
            f"{system.value}.advanced.{KEY_PREFIX}{key} is {_document.type_name(value)}, "
            "not a text; it is left as it is."
        )
    scalar: Scalar = value
    return scalar
