"""The routes of the fake Kibana: only those that a client of Elastic Defend policies needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from elastic_mirror_policy.testing._api import agent_policies as _agent_policies
from elastic_mirror_policy.testing._api import agents as _agents
from elastic_mirror_policy.testing._api import endpoints as _endpoints
from elastic_mirror_policy.testing._api import platform as _platform
from elastic_mirror_policy.testing._api import policies as _policies
from elastic_mirror_policy.testing._api.call import Handler
from elastic_mirror_policy.testing._api.query import Param
from elastic_mirror_policy.testing._api.update import update_policy


@dataclass(frozen=True, slots=True)
class Route:
    """One route: `{id}` in its path stands for one segment.

    Attributes:
        versioned: Whether it looks at `elastic-api-version`.
        since: The first release that has it.
    """

    method: str
    path: str
    handler: Handler
    params: Mapping[str, Param] = field(default_factory=dict)
    since: tuple[int, int] = (0, 0)
    versioned: bool = True

    def match(self, segments: list[str]) -> tuple[str, ...] | None:
        """Return the ids in a path, or None when the path is another's."""
        own = self.path.split("/")
        if len(own) != len(segments):
            return None
        ids = []
        for wanted, found in zip(own, segments, strict=True):
            if wanted.startswith("{") and found:
                ids.append(unquote(found))
            elif wanted != found:
                return None
        return tuple(ids)


_FLEET = "/api/fleet"
ROUTES = (
    Route(
        "GET", "/api/spaces/space", _platform.list_spaces, _platform.SPACES_PARAMS, versioned=False
    ),
    Route(
        "GET",
        f"{_FLEET}/check-permissions",
        _platform.check_permissions,
        _platform.PERMISSION_PARAMS,
    ),
    Route("GET", f"{_FLEET}/package_policies", _policies.list_policies, _policies.LIST_PARAMS),
    Route(
        "POST",
        f"{_FLEET}/package_policies/_bulk_get",
        _policies.bulk_get_policies,
        _policies.ONE_PARAMS,
        (8, 5),
    ),
    Route(
        "GET",
        f"{_FLEET}/package_policies/{{packagePolicyId}}",
        _policies.get_policy,
        _policies.ONE_PARAMS,
    ),
    Route(
        "PUT",
        f"{_FLEET}/package_policies/{{packagePolicyId}}",
        update_policy,
        _policies.ONE_PARAMS,
    ),
    Route(
        "GET",
        f"{_FLEET}/agent_policies",
        _agent_policies.list_agent_policies,
        _agent_policies.LIST_PARAMS,
    ),
    Route(
        "POST",
        f"{_FLEET}/agent_policies/_bulk_get",
        _agent_policies.bulk_get_agent_policies,
        _agent_policies.ONE_PARAMS,
        (8, 5),
    ),
    Route(
        "GET",
        f"{_FLEET}/agent_policies/{{agentPolicyId}}",
        _agent_policies.get_agent_policy,
        _agent_policies.ONE_PARAMS,
    ),
    Route(
        "GET",
        f"{_FLEET}/agent_download_sources",
        _platform.list_download_sources,
        _platform.SOURCE_PARAMS,
        (8, 5),
    ),
    Route("GET", f"{_FLEET}/epm/packages/{{pkgName}}", _platform.get_package),
    Route("GET", f"{_FLEET}/agents", _agents.list_agents, _agents.LIST_PARAMS),
    Route("GET", "/api/endpoint/metadata", _endpoints.list_metadata, _endpoints.METADATA_PARAMS),
    Route(
        "GET",
        "/api/endpoint/policy_response",
        _endpoints.get_policy_response,
        _endpoints.RESPONSE_PARAMS,
    ),
)
