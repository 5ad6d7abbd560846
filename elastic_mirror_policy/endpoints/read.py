"""Proof that endpoints run what the mirror publishes: one verdict for every agent Fleet knows."""

import functools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Any, Final, NamedTuple

from elastic_mirror_policy._collector import collecting_seldom
from elastic_mirror_policy._fleet.api import Fleet
from elastic_mirror_policy._time import span
from elastic_mirror_policy.endpoints.agents import AgentList, Progress, read_agents
from elastic_mirror_policy.endpoints.delivery import with_deliveries
from elastic_mirror_policy.endpoints.endpoint import DataAge, Endpoint, MirrorManifest
from elastic_mirror_policy.endpoints.from_elasticsearch import ElasticsearchResponses
from elastic_mirror_policy.endpoints.from_kibana import KibanaResponses
from elastic_mirror_policy.endpoints.mirrors import Mirrors, SyncedAt
from elastic_mirror_policy.endpoints.policy_response import OFFLINE, AgentFacts, PolicyResponse
from elastic_mirror_policy.endpoints.report import PROOF_NOTE, EndpointReport
from elastic_mirror_policy.endpoints.source import Found, ResponseSource
from elastic_mirror_policy.endpoints.verdicts import (
    NOT_KNOWN_SINCE,
    Assessment,
    Judgement,
    Published,
    Verdict,
    assess,
)
from elastic_mirror_policy.errors import ServerError, TransportError
from elastic_mirror_policy.mirror.logs import AccessLogReport
from elastic_mirror_policy.plan.change import KibanaInfo
from elastic_mirror_policy.policies.inventory import Inventory
from elastic_mirror_policy.policies.policy import DefendPolicy
from elastic_mirror_policy.render import words as _words

__all__ = [
    "DEFAULT_WINDOW",
    "DataAge",
    "ElasticsearchResponses",
    "Endpoint",
    "EndpointReport",
    "MirrorManifest",
    "Progress",
    "ResponseSource",
    "Verdict",
    "read_endpoints",
    "wait_for_endpoints",
]

DEFAULT_WINDOW: Final = "30d"
"""How far back reports are looked for; an endpoint that has been silent for longer has none."""

MOST_SKEW: Final = 300.0
"""Seconds that the clocks of an endpoint and of this machine may differ without a word."""

_MOST_ALIKE: Final = 10_000
_NAMES: Final = tuple(one.name for one in fields(Endpoint))
_REPORTED_AT: Final = _NAMES.index("reported_at")


def read_endpoints(
    fleet: Fleet,
    inventory: Callable[[], Inventory],
    *,
    mirror_url: str | None = None,
    mirror_ca_cert: str | None = None,
    synced_at: SyncedAt = None,
    elasticsearch: ResponseSource | None = None,
    window: str = DEFAULT_WINDOW,
    parallel: int = 4,
    now: Callable[[], float] = time.time,
    progress: Progress | None = None,
    log: AccessLogReport | None = None,
) -> EndpointReport:
    """Return one verdict for every agent that Fleet knows for these policies.

    Args:
        fleet: The Kibana.
        inventory: Reads the Elastic Defend policies; called once the other arguments are known to
            be usable.
        mirror_url: Where the operator reaches the mirror, in place of the URL that each policy
            names. An endpoint whose policy names none stays `unknown` all the same.
        mirror_ca_cert: PEM file of the authority that signed the mirrors' certificates.
        synced_at: When the mirror got what it publishes, in seconds since 1970, for all versions
            or for each; where it is not known, that is said of endpoints that are behind.
        elasticsearch: Where policy responses come from, when not from Kibana.
        window: How far back they are looked for, such as `30d`.
        parallel: Requests to Kibana at the same time, 1 to 16.
        now: The clock, in seconds since 1970.
        progress: Called with what is being read, how much of it has been, how much there is.
        log: What the mirror's access log proves, to say who was delivered to.

    Raises:
        ConfigurationError: An argument cannot be used; nothing was read.
        PermissionDeniedError: The credentials may not read agents or endpoints.
        NotFoundError: Elasticsearch has no such index for these credentials.
        TransportError: Kibana or Elasticsearch gave no usable answer.
        ApiError: Kibana or Elasticsearch refused a request.
    """
    seconds = span(window, what="The window")
    source = elasticsearch or KibanaResponses(fleet, parallel=parallel)
    with (
        collecting_seldom(),
        Mirrors(mirror_url, ca_cert=mirror_ca_cert, synced_at=synced_at) as mirrors,
    ):
        read = inventory()
        chosen = read.policies
        before = fleet.http.requests_sent + source.requests_sent
        listing = read_agents(fleet, chosen, progress)
        started = now()
        found = source.responses(listing, started - seconds, progress)
        endpoints = sorted(_endpoints(found, listing, mirrors), key=_order(chosen))
    report = EndpointReport(
        endpoints=tuple(endpoints),
        mirrors=mirrors.asked,
        notes=(
            *read.notes,
            *listing.notes,
            *source.notes,
            *_remarks(chosen, listing, endpoints),
            *_early(endpoints, started),
            PROOF_NOTE,
        ),
        window=window,
        source=source.name,
        read_at=started,
        complete=source.complete and not listing.missing,
        requests=fleet.http.requests_sent + source.requests_sent - before,
        kibana=KibanaInfo(fleet.http.base_url, fleet.version.number, read.spaces),
    )
    return report if log is None else with_deliveries(report, log, fleet, chosen)


