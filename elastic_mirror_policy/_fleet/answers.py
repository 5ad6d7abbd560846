"""What Kibana's answers must look like to be used; anything else is an error (pure).

The error names the kind of what came and not its text: a proxy may have put the request into it,
credentials and all.
"""

from typing import Final

from elastic_mirror_policy._json import JsonValue, type_name
from elastic_mirror_policy.errors import TransportError

LARGEST_TOTAL: Final = 10_000_000
"""More items than any list of Kibana has."""

KNOWN_KEYS: Final = frozenset(
    {"_shards", "attributes", "cluster_name", "code", "data", "error", "errors", "hits", "id"}
    | {"item", "items", "message", "name", "page", "perPage", "reason", "statusCode", "status"}
    | {"success", "total", "type", "version"}
)
"""Keys that tell what answered; others are not named, for a server may make keys of anything."""

_SHOWN: Final = 5


def list_of(answer: JsonValue, name: str) -> list[JsonValue]:
    """Return the items of a list, each with an id; `items` are wrapped, other lists are bare.

    Raises:
        TransportError: It is not such a list.
    """
    items = answer.get(name) if isinstance(answer, dict) and name == "items" else answer
    if not isinstance(items, list) or not all(
        isinstance(item, dict) and isinstance(item.get("id"), str) for item in items
    ):
        raise TransportError(f"Kibana's answer is not a list of {name}: it is {shape(answer)}.")
    return items


def item_of(answer: JsonValue) -> JsonValue:
    """Return the one item of an answer.

    Raises:
        TransportError: It has none.
    """
    item = answer.get("item") if isinstance(answer, dict) else None
    if not isinstance(item, dict):
        raise TransportError(f"Kibana's answer has no item: it is {shape(answer)}.", answered=True)
    return item


def total_of(answer: JsonValue) -> int:
    """Return how many items a list has in all.

    Raises:
        TransportError: It does not say, or says what cannot be.
    """
    total = answer.get("total") if isinstance(answer, dict) else None
    if not isinstance(total, int) or not 0 <= total <= LARGEST_TOTAL:
        raise TransportError(f"Kibana's list has no usable total: it is {shape(answer)}.")
    return total


def shape(answer: JsonValue) -> str:
    """Return what kind of value an answer is, with the first known keys of an object."""
    if not isinstance(answer, dict):
        return type_name(answer)
    keys = [key for key in answer if key in KNOWN_KEYS][:_SHOWN]
    return f"an object with {', '.join(keys)}" if keys else "an object"
