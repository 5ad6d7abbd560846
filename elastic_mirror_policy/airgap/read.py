"""Looking at everything that a client can see of a closed network; nothing is written."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from elastic_mirror_policy._fleet.agent_versions import AgentVersions
from elastic_mirror_policy._fleet.api import Fleet
from elastic_mirror_policy._url import shown
from elastic_mirror_policy.airgap.facts import PolicyFacts, read_facts
from elastic_mirror_policy.airgap.rows import (
    AirGapRow,
    RowState,
    download_row,
    mirror_row,
    not_seen,
    policy_rows,
    unseen_downloads,
    versions_row,
)
from elastic_mirror_policy.errors import MirrorPolicyError
from elastic_mirror_policy.mirror import MirrorReport, check_mirror
from elastic_mirror_policy.mirror.version import is_version
from elastic_mirror_policy.policies.defend import is_defend

MOST_MIRRORS: Final = 20
"""At most this many different base URLs are asked; an estate has one or two."""

_REGISTRY: Final = "Every save of a policy waits for it, unless Kibana knows of the air gap."

Versions = Callable[[], AgentVersions]
"""Returns the versions of the agents."""


def look(
    fleet: Fleet,
    spaces: Iterable[str],
    versions: Versions,
    registry: AirGapRow,
    *,
    ca_cert: str | None = None,
) -> Iterator[AirGapRow]:
    """Yield one row for each thing that must be right, as it is seen.

    Args:
        fleet: Kibana.
        spaces: The spaces whose policies are read.
        versions: Reads the versions of the agents.
        registry: What was seen of the package registry.
        ca_cert: PEM file of the CA that signed the mirrors' certificates.
    """
    yield registry
    yield _downloads(fleet)
    try:
        policies = list(_policies(fleet, spaces))
    except MirrorPolicyError as exc:
        yield not_seen("policies", exc.message, "Nothing is known of them.", "")
        return
    yield from policy_rows(policies)
    yield from _mirrors(policies, fleet, versions, ca_cert)


def registry_row(state: RowState, seen: str, advice: str) -> AirGapRow:
    """Return the row of the package registry."""
    where = "kibana.yml"
    return AirGapRow("package registry", state, seen, _REGISTRY, advice, where)


def _downloads(fleet: Fleet) -> AirGapRow:
    try:
        return download_row(fleet.download_sources())
    except MirrorPolicyError as exc:
        return unseen_downloads(exc.message)


def _policies(fleet: Fleet, spaces: Iterable[str]) -> Iterator[PolicyFacts]:
    """Yield each policy once, keeping nothing of its document."""
    seen: set[str] = set()
    for space in spaces:
        for items, _ in fleet.package_policies(space):
            for item in items:
                if is_defend(item) and str(item.get("id")) not in seen:
                    seen.add(str(item.get("id")))
                    yield read_facts(item)


def _mirrors(
    policies: Iterable[PolicyFacts], fleet: Fleet, versions: Versions, ca_cert: str | None
) -> Iterator[AirGapRow]:
    named = {url for policy in policies for url in policy.base_urls.values() if url}
    own = str(fleet.version)
    try:
        agents = versions()
    except MirrorPolicyError as exc:
        yield not_seen("versions", exc.message, "The mirrors were not asked.", "")
        return
    wanted = sorted({version for version in (*agents.versions, own) if is_version(version)})
    seen = " ".join([f"Needed: {', '.join(wanted)}.", *agents.lacks()])
    yield AirGapRow("versions", RowState.OK if not agents.lacks() else RowState.NOT_SEEN, seen)
    reports: list[MirrorReport] = []
    for url in sorted(named)[:MOST_MIRRORS]:
        try:
            report = check_mirror(url, endpoint_versions=wanted, fast=True, ca_cert=ca_cert)
        except MirrorPolicyError as exc:
            yield not_seen(
                f"mirror {str(shown(url))[:80]}", exc.message, "It was not asked.", "the mirror"
            )
            continue
        reports.append(report)
        yield mirror_row(url, report)
    if len(named) > MOST_MIRRORS:
        rest = f"{len(named) - MOST_MIRRORS:,} more base URLs were not asked."
        yield not_seen("more mirrors", rest, "Nothing is known of them.", "the mirror")
    yield versions_row(reports, own)