def wait_for_endpoints(
    read: Callable[[], EndpointReport],
    *,
    timeout: float,
    interval: float = 60.0,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
    progress: Callable[[EndpointReport], None] | None = None,
) -> EndpointReport:
    """Return the first report in which every endpoint is current, or the last one.

    Endpoints that are offline are waited for like any other; the time-out ends that. A server
    that does not answer for a while is asked again until then.

    Args:
        read: Looks at the endpoints.
        timeout: Seconds after which the last report is returned; a look under way is finished.
        interval: Seconds between two looks.
        sleep: What waits between them.
        clock: Counts the seconds.
        progress: Called with every report that is not the end.

    Raises:
        TransportError: The last look got no usable answer.
        ServerError: The last look was answered by an error that may pass.
        MirrorPolicyError: What `read` raises that waiting cannot cure.
    """
    deadline = clock() + timeout
    while True:
        left = deadline - clock()
        try:
            report = read()
        except (TransportError, ServerError):
            if left <= 0:
                raise
        else:
            left = deadline - clock()
            if report.ok or left <= 0:
                return report
            if progress is not None:
                progress(report)
        sleep(min(interval, left))


def _endpoints(found: Iterable[Found], listing: AgentList, mirrors: Mirrors) -> Iterator[Endpoint]:
    alike = functools.lru_cache(maxsize=_MOST_ALIKE)(functools.partial(_alike, listing, mirrors))
    for one in found:
        agent, response = one.agent, one.response
        reported_at = response.reported_at if response else None
        common = alike(agent[2:], response and response[2:], one.problem, one.doubt)
        yield common.endpoint(agent, reported_at)


class _Alike(NamedTuple):
    """What endpoints have in common that say the same: only few of a hundred thousand differ.

    Attributes:
        assessment: The verdict.
        now: The values of such an endpoint, in order, around the moment of its report.
        earlier: The same of one with the earlier verdict.
    """

    assessment: Assessment
    now: tuple[tuple[Any, ...], tuple[Any, ...]]
    earlier: tuple[tuple[Any, ...], tuple[Any, ...]]

    def endpoint(self, agent: AgentFacts, reported_at: float | None) -> Endpoint:
        """Return one of them: its id, its host and the moment of its report are its own."""
        judged = self.assessment.at(reported_at)
        before, after = self.now if judged is self.assessment.judgement else self.earlier
        return Endpoint(*(agent.agent_id, agent.hostname, *before, reported_at, *after))


