"""What an endpoint says about its policy and its artifacts (pure).

Reads policy responses of Elastic Defend (data stream `metrics-endpoint.policy-*`) and what Fleet
and endpoint metadata say about an agent. Everything in them may be missing or of another kind:
what cannot be read is empty or None here, and never an error.
"""

import functools
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Final, NamedTuple

from elastic_mirror_policy._json import JsonValue, number, value_at
from elastic_mirror_policy._time import moment

INITIAL_POLICY: Final = "00000000-0000-0000-0000-000000000000"
"""Id of the policy an endpoint runs before it has any; Kibana leaves its documents out too."""

OFFLINE: Final = frozenset({"offline", "inactive", "unenrolled", "uninstalled", "orphaned"})
"""Fleet's words for an agent that takes no policy at present."""

NO_METADATA: Final = (
    "Kibana has no endpoint metadata of these agents: Elastic Defend has not reported yet, or the "
    "transforms endpoint.metadata_* are stopped."
)

DOWNLOAD: Final = "download_global_artifacts"
"""The action of an endpoint that gets its protection artifacts."""

_VERSIONED: Final = re.compile(r"#(?:[0-9]+\.[0-9]+|sentinel)\Z", re.ASCII)

_MOST_IDENTIFIERS: Final = 1000
_MOST_SETS: Final = 256
_NAME_AND_HASH: Final = itemgetter("name", "sha256")
_SYSTEMS: Final = {"": "", "macos": "mac", "darwin": "mac", "windows": "windows"}

# Tuples, not dataclasses: 100,000 of each are made, in a quarter of the time.


class AgentFacts(NamedTuple):
    """What Fleet knows of an agent: first what is its own, then what others have as well.

    Attributes:
        agent_id: Its id, which is the endpoint's as well.
        hostname: Its host: data, never markup.
        agent_policy: Id of its agent policy, without the version it may have been made for.
        status: Fleet's word, such as `online`, `offline`, `inactive`.
        version: Version of the agent, and of the endpoint it installed.
        system: `linux`, `mac`, `windows`, or empty.
        space: The space it was seen in.
        is_version_specific: Whether its agent policy is one made for its version: Kibana leaves
            such agents out of endpoint metadata (kibana#276295).
    """

    agent_id: str
    hostname: str = ""
    agent_policy: str = ""
    status: str = ""
    version: str = ""
    system: str = ""
    space: str = "default"
    is_version_specific: bool = False

    @property
    def is_offline(self) -> bool:
        """Whether it takes no policy at present."""
        return self.status in OFFLINE


class GlobalArtifacts(NamedTuple):
    """The protection artifacts an endpoint uses.

    Attributes:
        version: The `manifest_version` they come from, or empty.
        snapshot: `latest`, a date, or empty (before 8.12).
        identifiers: Name and SHA-256 of each; empty when they could not be loaded.
    """

    version: str = ""
    snapshot: str = ""
    identifiers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """What an endpoint says of `download_global_artifacts` when that did not succeed.

    Attributes:
        status: `warning` or `failure`.
        message: Its own words: data, never markup.
    """

    status: str
    message: str = ""

    def __str__(self) -> str:
        return f"{DOWNLOAD}: {self.status}" + (f' "{self.message}"' if self.message else "")


class PolicyResponse(NamedTuple):
    """One document of an endpoint about the policy it applied; first what is its own.

    Attributes:
        agent_id: The endpoint's id.
        reported_at: When, in seconds since 1970, or None.
        version: The endpoint's version.
        system: `linux`, `mac`, `windows`, or empty.
        policy_id: The package policy it applied.
        revision: The revision of that package policy, or None.
        status: `success`, `warning`, `failure` or `unsupported`.
        artifacts: The protection artifacts, or None when there is nothing about them.
        trouble: What it says about artifacts that it could not get, or None.
    """

    agent_id: str
    reported_at: float | None = None
    version: str = ""
    system: str = ""
    policy_id: str = ""
    revision: int | None = None
    status: str = ""
    artifacts: GlobalArtifacts | None = None
    trouble: Trouble | None = None


