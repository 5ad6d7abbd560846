"""What can become of a JSON document on its way: any node replaced, lost, doubled or wrapped.

A mutation is made of plain values, so that it can be drawn before the document is known.
"""

import copy
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from hypothesis import strategies as st
from support.documents import nested
from support.strategies import ATTACKS

from elastic_mirror_policy._json import JsonValue

Path: TypeAlias = tuple[str | int, ...]
Action: TypeAlias = Literal["replace", "delete", "double", "wrap", "unwrap", "rename"]

SHALLOW: Final = 4
"""Depth down to which every second mutation happens: most of a document is deep inside."""


@dataclass(frozen=True, slots=True)
class Nested:
    """Stands for lists in lists, so many of them, which could not be printed."""

    depth: int


ODD: Final[tuple[JsonValue, ...]] = (
    None,
    True,
    False,
    0,
    -1,
    3,
    2**31,
    2**63,
    10**30,
    10**4299,
    -(10**4299),
    0.5,
    -0.0,
    1e308,
    5e-324,
    "",
    " ",
    ".",
    "..",
    "a/b",
    "../../x",
    "%2e%2e%2f",
    "id:prev",
    "default",
    "*",
    "\x00",
    "\ud800",
    "\udcff",
    "3",
    "3.0",
    "-1",
    "1e5",
    "9" * 3000,
    "x" * 3000,
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "https://user:secret@mirror.example",
    *ATTACKS,
    [],
    {},
    [[]],
    [None],
    [{}],
    {"": None},
    {"a": {"b": []}},
    Nested(50),
    Nested(800),
)
"""Values that are JSON, and not what anybody expects."""

odd: Final = st.integers(0, len(ODD) - 1).map(ODD.__getitem__) | st.text(max_size=8)


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change of one node.

    Attributes:
        action: What happens to it.
        place: Picks the node; an even number picks among those that are not deep.
        value: What takes its place, where something does.
    """

    action: Action
    place: int
    value: JsonValue = None

    def of(self, document: JsonValue) -> JsonValue:
        """Return the document with the change."""
        nodes = list(paths(document))
        if self.place % 2 == 0:
            nodes = [path for path in nodes if len(path) <= SHALLOW]
        path = nodes[(self.place // 2) % len(nodes)]
        root = {"root": copy.deepcopy(document)}
        parent, key = _parent(root, ("root", *path))
        _change(parent, key, self.action, self._new())
        return root.get("root")

    def _new(self) -> JsonValue:
        return nested(self.value.depth) if isinstance(self.value, Nested) else self.value


mutations: Final = st.lists(
    st.builds(
        Mutation,
        st.sampled_from(["replace", "replace", "delete", "double", "wrap", "unwrap", "rename"]),
        st.integers(0, 2**20),
        odd,
    ),
    min_size=1,
    max_size=3,
)


def mutated(document: JsonValue, changes: Sequence[Mutation]) -> JsonValue:
    """Return the document with all of the changes."""
    for change in changes:
        document = change.of(document)
    return document


def dumped(value: JsonValue) -> bytes:
    """Return a value as JSON, however deep it is; lone surrogates stay escaped."""
    return json.dumps(value).encode()


def paths(value: JsonValue, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every node, the root first; what is too deep is left out."""
    yield path
    if len(path) < 60:
        children = dict(enumerate(value)) if isinstance(value, list) else value
        for key, child in children.items() if isinstance(children, dict) else ():
            yield from paths(child, (*path, key))


def _parent(root: JsonValue, path: Path) -> tuple[JsonValue, str | int]:
    *steps, last = path
    for step in steps:
        root = root[step]
    return root, last


def _change(parent: JsonValue, key: str | int, action: Action, new: JsonValue) -> None:
    value = parent[key]
    match action:
        case "delete":
            del parent[key]
        case "double" if isinstance(parent, list):
            parent.append(copy.deepcopy(value))
        case "double" if isinstance(key, str):
            parent[f"{key}2"] = copy.deepcopy(value)
        case "wrap":
            parent[key] = [value]
        case "unwrap" if isinstance(value, dict | list) and value:
            parent[key] = next(iter(value.values() if isinstance(value, dict) else value))
        case "rename" if isinstance(parent, dict) and isinstance(new, str):
            parent[new] = parent.pop(key)
        case _:
            parent[key] = copy.deepcopy(new)
