"""What a rollout announced, what was done, and what is unknown."""

from elastic_mirror_policy.journal.journal import Journal
from elastic_mirror_policy.journal.phases import PolicyState, PreImage, Replaced

__all__ = [
    "Journal",
    "PolicyState",
    "PreImage",
    "Replaced",
]
