"""What an Elastic Defend package policy document says (pure).

Reads the decoded JSON of one package policy; knows its shape and refuses what is not of it.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pydantic_core import to_json

from elastic_mirror_policy._json import (
    JsonValue,
    Scalar,
    canonical,
    decode_document,
    encode,
    type_name,
)
from elastic_mirror_policy._url import is_step
from elastic_mirror_policy.errors import UnexpectedPolicyError
from elastic_mirror_policy.policies import document as _document
from elastic_mirror_policy.policies.document import ABSENT, POLICY_VALUE
from elastic_mirror_policy.settings import KEY_PREFIX, MANAGED_KEYS, OperatingSystem

PACKAGE: Final = "endpoint"
"""Name of the Elastic Defend package, and type of its only input."""

LATEST: Final = "latest"
"""`global_manifest_version` of a policy that is not pinned to a date."""


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


_BLOCKS: Final = {system: (*POLICY_VALUE, system.value) for system in OperatingSystem}

_UNSET: Final = SystemSettings(present=True)
"""What an operating system has without any advanced setting."""


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
    if not all(isinstance(entry, dict) for entry in inputs):
        return "One of its inputs is not an object."
    if not all(_is_config(entry.get("config")) for entry in inputs):
        return "An entry of the config of an input is not an object."
    if not is_step(str(document.get("id", ""))):
        return "Its id cannot be part of an address."
    config = first.get("config")
    for name in ("policy", "artifact_manifest"):
        entry = config.get(name) if isinstance(config, dict) else None
        if not isinstance(entry, dict) or not isinstance(entry.get("value"), dict):
            return f"It has no inputs[0].config.{name}.value."
    return ""


def _is_config(config: JsonValue) -> bool:
    """Whether each entry of an input's config can be copied, or there is none."""
    return not isinstance(config, dict) or all(isinstance(v, dict) for v in config.values())


def read_settings(document: JsonValue, system: OperatingSystem) -> SystemSettings:
    """Return what `document` has for one operating system.

    Raises:
        UnexpectedPolicyError: Something there is not of the kind it should be.
    """
    block = _document.get(document, _BLOCKS[system])
    if block is ABSENT:
        return SystemSettings()
    if isinstance(block, dict) and "advanced" not in block:
        return _UNSET
    parents, found = _managed(document, block, system)
    advanced = block["advanced"]
    features = advanced.get("allow_cloud_features")
    values = tuple((key, _scalar(system, key, found[key])) for key in MANAGED_KEYS if key in found)
    return _settings(
        parents,
        values,
        tuple([type(value) for _, value in values]),
        tuple(sorted([key for key in advanced if key.startswith("artifacts.")])),
        features if isinstance(features, str) else "",
    )


def _managed(
    document: JsonValue, block: JsonValue, system: OperatingSystem
) -> tuple[int, JsonValue]:
    """Return how many of the managed parents there are, and what the last of them holds."""
    found, parents = block, 0
    try:
        for step in _document.MANAGED_PARENTS:
            found = found[step]
            parents += 1
    except KeyError:
        return parents, {}
    except TypeError:
        pass
    if parents < len(_document.MANAGED_PARENTS) or not isinstance(found, dict):
        _document.count_parents(document, system.value)  # which says what is not an object
    return parents, found


@lru_cache(maxsize=1024)
def _settings(
    parents: int,
    values: tuple[tuple[str, Scalar], ...],
    _kinds: tuple[type, ...],  # 1 and true are the same key of a cache
    dotted: tuple[str, ...],
    cloud_features: str,
) -> SystemSettings:
    """Return settings; those that are the same are one object, for policies are much alike."""
    return SystemSettings(True, parents, values, dotted, cloud_features)  # noqa: FBT003 - present


def fingerprint(document: JsonValue) -> str:
    """Return a digest of what a person may have changed: one short digest for each part.

    Left out are versions, time stamps, the user artifact manifest that a background task
    rewrites, and `meta`, which Kibana refreshes on every write.

    Raises:
        UnexpectedPolicyError: The document is nested too deep.
    """
    try:
        return "".join(map(_digest, _parts(document)))
    except ValueError as exc:
        raise UnexpectedPolicyError(f"The policy cannot be read: it is {exc}.") from exc


def _digest(part: JsonValue) -> str:
    """Return the short digest of a part; policies are much alike, so most are known already."""
    if part is None or isinstance(part, str | bool):
        return _digest_of_scalar(part)
    try:
        text = to_json(part)
    except ValueError:  # a lone surrogate, or very deep
        text = encode(part)
    return _digest_of(text)


@lru_cache(maxsize=512)
def _digest_of_scalar(part: Scalar | None) -> str:
    return hashlib.sha256(canonical(part)).hexdigest()[:_DIGEST]


@lru_cache(maxsize=512)
def _digest_of(text: bytes) -> str:
    """Return the digest of JSON, whatever the order of its keys."""
    return hashlib.sha256(canonical(decode_document(text))).hexdigest()[:_DIGEST]


def changed_parts(before: str, after: str) -> tuple[str, ...]:
    """Return the names of the parts that differ between two fingerprints, in a fixed order."""
    if len(before) != len(after):
        return ("something that cannot be determined",)
    starts = range(0, len(after), _DIGEST)
    return tuple(
        name
        for name, at in zip(_PART_NAMES, starts, strict=False)
        if before[at : at + _DIGEST] != after[at : at + _DIGEST]
    )


_DIGEST: Final = 8
"""Characters of the digest of one part."""

_TOP_LEVEL: Final = (
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
_SYSTEMS: Final = tuple(system.value for system in OperatingSystem)
_PART_NAMES: Final = (
    *_TOP_LEVEL,
    *(f"settings for {system}" for system in _SYSTEMS),
    "settings for all systems",
    "inputs",
    "other fields of the integration",
)
_NOT_BY_PEOPLE: Final = frozenset(
    {"id", "version", "revision", "spaceIds", "agents", "inputs", "elasticsearch"}
    | {"created_at", "created_by", "updated_at", "updated_by"}
    | {"latest_revision", "inputs_for_versions", "package_agent_version_condition"}
)
"""Fields that no person changes by themselves, or that only some answers carry."""


_KNOWN: Final = _NOT_BY_PEOPLE.union(_TOP_LEVEL)
_ELSEWHERE: Final = frozenset({*_SYSTEMS, "meta"})


def _parts(document: JsonValue) -> list[JsonValue]:
    """Return the parts in the order of their names."""
    head, *rest = document["inputs"]
    config = head["config"]
    value = config["policy"]["value"]
    shared = {key: part for key, part in value.items() if key not in _ELSEWHERE}
    policy = {**config["policy"], "value": None}
    emptied = {**head, "config": {**config, "artifact_manifest": None, "policy": policy}}
    return [
        *map(document.get, _TOP_LEVEL),
        *map(value.get, _SYSTEMS),
        shared,
        [emptied, *rest],
        {key: part for key, part in document.items() if key not in _KNOWN},
    ]


def read_pin(document: JsonValue) -> str:
    """Return `latest`, or the date that protection updates are pinned to."""
    pin = _document.get(document, (*POLICY_VALUE, "global_manifest_version"))
    return pin if isinstance(pin, str) and pin else LATEST


def _scalar(system: OperatingSystem, key: str, value: JsonValue) -> Scalar:
    if value is None or isinstance(value, dict | list):
        raise UnexpectedPolicyError(
            f"{system.value}.advanced.{KEY_PREFIX}{key} is {type_name(value)}, "
            "not a text; it is left as it is."
        )
    scalar: Scalar = value
    return scalar
