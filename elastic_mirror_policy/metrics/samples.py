"""What a plan, a mirror or the endpoints come to, as samples of metrics (pure).

What is not known has no sample: neither 0 nor 1 would be true.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from elastic_mirror_policy.endpoints.report import EndpointReport
from elastic_mirror_policy.metrics import families
from elastic_mirror_policy.metrics.families import Family
from elastic_mirror_policy.mirror.codes import Severity
from elastic_mirror_policy.mirror.report import MirrorReport, MirrorStatus
from elastic_mirror_policy.mirror.versions import VersionResult, VersionStatus
from elastic_mirror_policy.plan.plan import Plan

MOST_VERSIONS: Final = 100
"""Endpoint versions that have figures of their own in one file."""

Measured = Plan | MirrorStatus | MirrorReport | EndpointReport
"""What can be measured."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One figure.

    Attributes:
        family: The metric.
        value: The figure, in the unit that the metric's name says.
        labels: The values of the metric's labels, in their order.
    """

    family: Family
    value: float
    labels: tuple[str, ...] = ()


def samples_of(found: Measured, *, exit_code: int, now: float) -> tuple[Sample, ...]:
    """Return the figures of what a command found.

    Args:
        found: What it found.
        exit_code: What it ends with.
        now: The present, in seconds since 1970.
    """
    if isinstance(found, Plan):
        command, own = "plan", _of_plan(found)
    elif isinstance(found, MirrorStatus):
        command, own = "mirror status", _of_status(found)
    elif isinstance(found, MirrorReport):
        command, own = "mirror check", _of_check(found)
    else:
        command, own = "endpoints", _of_endpoints(found)
    return (
        Sample(families.LAST_RUN, now, (command,)),
        Sample(families.EXIT_CODE, exit_code, (command,)),
        *own,
    )


def _of_plan(plan: Plan) -> Iterator[Sample]:
    yield Sample(families.PENDING, len(plan.changes))
    yield Sample(families.UNCHANGED, len(plan.unchanged))
    yield Sample(families.SKIPPED, len(plan.skipped))
    yield from _known(families.PENDING_AGENTS, plan.agents)


def _of_status(status: MirrorStatus) -> Iterator[Sample]:
    command = "mirror status"
    yield Sample(families.COMPLETE, status.complete)
    yield _left_out(status.versions, command)
    for one in sorted(status.versions, key=_stored_trouble)[:MOST_VERSIONS]:
        version = one.endpoint_version
        yield from _known(families.MANIFEST_AGE, one.manifest_age_seconds, command, version)
        yield from _known(families.SYNC_AGE, one.age_seconds, version)
        yield from _known(families.MISSING, None if one.problem else one.missing, version)


def _of_check(report: MirrorReport) -> Iterator[Sample]:
    command = "mirror check"
    counts = Counter(finding.severity for finding in report.findings)
    for severity in Severity:
        yield Sample(families.FINDINGS, counts[severity], (severity.value,))
    yield _left_out(report.versions, command)
    for one in sorted(report.versions, key=_served_trouble)[:MOST_VERSIONS]:
        version = one.endpoint_version
        yield from _known(families.HEALTHY, one.healthy, version)
        yield from _known(families.MANIFEST_AGE, one.age_seconds, command, version)


def _of_endpoints(report: EndpointReport) -> Iterator[Sample]:
    for verdict, count in report.summary.items():
        yield Sample(families.ENDPOINTS, count, (verdict,))
    yield Sample(families.ENDPOINTS_COMPLETE, report.complete)
    yield from _known(families.OLDEST_REPORT, report.data_age.oldest)


def _known(family: Family, value: float | None, *labels: str) -> Iterator[Sample]:
    """Yield the figure, unless it is not known."""
    if value is not None:
        yield Sample(family, value, labels)


def _left_out(versions: tuple[object, ...], command: str) -> Sample:
    left_out = max(0, len(versions) - MOST_VERSIONS)
    return Sample(families.VERSIONS_LEFT_OUT, left_out, (command,))


def _stored_trouble(one: VersionStatus) -> tuple[bool, float]:
    """Sort what needs a look first: what is left out should be what is well."""
    age = math.inf if one.manifest_age_seconds is None else one.manifest_age_seconds
    return not (one.problem or one.missing), -age


def _served_trouble(one: VersionResult) -> tuple[bool, float]:
    age = math.inf if one.age_seconds is None else one.age_seconds
    return one.healthy is True, -age