def read_agent(item: JsonValue, space: str = "default") -> AgentFacts | None:
    """Return what one item of Fleet's list of agents says, or None when it has no id."""
    agent_id, runs = _text(item, "id"), _text(item, "policy_id")
    if not agent_id:
        return None
    local = value_at(item, "local_metadata")
    base = base_id(runs)
    return AgentFacts(
        agent_id,
        _text(value_at(local, "host"), "hostname"),
        sys.intern(base),
        sys.intern(_text(item, "status")),
        sys.intern(
            _text(value_at(item, "agent"), "version")
            or _text(value_at(local, "elastic.agent"), "version")
        ),
        policy_system(_text(value_at(local, "os"), "platform")),
        space,
        runs != base,
    )


def read_policy_response(document: JsonValue) -> PolicyResponse | None:
    """Return what a policy response says, or None for one of the initial policy, or none at all.

    Endpoint metadata has the same fields but for the artifacts, and is read by this too.
    """
    if not isinstance(document, dict):
        return None
    agent, applied = document.get("agent"), value_at(document, "Endpoint.policy.applied")
    policy_id = _text(applied, "id")
    if policy_id == INITIAL_POLICY:
        return None
    created = moment(value_at(document.get("event"), "created"))
    return PolicyResponse(
        _text(agent, "id"),
        moment(document.get("@timestamp")) if created is None else created,
        sys.intern(_text(agent, "version")),
        policy_system(_text(value_at(document.get("host"), "os"), "type")),
        sys.intern(policy_id),
        number(value_at(applied, "endpoint_policy_version")),
        sys.intern(_text(applied, "status")),
        _artifacts(value_at(value_at(applied, "artifacts"), "global")),
        _trouble(applied),
    )


def artifact_trouble(document: JsonValue) -> Trouble | None:
    """Return what the endpoint says about artifacts it could not get, or None."""
    return _trouble(value_at(document, "Endpoint.policy.applied"))


def said_of_download(document: JsonValue) -> str:
    """Return the status of the download of artifacts, or an empty text when nothing is said."""
    applied = value_at(document, "Endpoint.policy.applied")
    trouble = _trouble(applied)
    if trouble is not None:
        return trouble.status
    return next((_text(action, "status") for action in _downloads(applied)), "")


def _trouble(applied: JsonValue) -> Trouble | None:
    for action in _downloads(applied):
        status = _text(action, "status")
        if status in {"warning", "failure"}:
            return Trouble(sys.intern(status), sys.intern(_text(action, "message")))
    return None


def _downloads(applied: JsonValue) -> Iterator[JsonValue]:
    actions = value_at(applied, "actions")
    listed = actions if isinstance(actions, list) else ()
    return (action for action in listed if _text(action, "name") == DOWNLOAD)


def base_id(policy_id: str) -> str:
    """Return the id of an agent policy without the agent version it was made for.

    From 9.4 Fleet may make `<id>#9.4` for agents of that version (kibana#276294). Any other `#`
    is part of the id.
    """
    return _VERSIONED.sub("", policy_id) if "#" in policy_id else policy_id


def policy_system(name: str) -> str:
    """Return an operating system as policies name it: telemetry's `macos` is `mac` there."""
    return _SYSTEMS.get(name, "linux")


def _artifacts(block: JsonValue) -> GlobalArtifacts | None:
    if not isinstance(block, dict):
        return None
    entries = block.get("identifiers")
    if not isinstance(entries, list) or len(entries) > _MOST_IDENTIFIERS:
        entries = []
    version, snapshot = _text(block, "version"), _text(block, "snapshot")
    try:
        return _same_artifacts(version, snapshot, tuple(map(_NAME_AND_HASH, entries)))
    except (LookupError, TypeError):  # an entry lacks one of them, or is not an object
        pairs = tuple([(_text(one, "name"), _text(one, "sha256")) for one in entries])
        return _same_artifacts(version, snapshot, pairs)


@functools.lru_cache(maxsize=_MOST_SETS)
def _same_artifacts(
    version: str, snapshot: str, entries: tuple[tuple[JsonValue, JsonValue], ...]
) -> GlobalArtifacts:
    """Return the one value for artifacts that thousands of endpoints have in common."""
    identifiers = tuple(
        (name, sha256.lower())
        for name, sha256 in entries
        if name and sha256 and isinstance(name, str) and isinstance(sha256, str)
    )
    return GlobalArtifacts(version, snapshot, identifiers)


def _text(part: JsonValue, key: str) -> str:
    """Return the text under one key; empty when there is none."""
    found = part.get(key) if isinstance(part, dict) else None
    return found if isinstance(found, str) else ""
