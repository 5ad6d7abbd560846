"""Verdicts over Kibana alone, through sockets: everything an endpoint can be, and every refusal."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.endpoints import NOW, Stack, stack, verdicts
from support.rollouts import connected

from elastic_mirror_policy import (
    ALL_SPACES,
    ConfigurationError,
    Kibana,
    MirrorSettings,
    PermissionDeniedError,
    PlanError,
    Selection,
    TransportError,
)
from elastic_mirror_policy.endpoints import Verdict, wait_for_endpoints
from elastic_mirror_policy.errors import ServerError
from elastic_mirror_policy.testing import Fault, Habit

NO_METADATA = {"data": [], "total": 0, "page": 0, "pageSize": 10}


@pytest.fixture
def estate() -> Iterator[Stack]:
    """A Kibana, an Elasticsearch and a mirror without any policy."""
    with stack() as made:
        yield made


def test_a_rollout_can_be_followed_to_its_end(estate: Stack, tmp_path: Path) -> None:
    """Not applied, then applied with other artifacts, then current: proven by hashes."""
    estate.add(mirror=None)
    plan = estate.kibana.plan(MirrorSettings.everywhere(estate.mirror.url))
    estate.kibana.apply(plan, journal=tmp_path / "journal")
    before = estate.look()
    estate.fake.tick()
    applied = estate.look()
    estate.fake.fetch_artifacts(estate.mirror)
    after = estate.look()

    assert set(before.counts) == {Verdict.POLICY_NOT_APPLIED}
    assert set(applied.counts) == {Verdict.AHEAD}
    assert set(after.counts) == {Verdict.CURRENT}
    assert {one.proof for one in after.endpoints} == {"artifacts"}
    assert [found.exit_code for found in (before, applied, after)] == [2, 2, 0]


def test_every_verdict_is_found(estate: Stack) -> None:
    """One endpoint for each of them, in one fleet."""
    names = [verdict.value for verdict in Verdict if verdict is not Verdict.PINNED]
    agents = estate.add(agents=len(names))
    of = dict(zip(names, agents, strict=True))
    fake = estate.fake
    (pinned,) = estate.add("Pinned", agents=1, pinned="2025-12-01")
    fake.fetch_artifacts(estate.mirror)
    fake.set_report(of["no-document"], None)
    fake.set_report(of["offline"], None)
    fake.set_agents([of["offline"]], status="offline")
    fake.set_agents([of["stale-report"]], version="9.5.0")
    fake.set_agents([of["no-manifest"]], version="9.3.0")
    fake.set_agents([of["unknown"]], version="synthetic")
    fake.report_artifacts(of["no-artifacts"], version="1.0.260", identifiers={})
    fake.report_artifacts(of["ahead"], version="1.0.300")
    fake.report_artifacts(of["behind"], version="1.0.200")
    fake.set_habit(Habit(delay=None), [of["policy-not-applied"]])
    fake.edit(fake.policy_ids[0], "description", "saved again")
    others = [one for one in agents if one not in {of["no-document"], of["offline"]}]
    for one in others:
        estate_report(estate, one, applies=one != of["policy-not-applied"])
    found = verdicts(estate.look())

    assert found == {agent: name for name, agent in of.items()} | {pinned: "pinned"}


def estate_report(estate: Stack, agent: str, *, applies: bool) -> None:
    """Let an endpoint report the present revision of its policy, and nothing else new."""
    from dataclasses import replace  # noqa: PLC0415 - placeholder

    report = estate.fake.agent(agent).report
    if report is not None and applies:
        estate.fake.set_report(agent, replace(report, policy_revision=report.policy_revision + 1))
