"""What holds for every document and every path."""

import copy
from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st
from support.strategies import documents, json_values, keys, systems

from elastic_mirror_policy._json import JsonValue, canonical, decode, encode
from elastic_mirror_policy.policies import document as _document
from elastic_mirror_policy.policies.document import ABSENT, POLICY_VALUE, managed_path
from elastic_mirror_policy.settings import OperatingSystem

SYSTEM = len(POLICY_VALUE) + 1


def leaves(node: JsonValue, path: tuple[object, ...] = ()) -> dict[tuple[object, ...], JsonValue]:
    """Return every leaf of a document with its path; an empty object is a leaf."""
    if isinstance(node, dict) and node:
        parts = [leaves(child, (*path, key)) for key, child in node.items()]
    elif isinstance(node, list) and node:
        parts = [leaves(child, (*path, index)) for index, child in enumerate(node)]
    else:
        return {path: repr(node)}
    return {where: value for part in parts for where, value in part.items()}


@given(documents(), systems, keys, json_values)
def test_what_was_set_is_what_is_got(
    document: JsonValue, system: OperatingSystem, key: str, value: JsonValue
) -> None:
    """Any value, any system, any number of parents before."""
    path = managed_path(system, key)

    assert _document.get(_document.set_value(document, path, value), path) == value


@given(documents(), systems, keys, json_values)
def test_setting_what_is_there_changes_nothing(
    document: JsonValue, system: OperatingSystem, key: str, value: JsonValue
) -> None:
    """Reading and writing back is the identity."""
    path = managed_path(system, key)
    there = _document.set_value(document, path, value)

    assert _document.set_value(there, path, _document.get(there, path)) == there


@given(documents(), systems, keys, st.text())
def test_setting_changes_its_own_path_and_nothing_else(
    document: JsonValue, system: OperatingSystem, key: str, value: str
) -> None:
    """Every other leaf stays, but for the empty objects that the path now runs through."""
    path = managed_path(system, key)
    before = leaves(document)
    after = leaves(_document.set_value(document, path, value))
    set_to = after.pop(path)
    before.pop(path, None)
    gone = before.keys() - after.keys()

    assert set_to == repr(value)
    assert after.items() <= before.items()
    assert all(path[: len(where)] == where and before[where] == "{}" for where in gone)


@given(documents(), systems, keys, json_values, st.integers(0, 3))
def test_nothing_is_changed_in_place(
    document: JsonValue, system: OperatingSystem, key: str, value: JsonValue, keep: int
) -> None:
    """An edit returns a new document, whatever it shares with the old one."""
    kept = copy.deepcopy(document)
    path = managed_path(system, key)
    _document.set_value(document, path, value)
    _document.unset(document, path, keep=SYSTEM + keep)

    assert document == kept


@given(documents(), systems, keys, json_values)
def test_unsetting_restores_what_was_before_setting(
    document: JsonValue, system: OperatingSystem, key: str, value: JsonValue
) -> None:
    """Given the number of parents there were, nothing of the edit is left."""
    path = managed_path(system, key)
    assume(_document.get(document, path) is ABSENT)
    parents = _document.count_parents(document, system)
    there = _document.set_value(document, path, value)

    assert _document.unset(there, path, keep=SYSTEM + parents) == document


@given(documents(), systems, keys, json_values)
def test_setting_restores_what_was_before_unsetting(
    document: JsonValue, system: OperatingSystem, key: str, value: JsonValue
) -> None:
    """A key that was removed with its empty parents comes back with them."""
    path = managed_path(system, key)
    there = _document.set_value(document, path, value)
    gone = _document.unset(there, path, keep=SYSTEM)

    assert _document.get(gone, path) is ABSENT
    assert _document.set_value(gone, path, value) == there


@given(documents(), systems, keys, st.integers(0, 3))
def test_unsetting_twice_is_unsetting_once(
    document: JsonValue, system: OperatingSystem, key: str, keep: int
) -> None:
    """There is nothing left to do the second time."""
    path = managed_path(system, key)
    once = _document.unset(document, path, keep=SYSTEM + keep)

    assert _document.unset(once, path, keep=SYSTEM + keep) is once


@given(documents(), systems, keys, json_values)
def test_parents_are_all_there_after_setting(
    document: JsonValue, system: OperatingSystem, key: str, value: JsonValue
) -> None:
    """The count says so."""
    there = _document.set_value(document, managed_path(system, key), value)

    assert _document.count_parents(there, system) == 3


@given(json_values)
def test_json_survives_being_written_and_read(value: JsonValue) -> None:
    """In both spellings."""
    assert decode(encode(value)) == value
    assert decode(canonical(value)) == value


@given(st.dictionaries(st.text(), json_values), st.randoms(use_true_random=False))
def test_the_canonical_spelling_does_not_depend_on_the_order(
    value: dict[str, JsonValue], random: Random
) -> None:
    """Two documents with the same content have the same digest."""
    names = list(value)
    random.shuffle(names)

    assert canonical({name: value[name] for name in names}) == canonical(value)
