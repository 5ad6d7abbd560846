"""The route that lists agents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from elastic_mirror_policy._json import JsonValue, decode, encode
from elastic_mirror_policy.testing._api.answers import KibanaError, bad_request
from elastic_mirror_policy.testing._api.call import WINDOW, Call
from elastic_mirror_policy.testing._api.kuery import KuerySyntaxError, Lookup
from elastic_mirror_policy.testing._api.query import FLAG, ORDER, PAGE, PER_PAGE, Param
from elastic_mirror_policy.testing._kibana.state import FakeAgent

NEWER = (9, 1)
LIST_PARAMS = {
    "page": PAGE,
    "perPage": PER_PAGE,
    "kuery": Param(longest=10_000),
    "showInactive": FLAG,
    "showUpgradeable": FLAG,
    "withMetrics": Param("boolean", since=(8, 7)),
    "getStatusSummary": Param("boolean", since=(8, 8)),
    "showAgentless": Param("boolean", since=NEWER),
    "sortField": Param(),
    "sortOrder": ORDER,
    "searchAfter": Param(since=NEWER),
    "openPit": Param("boolean", since=NEWER),
    "pitId": Param(since=NEWER),
    "pitKeepAlive": Param(since=NEWER),
}
_FIELDS = {
    "policy_id": "policy_id",
    "policy_revision_idx": "policy_revision",
    "agent.version": "version",
    "agent.id": "id",
    "status": "status",
    "enrolled_at": "enrolled_at",
    "last_checkin": "last_checkin",
    "local_metadata.host.hostname": "hostname",
    "local_metadata.os.platform": "os",
}
_HIDDEN = frozenset({"inactive", "unenrolled", "uninstalled"})


@dataclass(frozen=True, slots=True)
class _Order:
    """How agents are sorted: only the default order has a second key that tells ties apart."""

    field: str
    descending: bool

    @property
    def breaks_ties(self) -> bool:
        return self.field == "enrolled_at" and self.descending

    def values(self, agent: FakeAgent) -> list[JsonValue]:
        """The `sort` of an agent; times are milliseconds since 1970."""
        value = getattr(agent, self.field)
        if self.field in {"enrolled_at", "last_checkin"}:
            value = round(datetime.fromisoformat(value).timestamp() * 1000)
        return [value, agent.hostname] if self.breaks_ties else [value]

    def sort(self, agents: list[FakeAgent], page: int) -> None:
        """Sort agents; ties come in another order on every other page, as they well may."""
        agents.sort(key=lambda agent: agent.id, reverse=page % 2 == 0)
        if self.breaks_ties:
            agents.sort(key=lambda agent: agent.hostname)
        agents.sort(key=lambda agent: self.values(agent)[0], reverse=self.descending)

    def is_after(self, agent: FakeAgent, mark: list[JsonValue]) -> bool:
        """Whether an agent comes after these values; those that are equal do not."""
        values = self.values(agent)
        if values[0] != mark[0]:
            return bool((values[0] < mark[0]) is self.descending)
        return self.breaks_ties and bool(values[1] > mark[1])


def list_agents(call: Call) -> JsonValue:
    """Return one page of the agents of a space."""
    page, per_page = call.paging()
    if page * per_page > WINDOW:
        raise bad_request("[request query]: You cannot use page and perPage page over 10000 agents")
    field = _FIELDS.get(call.query.get("sortField", "enrolled_at"))
    if field is None:
        raise bad_request(f"No mapping found for [{call.query['sortField']}] in order to sort on")
    order = _Order(field, call.query.get("sortOrder", "desc") == "desc")
    after = _search_after(call, order)
    call.need(call.rights.agents)
    found = _search(call)
    order.sort(found, page)
    if after is None:
        shown = found[(page - 1) * per_page : page * per_page]
    else:
        shown = [agent for agent in found if order.is_after(agent, after)][:per_page]
    answer = {
        "items": [_item(call, agent, order) for agent in shown],
        "total": len(found),
        "page": page,
        "perPage": per_page,
    }
    return answer | _extras(call, found, shown, order)


def _search_after(call: Call, order: _Order) -> list[JsonValue] | None:
    text = call.query.get("searchAfter")
    if text is None:
        return None
    if "page" in call.query:
        raise bad_request("[request query]: You cannot use page parameter with searchAfter.")
    try:
        value = decode(text)
    except ValueError:
        value = None
    if not isinstance(value, list) or len(value) != 1 + order.breaks_ties:
        raise bad_request("[request query]: searchAfter must be a JSON array of the sort values.")
    return value


def _search(call: Call) -> list[FakeAgent]:
    matches = call.predicate(_field, _malformed)
    hidden = () if call.query.get("showInactive") else _HIDDEN
    return [
        agent
        for agent in call.state.agents.values()
        if agent.status not in hidden
        and call.state.agent_policy_in(agent.base_policy_id, call.space) is not None
        and (matches is None or matches(_lookup(agent)))
    ]


def _extras(
    call: Call, found: list[FakeAgent], shown: list[FakeAgent], order: _Order
) -> dict[str, JsonValue]:
    extras: dict[str, JsonValue] = {}
    if call.query.get("getStatusSummary"):
        summary: dict[str, int] = {}
        for agent in found:
            summary[agent.status] = summary.get(agent.status, 0) + 1
        extras["statusSummary"] = summary
    if call.version.since(NEWER) and shown:
        extras["nextSearchAfter"] = encode(order.values(shown[-1])).decode()
    if call.query.get("openPit") or "pitId" in call.query:
        extras["pit"] = call.query.get("pitId", "synthetic-point-in-time")
    return extras


def _malformed(why: str) -> KibanaError:
    return bad_request(f"Kuery is malformed: {why}")


def _field(field: str) -> str:
    name = _FIELDS.get(field.removeprefix("fleet-agents."))
    if name is None:
        raise KuerySyntaxError(f"This key '{field}' does not exist in fleet-agents index mappings.")
    return name


def _lookup(agent: FakeAgent) -> Lookup:
    def values(field: str) -> Sequence[JsonValue]:
        value = getattr(agent, field)
        return () if value == "" else (value,)

    return values


def _item(call: Call, agent: FakeAgent, order: _Order) -> dict[str, JsonValue]:
    version = {"version": agent.version} if agent.version else {}
    item: dict[str, JsonValue] = {
        "id": agent.id,
        "type": "PERMANENT",
        "active": agent.status not in _HIDDEN,
        "enrolled_at": agent.enrolled_at,
        "policy_id": agent.policy_id,
        "policy_revision": agent.policy_revision,
        "last_checkin": agent.last_checkin,
        "status": agent.status,
        "packages": [],
        "local_metadata": {
            "elastic": {"agent": {"id": agent.id, **version}},
            "host": {"hostname": agent.hostname, "ip": list(agent.addresses)},
            "os": {"platform": agent.os},
        },
    }
    if call.version.since((8, 6)):
        item["components"] = []
    if call.version.since((8, 6)) and version:  # the block is optional
        item["agent"] = {"id": agent.id, **version}
    if call.version.since((8, 18)):
        item["sort"] = order.values(agent)
    return item
