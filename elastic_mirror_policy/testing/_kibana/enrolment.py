"""Agents of a fake Kibana: enrolled, checking in, reporting, as a test wants it."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace

from elastic_mirror_policy._json import value_at
from elastic_mirror_policy.testing._kibana.clock import Clock
from elastic_mirror_policy.testing._kibana.documents import global_artifacts, made_up_id
from elastic_mirror_policy.testing._kibana.paths import setting
from elastic_mirror_policy.testing._kibana.state import (
    DEFAULT_SPACE,
    Conditions,
    FakeAgent,
    FakeEndpointReport,
    State,
    StoredAgentPolicy,
    StoredPolicy,
)

_SYSTEMS = ("linux", "windows", "macos")


class Enrolment:
    """Agent policies, agents and spaces, to be set up and changed by tests.

    Every method takes the lock, so it may be called while clients are being answered.
    """

    def __init__(self, conditions: Conditions) -> None:
        self._lock = threading.RLock()
        self._state = State(conditions, Clock())

    @property
    def agent_ids(self) -> tuple[str, ...]:
        """The ids of all agents, in the order in which they enrolled."""
        with self._lock:
            return tuple(self._state.agents)

    def agent(self, agent_id: str) -> FakeAgent:
        """Return a copy of an agent."""
        with self._lock:
            return replace(self._state.agents[agent_id])

    def add_space(self, space: str, name: str | None = None) -> None:
        """Make a space."""
        with self._lock:
            self._state.spaces[space] = name or space.capitalize()

    def add_agent_policy(
        self,
        name: str,
        *,
        id: str | None = None,  # noqa: A002 - what Kibana calls it
        spaces: Sequence[str] = (DEFAULT_SPACE,),
        agents: int = 0,
        is_managed: bool = False,
    ) -> str:
        """Make an agent policy with some agents, and return its id."""
        with self._lock:
            state = self._state
            new = id or made_up_id("agent-policy", len(state.agent_policies), name)
            state.know_spaces(spaces)
            state.agent_policies[new] = StoredAgentPolicy(
                new, name, tuple(spaces), state.clock.tick(), is_managed=is_managed
            )
            self.enrol(new, agents, reports=False)
            return new

    def enrol(
        self,
        agent_policy: str,
        count: int = 1,
        *,
        version: str | None = None,
        os: str | None = None,
        status: str = "online",
        reports: bool = True,
        together: bool = False,
    ) -> tuple[str, ...]:
        """Enrol agents in an agent policy and return their ids.

        Args:
            agent_policy: Its id; `<id>#9.4` enrols in the policy made for that agent version.
            count: How many.
            version: Of the agent and of Elastic Defend; by default Kibana's.
            os: `linux`, `windows` or `macos`; by default by turns.
            status: Fleet's word, such as `online`, `offline`, `inactive`.
            reports: Whether Elastic Defend has reported, if the agent policy has a Defend policy.
            together: Whether all of them enrol in the same millisecond.
        """
        with self._lock:
            served = self._state.conditions.version
            plain = version or served.number.partition("-")[0]
            agents = [
                self._enrol_one(agent_policy, plain, os or _SYSTEMS[turn % 3], status)
                for turn in range(count)
            ]
            for agent in agents if together else ():
                agent.enrolled_at = agents[0].enrolled_at
            if reports and agents:
                found = self._defend_policies().get(agents[0].base_policy_id)
                for agent in agents:
                    self._check_in(agent, found, "success", None)
            return tuple(agent.id for agent in agents)

    def _enrol_one(self, agent_policy: str, version: str, system: str, status: str) -> FakeAgent:
        state = self._state
        number = len(state.agents)
        moment = state.clock.tick()
        agent = FakeAgent(
            id=made_up_id("agent", number),
            policy_id=agent_policy,
            os=system,
            version=version,
            hostname=f"{system}-{number:05d}",
            enrolled_at=moment,
            last_checkin=moment,
            status=status,
            addresses=(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}/8", "127.0.0.1/8"),
        )
        agent.policy_revision = state.agent_policies[agent.base_policy_id].revision
        state.add_agent(agent)
        return agent

    def check_in(
        self,
        ids: Iterable[str] | None = None,
        *,
        status: str = "success",
        manifest_version: str | None = None,
    ) -> None:
        """Let agents take the present policy and report on it; those offline do not.

        Args:
            ids: Which agents; by default all.
            status: What Elastic Defend says of the policy.
            manifest_version: The global artifacts it uses now; by default those it had.
        """
        with self._lock:
            policies = self._defend_policies()
            for one in self.agent_ids if ids is None else ids:
                agent = self._state.agents[one]
                if agent.status == "online":
                    self._check_in(
                        agent, policies.get(agent.base_policy_id), status, manifest_version
                    )

    def set_agents(
        self, ids: Iterable[str], *, status: str | None = None, version: str | None = None
    ) -> None:
        """Change what Fleet knows of agents: their status, their version."""
        with self._lock:
            for one in ids:
                agent = self._state.agents[one]
                agent.status = status or agent.status
                agent.version = agent.version if version is None else version

    def set_report(self, agent_id: str, report: FakeEndpointReport | None) -> None:
        """Put a report of Elastic Defend in place, or take it away."""
        with self._lock:
            self._state.agents[agent_id].report = report

    def _defend_policies(self) -> dict[str, StoredPolicy]:
        return {
            one: policy
            for policy in self._state.policies.values()
            if policy.package == "endpoint"
            for one in policy.agent_policies
        }

    def _report_new(self, policy: StoredPolicy) -> None:
        for agent in self._state.agents_of(policy.agent_policies):
            self._check_in(agent, policy, "success", None)

    def _check_in(
        self,
        agent: FakeAgent,
        policy: StoredPolicy | None,
        status: str,
        manifest_version: str | None,
    ) -> None:
        agent_policy = self._state.agent_policies.get(agent.base_policy_id)
        if agent_policy is None:
            return
        agent.last_checkin = self._state.clock.tick()
        agent.policy_revision = agent_policy.revision
        if policy is None:
            agent.report = None
            return
        known = agent.report.manifest_version if agent.report else "1.0.1000"
        version = manifest_version or known
        pin = value_at(setting(policy.attributes["inputs"], "policy"), "global_manifest_version")
        agent.report = FakeEndpointReport(
            policy_id=policy.id,
            policy_name=policy.attributes["name"],
            policy_revision=policy.attributes.get("revision", 0),
            agent_policy_revision=agent_policy.revision,
            reported_at=agent.last_checkin,
            status=status,
            manifest_version=version,
            snapshot=pin or "latest",
            identifiers=global_artifacts(agent.os, version),
        )
