"""Is everything there that a rollout needs? Asked without writing anything."""

import enum
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from elastic_mirror_policy._fleet.api import DEFAULT_SPACE, Fleet
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import (
    ApiError,
    MirrorPolicyError,
    NotFoundError,
    PermissionDeniedError,
)
from elastic_mirror_policy.policies.inventory import Spaces, list_policies, resolve_spaces


class State(enum.StrEnum):
    """How a check ended."""

    OK = "ok"
    PROBLEM = "problem"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: What was looked at.
        state: How it ended.
        detail: One sentence: what was seen.
    """

    name: str
    state: State
    detail: str

    def to_dict(self) -> dict[str, JsonValue]:
        """Return it as `doctor --format json` prints it."""
        return {"check": self.name, "state": self.state.value, "detail": self.detail}


def examine(fleet: Fleet, spaces: Spaces) -> Iterator[Check]:
    """Yield what was found, as it is found; after a failed connection nothing more is asked."""
    connection = _attempt("connection", State.UNKNOWN, lambda: _connection(fleet, spaces))
    yield connection
    if connection.state is not State.OK:
        return
    try:
        asked = resolve_spaces(fleet, spaces)
    except MirrorPolicyError as exc:
        yield Check("spaces", State.PROBLEM, str(exc))
        return
    yield Check("spaces", State.OK, ", ".join(asked))
    for space in asked:
        yield _attempt(f"read ({space})", State.PROBLEM, partial(_read, fleet, space))
        yield _write(fleet, space)
        yield _attempt(f"agents ({space})", State.UNKNOWN, partial(_agents, fleet, space))


def _attempt(name: str, otherwise: State, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except MirrorPolicyError as exc:
        return Check(name, otherwise, str(exc))


def _connection(fleet: Fleet, spaces: Spaces) -> Check:
    version = fleet.version
    # The status page answers strangers too: only a list proves the credentials.
    fleet.probe_read(spaces[0] if isinstance(spaces, list | tuple) else DEFAULT_SPACE)
    return Check("connection", State.OK, f"{fleet.http.base_url}, Kibana {version}")


def _read(fleet: Fleet, space: str) -> Check:
    policies = list_policies(fleet, space)
    odd = sum(1 for policy in policies if policy.problem)
    detail = f"{len(policies)} Elastic Defend policies"
    if odd:
        detail += f", {odd} of which cannot be edited safely"
    return Check(f"read ({space})", State.OK if policies else State.PROBLEM, detail)


def _write(fleet: Fleet, space: str) -> Check:
    name = f"write ({space})"
    if not fleet.version.probes_writes:
        detail = f"Kibana {fleet.version} has no way to find out without writing"
        return Check(name, State.UNKNOWN, detail)
    try:
        fleet.probe_write(str(uuid.uuid4()), space)
    except NotFoundError:
        return Check(name, State.OK, "allowed (a probe that writes nothing got past the check)")
    except PermissionDeniedError as exc:
        return Check(name, State.PROBLEM, str(exc))
    except ApiError as exc:
        return Check(name, State.UNKNOWN, f"the probe was answered with {exc.status}")
    except MirrorPolicyError as exc:
        return Check(name, State.UNKNOWN, str(exc))
    return Check(name, State.UNKNOWN, "the probe was answered as if it had written something")


def _agents(fleet: Fleet, space: str) -> Check:
    total = fleet.count_agents(space)
    return Check(f"agents ({space})", State.OK, f"{total} agents may be read")
