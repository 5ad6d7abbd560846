"""A Defend policy's document, and finding all of them."""

from elastic_mirror_policy.policies.advanced import AdvancedSettings
from elastic_mirror_policy.policies.defend import SystemSettings
from elastic_mirror_policy.policies.inventory import ALL_SPACES, AllSpaces, Inventory, Spaces
from elastic_mirror_policy.policies.policy import DefendPolicy
from elastic_mirror_policy.policies.residual import AlsoChanged
from elastic_mirror_policy.policies.selection import Selection
from elastic_mirror_policy.policies.table import Policies

__all__ = [
    "ALL_SPACES",
    "AdvancedSettings",
    "AllSpaces",
    "AlsoChanged",
    "DefendPolicy",
    "Inventory",
    "Policies",
    "Selection",
    "Spaces",
    "SystemSettings",
]
