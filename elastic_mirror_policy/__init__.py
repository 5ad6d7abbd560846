"""Set the Elastic Defend artifact mirror on every policy, and take it back key by key.

>>> from elastic_mirror_policy import MirrorSettings
>>> MirrorSettings.everywhere("https://mirror.corp/").linux.base_url
'https://mirror.corp'

The names below are loaded when they are first used, so that importing the package costs nothing.
"""

import importlib
from typing import TYPE_CHECKING

from elastic_mirror_policy._version import __version__ as __version__

if TYPE_CHECKING:
    from elastic_mirror_policy.endpoints.report import EndpointReport
    from elastic_mirror_policy.errors import (
        ApiError,
        ArtifactError,
        AuthenticationError,
        ConfigurationError,
        JournalError,
        MirrorPolicyError,
        NotFoundError,
        PermissionDeniedError,
        PlanError,
        StalePlanError,
        TransportError,
        UnsafePlanError,
    )
    from elastic_mirror_policy.journal.journal import Journal
    from elastic_mirror_policy.kibana import Kibana
    from elastic_mirror_policy.mirror import MirrorReport, SyncReport, check_mirror, sync_mirror
    from elastic_mirror_policy.plan.change import Edit, PolicyChange
    from elastic_mirror_policy.plan.plan import Plan
    from elastic_mirror_policy.plan.rules import MirrorRules
    from elastic_mirror_policy.policies.inventory import ALL_SPACES
    from elastic_mirror_policy.policies.policy import DefendPolicy
    from elastic_mirror_policy.policies.selection import Selection
    from elastic_mirror_policy.rollout.gates import HealthGate
    from elastic_mirror_policy.rollout.outcome import Outcome
    from elastic_mirror_policy.rollout.report import ApplyError, Report
    from elastic_mirror_policy.rollout.waves import Wave
    from elastic_mirror_policy.settings import (
        CLEAR,
        ArtifactSettings,
        MirrorSettings,
        OperatingSystem,
    )

_HOMES = {
    "endpoints.report": ("EndpointReport",),
    "errors": (
        "ApiError",
        "ArtifactError",
        "AuthenticationError",
        "ConfigurationError",
        "JournalError",
        "MirrorPolicyError",
        "NotFoundError",
        "PermissionDeniedError",
        "PlanError",
        "StalePlanError",
        "TransportError",
        "UnsafePlanError",
    ),
    "rollout.gates": ("HealthGate",),
    "policies.inventory": ("ALL_SPACES",),
    "journal.journal": ("Journal",),
    "kibana": ("Kibana",),
    "mirror": ("MirrorReport", "SyncReport", "check_mirror", "sync_mirror"),
    "plan.change": ("Edit", "PolicyChange"),
    "plan.plan": ("Plan",),
    "policies.policy": ("DefendPolicy",),
    "policies.selection": ("Selection",),
    "rollout.outcome": ("Outcome",),
    "rollout.report": ("ApplyError", "Report"),
    "plan.rules": ("MirrorRules",),
    "settings": ("CLEAR", "ArtifactSettings", "MirrorSettings", "OperatingSystem"),
    "rollout.waves": ("Wave",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "ALL_SPACES",
    "CLEAR",
    "ApiError",
    "ApplyError",
    "ArtifactError",
    "ArtifactSettings",
    "AuthenticationError",
    "ConfigurationError",
    "DefendPolicy",
    "Edit",
    "EndpointReport",
    "HealthGate",
    "Journal",
    "JournalError",
    "Kibana",
    "MirrorPolicyError",
    "MirrorReport",
    "MirrorRules",
    "MirrorSettings",
    "NotFoundError",
    "OperatingSystem",
    "Outcome",
    "PermissionDeniedError",
    "Plan",
    "PlanError",
    "PolicyChange",
    "Report",
    "Selection",
    "StalePlanError",
    "SyncReport",
    "TransportError",
    "UnsafePlanError",
    "Wave",
    "check_mirror",
    "sync_mirror",
]


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, "__version__"})
