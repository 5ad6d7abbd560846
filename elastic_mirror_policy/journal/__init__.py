"""What a rollout announced, what was done, and what is unknown."""

from elastic_mirror_policy.journal.journal import Journal
from elastic_mirror_policy.journal.phases import PolicyState, PreImage, Replaced
from elastic_mirror_policy.journal.waves import ToldWave

__all__ = [
    "Journal",
    "PolicyState",
    "PreImage",
    "Replaced",
    "ToldWave",
]
