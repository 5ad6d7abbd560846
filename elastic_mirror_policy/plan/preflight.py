"""Do the mirrors serve what the endpoints will ask for? Asked before policies point at them."""

import tempfile
from collections.abc import Iterable, Sequence

from elastic_mirror_policy._fleet.agent_versions import read_agent_versions
from elastic_mirror_policy._fleet.api import Fleet
from elastic_mirror_policy.errors import ApiError, TransportError
from elastic_mirror_policy.mirror import MirrorReport, check_mirror
from elastic_mirror_policy.plan.change import PolicyChange
from elastic_mirror_policy.plan.planning import MirrorChecks, is_elastic
from elastic_mirror_policy.policies.policy import DefendPolicy
from elastic_mirror_policy.settings import OperatingSystem, is_pem

Target = tuple[str, str | None]
"""A base URL, and the PEM text of the CA that endpoints will trust there, if the policy has one."""


def new_targets(
    changes: Sequence[PolicyChange], policies: Iterable[DefendPolicy]
) -> tuple[Target, ...]:
    """Return the mirrors that changes point at, sorted, without Elastic's own server.

    The CA is the one that the policy will have: set by the change, or there already.
    """
    present = {policy.id: policy for policy in policies}
    alike: dict[tuple[int, ...], tuple[PolicyChange, DefendPolicy | None]] = {}
    for change in changes:
        policy = present.get(change.policy_id)
        there = policy.settings.values() if policy else ()
        alike[id(change.edits), *map(id, there)] = change, policy
    found = {
        (str(edit.after), _ca_after(change, edit.os, policy))
        for change, policy in alike.values()
        for edit in change.edits
        if edit.setting == "base_url" and edit.after is not None and not is_elastic(edit.after)
    }
    return tuple(sorted(found, key=lambda target: (target[0], target[1] or "")))


def _ca_after(
    change: PolicyChange, system: OperatingSystem, policy: DefendPolicy | None
) -> str | None:
    edits = [e.after for e in change.edits if e.os is system and e.setting == "ca_cert"]
    there = policy.settings[system.value].get("ca_cert") if policy else None
    value = edits[0] if edits else there
    return value if isinstance(value, str) and is_pem("ca_cert", value) else None


def checks_for(
    changes: Sequence[PolicyChange],
    policies: Iterable[DefendPolicy],
    fleet: Fleet,
    spaces: Iterable[str],
    *,
    check: bool,
    ca_cert: str | None,
) -> MirrorChecks:
    """Return what is known about the mirrors that changes point policies at.

    Args:
        changes: The changes.
        policies: The policies they were made for.
        fleet: The Kibana, asked for the agents' versions.
        spaces: The spaces whose agents count.
        check: Whether to look at all.
        ca_cert: File of the CA to trust, instead of what the policies will have.

    Raises:
        ConfigurationError: The CA file cannot be used.
    """
    targets = new_targets(changes, policies)
    if not check or not targets:
        reason = "the check was switched off."
        return MirrorChecks(unchecked={url: reason for url, _ in targets})
    if ca_cert is not None:
        targets = tuple((url, None) for url in dict.fromkeys(url for url, _ in targets))
    return check_mirrors(fleet, targets, spaces, ca_cert)


def check_mirrors(
    fleet: Fleet, targets: Iterable[Target], spaces: Iterable[str], ca_cert: str | None
) -> MirrorChecks:
    """Return what a quick check (headers only) says of each mirror.

    A mirror that cannot be reached from here is not called unhealthy: the endpoints may reach it
    all the same. Where no agent's version is known, the mirror is asked for Kibana's own version,
    which tells no more than whether it can be reached.

    Raises:
        ConfigurationError: The CA file cannot be used.
    """
    mirrors = tuple(targets)
    try:
        agents = read_agent_versions(fleet, spaces)
    except (ApiError, TransportError) as exc:
        reason = f"the agents' versions could not be read: {exc.message}"
        return _reached(fleet, mirrors, reason, ca_cert)
    if not agents.versions:
        reason = " ".join(["there is no agent whose version could be asked for.", *agents.lacks()])
        return _reached(fleet, mirrors, reason, ca_cert)
    unhealthy: dict[str, str] = {}
    partly: dict[str, str] = {}
    unreached: dict[str, str] = {}
    for url, pem in mirrors:
        report = _look(url, agents.versions, pem, ca_cert)
        if report.healthy is False:
            unhealthy[url] = worst(report)
        elif report.healthy is None:
            unreached[url] = worst(report)
        elif agents.lacks():
            partly[url] = " ".join(agents.lacks())
    return MirrorChecks(unhealthy, partly=partly, unreached=unreached)


def _reached(
    fleet: Fleet, targets: Iterable[Target], reason: str, ca_cert: str | None
) -> MirrorChecks:
    version = fleet.version.number.split("-")[0]
    unchecked: dict[str, str] = {}
    unreached: dict[str, str] = {}
    for url, pem in targets:
        report = _look(url, (version,), pem, ca_cert)
        if report.healthy is None:
            unreached[url] = worst(report)
        else:
            unchecked[url] = reason
    return MirrorChecks(unchecked=unchecked, unreached=unreached)


def _look(
    url: str, versions: tuple[str, ...], pem: str | None, ca_cert: str | None
) -> MirrorReport:
    if pem is None:
        return check_mirror(url, endpoint_versions=versions, fast=True, ca_cert=ca_cert)
    with tempfile.NamedTemporaryFile("w", suffix=".pem", encoding="ascii") as file:
        file.write(pem)
        file.flush()
        return check_mirror(url, endpoint_versions=versions, fast=True, ca_cert=file.name)


def worst(report: MirrorReport) -> str:
    """Return the most serious finding as a sentence."""
    rank = {"error": 0, "unknown": 1}
    findings = sorted(report.findings, key=lambda finding: rank.get(finding.severity, 2))
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return f"{findings[0].message}{more}"
