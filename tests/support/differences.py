"""Where two documents differ, and where a rollout may make a difference."""

from typing import Final, TypeAlias

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.settings import MANAGED_KEYS

Place: TypeAlias = tuple[str, ...]

MANAGED: Final[frozenset[Place]] = frozenset(
    ("policy", "value", system, "advanced", "artifacts", "global", key)
    for system in ("linux", "mac", "windows")
    for key in MANAGED_KEYS
)
"""The managed keys, below the config of the first input."""


def differences(old: JsonValue, new: JsonValue, path: Place = ()) -> set[Place]:
    """Return where two documents differ: leaves, and what is no object on either side."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return set() if old == new else {path}
    found = (differences(old.get(k, {}), new.get(k, {}), (*path, k)) for k in {**old, **new})
    return {one for part in found for one in part}
