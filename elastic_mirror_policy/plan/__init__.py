"""What will change, and what forbids it."""

from elastic_mirror_policy.plan.change import (
    Edit,
    KibanaInfo,
    PolicyChange,
    Setting,
    Skipped,
    Unchanged,
)
from elastic_mirror_policy.plan.contents import PlanContents, PlanSummary
from elastic_mirror_policy.plan.guards import Guards
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.plan.planning import LeftAlone, MirrorChecks, Rules
from elastic_mirror_policy.plan.rules import MirrorRules, Rule, rules_for
from elastic_mirror_policy.risks import Risk

__all__ = [
    "Edit",
    "Guards",
    "KibanaInfo",
    "LeftAlone",
    "MirrorChecks",
    "MirrorRules",
    "Plan",
    "PlanContents",
    "PlanSummary",
    "PolicyChange",
    "Risk",
    "Rule",
    "Rules",
    "Setting",
    "Skipped",
    "Unchanged",
    "rules_for",
]
