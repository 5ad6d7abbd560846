"""Agents that live: as the clock ticks they take new policies, fetch artifacts, and report."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from elastic_mirror_policy._json import JsonValue, value_at
from elastic_mirror_policy.testing._kibana.clock import Clock, stamp
from elastic_mirror_policy.testing._kibana.documents import global_artifacts
from elastic_mirror_policy.testing._kibana.endpoint_documents import policy_response_document
from elastic_mirror_policy.testing._kibana.enrolment import Enrolment
from elastic_mirror_policy.testing._kibana.paths import setting
from elastic_mirror_policy.testing._kibana.state import Conditions, FakeAgent, StoredPolicy

TICK = timedelta(minutes=1)
_POLICY_NAMES = {"macos": "mac"}


class PublishedArtifact(Protocol):
    """What is used of an artifact of a mirror."""

    @property
    def name(self) -> str:
        """Its name in the manifest."""
        ...

    @property
    def entry(self) -> Mapping[str, JsonValue]:
        """Its entry in the manifest."""
        ...


class ArtifactMirror(Protocol):
    """What is used of a mirror, such as `FakeArtifactServer`."""

    @property
    def url(self) -> str:
        """Its base URL."""
        ...

    @property
    def manifest_version(self) -> str:
        """What its manifests call themselves."""
        ...

    def artifacts(self, endpoint_version: str) -> Sequence[PublishedArtifact]:
        """Return what it publishes for an endpoint version; KeyError when it has none."""
        ...


@dataclass(frozen=True, slots=True)
class Habit:
    """What an agent does when its policy has changed.

    Attributes:
        delay: After how many ticks it has taken the new revision; None: never.
        status: What Elastic Defend says of it then.
        concerns: The action that a status other than `success` comes from.
    """

    delay: int | None = 1
    status: str = "success"
    concerns: str = "download_global_artifacts"


class Habits(Enrolment):
    """Agents with habits, and the clock they live by.

    Every method takes the lock, so it may be called while clients are being answered.
    """

    def __init__(self, conditions: Conditions) -> None:
        super().__init__(conditions)
        self._habits: dict[str, Habit] = {}
        self._usual = Habit()
        self._waited: dict[str, int] = {}
        self._artifacts: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {}

    @property
    def now(self) -> float:
        """The present of the fake clock, in seconds since 1970."""
        with self._lock:
            return self._state.clock.now.timestamp()

    def set_clock(self, moment: datetime) -> None:
        """Let it be another time; what happened before keeps its time."""
        with self._lock:
            self._state.clock = Clock(moment)

    def set_habit(self, habit: Habit, ids: Iterable[str] | None = None) -> None:
        """Let agents behave like this; by default all that have no habit of their own."""
        with self._lock:
            if ids is None:
                self._usual = habit
            else:
                self._habits |= dict.fromkeys(ids, habit)

    def tick(self, count: int = 1) -> None:
        """Let this many minutes pass: agents that are online check in, and do what is due."""
        with self._lock:
            for _ in range(count):
                self.set_clock(self._state.clock.now + TICK)
                policies = self._defend_policies()
                moment = stamp(self._state.clock.now)
                for agent in self._state.agents.values():
                    if agent.status == "online":
                        agent.last_checkin = moment
                        self._live(agent, policies.get(agent.base_policy_id))

    def _live(self, agent: FakeAgent, policy: StoredPolicy | None) -> None:
        if policy is None or not self._is_behind(agent, policy):
            return
        habit = self._habits.get(agent.id, self._usual)
        waited = self._waited.get(agent.id, 0) + 1
        self._waited[agent.id] = waited
        if habit.delay is not None and waited >= habit.delay:
            self._check_in(agent, policy, habit.status, None)
            if agent.report is not None:
                agent.report = replace(agent.report, concerns=habit.concerns)

    def _is_behind(self, agent: FakeAgent, policy: StoredPolicy) -> bool:
        report = agent.report
        present = policy.attributes.get("revision", 0)
        return report is None or (report.policy_id, report.policy_revision) != (policy.id, present)

    def _check_in(
        self,
        agent: FakeAgent,
        policy: StoredPolicy | None,
        status: str,
        manifest_version: str | None,
    ) -> None:
        super()._check_in(agent, policy, status, manifest_version)
        self._waited.pop(agent.id, None)
        if manifest_version is not None:
            self._artifacts.pop(agent.id, None)
        elif agent.id in self._artifacts and agent.report is not None:
            version, identifiers = self._artifacts[agent.id]
            agent.report = replace(agent.report, manifest_version=version, identifiers=identifiers)

    def report_artifacts(
        self,
        ids: str | Iterable[str],
        *,
        version: str,
        identifiers: Mapping[str, str] | None = None,
    ) -> None:
        """Let endpoints report, now, the artifacts that they use.

        Args:
            ids: One agent or several; all of them have reported before.
            version: The manifest they come from.
            identifiers: SHA-256 of each artifact by name; made up when left out, and left out of
                the report when empty.
        """
        with self._lock:
            for one in [ids] if isinstance(ids, str) else ids:
                agent = self._state.agents[one]
                known = global_artifacts(agent.os, version)
                pairs = known if identifiers is None else tuple(identifiers.items())
                self._use(agent, version, pairs)

    def fetch_artifacts(self, mirror: ArtifactMirror, ids: Iterable[str] | None = None) -> None:
        """Let endpoints whose applied policy names this mirror take what it publishes, and report.

        Those offline, those that have not applied their policy yet, and those whose version the
        mirror does not have stay as they are.
        """
        with self._lock:
            policies = self._defend_policies()
            url = mirror.url
            for one in tuple(self._state.agents) if ids is None else ids:
                agent = self._state.agents[one]
                policy = policies.get(agent.base_policy_id)
                if policy is not None and self._fetches_from(agent, policy, url):
                    self._fetch(agent, mirror)

    def _fetches_from(self, agent: FakeAgent, policy: StoredPolicy, url: str) -> bool:
        system = _POLICY_NAMES.get(agent.os, agent.os)
        value = setting(policy.attributes["inputs"], "policy")
        named = value_at(value, f"{system}.advanced.artifacts.global.base_url")
        return agent.status == "online" and named == url and not self._is_behind(agent, policy)

    def _fetch(self, agent: FakeAgent, mirror: ArtifactMirror) -> None:
        try:
            published = mirror.artifacts(agent.version)
        except KeyError:
            return
        pairs = tuple((one.name, str(one.entry["decoded_sha256"])) for one in published)
        self._use(agent, mirror.manifest_version, pairs)

    def _use(
        self, agent: FakeAgent, version: str, identifiers: tuple[tuple[str, str], ...]
    ) -> None:
        if agent.report is None:
            raise ValueError(f"The endpoint of agent {agent.id} has not reported anything yet.")
        self._artifacts[agent.id] = (version, identifiers)
        agent.report = replace(
            agent.report,
            manifest_version=version,
            identifiers=identifiers,
            reported_at=self._state.clock.tick(),
        )

    def policy_responses(self, ids: Iterable[str] | None = None) -> list[JsonValue]:
        """Return the newest policy response of each agent, as Elasticsearch holds it."""
        with self._lock:
            agents = self._state.agents
            chosen = agents if ids is None else [one for one in ids if one in agents]
            return [
                policy_response_document(agents[one], report)
                for one in chosen
                if (report := agents[one].report) is not None
            ]
