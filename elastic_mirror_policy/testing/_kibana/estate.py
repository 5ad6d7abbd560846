"""What a test may do to the state of a fake Kibana, behind the back of its clients."""

from collections.abc import Iterable, Mapping, Sequence

from elastic_mirror_policy._json import JsonValue, decode, encode
from elastic_mirror_policy.testing._api.bodies import check_stored
from elastic_mirror_policy.testing._kibana.documents import (
    NewPolicy,
    compose_attributes,
    default_policy_value,
    made_up_id,
)
from elastic_mirror_policy.testing._kibana.habits import Habits
from elastic_mirror_policy.testing._kibana.hooks import license_facts
from elastic_mirror_policy.testing._kibana.paths import deep_merged, edited, next_manifest
from elastic_mirror_policy.testing._kibana.state import (
    DEFAULT_SPACE,
    Commit,
    StoredPolicy,
)

_BESIDE = frozenset({"id", "version", "spaceIds"})


class Estate(Habits):
    """Package policies, agent policies, agents and spaces, to be set up and changed by tests.

    Every method takes the lock, so it may be called while clients are being answered.
    """

    def set_download_source(self, host: str) -> None:
        """Let agents fetch their binaries from another default source (kibana#100413)."""
        with self._lock:
            self._state.download_source = host

    @property
    def policy_ids(self) -> tuple[str, ...]:
        """The ids of all package policies, in the order in which they were added."""
        with self._lock:
            return tuple(self._state.policies)

    def add_policy(
        self,
        name: str,
        *,
        id: str | None = None,  # noqa: A002 - what Kibana calls it
        space: str = DEFAULT_SPACE,
        spaces: Sequence[str] | None = None,
        agent_policies: Sequence[str] | None = None,
        agents: int = 3,
        policy: JsonValue = None,
        advanced: Mapping[str, JsonValue] | None = None,
        mirror: str | None = None,
        pinned: str | None = None,
        size_bytes: int | None = None,
        is_managed: bool = False,
        namespace: str = "default",
        description: str = "",
    ) -> str:
        """Make an Elastic Defend policy and return its id.

        Args:
            name: Its name.
            id: Its id; made up from the name otherwise.
            space: The space it lives in.
            spaces: The spaces it lives in, when there are several.
            agent_policies: The agent policies it is attached to, made if they are not there;
                by default one of its own.
            agents: How many agents to enrol in the agent policies that are made.
            policy: The whole of `config.policy.value`, instead of Kibana's default.
            advanced: What to put under `<os>.advanced`, per operating system.
            mirror: The `base_url` of the artifact mirror on all three operating systems.
            pinned: A `global_manifest_version` such as `2025-08-15`.
            size_bytes: About how large the document is to be; its manifest is padded.
            is_managed: Whether it is managed by something else than Fleet.
            namespace: Its namespace.
            description: Its description.
        """
        with self._lock:
            state = self._state
            homes = tuple(spaces) if spaces is not None else (space,)
            new = id or made_up_id("policy", len(state.policies), name)
            attached = self._attached(name, homes, agent_policies, agents)
            value = policy if policy is not None else self._value(advanced, mirror, pinned)
            attributes = compose_attributes(
                NewPolicy(
                    new, name, attached, namespace, description, is_managed, value, size_bytes
                ),
                state.conditions.version,
            )
            self._put(new, attributes | self._authorship(), homes)
            self._report_new(self._state.policies[new])
            return new

    def _value(
        self, advanced: Mapping[str, JsonValue] | None, mirror: str | None, pinned: str | None
    ) -> JsonValue:
        conditions = self._state.conditions
        value: JsonValue = default_policy_value(conditions.version)
        if "meta" in value:
            facts = license_facts(conditions)
            value["meta"] = {key: facts[key] for key in value["meta"]}
        for system, changes in (advanced or {}).items():
            value = deep_merged(value, {system: {"advanced": changes}})
        if mirror is not None:
            base = {"advanced": {"artifacts": {"global": {"base_url": mirror}}}}
            value = deep_merged(value, dict.fromkeys(("windows", "mac", "linux"), base))
        if pinned is not None:
            value["global_manifest_version"] = pinned
        return value

    def _attached(
        self, name: str, homes: tuple[str, ...], wanted: Sequence[str] | None, agents: int
    ) -> tuple[str, ...]:
        if wanted is None:
            return (self.add_agent_policy(f"{name} agents", spaces=homes, agents=agents),)
        for one in wanted:
            if one not in self._state.agent_policies:
                self.add_agent_policy(one, id=one, spaces=homes, agents=agents)
        return tuple(wanted)

    def _authorship(self) -> dict[str, JsonValue]:
        moment = self._state.clock.tick()
        return {
            "revision": 1,
            "created_at": moment,
            "created_by": "elastic",
            "updated_at": moment,
            "updated_by": "elastic",
        }

    def _put(
        self,
        new: str,
        attributes: dict[str, JsonValue],
        homes: tuple[str, ...],
        version: str | None = None,
    ) -> None:
        self._state.know_spaces(homes)
        token = self._state.next_version()
        self._state.add(StoredPolicy(new, attributes, version or token, homes))

    def add_package_policy(
        self, name: str, package: str, *, agent_policies: Sequence[str] = (), space: str = "default"
    ) -> str:
        """Make a package policy of another integration than Elastic Defend, and return its id."""
        with self._lock:
            new = made_up_id("policy", len(self._state.policies), name)
            attached = self._attached(name, (space,), agent_policies, 0)
            version = self._state.conditions.version
            attributes = compose_attributes(NewPolicy(new, name, attached), version)
            attributes["package"] |= {"name": package, "title": package.capitalize()}
            attributes["inputs"] = [{"type": "logfile", "enabled": True, "streams": []}]
            self._put(new, attributes | self._authorship(), (space,))
            return new

    def load(self, document: JsonValue, *, space: str = DEFAULT_SPACE) -> tuple[str, ...]:
        """Take in package policies as Kibana exported them, and return their ids.

        Args:
            document: One item, an answer `{"item": ...}` or a list `{"items": [...]}`. Keys that
                are not known here are kept. Agent policies it names are made.
            space: Where it lives, unless it says so itself.

        Raises:
            ValueError: It is not a package policy; the message says where.
        """
        copy = decode(encode(document))
        inner = copy.get("item", copy) if isinstance(copy, dict) else copy
        items = inner.get("items", [inner]) if isinstance(inner, dict) else [inner]
        for item in items:
            check_stored(item)
        with self._lock:
            return tuple(self._load_one(item, space) for item in items)

    def _load_one(self, item: JsonValue, space: str) -> str:
        homes = tuple(item.get("spaceIds") or (space,))
        attributes = {key: value for key, value in item.items() if key not in _BESIDE}
        stored = StoredPolicy(item["id"], attributes, "", homes)
        self._attached(item["name"], homes, stored.agent_policies, 0)
        self._put(item["id"], attributes, homes, item.get("version"))
        return str(item["id"])

    def document(self, policy_id: str) -> JsonValue:
        """Return a copy of a package policy as Kibana would answer it."""
        with self._lock:
            return decode(encode(self._state.item(self._state.policies[policy_id])))

    def revision(self, policy_id: str) -> int:
        """Return the revision of a package policy."""
        with self._lock:
            return int(self._state.policies[policy_id].attributes.get("revision", 0))

    def commits(self, policy_id: str) -> tuple[Commit, ...]:
        """Return the updates over HTTP that were stored, oldest first."""
        with self._lock:
            return tuple(self._state.policies[policy_id].commits)

    def edit(self, policy_id: str, path: str, value: JsonValue, by: str = "someone") -> None:
        """Change one value as a person in Kibana does: revision, version and author change too.

        Args:
            policy_id: The package policy.
            path: Dotted: `linux.advanced.artifacts.global.base_url`, `global_manifest_version`, or
                a key of the package policy such as `description`.
            value: The new value; `REMOVE` takes the key away.
            by: Who does it.
        """
        with self._lock:
            found = self._state.policies[policy_id]
            self._state.store(found, edited(found.attributes, path, value), by=by)

    def rename(self, policy_id: str, name: str, by: str = "someone") -> None:
        """Give a package policy another name."""
        self.edit(policy_id, "name", name, by)

    def delete(self, policy_id: str) -> None:
        """Delete a package policy."""
        with self._lock:
            self._state.remove(policy_id)

    def delete_agent_policy(self, agent_policy: str) -> None:
        """Delete an agent policy and leave dangling what names it."""
        with self._lock:
            del self._state.agent_policies[agent_policy]
            self._state.generation += 1

    def move(self, policy_id: str, to_space: str) -> None:
        """Let a package policy and its agent policies live in another space, and only there."""
        with self._lock:
            self._state.know_spaces((to_space,))
            found = self._state.policies[policy_id]
            found.spaces = (to_space,)
            found.version = self._state.next_version()
            for one in found.agent_policies:
                self._state.agent_policies[one].spaces = (to_space,)

    def run_packager(self, ids: Iterable[str] | None = None) -> None:
        """Push a newer user artifact manifest into policies, as Kibana's background task does."""
        with self._lock:
            for one in self.policy_ids if ids is None else ids:
                found = self._state.policies[one]
                if found.package == "endpoint":
                    self._state.store(found, next_manifest(found.attributes), by="system")
