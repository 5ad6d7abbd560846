"""The part of Elasticsearch's search that clients of the fake need, over documents (pure).

What is not known here is refused, as Elasticsearch refuses what it does not know: a client that
sends something else than this has to be looked at, not guessed about.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeAlias

from elastic_mirror_policy._json import JsonValue

Predicate: TypeAlias = Callable[["Stored"], bool]

MAX_BUCKETS: Final = 65_536
_MOST_HITS: Final = 100
_DATE: Final = "date"
_APPLIED: Final = "Endpoint.policy.applied"
MAPPED: Final[Mapping[str, str]] = {
    **dict.fromkeys(("@timestamp", "event.created", "event.ingested"), _DATE),
    **dict.fromkeys(
        (
            *("agent.id", "agent.type", "agent.version", "host.hostname", "host.os.type"),
            *("data_stream.dataset", "data_stream.namespace", "data_stream.type"),
            *(f"{_APPLIED}.{name}" for name in ("id", "name", "status", "version")),
            f"{_APPLIED}.endpoint_policy_version",
            *(f"{_APPLIED}.artifacts.global.{name}" for name in ("version", "snapshot")),
        ),
        "keyword",
    ),
}
"""The fields that can be searched and sorted by, as endpoint package 9.6 maps them.

Others are in `_source` only (`actions`, `response`), or in documents of their own (`identifiers`).
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """A document as an index holds it.

    Attributes:
        source: The document.
        id: Its id in its index.
        index: The backing index.
    """

    source: Mapping[str, JsonValue]
    id: str = "1"
    index: str = "index"


