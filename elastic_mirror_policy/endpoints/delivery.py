"""Who delivered: a report about endpoints joined with the access log of their mirror."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from elastic_mirror_policy._fleet.agents import AgentQuery, agent_pages
from elastic_mirror_policy._fleet.api import Fleet
from elastic_mirror_policy._json import JsonValue, text_at, value_at
from elastic_mirror_policy._time import written
from elastic_mirror_policy.endpoints.agents import agent_policies_of
from elastic_mirror_policy.endpoints.report import EndpointReport
from elastic_mirror_policy.mirror.logs import AccessLogReport, deliveries
from elastic_mirror_policy.policies.policy import DefendPolicy

NOTHING_READ: Final = (
    "The access log has no request that could be read: it says nothing of who came."
)

UNKNOWN_CALLERS: Final = (
    "A proxy or NAT hides who is behind it, and an endpoint may have changed its address: what is "
    "not delivered by address may have been delivered all the same."
)


def with_deliveries(
    report: EndpointReport, log: AccessLogReport, fleet: Fleet, policies: Sequence[DefendPolicy]
) -> EndpointReport:
    """Return the report with what a mirror's access log says of each endpoint.

    Args:
        report: The verdicts.
        log: What the log proves.
        fleet: Knows the addresses of the hosts.
        policies: The policies that the report is about.

    Raises:
        TransportError: No usable answer arrived.
        ApiError: Kibana refused.
    """
    if not log.callers:
        return replace(report, notes=(*report.notes, NOTHING_READ, *log.left_out))
    addresses = _addresses(fleet, policies)
    found = deliveries(
        log,
        [
            (one.agent_id, one.endpoint_version, addresses.get(one.agent_id, ()))
            for one in report.endpoints
        ],
    )
    endpoints = tuple(
        replace(
            one,
            delivery=found[one.agent_id].state.value,
            delivery_detail=found[one.agent_id].detail,
            delivered_at=found[one.agent_id].last,
        )
        for one in report.endpoints
    )
    counts = Counter(one.delivery for one in endpoints)
    counted = ", ".join(f"{number:,} {state}" for state, number in sorted(counts.items()))
    span = (
        f" (requests from {written(log.first)} to {written(log.last)})"
        if log.first is not None and log.last is not None
        else ""
    )
    said = f"By the access log{span}: {counted or 'no endpoint'}."
    notes = (*report.notes, said, UNKNOWN_CALLERS, *log.left_out)
    return replace(report, endpoints=endpoints, notes=notes)


def _addresses(fleet: Fleet, policies: Sequence[DefendPolicy]) -> dict[str, tuple[JsonValue, ...]]:
    """Return the addresses that Fleet lists for each agent of these spaces."""
    found: dict[str, tuple[JsonValue, ...]] = {}
    for space, ids in agent_policies_of(policies):
        for page in agent_pages(fleet, AgentQuery(ids, everything=True), space):
            for item in page.items:
                listed = value_at(item, "local_metadata.host.ip")
                if isinstance(listed, list):
                    found[text_at(item, "id")] = tuple(listed)
    return found