def _alike(
    listing: AgentList,
    mirrors: Mirrors,
    agent_facts: tuple[Any, ...],
    told: tuple[Any, ...] | None,
    problem: str,
    doubt: str,
) -> _Alike:
    """Return what is known of all endpoints of which Fleet, and they themselves, say this."""
    agent = AgentFacts("", "", *agent_facts)
    response = None if told is None else PolicyResponse("", None, *told)
    said = response or PolicyResponse("")
    policy = listing.policy_of(agent)
    system, version = said.system or agent.system, said.version or agent.version
    assessment = (
        Assessment(Judgement(Verdict.UNKNOWN, problem))
        if problem
        else assess(agent, response, policy, lambda: mirrors.published(policy, system, version)[1])
    ).doubted(doubt)
    mirror, published = mirrors.answered(policy, system, version)
    now, earlier = (
        _around(_endpoint(agent, policy, said, judged, mirror, published))
        for judged in (assessment.judgement, assessment.earlier or assessment.judgement)
    )
    return _Alike(assessment, now, earlier)


def _around(endpoint: Endpoint) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Return what comes between its host and the moment of its report, and what comes after."""
    values = tuple(getattr(endpoint, name) for name in _NAMES)
    return values[2:_REPORTED_AT], values[_REPORTED_AT + 1 :]


def _endpoint(
    agent: AgentFacts,
    policy: DefendPolicy,
    response: PolicyResponse,
    judged: Judgement,
    mirror: str,
    published: Published,
) -> Endpoint:
    trouble = response.trouble
    return Endpoint(
        agent_id=agent.agent_id,
        hostname=agent.hostname,
        policy_id=policy.id,
        policy_name=policy.name,
        os=response.system or agent.system,
        status=agent.status,
        endpoint_version=response.version or agent.version,
        verdict=judged.verdict,
        detail=judged.detail,
        proof=judged.proof,
        hashes_listed=judged.listed,
        hashes_compared=judged.compared,
        manifest_version=response.artifacts.version if response.artifacts else "",
        mirror=mirror,
        mirror_version=published.version,
        revision=response.revision,
        expected_revision=policy.revision,
        reported_at=response.reported_at,
        download_status=trouble.status if trouble else "",
        download_message=trouble.message if trouble else "",
    )


def _order(policies: Sequence[DefendPolicy]) -> Callable[[Endpoint], tuple[int, str, str]]:
    place = {policy.id: number for number, policy in enumerate(policies)}
    return lambda endpoint: (place[endpoint.policy_id], endpoint.hostname, endpoint.agent_id)


def _remarks(
    policies: Sequence[DefendPolicy], listing: AgentList, endpoints: Sequence[Endpoint]
) -> Iterator[str]:
    """Yield what a reader of the counts alone would not see."""
    if listing.missing:
        yield (
            f"Fleet counted {_words.agents(listing.missing)} more than it listed; they are left "
            "out here."
        )
    elif not endpoints:
        yield "Fleet knows no agent of the selected policies."
        return
    seen = {endpoint.policy_id for endpoint in endpoints}
    empty = [policy.name for policy in policies if policy.id not in seen]
    if empty and not listing.missing:
        yield f"No agent runs {_words.listed(empty)}."
    away = sum(_is_away(endpoint) for endpoint in endpoints)
    if away:
        yield f"{away} of the current endpoints are offline now; they were current at last report."
    if any(endpoint.detail.endswith(NOT_KNOWN_SINCE) for endpoint in endpoints):
        yield (
            "When the mirror got its manifests is not known, so endpoints that are behind may have "
            "reported before that: give the time, or the mirror's folder, as synced_at."
        )
    if _hashes_never_match(endpoints):
        yield (
            "No endpoint lists the hash of any artifact of its mirror although versions are the "
            "same: its hashes may not be what they are taken for, the manifest's decoded_sha256."
        )


def _early(endpoints: Sequence[Endpoint], now: float) -> Iterator[str]:
    early = sum((endpoint.reported_at or 0.0) > now + MOST_SKEW for endpoint in endpoints)
    if early:
        yield (
            f"{_words.count(early, 'report')} with a time in the future: a clock is wrong, so the "
            "age of these reports is not known."
        )


def _is_away(endpoint: Endpoint) -> bool:
    return endpoint.verdict is Verdict.CURRENT and endpoint.status in OFFLINE


def _hashes_never_match(endpoints: Sequence[Endpoint]) -> bool:
    differing = any(
        endpoint.verdict is Verdict.BEHIND and endpoint.manifest_version == endpoint.mirror_version
        for endpoint in endpoints
    )
    return differing and not any(endpoint.proof == "artifacts" for endpoint in endpoints)
