"""Dotted paths into a policy, followed without changing what they lead through (pure)."""

from enum import Enum
from typing import Final

from elastic_mirror_policy._json import JsonValue, value_at

_IN_POLICY = frozenset(
    {"windows", "mac", "linux", "meta", "global_manifest_version", "global_telemetry_enabled"}
)


class _Remove(Enum):
    REMOVE = "REMOVE"

    def __repr__(self) -> str:
        return "REMOVE"


REMOVE: Final = _Remove.REMOVE
"""Given as a value: take the key away."""


def edited(attributes: dict[str, JsonValue], path: str, value: JsonValue) -> dict[str, JsonValue]:
    """Return attributes with one value changed.

    A path that begins with an operating system, or with another key of the Defend policy, lies in
    `inputs[0].config.policy.value`; any other begins at the package policy.
    """
    parts = path.split(".")
    if parts[0] not in _IN_POLICY:
        return _replaced(attributes, parts, value)
    first, *others = attributes["inputs"] or [{}]
    changed = _replaced(first, ["config", "policy", "value", *parts], value)
    return attributes | {"inputs": [changed, *others]}


def _replaced(value: JsonValue, parts: list[str], new: JsonValue) -> dict[str, JsonValue]:
    node = dict(value) if isinstance(value, dict) else {}
    name, *rest = parts
    if rest:
        node[name] = _replaced(node.get(name), rest, new)
    elif new is REMOVE:
        node.pop(name, None)
    else:
        node[name] = new
    return node


def setting(inputs: JsonValue, name: str) -> JsonValue:
    """Return `inputs[0].config.<name>.value`, or None."""
    return value_at(inputs[0] if inputs else None, f"config.{name}.value")


def deep_merged(value: JsonValue, changes: JsonValue) -> JsonValue:
    """Return `value` with the keys of `changes` put in, object by object."""
    if not isinstance(value, dict) or not isinstance(changes, dict):
        return changes
    return value | {key: deep_merged(value.get(key), new) for key, new in changes.items()}


def next_manifest(attributes: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return attributes whose user artifact manifest, if any, is one version further on."""
    manifest = setting(attributes["inputs"], "artifact_manifest")
    if not isinstance(manifest, dict):
        return attributes
    first, *others = attributes["inputs"]
    config = first["config"]
    head, _, count = str(manifest.get("manifest_version", "1.0.0")).rpartition(".")
    version = f"{head}.{int(count) + 1}" if count.isdigit() else "1.0.1"
    entry = config["artifact_manifest"] | {"value": manifest | {"manifest_version": version}}
    changed = first | {"config": config | {"artifact_manifest": entry}}
    return attributes | {"inputs": [changed, *others]}
