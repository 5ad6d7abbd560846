"""What users import: each package's face, and every type that its names speak of."""

import importlib
import inspect
import types
import typing
from collections.abc import Iterator
from dataclasses import is_dataclass

import responses
from support.sources import PACKAGE

FACES = (
    "",
    "errors",
    "settings",
    "plan",
    "policies",
    "journal",
    "endpoints",
    "rollout",
    "mirror",
    "render",
    "testing",
    "reader",
)
"""The paths without an underscore that users import from."""


def face(name: str) -> types.ModuleType:
    """Return a module that users import from."""
    return importlib.import_module(f"{PACKAGE}.{name}".rstrip("."))


def names_of(name: str) -> list[str]:
    """Return the public names of a face: its list, or else what it defines."""
    module = face(name)
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return list(listed)
    return [
        key
        for key, value in vars(module).items()
        if not key.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]


def reachable() -> set[object]:
    """Return every class that can be imported from a face."""
    found = (getattr(face(name), key) for name in FACES for key in names_of(name))
    return {value for value in found if isinstance(value, type)}


def signatures(value: object) -> Iterator[object]:
    """Yield what has a signature: a function, or a class with its public methods and fields."""
    if inspect.isfunction(value):
        yield value
    if inspect.isclass(value):
        if is_dataclass(value) or "__init__" in vars(value):
            yield value.__init__
        for key, member in inspect.getmembers_static(value):
            if key.startswith("_"):
                continue
            inner = member.fget if isinstance(member, property) else member
            inner = getattr(inner, "__func__", inner)
            if inspect.isfunction(inner):
                yield inner


def classes_in(hint: object) -> Iterator[type]:
    """Yield every class of ours that a type speaks of."""
    if isinstance(hint, type) and hint.__module__.startswith(PACKAGE):
        yield hint
    for part in typing.get_args(hint):
        yield from classes_in(part)
    if isinstance(hint, list | tuple):
        for part in hint:
            yield from classes_in(part)


def spoken_of(value: object) -> Iterator[type]:
    """Yield every class of ours in the signatures of a public name."""
    for function in signatures(value):
        # The fakes name this library without importing it: only some tests have it.
        for hint in typing.get_type_hints(function, localns={"responses": responses}).values():
            yield from classes_in(hint)


def test_every_face_has_its_names() -> None:
    """A name in the list is a promise."""
    missing = [
        f"{name}.{key}" for name in FACES for key in names_of(name) if not hasattr(face(name), key)
    ]

    assert missing == []
    assert all(names_of(name) for name in FACES)


def test_every_type_in_a_public_signature_can_be_imported_by_users() -> None:
    """From a path without an underscore: who annotates a variable needs no private module."""
    known = reachable()
    hidden = {
        f"{name}.{key}: {used.__module__}.{used.__qualname__}"
        for name in FACES
        for key in names_of(name)
        for used in spoken_of(getattr(face(name), key))
        if used not in known
    }

    assert sorted(hidden) == []


def test_all_public_names_of_the_root_are_in_a_face() -> None:
    """The root repeats what the packages have; it owns nothing but the verbs."""
    inner = {key for name in FACES[1:] for key in names_of(name)}

    assert set(names_of("")) - inner == {"Kibana"}
