"""Routes that tell about endpoints: their metadata, and the newest policy response of one."""

from collections.abc import Sequence

from elastic_mirror_policy._json import JsonValue, value_at
from elastic_mirror_policy.testing._api.answers import internal, not_found
from elastic_mirror_policy.testing._api.call import Call, check_window
from elastic_mirror_policy.testing._api.kuery import KuerySyntaxError, Lookup
from elastic_mirror_policy.testing._api.query import Param
from elastic_mirror_policy.testing._kibana.endpoint_documents import (
    host_status,
    metadata_document,
    policy_response_document,
)
from elastic_mirror_policy.testing._kibana.state import FakeAgent, FakeEndpointReport

_STATUSES = ("healthy", "offline", "updating", "unhealthy", "inactive")
_SORTS = (
    "enrolled_at",
    "metadata.host.hostname",
    "host_status",
    "metadata.Endpoint.policy.applied.name",
    "metadata.Endpoint.policy.applied.status",
    "metadata.host.os.name",
    "metadata.agent.version",
    "last_checkin",
)
METADATA_PARAMS = {
    "page": Param("number", least=0),
    "pageSize": Param("number", least=1, most=10_000),
    "kuery": Param(),
    "sortField": Param(choices=_SORTS),
    "sortDirection": Param(choices=("asc", "desc")),
    "hostStatuses": Param("strings", choices=_STATUSES),
}
RESPONSE_PARAMS = {"agentId": Param(required=True)}


def list_metadata(call: Call) -> JsonValue:
    """Return one page of endpoint metadata; pages are counted from 0."""
    call.need(call.rights.may_read)
    page, size = call.query.get("page", 0), call.query.get("pageSize", 10)
    check_window(page + 1, size)
    field = call.query.get("sortField", "enrolled_at")
    direction = call.query.get("sortDirection", "desc")
    found = _search(call)
    found.sort(key=lambda pair: (_sort_value(pair[0], pair[1], field), pair[0].id))
    if direction == "desc":
        found.reverse()
    shown = found[page * size : (page + 1) * size]
    return {
        "data": [_host(call, agent, report) for agent, report in shown],
        "total": len(found),
        "page": page,
        "pageSize": size,
        "sortField": field,
        "sortDirection": direction,
    }


def get_policy_response(call: Call) -> JsonValue:
    """Return the newest policy response of one agent."""
    call.need(call.rights.may_read)
    agent = call.state.agents.get(call.query["agentId"])
    if agent is None or agent.report is None or not _is_visible(call, agent):
        raise not_found(f"Policy response for endpoint id [{call.query['agentId']}] not found")
    return {"policy_response": policy_response_document(agent, agent.report)}


def _is_visible(call: Call, agent: FakeAgent) -> bool:
    return call.state.agent_policy_in(agent.base_policy_id, call.space) is not None


def _search(call: Call) -> list[tuple[FakeAgent, FakeEndpointReport]]:
    # It throws outside of the route's try: a query that cannot be read is an internal error.
    matches = call.predicate(_field, internal)
    wanted = call.query.get("hostStatuses") or _STATUSES
    return [
        (agent, agent.report)
        for agent in call.state.agents.values()
        if agent.report is not None
        and not agent.is_version_specific  # kibana#276295
        and host_status(agent) in wanted
        and _is_visible(call, agent)
        and (matches is None or matches(_lookup(agent, agent.report)))
    ]


def _field(field: str) -> str:
    if not field.startswith(("united.endpoint.", "united.agent.")):
        raise KuerySyntaxError(f"This key '{field}' does not exist in the united metadata index.")
    return field


def _lookup(agent: FakeAgent, report: FakeEndpointReport) -> Lookup:
    document = metadata_document(agent, report)
    fleet = {
        "united.agent.policy_id": agent.policy_id,
        "united.agent.policy_revision_idx": agent.policy_revision,
        "united.agent.agent.id": agent.id,
    }

    def values(field: str) -> Sequence[JsonValue]:
        if field in fleet:
            return (fleet[field],)
        value = value_at(document, field.removeprefix("united.endpoint."))
        return () if value is None else (value,)

    return values


def _sort_value(agent: FakeAgent, report: FakeEndpointReport, field: str) -> str:
    return {
        "enrolled_at": agent.enrolled_at,
        "metadata.host.hostname": agent.hostname,
        "host_status": host_status(agent),
        "metadata.Endpoint.policy.applied.name": report.policy_name,
        "metadata.Endpoint.policy.applied.status": report.status,
        "metadata.host.os.name": agent.os,
        "metadata.agent.version": agent.version,
        "last_checkin": agent.last_checkin,
    }[field]


def _host(call: Call, agent: FakeAgent, report: FakeEndpointReport) -> dict[str, JsonValue]:
    host: dict[str, JsonValue] = {
        "host_status": host_status(agent),
        "last_checkin": agent.last_checkin,
        "metadata": metadata_document(agent, report),
    }
    configured = call.state.agent_policies[agent.base_policy_id]
    policy = call.state.policies.get(report.policy_id)
    if policy is not None:
        host["policy_info"] = {
            "agent": {
                "applied": {"id": agent.policy_id, "revision": agent.policy_revision},
                "configured": {"id": configured.id, "revision": configured.revision},
            },
            "endpoint": {"id": policy.id, "revision": policy.attributes.get("revision", 0)},
        }
    return host
