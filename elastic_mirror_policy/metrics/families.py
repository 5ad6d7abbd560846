"""The metrics that there are: their names, what they mean, their labels (pure).

Names and labels are part of the public contract. The node exporter refuses a metric that two files
give with the same labels, so what more than one command writes carries the command.
"""

from dataclasses import dataclass
from typing import Final

PREFIX: Final = "elastic_mirror_policy_"
"""What every name begins with."""


@dataclass(frozen=True, slots=True)
class Family:
    """One metric.

    Attributes:
        name: Its whole name, with the unit at its end where it has one.
        meaning: Its line of help.
        labels: The names of its labels; each has few values, whatever the size of the fleet.
    """

    name: str
    meaning: str
    labels: tuple[str, ...] = ()


def _family(name: str, meaning: str, *labels: str) -> Family:
    return Family(PREFIX + name, meaning, labels)


LAST_RUN: Final = _family(
    "last_run_timestamp_seconds", "When the command last came to a result.", "command"
)
EXIT_CODE: Final = _family(
    "last_run_exit_code", "Its exit code: 0 all well, 1 could not tell, 2 problems.", "command"
)
VERSIONS_LEFT_OUT: Final = _family(
    "versions_left_out", "Endpoint versions without figures, because there are many.", "command"
)
PENDING: Final = _family("pending_policies", "Policies that differ from what is wanted.")
UNCHANGED: Final = _family("unchanged_policies", "Policies that have what is wanted.")
SKIPPED: Final = _family("skipped_policies", "Policies that the plan does not write.")
PENDING_AGENTS: Final = _family(
    "pending_agents", "Agents of the pending policies; absent when they could not be counted."
)
MANIFEST_AGE: Final = _family(
    "manifest_age_seconds",
    "Seconds from the manifest's Last-Modified to the last run; absent when not known.",
    *("command", "endpoint_version"),
)
SYNC_AGE: Final = _family(
    "sync_age_seconds",
    "Seconds from the last sync to the last run; absent when not recorded.",
    "endpoint_version",
)
MISSING: Final = _family(
    "missing_artifacts",
    "Artifacts that the folder lacks; absent when the manifest cannot be read.",
    "endpoint_version",
)
COMPLETE: Final = _family(
    "mirror_complete", "1 when the folder has manifests and every file that they name, else 0."
)
HEALTHY: Final = _family(
    "mirror_healthy",
    "1 when endpoints can update, 0 when not; absent when it could not be told.",
    "endpoint_version",
)
FINDINGS: Final = _family("findings", "What the check of the mirror found.", "severity")
ENDPOINTS: Final = _family("endpoints", "Endpoints with this verdict.", "verdict")
ENDPOINTS_COMPLETE: Final = _family(
    "endpoints_complete", "1 when no endpoint or report was left out, else 0."
)
OLDEST_REPORT: Final = _family(
    "oldest_endpoint_report_age_seconds",
    "Age of the oldest report of an endpoint at the last run; absent when there is none.",
)

FAMILIES: Final = (
    *(LAST_RUN, EXIT_CODE, VERSIONS_LEFT_OUT),
    *(PENDING, UNCHANGED, SKIPPED, PENDING_AGENTS),
    *(MANIFEST_AGE, SYNC_AGE, MISSING, COMPLETE, HEALTHY, FINDINGS),
    *(ENDPOINTS, ENDPOINTS_COMPLETE, OLDEST_REPORT),
)
"""All of them, in the order in which they are explained."""
