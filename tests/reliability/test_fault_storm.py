"""A thousand policies, a fifth of all requests with a fault, and Kibana's packager at work."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from support.rollouts import MIRROR, OTHER_MIRROR, base_urls, connected, plan_for
from support.truths import false_claims, lies
from support.watched import WatchedKibana, let_requests_end

from elastic_mirror_policy import MirrorPolicyError, Plan, Report
from elastic_mirror_policy._http.retry import RetryPolicy
from elastic_mirror_policy.testing import Fault

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(600)]

POLICIES: Final = 1000
PARALLEL: Final = 8
MOST_RUNS: Final = 40
CONFLICT: Final = {"message": "Saved object [fleet-package-policies/x] conflict"}
STORM: Final = (
    Fault(status=429, retry_after=1, json={"message": "Too Many Requests"}),
    Fault(status=503, retry_after=1, text="Kibana server is not ready yet"),
    Fault(status=502, html="<html>Bad Gateway</html>"),
    Fault(status=502, html="<html>Bad Gateway</html>", committed=True),
    Fault(status=500, json={"message": "An internal server error occurred"}, method="PUT"),
    Fault(status=409, json=CONFLICT, method="PUT"),
    Fault(status=409, json=CONFLICT, method="PUT", committed=True),
    Fault(drop="before"),
    Fault(drop="after"),
    Fault(truncate=60),
    Fault(garbage=True, committed=True),
    Fault(status=200, html="<html>login</html>"),
)
"""Faults of every sort that end by themselves."""

STOPPING: Final = (
    Fault(status=401, json={"message": "unable to authenticate"}),
    Fault(status=403, json={"message": "Forbidden"}),
    Fault(redirect="https://elsewhere.example/login"),
)
"""Faults that fail a policy, or end a run."""


def let_it_storm(fake: WatchedKibana) -> None:
    """Let a fifth of all requests go wrong, and let the packager run all the time."""
    share = 0.2 / len(STORM)
    for number, fault in enumerate(STORM):
        fake.inject(replace(fault, times=None, probability=share, seed=number))
    for number, fault in enumerate(STOPPING):
        fake.inject(replace(fault, times=None, probability=0.001, seed=100 + number))
    fake.packager_every = 60


def is_done(report: Report) -> bool:
    """Whether every policy is written; that somebody else was there, too, is told for ever."""
    return not report.stopped and all(o.ok or o.replaced for o in report.outcomes)


def roll_out_until_done(fake: WatchedKibana, journal: Path) -> tuple[Plan, list[Report]]:
    """Apply, and resume as often as it takes."""
    plan = plan_for(fake)
    fake.forget_requests()
    let_it_storm(fake)
    with connected(fake, retry=RetryPolicy(attempts=9)) as kibana:
        reports = [kibana.apply(plan, journal=journal, parallel=PARALLEL)]
        while not is_done(reports[-1]) and len(reports) < MOST_RUNS:
            with contextlib.suppress(MirrorPolicyError):
                reports.append(kibana.resume(journal, parallel=PARALLEL))
    return plan, reports


@pytest.fixture
def fake(request: pytest.FixtureRequest) -> Iterator[WatchedKibana]:
    """A thousand policies of three sorts."""
    with WatchedKibana(**getattr(request, "param", {})) as served:
        for number in range(POLICIES):
            served.add_policy(
                f"policy {number:04}",
                id=f"p{number:04}",
                mirror=OTHER_MIRROR if number % 3 == 1 else None,
                advanced={"linux": {"kernel": {"connect": "true"}}} if number % 3 == 2 else None,
                agents=1,
            )
        yield served


@pytest.mark.parametrize("fake", [{"checks_version": True}], indirect=True)
def test_where_versions_are_checked_a_storm_costs_no_policy_no_key_and_no_needless_write(
    fake: WatchedKibana, tmp_path: Path, show_figure: Callable[[str], None]
) -> None:
    """Every policy is written once, nothing else changes, and every report on the way is true."""
    plan, reports = roll_out_until_done(fake, tmp_path / "a.journal")
    faults = fake.faults_fired
    let_requests_end(fake)
    wrote = Counter(write.policy_id for write in fake.stored)
    changes = {change.policy_id: change for change in plan.changes}
    show_figure(
        f"storm, versions checked: {len(fake.requests)} requests, {faults} faults, "
        f"{len(reports)} runs, {len(wrote)} policies changed, "
        f"{len(fake.redundant_writes)} redundant writes, "
        f"{len(fake.lost_keys)} lost keys"
    )

    assert faults > len(fake.requests) * 0.15
    assert fake.redundant_writes == []
    assert fake.lost_keys == []
    assert wrote == dict.fromkeys(fake.policy_ids, 1)
    assert {base_urls(fake.document(policy_id)) for policy_id in fake.policy_ids} == {(MIRROR,) * 3}
    assert is_done(reports[-1])
    assert list(lies(fake, reports[-1], changes, wrote)) == []
    assert list(false_claims(fake, tmp_path / "a.journal", wrote)) == []


def test_a_storm_costs_no_policy_and_every_change_that_was_replaced_is_said(
    fake: WatchedKibana, tmp_path: Path, show_figure: Callable[[str], None]
) -> None:
    """No Kibana known today refuses a write over the packager's; the reports tell where."""
    _, reports = roll_out_until_done(fake, tmp_path / "a.journal")
    let_requests_end(fake)
    said = {
        outcome.policy_id
        for report in reports
        for outcome in report.outcomes
        if outcome.replaced or any("revision went from" in note for note in outcome.notes)
    }
    lost = set(fake.lost_keys)
    show_figure(
        f"storm: {len(lost)} policies written over the packager, "
        f"{len(lost - said)} of them not said, {len(fake.redundant_writes)} redundant writes"
    )

    assert lost
    assert lost <= said
    assert {base_urls(fake.document(policy_id)) for policy_id in fake.policy_ids} == {(MIRROR,) * 3}
