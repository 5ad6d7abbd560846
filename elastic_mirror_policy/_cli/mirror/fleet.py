"""For which endpoint versions a command is meant, and those that a Kibana knows."""

from collections.abc import Iterable

from elastic_mirror_policy._cli.options import Connection
from elastic_mirror_policy._cli.session import open_kibana, say
from elastic_mirror_policy.errors import ConfigurationError, PlanError
from elastic_mirror_policy.mirror.version import is_version


def named_versions(
    versions: Iterable[str], *, hint: str = "Give --endpoint-version or --fleet."
) -> list[str]:
    """Return the versions, each once, sorted.

    Raises:
        ConfigurationError: There is none.
    """
    found = sorted(set(versions))
    if not found:
        raise ConfigurationError("No endpoint version was given.", hint=hint)
    return found


def versions_of(connection: Connection, *, kibana_too: bool = False) -> set[str]:
    """Return the versions of the agents that Kibana knows, and Kibana's own when it is asked for.

    What the versions leave out is said on standard error.

    Raises:
        PlanError: There is no agent.
    """
    with open_kibana(connection) as kibana:
        found = kibana.agent_versions()
        own = str(kibana.version) if kibana_too else ""
    for sentence in found.lacks():
        say(f"--fleet: {sentence}")
    if not found.versions:
        raise PlanError("Kibana knows no agent whose version could be checked.")
    return {*found.versions, *([own] if is_version(own) else [])}
