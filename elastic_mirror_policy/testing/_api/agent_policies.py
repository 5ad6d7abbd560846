"""Routes that read agent policies: the list, several by id, one."""

from collections.abc import Sequence

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.testing._api.answers import bad_request, not_found
from elastic_mirror_policy.testing._api.bodies import AGENT_POLICY_BULK_GET, check_body
from elastic_mirror_policy.testing._api.call import Call, check_window
from elastic_mirror_policy.testing._api.kuery import KuerySyntaxError, Lookup
from elastic_mirror_policy.testing._api.query import FLAG, ORDER, PAGE, PER_PAGE, Param
from elastic_mirror_policy.testing._kibana.state import StoredAgentPolicy

FORMAT = Param(since=(8, 16), choices=("simplified", "legacy"))
LIST_PARAMS = {
    "page": PAGE,
    "perPage": PER_PAGE,
    "sortField": Param(),
    "sortOrder": ORDER,
    "showUpgradeable": FLAG,
    "kuery": Param(),
    "noAgentCount": Param("boolean", since=(8, 1)),
    "withAgentCount": Param("boolean", since=(8, 18)),
    "full": FLAG,
    "format": FORMAT,
}
ONE_PARAMS = {"format": FORMAT}
_MOST_WITH_COUNT = 100
_FIELDS = frozenset(
    {"name", "namespace", "revision", "updated_at", "updated_by", "is_managed", "id"}
)
_PREFIXES = ("ingest-agent-policies.", "fleet-agent-policies.")


def list_agent_policies(call: Call) -> JsonValue:
    """Return one page of the agent policies of a space, without their package policies."""
    call.need(call.rights.agent_policies)
    page, per_page = call.paging()
    full, counted = bool(call.query.get("full")), _counts(call)
    if per_page > _MOST_WITH_COUNT and (full or call.query.get("withAgentCount")):
        raise bad_request(
            "[request query]: perPage should be less or equal to 100 when fetching full policies "
            "or agent count."
        )
    check_window(page, per_page)
    found = _search(call)
    shown = found[(page - 1) * per_page : page * per_page]
    listed = full or not call.version.since((8, 5))
    return {
        "items": [_item(call, one, packages=listed, full=full, count=counted) for one in shown],
        "total": len(found),
        "page": page,
        "perPage": per_page,
    }


def bulk_get_agent_policies(call: Call) -> JsonValue:
    """Return several agent policies, with their agents counted."""
    check_body(call.body, AGENT_POLICY_BULK_GET, call.version)
    call.need(call.rights.agent_policies)
    full = bool(call.body.get("full"))
    items = []
    for one in dict.fromkeys(call.body["ids"]):
        found = call.state.agent_policy_in(one, call.space)
        if found is not None:
            items.append(_item(call, found, packages=full, full=full, count=True))
        elif not call.body.get("ignoreMissing"):
            raise not_found(f"Agent policy {one} not found")
    return {"items": items}


def get_agent_policy(call: Call) -> JsonValue:
    """Return one agent policy with its package policies."""
    call.need(call.rights.agent_policies)
    found = call.state.agent_policy_in(call.ids[0].partition("#")[0], call.space)
    if found is None:
        raise not_found("Agent policy not found")
    return {"item": _item(call, found, packages=True, full=True, count=True)}


def _counts(call: Call) -> bool:
    """Whether the list counts agents: newer servers only when asked, older ones unless told not."""
    if call.version.since((8, 18)):
        asked = call.query.get("noAgentCount") is False
        return asked or bool(call.query.get("withAgentCount"))
    return not call.query.get("noAgentCount")


def _search(call: Call) -> list[StoredAgentPolicy]:
    field = call.query.get("sortField", "updated_at")
    if field not in _FIELDS - {"id"}:
        raise bad_request(f"Unknown sort field {field}")
    matches = call.predicate(_field)
    found = [
        one
        for one in call.state.agent_policies.values()
        if call.state.is_visible(one.spaces, call.space)
        and (matches is None or matches(_lookup(one)))
    ]
    descending = call.query.get("sortOrder", "desc") == "desc"
    found.sort(key=lambda one: (getattr(one, field), one.id), reverse=descending)
    return found


def _field(field: str) -> str:
    name = next((field.removeprefix(one) for one in _PREFIXES if field.startswith(one)), "")
    if name not in _FIELDS:
        raise KuerySyntaxError(f"This key '{field}' does not exist in the index mappings.")
    return name


def _lookup(one: StoredAgentPolicy) -> Lookup:
    def values(field: str) -> Sequence[JsonValue]:
        return (getattr(one, field),)

    return values


def _item(
    call: Call, one: StoredAgentPolicy, *, packages: bool, full: bool, count: bool
) -> dict[str, JsonValue]:
    item: dict[str, JsonValue] = {
        "id": one.id,
        "name": one.name,
        "namespace": one.namespace,
        "description": "",
        "is_managed": one.is_managed,
        "is_protected": False,
        "status": "active",
        "monitoring_enabled": ["logs", "metrics"],
        "revision": one.revision,
        "updated_at": one.updated_at,
        "updated_by": one.updated_by,
    }
    if call.state.conditions.space_aware:
        item["space_ids"] = list(one.spaces)
    if packages:
        item["package_policies"] = _packages(call, one, full=full)
    if count and call.rights.agents:
        item["agents"] = sum(1 for _ in call.state.agents_of((one.id,)))
    return item


def _packages(call: Call, one: StoredAgentPolicy, *, full: bool) -> JsonValue:
    attached = [
        policy for policy in call.state.policies.values() if one.id in policy.agent_policies
    ]
    return [call.state.item(policy) if full else policy.id for policy in attached]
