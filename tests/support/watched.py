"""A FakeKibana that keeps what every stored write changed, and what each revision had."""

import contextlib
import copy
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any, Final, TypeAlias

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.settings import MANAGED_KEYS
from elastic_mirror_policy.testing import FakeAnswer, FakeKibana
from elastic_mirror_policy.testing._api.dispatch import Request
from elastic_mirror_policy.testing._kibana.state import StoredPolicy

SYSTEMS: Final = ("linux", "mac", "windows")
PARENTS: Final = ("global", "artifacts", "advanced")
REWRITTEN: Final = ("id", "version", "spaceIds", "revision", "updated_at", "updated_by")

Key: TypeAlias = tuple[str, str]
"""Operating system and managed key."""

Values: TypeAlias = Mapping[Key, JsonValue]
"""The managed keys that are set."""


@dataclass(frozen=True, slots=True)
class StoredWrite:
    """One update over HTTP that was stored.

    Attributes:
        policy_id: The policy.
        user: Whose credentials it had.
        before: Its managed keys immediately before.
        after: Its managed keys afterwards.
        loses: Whether anything else changed than managed keys.
    """

    policy_id: str
    user: str
    before: Values
    after: Values
    loses: bool

    @property
    def changed(self) -> dict[Key, tuple[JsonValue, JsonValue]]:
        """What the managed keys that changed had before and have now; None is absence."""
        pairs = {k: (self.before.get(k), self.after.get(k)) for k in {**self.before, **self.after}}
        return {key: (old, new) for key, (old, new) in pairs.items() if old != new}


class WatchedKibana(FakeKibana):
    """A fake that looks at every policy before and after it is written.

    Attributes:
        stored: Every update over HTTP that was stored, oldest first.
        history: The managed keys of every revision of every policy.
    """

    def __init__(self, version: str = "9.4.2", **options: Any) -> None:  # noqa: ANN401 - as in FakeKibana
        super().__init__(version, **options)
        self._busy = 0
        self._quiet = threading.Condition()
        self.stored: list[StoredWrite] = []
        self.history: dict[tuple[str, int], Values] = {}
        self._really_store = self._state.store
        self._really_add = self._state.add
        setattr(self._state, "store", self._store)  # noqa: B010 - mypy lets nobody replace a method
        setattr(self._state, "add", self._add)  # noqa: B010 - mypy lets nobody replace a method

    def begin_anew(self) -> None:
        """Delete every policy and agent, and forget faults, requests and what was watched."""
        for policy_id in self.policy_ids:
            self.delete(policy_id)
        self._state.agent_policies.clear()
        self._state.agents.clear()
        self._state._agents_of.clear()
        self.clear_faults()
        self.forget_requests()
        self.stored.clear()
        self.history.clear()

    def _store(self, policy: StoredPolicy, attributes: dict[str, JsonValue], *, by: str) -> None:
        self._really_store(policy, attributes, by=by)
        self._remember(policy)

    def _add(self, policy: StoredPolicy) -> None:
        self._really_add(policy)
        self._remember(policy)

    def _remember(self, policy: StoredPolicy) -> None:
        self.history[policy.id, policy.attributes["revision"]] = managed(policy.attributes)

    def handle(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> FakeAnswer:
        """Answer one request, and know how many are being answered."""
        with self._quiet:
            self._busy += 1
        try:
            return super().handle(method, path, headers, body)
        finally:
            with self._quiet:
                self._busy -= 1
                self._quiet.notify_all()

    def let_it_end(self, _: float = 0.0) -> None:
        """Wait until no request is being carried out; stands for a wait that is long enough."""
        with self._quiet:
            assert self._quiet.wait_for(lambda: self._busy == 0, timeout=30)

    def _answer(self, request: Request) -> FakeAnswer:
        with self._lock:
            policy = self._state.policies.get(request.path.rpartition("/")[2])
            if request.method != "PUT" or policy is None:
                return super()._answer(request)
            before, commits = policy.attributes, len(policy.commits)
            answer = super()._answer(request)
            if len(policy.commits) > commits:
                self.stored.append(
                    StoredWrite(
                        policy.id,
                        policy.commits[-1].user,
                        managed(before),
                        managed(policy.attributes),
                        outside(before) != outside(policy.attributes),
                    )
                )
            return answer

    @property
    def lost_keys(self) -> list[str]:
        """The policies of which a write changed something else than managed keys."""
        return [write.policy_id for write in self.stored if write.loses]

    @property
    def redundant_writes(self) -> list[str]:
        """The policies that were written without any change."""
        return [write.policy_id for write in self.stored if not write.changed]


def let_requests_end(fake: FakeKibana) -> None:
    """Wait until whatever was sent by clients that are gone has been carried out.

    Connections are taken in their order: when a new one has been answered, earlier ones have a
    thread each, which ends with its connection. A fault that is still armed may meet this one: a
    lost answer tells the same.
    """
    server = fake._server
    assert server is not None
    connection = HTTPConnection("127.0.0.1", server.server_address[1], timeout=30)
    with contextlib.closing(connection), contextlib.suppress(OSError, HTTPException):
        connection.request("GET", "/api/status")
        connection.getresponse().read()
    with server._lock:
        threads = list(server._open)
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def policy_of(attributes: JsonValue) -> JsonValue:
    """Return the Defend policy inside the attributes of a package policy."""
    return attributes["inputs"][0]["config"]["policy"]["value"]


def managed(attributes: JsonValue) -> dict[Key, JsonValue]:
    """Return the managed keys that are set, as they are stored."""
    value = policy_of(attributes)
    found: dict[Key, JsonValue] = {}
    for system in SYSTEMS:
        settings = value.get(system, {}).get("advanced", {}).get("artifacts", {}).get("global", {})
        found |= {(system, key): settings[key] for key in MANAGED_KEYS if key in settings}
    return found


def outside(attributes: JsonValue) -> JsonValue:
    """Return all that a rollout may not change.

    Left out are managed keys and parents that are empty without them, versions, and what Kibana
    itself works out anew with every write.
    """
    kept = copy.deepcopy(attributes)
    for name in REWRITTEN:
        kept.pop(name, None)
    value = policy_of(kept)
    value.pop("meta", None)
    value.get("windows", {}).pop("antivirus_registration", None)
    for system in SYSTEMS:
        _without_managed_keys(value.get(system, {}))
    return kept


def _without_managed_keys(settings: JsonValue) -> None:
    artifacts = settings.get("advanced", {}).get("artifacts", {})
    for key in MANAGED_KEYS:
        artifacts.get("global", {}).pop(key, None)
    parents = (artifacts, settings.get("advanced", {}), settings)
    for name, parent in zip(PARENTS, parents, strict=True):
        if parent.get(name) == {}:
            del parent[name]
