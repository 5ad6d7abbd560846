"""Writing a plan, in waves, and taking it back."""

from elastic_mirror_policy.journal.waves import GateAnswer, Health, WaveOutcome
from elastic_mirror_policy.rollout.cell import CellProgress
from elastic_mirror_policy.rollout.events import (
    GateAsked,
    RolloutEvent,
    StopAsked,
    Watch,
    WaveBegun,
)
from elastic_mirror_policy.rollout.gates import HealthGate
from elastic_mirror_policy.rollout.outcome import Outcome, OutcomeFacts, OutcomeKind
from elastic_mirror_policy.rollout.report import ApplyError, ReplacedPolicy, Report, ReportSummary
from elastic_mirror_policy.rollout.run import Progress
from elastic_mirror_policy.rollout.waves import Wave

__all__ = [
    "ApplyError",
    "CellProgress",
    "GateAnswer",
    "GateAsked",
    "Health",
    "HealthGate",
    "Outcome",
    "OutcomeFacts",
    "OutcomeKind",
    "Progress",
    "ReplacedPolicy",
    "Report",
    "ReportSummary",
    "RolloutEvent",
    "StopAsked",
    "Watch",
    "Wave",
    "WaveBegun",
    "WaveOutcome",
]