class SearchError(Exception):
    """A request that Elasticsearch refuses with 400."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


def values(document: JsonValue, field: str) -> list[JsonValue]:
    """Return the values of a dotted field, through lists as well."""
    found = [document]
    for step in field.split("."):
        inner = [one[step] for one in found if isinstance(one, Mapping) and step in one]
        found = [leaf for one in inner for leaf in (one if isinstance(one, list) else [one])]
    return [one for one in found if one is not None and not isinstance(one, Mapping)]


def indexed(stored: Stored, field: str) -> list[str | int]:
    """Return what is searched in for a field: texts, or milliseconds; nothing where not mapped."""
    kind = MAPPED.get(field)
    if kind is None:
        return []
    found = values(stored.source, field)
    return [_millis(one) for one in found] if kind == _DATE else [_text(one) for one in found]


def predicate(query: JsonValue) -> Predicate:
    """Return what a query asks of a document.

    Raises:
        SearchError: It is not one of those that are known.
    """
    kind, body = _only(query, "query")
    known: dict[str, Callable[[JsonValue], Predicate]] = {
        "bool": _bool,
        "term": _term,
        "terms": _terms,
        "range": _range,
        "match_all": _match_all,
    }
    if kind not in known:
        raise SearchError("parsing_exception", f"unknown query [{kind}]")
    return known[kind](body)


def wanted_ids(query: JsonValue, field: str) -> list[str] | None:
    """Return the values that a query allows for a field, or None when it does not name any."""
    clauses = query.get("bool", {}).get("filter", []) if isinstance(query, dict) else []
    for clause in clauses if isinstance(clauses, list) else [clauses]:
        if isinstance(clause, dict) and field in clause.get("terms", {}):
            return list(clause["terms"][field])
    return None


def aggregate(
    aggs: JsonValue, documents: Sequence[Stored], most: int = MAX_BUCKETS
) -> dict[str, JsonValue]:
    """Return the results of aggregations over documents that match the query.

    Args:
        aggs: The aggregations.
        documents: The documents.
        most: How many buckets may be made (`search.max_buckets`).

    Raises:
        SearchError: One of them is not known, or makes too many buckets.
    """
    if not isinstance(aggs, dict):
        raise SearchError("parsing_exception", "Unexpected token in [aggs]")
    return {name: _aggregation(body, documents, most) for name, body in aggs.items()}


def _aggregation(body: JsonValue, documents: Sequence[Stored], most: int) -> JsonValue:
    _object(body, "aggregation")
    inner = body.get("aggs", body.get("aggregations", {}))
    kind, options = _only(
        {name: value for name, value in body.items() if name not in {"aggs", "aggregations"}},
        "aggregation",
    )
    if kind == "top_hits" and not inner:
        return _top_hits(options, documents)
    if kind == "composite":
        return _composite(options, inner, documents, most)
    if kind == "filter":
        matches = predicate(options)
        chosen = [one for one in documents if matches(one)]
        return {"doc_count": len(chosen), **aggregate(inner, chosen, most)}
    raise SearchError("parsing_exception", f"Unknown aggregation type [{kind}]")


def _composite(
    options: JsonValue, inner: JsonValue, documents: Sequence[Stored], most: int
) -> JsonValue:
    _known(options, {"size", "sources", "after"}, "composite")
    sources = [_source_field(source) for source in options.get("sources") or ()]
    if not sources:
        raise SearchError("illegal_argument_exception", "Required [sources]")
    size = _size(options, 10, lowest=1)
    if size > most:
        raise SearchError(
            "too_many_buckets_exception",
            f"Trying to create too many buckets. Must be less than or equal to: [{most}] but was "
            f"[{size}]. This limit can be set by changing the [search.max_buckets] cluster level "
            "setting.",
        )
    names = [name for name, _ in sources]
    mark = _mark(options.get("after"), names)
    groups: dict[tuple[str, ...], list[Stored]] = {}
    for document in documents:
        for key in itertools.product(*(indexed(document, field) for _, field in sources)):
            groups.setdefault(tuple(map(str, key)), []).append(document)
    buckets = [
        {
            "key": dict(zip(names, key, strict=True)),
            "doc_count": len(groups[key]),
            **aggregate(inner, groups[key], most),
        }
        for key in sorted(key for key in groups if mark is None or key > mark)[:size]
    ]
    return {"buckets": buckets} | ({"after_key": buckets[-1]["key"]} if buckets else {})


def _source_field(source: JsonValue) -> tuple[str, str]:
    name, body = _only(source, "source")
    kind, options = _only(body, "source")
    _known(options, {"field"}, kind)
    if kind != "terms":
        raise SearchError("parsing_exception", f"unknown source [{kind}]")
    return name, options["field"]


def _mark(after: JsonValue, names: Sequence[str]) -> tuple[str, ...] | None:
    if after is None:
        return None
    if not isinstance(after, dict) or set(after) != set(names):
        raise SearchError("illegal_argument_exception", "[after] has other values than sources")
    return tuple(after[name] for name in names)


def _top_hits(options: JsonValue, documents: Sequence[Stored]) -> JsonValue:
    _known(options, {"size", "sort", "_source"}, "top_hits")
    size = _size(options, 3, lowest=1)
    if size > _MOST_HITS:
        raise SearchError(
            "illegal_argument_exception",
            f"Top hits result window is too large, must be less than or equal to: [{_MOST_HITS}] "
            f"but was [{size}].",
        )
    chosen = list(documents)
    for clause in reversed(options.get("sort", [])):
        chosen = _sorted(clause, chosen)
    hits = [
        {"_index": one.index, "_id": one.id, "_score": None}
        | _filtered(one.source, options.get("_source"))
        for one in chosen[:size]
    ]
    total = {"value": len(documents), "relation": "eq"}
    return {"hits": {"total": total, "max_score": None, "hits": hits}}


def _sorted(clause: JsonValue, documents: Sequence[Stored]) -> list[Stored]:
    """Sort by one field, the first stored first among equals and what lacks it last."""
    field, order = _only(clause, "sort")
    options = order if isinstance(order, dict) else {"order": order}
    _known(options, {"order", "unmapped_type"}, "field_sort")
    if field not in MAPPED and "unmapped_type" not in options:
        raise SearchError(
            "query_shard_exception", f"No mapping found for [{field}] in order to sort on"
        )
    having = [one for one in documents if indexed(one, field)]
    lacking = [one for one in documents if not indexed(one, field)]
    descending = options.get("order", "asc") == "desc"
    pick = max if descending else min
    having.sort(key=lambda one: pick(indexed(one, field)), reverse=descending)
    return having + lacking


def _filtered(document: Mapping[str, JsonValue], fields: JsonValue) -> dict[str, JsonValue]:
    if fields is False:
        return {}
    if fields in (None, True):
        return {"_source": document}
    found: dict[str, JsonValue] = {}
    for field in fields:
        _copy(document, field.split("."), found)
    return {"_source": found}


def _copy(
    source: Mapping[str, JsonValue], steps: Sequence[str], target: dict[str, JsonValue]
) -> None:
    first, *rest = steps
    if first not in source:
        return
    if not rest:
        target[first] = source[first]
    elif isinstance(source[first], Mapping):
        _copy(source[first], rest, target.setdefault(first, {}))


def _bool(body: JsonValue) -> Predicate:
    _known(body, {"filter", "must", "must_not"}, "bool")
    wanted = [predicate(one) for key in ("filter", "must") for one in _each(body.get(key, []))]
    unwanted = [predicate(one) for one in _each(body.get("must_not", []))]

    def matches(document: Stored) -> bool:
        return all(one(document) for one in wanted) and not any(one(document) for one in unwanted)

    return matches


def _each(clauses: JsonValue) -> Iterable[JsonValue]:
    return clauses if isinstance(clauses, list) else [clauses]


def _match_all(body: JsonValue) -> Predicate:
    _known(body, set(), "match_all")
    return lambda _: True


def _term(body: JsonValue) -> Predicate:
    field, wanted = _only(body, "term")
    if isinstance(wanted, dict):
        _known(wanted, {"value"}, "term")
    value = _text(wanted["value"] if isinstance(wanted, dict) else wanted)
    return lambda document: value in indexed(document, field)


def _terms(body: JsonValue) -> Predicate:
    field, wanted = _only(body, "terms")
    if not isinstance(wanted, list):
        raise SearchError("parsing_exception", "[terms] query does not support a single value")
    if len(wanted) > MAX_BUCKETS:
        raise SearchError(
            "illegal_argument_exception",
            f"The number of terms [{len(wanted)}] used in the Terms Query request has exceeded "
            f"the allowed maximum of [{MAX_BUCKETS}].",
        )
    allowed = frozenset(map(_text, wanted))
    return lambda document: not allowed.isdisjoint(indexed(document, field))


def _range(body: JsonValue) -> Predicate:
    field, bounds = _only(body, "range")
    _known(bounds, {"gte", "lt"}, "range")
    if field in MAPPED and MAPPED[field] != _DATE:
        raise SearchError("parsing_exception", f"the range of [{field}] is not known here")
    low = _millis(bounds["gte"]) if "gte" in bounds else float("-inf")
    high = _millis(bounds["lt"]) if "lt" in bounds else float("inf")
    return lambda document: any(low <= int(one) < high for one in indexed(document, field))


def _millis(moment: JsonValue) -> int:
    """Return a date as it is sorted by: whole milliseconds since 1970."""
    if isinstance(moment, int):
        return moment
    try:
        found = datetime.fromisoformat(moment)
    except (ValueError, TypeError) as exc:
        raise SearchError("parse_exception", f"failed to parse date field [{moment}]") from exc
    since = found if found.tzinfo else found.replace(tzinfo=UTC)
    return int(since.timestamp() * 1000)


def _text(value: JsonValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _size(options: Mapping[str, JsonValue], default: int, *, lowest: int) -> int:
    size = options.get("size", default)
    if not isinstance(size, int) or size < lowest:
        raise SearchError("illegal_argument_exception", f"[size] must be positive, found [{size}]")
    return size


def _known(body: JsonValue, names: Iterable[str], what: str) -> None:
    unknown = sorted(set(_object(body, what)) - set(names))
    if unknown:
        raise SearchError("x_content_parse_exception", f"[{what}] unknown field {unknown}")


def _object(body: JsonValue, what: str) -> Mapping[str, JsonValue]:
    if not isinstance(body, Mapping):
        raise SearchError("parsing_exception", f"[{what}] is not an object")
    return body


def _only(body: JsonValue, what: str) -> tuple[str, JsonValue]:
    if not isinstance(body, dict) or len(body) != 1:
        raise SearchError("parsing_exception", f"a {what} has exactly one name, not {body!r}"[:200])
    return next(iter(body.items()))
