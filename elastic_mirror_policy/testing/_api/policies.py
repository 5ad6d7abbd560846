"""Routes that read package policies: the list, several by id, one."""

from collections.abc import Iterable, Sequence
from itertools import islice

from elastic_mirror_policy._json import JsonValue, value_at
from elastic_mirror_policy.testing._api.answers import bad_request, forbidden, not_found
from elastic_mirror_policy.testing._api.bodies import BULK_GET, check_body
from elastic_mirror_policy.testing._api.call import Call, check_window
from elastic_mirror_policy.testing._api.kuery import KuerySyntaxError, Lookup
from elastic_mirror_policy.testing._api.query import FLAG, ORDER, PAGE, PER_PAGE, Param
from elastic_mirror_policy.testing._kibana.state import StoredPolicy

FORMAT = Param(since=(8, 6), choices=("simplified", "legacy"))
LIST_PARAMS = {
    "page": PAGE,
    "perPage": PER_PAGE,
    "sortField": Param(),
    "sortOrder": ORDER,
    "showUpgradeable": FLAG,
    "kuery": Param(),
    "format": FORMAT,
    "withAgentCount": Param("boolean", since=(8, 13)),
}
ONE_PARAMS = {"format": FORMAT}
_SORTABLE = frozenset(
    {"created_at", "created_by", "enabled", "name", "namespace", "revision"}
    | {"package.name", "package.title", "package.version", "updated_at", "updated_by"}
)
_SEARCHABLE = _SORTABLE | {"id", "is_managed", "policy_id", "policy_ids", "output_id"}
_PREFIX = "ingest-package-policies."
_SPACE_AWARE_PREFIX = "fleet-package-policies."


def list_policies(call: Call) -> JsonValue:
    """Return one page of the package policies of a space."""
    call.need(call.rights.may_read)
    page, per_page = call.paging()
    check_window(page, per_page)
    found = _found(call)
    shown = islice(found, (page - 1) * per_page, page * per_page)
    count = bool(call.query.get("withAgentCount"))
    return {
        "items": [_item(call, policy, count=count) for policy in shown],
        "total": len(found),
        "page": page,
        "perPage": per_page,
    }


def bulk_get_policies(call: Call) -> JsonValue:
    """Return several package policies, in the order of their ids."""
    check_body(call.body, BULK_GET, call.version)
    ids = call.body["ids"]
    if not ids and not call.version.since((8, 18)):
        raise bad_request("[request body.ids]: array size is [0], but cannot be smaller than [1]")
    call.need(call.rights.may_read)
    found = []
    for one in dict.fromkeys(ids):
        policy = call.state.policy_in(one, call.space)
        if policy is not None:
            found.append(policy)
        elif not call.body.get("ignoreMissing"):
            raise not_found(f"Package policy {one} not found")
    _check_packages(call, found)
    return {"items": [_item(call, policy) for policy in found]}


def get_policy(call: Call) -> JsonValue:
    """Return one package policy."""
    call.need(call.rights.may_read)
    policy = call.state.policy_in(call.ids[0], call.space)
    if policy is None:
        raise not_found(f"Package policy {call.ids[0]} not found")
    _check_packages(call, [policy])
    return {"item": _item(call, policy)}


def _check_packages(call: Call, policies: Iterable[StoredPolicy]) -> None:
    if call.rights.fleet_read:
        return
    for policy in policies:
        if policy.package != "endpoint":
            raise forbidden(
                f"Authorization denied to package: {policy.package}. Allowed packages: endpoint"
            )


def _item(call: Call, policy: StoredPolicy, *, count: bool = False) -> JsonValue:
    item = call.state.item(policy)
    if call.query.get("format") == "simplified":
        item["inputs"] = {
            f"{one.get('policy_template', 'endpoint')}-{one.get('type')}": {
                "enabled": bool(one.get("enabled"))
            }
            for one in item["inputs"]
        }
    if count:
        item["agents"] = sum(1 for _ in call.state.agents_of(policy.agent_policies))
    return item


def _found(call: Call) -> list[StoredPolicy]:
    field = call.query.get("sortField", "updated_at")
    order = call.query.get("sortOrder", "desc")
    state = call.state
    key = (state.generation, call.space, call.query.get("kuery"), field, order)
    if state.listing is None or state.listing[0] != key:
        state.listing = (key, _search(call, field, order))
    found = state.listing[1]
    _check_packages(call, found)
    return found


def _search(call: Call, field: str, order: str) -> list[StoredPolicy]:
    if field not in _SORTABLE:
        raise bad_request(f"Unknown sort field {field}")
    matches = call.predicate(_field_reader(call))
    found = [
        policy
        for policy in call.state.policies.values()
        if call.state.is_visible(policy.spaces, call.space)
        and (matches is None or matches(_lookup(policy)))
    ]
    found.sort(key=lambda policy: _sort_key(policy, field), reverse=order == "desc")
    return found


def _sort_key(policy: StoredPolicy, field: str) -> tuple[str, int | str, str]:
    value = next(iter(_values(policy, field)), "")
    return type(value).__name__, value if isinstance(value, int) else str(value), policy.id


def _field_reader(call: Call) -> "_FieldReader":
    return _FieldReader(
        (_PREFIX, _SPACE_AWARE_PREFIX) if call.version.since((8, 16)) else (_PREFIX,)
    )


class _FieldReader:
    """Takes the saved object type off a field and refuses what is not in its mapping."""

    def __init__(self, prefixes: tuple[str, ...]) -> None:
        self._prefixes = prefixes

    def __call__(self, field: str) -> str:
        prefix = next((one for one in self._prefixes if field.startswith(one)), None)
        if prefix is None:
            raise KuerySyntaxError(f"This key '{field}' need to be wrapped by a saved object type.")
        name = field.removeprefix(prefix)
        if name not in _SEARCHABLE:
            raise KuerySyntaxError(f"This key '{field}' does not exist in the index mappings.")
        return name


def _lookup(policy: StoredPolicy) -> Lookup:
    return lambda field: _values(policy, field)


def _values(policy: StoredPolicy, field: str) -> Sequence[JsonValue]:
    if field == "id":
        return (policy.id,)
    value = value_at(policy.attributes, field)
    if isinstance(value, list):
        return value
    return () if value is None else (value,)
