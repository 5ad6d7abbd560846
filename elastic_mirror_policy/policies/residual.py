"""What else differs between a policy as it was to be stored and as Kibana has it (pure).

A write changes the managed keys and nothing else. That is not taken on trust: the answer is
compared, whole, with the document that was read and edited. What a Kibana is known to rewrite
with every save stands in one table; all other differences are reported by path, never by value.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal, TypeAlias

from pydantic import StrictStr

from elastic_mirror_policy._document import Described
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.policies.document import POLICY_VALUE

MOST: Final = 50
"""Differences of one policy that are reported at most."""

LONGEST_PATH: Final = 300
"""Characters of a path at most; its steps are keys of somebody else's document."""

Kind: TypeAlias = Literal["added", "removed", "changed"]
Steps: TypeAlias = tuple[str | int, ...]

REWRITTEN: Final[tuple[tuple[Steps, str], ...]] = (
    (("version",), "a token of the stored document"),
    (("revision",), "one more with every save (package_policy.ts, update)"),
    (("updated_at",), "package_policy.ts, update"),
    (("updated_by",), "package_policy.ts, update"),
    (("spaceIds",), "an answer to PUT leaves them out (Terraform provider, elastic_defend)"),
    (("agents",), "a count that only some answers carry"),
    (("elasticsearch",), "worked out from the package (package_policy.ts, update)"),
    (("package", "requires_root"), "worked out from the package"),
    (("package", "fips_compatible"), "worked out from the package"),
    (("package_agent_version_condition",), "worked out from the package"),
    (("latest_revision",), "marks the snapshots of rollbacks (package_policy.ts)"),
    (("inputs_for_versions",), "made for version-specific agent policies (kibana#276294)"),
    (("inputs", "*", "compiled_input"), "compiled from the package's templates"),
    (("inputs", "*", "streams", "*", "compiled_stream"), "compiled from the package's templates"),
    ((*POLICY_VALUE, "meta"), "refreshed with every save (fleet_integration.ts)"),
    (
        (*POLICY_VALUE, "windows", "antivirus_registration", "enabled"),
        "follows its mode (updateAntivirusRegistrationEnabled)",
    ),
)
"""What Kibana rewrites with every save, and how that is known."""

_REWRITTEN_UNDER: Final = {
    first: [path for path, _ in REWRITTEN if path[:1] == first]
    for first in {path[:1] for path, _ in REWRITTEN}
}


@dataclass(frozen=True, slots=True)
class AlsoChanged(Described):
    """One difference beside what was asked for.

    Attributes:
        path: Where, such as `inputs[0].condition`.
        change: `added`, `removed` or `changed`.
    """

    path: StrictStr
    change: Kind


def residual(expected: JsonValue, found: JsonValue) -> tuple[AlsoChanged, ...]:
    """Return what differs although nobody asked for it, without what Kibana always rewrites.

    Null and absence are the same here: neither carries anything.

    Args:
        expected: The document that was read, with the edits in it.
        found: The document as Kibana has it after the write.
    """
    return tuple(islice(_differences(expected, found), MOST))


def _differences(expected: JsonValue, found: JsonValue) -> Iterator[AlsoChanged]:
    left: deque[tuple[Steps, JsonValue, JsonValue]] = deque([((), expected, found)])
    while left:  # no recursion: an answer may be nested as deep as it likes
        path, before, after = left.popleft()
        pairs = _children(before, after)
        if pairs is not None:
            left.extend(((*path, s), old, new) for s, old, new in pairs if not _alike(old, new))
        elif not _same(before, after) and not _is_rewritten(path, after, found):
            yield AlsoChanged(show_path(path), _kind(before, after))


def _children(
    before: JsonValue, after: JsonValue
) -> Iterable[tuple[str | int, JsonValue, JsonValue]] | None:
    """Return the parts of two values to compare one by one, or None to compare them whole."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [(key, before.get(key), after.get(key)) for key in {**before, **after}]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return list(zip(range(len(before)), before, after, strict=True))
    return None


def _alike(before: JsonValue, after: JsonValue) -> bool:
    """Whether two values certainly are the same JSON: the quick way past what did not change."""
    try:
        return bool(before == after) and _of_same_kinds(before, after)
    except RecursionError:
        return False


def _of_same_kinds(before: JsonValue, after: JsonValue) -> bool:
    """Whether two values that are equal to Python are so as JSON, where 1 is not true.

    The order of keys may differ: Kibana has one of its own.
    """
    left = [(before, after)]
    for one, other in left:  # grows meanwhile
        if type(one) is not type(other):
            return False
        if isinstance(one, dict):
            left += [(v, other[k]) for k, v in one.items() if v is not other[k]]
        elif isinstance(one, list):
            left += zip(one, other, strict=True)
    return True


def _same(before: JsonValue, after: JsonValue) -> bool:
    """Whether two values that are not compared part by part are the same JSON."""
    return isinstance(before, bool) is isinstance(after, bool) and bool(before == after)


def _kind(before: JsonValue, after: JsonValue) -> Kind:
    if before is None:
        return "added"
    return "removed" if after is None else "changed"


def _is_rewritten(path: Steps, after: JsonValue, document: JsonValue) -> bool:
    if _is_forced(path, after, document):
        return True
    return any(
        len(path) >= len(pattern)
        and all(step in ("*", found) for step, found in zip(pattern, path, strict=False))
        for pattern in _REWRITTEN_UNDER.get(path[:1], ())
    )


def _is_forced(path: Steps, after: JsonValue, document: JsonValue) -> bool:
    """Whether a value is one that Kibana works out from the document itself.

    The id of an input is the policy's (get_input_with_ids.ts); `policy_id` follows the first of
    `policy_ids` (keepPolicyIdInSync), which heals one that had been left behind (kibana#281170).
    """
    match path:
        case ("inputs", int(), "id"):
            return bool(after == document.get("id"))
        case ("policy_id",):
            ids = document.get("policy_ids")
            return isinstance(ids, list) and ids[:1] == [after]
        case _:
            return False


def show_path(path: Steps) -> str:
    """Return a path as people write it: `inputs[0].config.policy`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")[:LONGEST_PATH] or "the policy"
