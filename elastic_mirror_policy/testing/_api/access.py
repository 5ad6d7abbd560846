"""Who may do what: credentials of the fake Kibana and the rights behind them."""

import base64
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

Role: TypeAlias = Literal["full", "read", "defend", "none", "fleet-no-agents", "superuser"]


@dataclass(frozen=True, slots=True)
class Rights:
    """What one credential may do.

    `endpoint_*` is the Security sub-feature Elastic Defend Policy Management: without the Fleet
    rights it reaches package policies of the endpoint package and nothing else.
    """

    user: str
    fleet_read: bool = False
    fleet_write: bool = False
    endpoint_read: bool = False
    endpoint_write: bool = False
    agent_policies: bool = False
    agents: bool = False
    superuser: bool = False

    @property
    def may_write_policies(self) -> bool:
        """Whether package policies, at least those of Elastic Defend, may be changed."""
        return self.fleet_write or self.endpoint_write

    @property
    def may_read(self) -> bool:
        """Whether it reaches a space at all: Elastic Defend's policies, metadata and responses."""
        return self.fleet_read or self.endpoint_read


_FULL: Final = Rights(
    "elastic_operator",
    fleet_read=True,
    fleet_write=True,
    endpoint_read=True,
    endpoint_write=True,
    agent_policies=True,
    agents=True,
)

ROLES: dict[Role, Rights] = {
    "full": _FULL,
    "superuser": replace(_FULL, user="elastic", superuser=True),
    "read": Rights("reader", fleet_read=True, agent_policies=True, agents=True),
    "defend": Rights("defender", endpoint_read=True, endpoint_write=True),
    "fleet-no-agents": Rights("fleet", fleet_read=True, fleet_write=True, agent_policies=True),
    "none": Rights("nobody"),
}

USERNAME = "elastic"


class Credentials:
    """The keys and the one user this Kibana knows; the secrets are made up from a seed."""

    def __init__(self, seed: str) -> None:
        self.password = f"changeme-{seed}"
        self._keys: dict[Role, str] = {
            role: _encoded(f"{role}-{seed}", f"secret-of-{role}-{seed}") for role in ROLES
        }
        self._rights = {f"apikey {key}": ROLES[role] for role, key in self._keys.items()}
        self._rights[f"basic {_encoded(USERNAME, self.password)}"] = ROLES["superuser"]

    def key_for(self, role: Role) -> str:
        """Return the encoded API key with the rights of a role.

        Raises:
            ValueError: There is no such role.
        """
        if role not in self._keys:
            raise ValueError(f"There is no role {role!r}; there are {', '.join(self._keys)}.")
        return self._keys[role]

    def rights(self, authorization: str) -> Rights | None:
        """Return what the value of an `Authorization` header may do, or None."""
        scheme, _, secret = authorization.partition(" ")
        return self._rights.get(f"{scheme.lower()} {secret.strip()}")


def _encoded(name: str, secret: str) -> str:
    return base64.b64encode(f"{name}:{secret}".encode()).decode()
