"""The endpoint versions that a Kibana knows."""

from elastic_mirror_policy._cli.options import Connection
from elastic_mirror_policy._cli.session import open_kibana
from elastic_mirror_policy.errors import PlanError


def versions_of(connection: Connection) -> set[str]:
    """Return the versions of the agents that Kibana knows.

    Raises:
        PlanError: There is none.
    """
    with open_kibana(connection) as kibana:
        found = set(kibana.agent_versions())
    if not found:
        raise PlanError("Kibana knows no agent whose version could be checked.")
    return found
