"""The product, which the modules need: imported here once, and missed with a message.

Ansible imports every file of a collection on hosts that have nothing but Ansible, to check it.
"""

from __future__ import annotations

from ansible.module_utils.basic import missing_required_lib

MISSING = ""
try:
    from elastic_mirror_policy import (
        ALL_SPACES,
        CLEAR,
        ArtifactSettings,
        ConfigurationError,
        Edit,
        Kibana,
        MirrorPolicyError,
        MirrorSettings,
        Outcome,
        Plan,
        PolicyChange,
        Report,
        Selection,
        UnsafePlanError,
    )
    from elastic_mirror_policy.plan.guards import Guards
    from elastic_mirror_policy.policies.policy import total_agents
    from elastic_mirror_policy.reader import KibanaReader
    from elastic_mirror_policy.settings import artifact_settings
except ImportError as exc:
    MISSING = str(exc)

__all__ = [
    "ALL_SPACES",
    "CLEAR",
    "MISSING",
    "ArtifactSettings",
    "ConfigurationError",
    "Edit",
    "Guards",
    "Kibana",
    "KibanaReader",
    "MirrorPolicyError",
    "MirrorSettings",
    "Outcome",
    "Plan",
    "PolicyChange",
    "Report",
    "Selection",
    "UnsafePlanError",
    "artifact_settings",
    "explain_missing",
    "total_agents",
]


def explain_missing(error: str) -> str:
    """Return Ansible's usual message about a missing library, and what the import said."""
    message = missing_required_lib("elastic-mirror-policy", reason="to talk to Kibana")
    return f"{message}. The import said: {error}."
