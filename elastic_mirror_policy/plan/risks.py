"""The named risks of a plan, each to be accepted by name before anything is written (pure)."""

from typing import Final

FOREIGN: Final = "overwrite-foreign"
"""The risk of a rollback, and the only one: to overwrite what somebody else set."""

RISKS: Final = {
    "clear": "a base URL is removed",
    "elastic-cdn": "the base URL becomes Elastic's public server",
    "managed": "the policy is managed by an external orchestration solution",
    "overwrite-foreign": "somebody changed the value since it was written",
    "pinned": "protection updates are pinned to a date, which a plain mirror does not serve",
    "unhealthy-mirror": "the mirror was checked and found broken",
}
"""Every named risk, and what it means."""
