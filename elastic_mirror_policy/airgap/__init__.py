"""What must be right in a closed network: all of it that can be seen, read-only."""

from elastic_mirror_policy.airgap.facts import PolicyFacts, read_facts
from elastic_mirror_policy.airgap.read import look
from elastic_mirror_policy.airgap.rows import AirGapRow, RowState

__all__ = ["AirGapRow", "PolicyFacts", "RowState", "look", "read_facts"]
