"""What a rollout announced, what was done, and what is unknown."""

from elastic_mirror_policy.journal.journal import Journal, JournalSummary
from elastic_mirror_policy.journal.phases import PolicyState, PreImage, Replaced
from elastic_mirror_policy.journal.waves import GateAnswer, Health, WaveOutcome

__all__ = [
    "GateAnswer",
    "Health",
    "Journal",
    "JournalSummary",
    "PolicyState",
    "PreImage",
    "Replaced",
    "WaveOutcome",
]
