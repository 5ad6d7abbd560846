"""Do the mirrors serve what the endpoints will ask for? Asked before policies point at them."""

from collections.abc import Iterable

from elastic_mirror_policy._fleet.agent_versions import read_agent_versions
from elastic_mirror_policy._fleet.api import Fleet
from elastic_mirror_policy.errors import MirrorPolicyError
from elastic_mirror_policy.mirror import MirrorReport, check_mirror
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.plan.planning import MirrorVerdicts, is_elastic


def new_base_urls(plan: Plan) -> tuple[str, ...]:
    """Return the base URLs that the plan sets, sorted; Elastic's own server is not a mirror."""
    found = {
        str(edit.after)
        for change in plan.changes
        for edit in change.edits
        if edit.setting == "base_url" and edit.after is not None and not is_elastic(edit.after)
    }
    return tuple(sorted(found))


def verdicts_for(plan: Plan, fleet: Fleet, *, check: bool, ca_cert: str | None) -> MirrorVerdicts:
    """Return what is known about the mirrors that a plan points policies at."""
    urls = new_base_urls(plan)
    if not check:
        return not_checked(urls)
    return check_mirrors(fleet, urls, plan.kibana.spaces, ca_cert) if urls else MirrorVerdicts()


def not_checked(urls: Iterable[str]) -> MirrorVerdicts:
    """Return the verdicts for mirrors that nobody was asked to check."""
    return MirrorVerdicts(unchecked=dict.fromkeys(urls, "the check was switched off."))


def check_mirrors(
    fleet: Fleet, urls: Iterable[str], spaces: Iterable[str], ca_cert: str | None
) -> MirrorVerdicts:
    """Return what a quick check (headers only) says of each mirror.

    A mirror that cannot be reached from here is unchecked, not unhealthy: the endpoints may reach
    it all the same.
    """
    mirrors = tuple(urls)
    try:
        agents = read_agent_versions(fleet, spaces)
    except MirrorPolicyError as exc:
        reason = f"the agents' versions could not be read: {exc.message}"
        return MirrorVerdicts(unchecked=dict.fromkeys(mirrors, reason))
    if not agents.versions:
        reason = "there is no agent whose version could be asked for."
        return MirrorVerdicts(unchecked=dict.fromkeys(mirrors, reason))
    unhealthy: dict[str, str] = {}
    unchecked: dict[str, str] = {}
    partly: dict[str, str] = {}
    for url in mirrors:
        try:
            report = check_mirror(
                url, endpoint_versions=agents.versions, fast=True, ca_cert=ca_cert
            )
        except MirrorPolicyError as exc:
            unchecked[url] = exc.message
            continue
        if report.healthy is False:
            unhealthy[url] = worst(report)
        elif report.healthy is None:
            unchecked[url] = worst(report)
        elif agents.lacks():
            partly[url] = " ".join(agents.lacks())
    return MirrorVerdicts(unhealthy, unchecked, partly)


def worst(report: MirrorReport) -> str:
    """Return the most serious finding as a sentence."""
    rank = {"error": 0, "unknown": 1}
    findings = sorted(report.findings, key=lambda finding: rank.get(finding.severity, 2))
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return f"{findings[0].message}{more}"
