"""Read, set and unset one value inside a policy document, losslessly (pure).

A document is decoded JSON. Nothing is changed in place: every edit returns a new document that
shares all untouched parts with the old one. An object on the way may be absent; anything else
that is not an object is refused rather than overwritten.
"""

import enum
from typing import Final

from elastic_mirror_policy._json import JsonValue, type_name
from elastic_mirror_policy.errors import UnexpectedPolicyError

MANAGED_PARENTS: Final = ("advanced", "artifacts", "global")
"""Objects between an operating system's settings and the managed keys."""

POLICY_VALUE: Final = ("inputs", 0, "config", "policy", "value")
"""Where a package policy of the endpoint package keeps the Elastic Defend policy."""

Path = tuple[str | int, ...]


class Absent(enum.Enum):
    """The value of what is not there; `None` is JSON's null, which is something else."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent.ABSENT


def managed_path(os: str, key: str) -> Path:
    """Return the path of `advanced.artifacts.global.<key>` of one operating system."""
    return (*POLICY_VALUE, os, *MANAGED_PARENTS, key)


def get(document: JsonValue, path: Path) -> JsonValue | Absent:
    """Return the value at `path`, or `ABSENT` when it or one of its parents is not there.

    Raises:
        UnexpectedPolicyError: Something on the way is neither an object nor absent.
    """
    node = document
    try:
        for step in path:
            node = node[step]
    except KeyError:
        if isinstance(step, str):
            return ABSENT
    except (IndexError, TypeError):
        pass
    else:
        return node
    return _walk(document, path)


def _walk(document: JsonValue, path: Path) -> JsonValue | Absent:
    """Return `ABSENT`, or raise with the place of what is not of its kind."""
    node, depth = document, 0
    while node is not ABSENT:
        node = _child(node, path[depth], path[:depth])
        depth += 1
    return node


def set_value(document: JsonValue, path: Path, value: JsonValue) -> JsonValue:
    """Return the document with `value` at `path`, its missing parents created.

    Raises:
        UnexpectedPolicyError: Something on the way is neither an object nor absent, or an array
            is too short.
    """
    return _rebuild(document, path, 0, value)


def unset(document: JsonValue, path: Path, *, keep: int) -> JsonValue:
    """Return the document without `path`, and without the parents that this leaves empty.

    Args:
        document: The document.
        path: What to remove; it may be absent.
        keep: How many leading steps of `path` stay even when they are left empty.

    Raises:
        UnexpectedPolicyError: Something on the way is neither an object nor absent.
    """
    if get(document, path) is not ABSENT:
        document = _without(document, path)
    for length in range(len(path) - 1, keep, -1):
        if get(document, path[:length]) != {}:
            break
        document = _without(document, path[:length])
    return document


def count_parents(document: JsonValue, os: str) -> int:
    """Return how many of `advanced`, `artifacts` and `global` are there: 0 to 3.

    Raises:
        UnexpectedPolicyError: One of them is not an object.
    """
    path: Path = (*POLICY_VALUE, os)
    node = get(document, path)
    if node is ABSENT:
        return 0
    for count, parent in enumerate(MANAGED_PARENTS):
        node = _child(node, parent, path)
        if node is ABSENT:
            return count
        path = (*path, parent)
    if not isinstance(node, dict):
        raise _not_a("an object", path, node)
    return len(MANAGED_PARENTS)


def _child(node: JsonValue, step: str | int, where: Path) -> JsonValue | Absent:
    if isinstance(step, int):
        if not isinstance(node, list):
            raise _not_a("an array", where, node)
        return node[step] if step < len(node) else ABSENT
    if not isinstance(node, dict):
        raise _not_a("an object", where, node)
    return node.get(step, ABSENT)


def _rebuild(node: JsonValue, path: Path, depth: int, value: JsonValue) -> JsonValue:
    if depth == len(path):
        return value
    step = path[depth]
    child = _child(node, step, path[:depth])
    if isinstance(step, int):
        if child is ABSENT:
            raise UnexpectedPolicyError(f"{_place(path[: depth + 1])} is missing from the policy.")
        copy = list(node)
        copy[step] = _rebuild(child, path, depth + 1, value)
        return copy
    child = {} if child is ABSENT else child
    return {**node, step: _rebuild(child, path, depth + 1, value)}


def _without(document: JsonValue, path: Path) -> JsonValue:
    *parents, leaf = path
    parent: JsonValue = get(document, tuple(parents))
    return set_value(
        document, tuple(parents), {key: value for key, value in parent.items() if key != leaf}
    )


def _not_a(kind: str, where: Path, found: JsonValue) -> UnexpectedPolicyError:
    return UnexpectedPolicyError(
        f"{_place(where)} is {type_name(found)}, not {kind}; it is left as it is.",
        hint="Put it right in Kibana, then plan again.",
    )


def _place(path: Path) -> str:
    return ".".join(str(step) for step in path) or "the policy"
