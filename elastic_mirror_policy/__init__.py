"""Set the Elastic Defend artifact mirror on every policy, and take it back key by key."""

__version__ = "0.1.0"
