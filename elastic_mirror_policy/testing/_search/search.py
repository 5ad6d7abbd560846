"""The part of Elasticsearch's search that clients of the fake need, over documents (pure).

What is not known here is refused, as Elasticsearch refuses what it does not know: a client that
sends something else than this has to be looked at, not guessed about.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from elastic_mirror_policy._json import JsonValue

Document: TypeAlias = Mapping[str, JsonValue]
Predicate: TypeAlias = Callable[[Document], bool]

MAX_BUCKETS = 65_536
_DATES = frozenset({"@timestamp", "event.created", "event.ingested"})


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


def aggregate(aggs: JsonValue, documents: Sequence[Document]) -> dict[str, JsonValue]:
    """Return the results of aggregations over documents that match the query.

    Raises:
        SearchError: One of them is not known, or makes too many buckets.
    """
    return {name: _aggregation(body, documents) for name, body in dict(aggs).items()}


def _aggregation(body: JsonValue, documents: Sequence[Document]) -> JsonValue:
    inner = body.get("aggs", body.get("aggregations", {}))
    kind, options = _only(
        {name: value for name, value in body.items() if name not in {"aggs", "aggregations"}},
        "aggregation",
    )
    if kind == "top_hits":
        return _top_hits(options, documents)
    if kind == "composite":
        return _composite(options, inner, documents)
    raise SearchError("parsing_exception", f"Unknown aggregation type [{kind}]")


def _composite(options: JsonValue, inner: JsonValue, documents: Sequence[Document]) -> JsonValue:
    size = options.get("size", 10)
    if size > MAX_BUCKETS:
        raise SearchError(
            "illegal_argument_exception",
            f"Trying to create too many buckets. Must be less than or equal to: [{MAX_BUCKETS}] "
            f"but was [{size}].",
        )
    sources = [_only(source, "source") for source in options["sources"]]
    groups: dict[tuple[str, ...], list[Document]] = {}
    for document in documents:
        key = tuple(str(_first(document, body["terms"]["field"])) for _, body in sources)
        groups.setdefault(key, []).append(document)
    names = [name for name, _ in sources]
    after = options.get("after")
    mark = tuple(after[name] for name in names) if after else None
    keys = sorted(key for key in groups if "None" not in key and (mark is None or key > mark))
    buckets = [
        {
            "key": dict(zip(names, key, strict=True)),
            "doc_count": len(groups[key]),
            **aggregate(inner, groups[key]),
        }
        for key in keys[:size]
    ]
    return {"buckets": buckets} | ({"after_key": buckets[-1]["key"]} if buckets else {})


def _top_hits(options: JsonValue, documents: Sequence[Document]) -> JsonValue:
    chosen = list(documents)
    for clause in reversed(options.get("sort", [])):
        field, order = _only(clause, "sort")
        direction = order["order"] if isinstance(order, dict) else order
        having = [one for one in chosen if values(one, field)]
        lacking = [one for one in chosen if not values(one, field)]
        having.sort(key=lambda one: _sortable(field, one), reverse=direction == "desc")
        chosen = having + lacking
    size = options.get("size", 3)
    hits = [{"_source": _filtered(one, options.get("_source"))} for one in chosen[:size]]
    total = {"value": len(documents), "relation": "eq"}
    return {"hits": {"total": total, "max_score": None, "hits": hits}}


def _sortable(field: str, document: Document) -> float | str:
    first = _first(document, field)
    return _moment(str(first)) if field in _DATES else str(first)


def _filtered(document: Document, fields: JsonValue) -> JsonValue:
    if fields in (None, True):
        return document
    found: dict[str, JsonValue] = {}
    for field in fields:
        _copy(document, field.split("."), found)
    return found


def _copy(source: Mapping[str, JsonValue], steps: list[str], target: dict[str, JsonValue]) -> None:
    first, *rest = steps
    if first not in source:
        return
    if not rest:
        target[first] = source[first]
    elif isinstance(source[first], Mapping):
        _copy(source[first], rest, target.setdefault(first, {}))


def _bool(body: JsonValue) -> Predicate:
    unknown = set(body) - {"filter", "must", "must_not"}
    if unknown:
        raise SearchError("x_content_parse_exception", f"[bool] unknown field {sorted(unknown)}")
    wanted = [predicate(one) for key in ("filter", "must") for one in _each(body.get(key, []))]
    unwanted = [predicate(one) for one in _each(body.get("must_not", []))]

    def matches(document: Document) -> bool:
        return all(one(document) for one in wanted) and not any(one(document) for one in unwanted)

    return matches


def _each(clauses: JsonValue) -> Iterable[JsonValue]:
    return clauses if isinstance(clauses, list) else [clauses]


def _match_all(_: JsonValue) -> Predicate:
    return lambda _: True


def _term(body: JsonValue) -> Predicate:
    field, wanted = _only(body, "term")
    value = wanted["value"] if isinstance(wanted, dict) else wanted
    return lambda document: value in values(document, field)


def _terms(body: JsonValue) -> Predicate:
    field, wanted = _only(body, "terms")
    if len(wanted) > MAX_BUCKETS:
        raise SearchError(
            "illegal_argument_exception",
            f"The number of terms [{len(wanted)}] used in the Terms Query request has exceeded "
            f"the allowed maximum of [{MAX_BUCKETS}].",
        )
    allowed = frozenset(wanted)
    return lambda document: not allowed.isdisjoint(values(document, field))


def _range(body: JsonValue) -> Predicate:
    field, bounds = _only(body, "range")
    if field not in _DATES or set(bounds) - {"gte", "lt"}:
        raise SearchError("parsing_exception", f"[range] query does not support {bounds}")
    low = _moment(bounds["gte"]) if "gte" in bounds else float("-inf")
    high = _moment(bounds["lt"]) if "lt" in bounds else float("inf")
    return lambda document: any(low <= _moment(str(one)) < high for one in values(document, field))


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as exc:
        raise SearchError("parse_exception", f"failed to parse date field [{text}]") from exc


def _first(document: Document, field: str) -> JsonValue:
    found = values(document, field)
    return found[0] if found else None


def _only(body: JsonValue, what: str) -> tuple[str, JsonValue]:
    """The one entry of an object that must have exactly one."""
    if not isinstance(body, dict) or len(body) != 1:
        raise SearchError("parsing_exception", f"Expected exactly one {what}")
    return next(iter(body.items()))
