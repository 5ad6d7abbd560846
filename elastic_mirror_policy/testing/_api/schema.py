"""Checks a value against a closed schema of one version, with the messages of Kibana (pure).

Like `schema.object` of Kibana: the first problem is reported, known keys before unknown ones.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.testing._kibana.versions import Version

Kind: TypeAlias = Literal["string", "boolean", "number", "array", "object", "record", "any"]
Problem: TypeAlias = tuple[str, str]
"""Where, as a dotted path with a leading dot, and what."""

EVER = (0, 0)


@dataclass(frozen=True, slots=True)
class Rule:
    """What one value must be.

    Attributes:
        kind: Its JSON type; a record is an object with free keys, an object has closed keys.
        since: The first release that knows the key.
        nullable: The first release that takes null for it; None: no release does.
        required: Whether the key must be there.
        keys: The rules of an object's keys.
        each: The rule of an array's items or a record's values.
        most: The largest number of items, and the release that brought the limit.
        check: Returns what is wrong with a text, or an empty string.
    """

    kind: Kind
    since: tuple[int, int] = EVER
    nullable: tuple[int, int] | None = None
    required: bool = False
    keys: Mapping[str, "Rule"] | None = None
    each: "Rule | None" = None
    most: tuple[int, tuple[int, int]] | None = None
    check: Callable[[str], str] | None = None


def find_problem(value: JsonValue, rule: Rule, version: Version, path: str = "") -> Problem | None:
    """Return the first problem of a value, or None when it is as the rule wants it."""
    if rule.kind == "any" or (value is None and _takes_null(rule, version)):
        return None
    wrong = _wrong_type(value, rule)
    if wrong:
        return path, wrong
    if rule.kind == "object":
        return _check_keys(value, rule.keys or {}, version, path)
    if rule.kind == "array":
        return _check_array(value, rule, version, path)
    if rule.kind == "record" and rule.each is not None:
        return _first(value.items(), rule.each, version, path)
    return None


def type_name(value: JsonValue) -> str:
    """The name Kibana gives the type of a value in its messages."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    names: dict[type, str] = {str: "string", list: "Array", dict: "Object"}
    return names.get(type(value), "null")


def unknown_key(key: str, version: Version) -> str:
    """The message for a key that is not in the schema, in the wording of the version."""
    if version.names_unknown_keys_newly:
        return f"Additional properties are not allowed ('{key}' was unexpected)"
    return "definition for this key is missing"


def _takes_null(rule: Rule, version: Version) -> bool:
    return rule.nullable is not None and version.since(rule.nullable)


def _wrong_type(value: JsonValue, rule: Rule) -> str:
    found = type_name(value)
    wanted = {"record": "Object", "object": "Object", "array": "Array"}.get(rule.kind, rule.kind)
    if found == wanted:
        return rule.check(value) if rule.check is not None else ""
    if rule.kind == "object":
        return f"expected a plain object value, but found [{found}] instead."
    return f"expected value of type [{wanted.lower()}] but got [{found}]"


def _check_keys(
    value: Mapping[str, JsonValue], keys: Mapping[str, Rule], version: Version, path: str
) -> Problem | None:
    known = {name: rule for name, rule in keys.items() if version.since(rule.since)}
    for name, rule in known.items():
        if name not in value:
            if rule.required:
                return f"{path}.{name}", _missing(rule)
            continue
        problem = find_problem(value[name], rule, version, f"{path}.{name}")
        if problem is not None:
            return problem
    for name in value:
        if name not in known:
            return f"{path}.{name}", unknown_key(name, version)
    return None


def _missing(rule: Rule) -> str:
    wanted = "object" if rule.kind == "record" else rule.kind
    return f"expected value of type [{wanted}] but got [undefined]"


def _check_array(value: list[JsonValue], rule: Rule, version: Version, path: str) -> Problem | None:
    if rule.most is not None and version.since(rule.most[1]) and len(value) > rule.most[0]:
        return (
            path,
            f"array size is [{len(value)}], but cannot be greater than [{rule.most[0]}]",
        )
    if rule.each is None:
        return None
    return _first(((str(at), item) for at, item in enumerate(value)), rule.each, version, path)


def _first(
    items: Iterable[tuple[str, JsonValue]], rule: Rule, version: Version, path: str
) -> Problem | None:
    for name, item in items:
        problem = find_problem(item, rule, version, f"{path}.{name}")
        if problem is not None:
            return problem
    return None
