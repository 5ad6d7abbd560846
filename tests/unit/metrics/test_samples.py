"""Figures say what was found, and nothing of what is not known."""

from collections.abc import Iterable

import pytest
from support.endpoints import endpoint, report
from support.plans import change, plan

from elastic_mirror_policy.endpoints.verdicts import Verdict
from elastic_mirror_policy.metrics.families import FAMILIES, PREFIX
from elastic_mirror_policy.metrics.samples import MOST_VERSIONS, Measured, Sample, samples_of
from elastic_mirror_policy.mirror.codes import FindingCode
from elastic_mirror_policy.mirror.findings import Finding
from elastic_mirror_policy.mirror.report import MirrorReport, MirrorStatus
from elastic_mirror_policy.mirror.versions import VersionResult, VersionStatus
from elastic_mirror_policy.plan.change import Skipped, Unchanged

Figures = dict[tuple[str, ...], float]


def stored(version: str, *, missing: int = 0, problem: str = "", age: float | None = 5.0) -> object:
    """Return what a folder holds for a version."""
    return VersionStatus(version, "1.0.1", 7, missing, None, None, age, None, None, age, problem)


def status(*versions: object) -> MirrorStatus:
    """Return the status of a folder."""
    return MirrorStatus("/srv/m", tuple(v for v in versions if isinstance(v, VersionStatus)))


def check(*versions: VersionResult, findings: Iterable[Finding] = ()) -> MirrorReport:
    """Return what a check of a mirror found."""
    return MirrorReport("https://secret-name.test", versions, tuple(findings))


def figures(found: Measured, exit_code: int = 0) -> Figures:
    """Return each figure by its short name and its labels."""
    return {
        (one.family.name.removeprefix(PREFIX), *one.labels): one.value
        for one in samples_of(found, exit_code=exit_code, now=1000.0)
    }


def test_a_plan_is_counted() -> None:
    """What is pending, what is as wanted, and what is left alone."""
    found = figures(
        plan(
            change("A", agents=3),
            change("B", agents=4),
            unchanged=(Unchanged("c", "C", "default"),),
            skipped=(Skipped("d", "D", "It is frozen."),),
        ),
        exit_code=2,
    )

    assert found == {
        ("last_run_timestamp_seconds", "plan"): 1000.0,
        ("last_run_exit_code", "plan"): 2,
        ("pending_policies",): 2,
        ("unchanged_policies",): 1,
        ("skipped_policies",): 1,
        ("pending_agents",): 7,
    }


def test_agents_that_could_not_be_counted_have_no_figure() -> None:
    """0 would say that nobody is affected."""
    assert ("pending_agents",) not in figures(plan(change("A", agents=None)))


def test_a_folder_has_its_ages_and_what_it_lacks() -> None:
    """For each version; the whole is complete or not."""
    found = figures(status(stored("9.1.3"), stored("9.1.4", missing=2)), exit_code=2)

    assert found == {
        ("last_run_timestamp_seconds", "mirror status"): 1000.0,
        ("last_run_exit_code", "mirror status"): 2,
        ("versions_left_out", "mirror status"): 0,
        ("mirror_complete",): 0,
        ("manifest_age_seconds", "mirror status", "9.1.3"): 5.0,
        ("manifest_age_seconds", "mirror status", "9.1.4"): 5.0,
        ("sync_age_seconds", "9.1.3"): 5.0,
        ("sync_age_seconds", "9.1.4"): 5.0,
        ("missing_artifacts", "9.1.3"): 0,
        ("missing_artifacts", "9.1.4"): 2,
    }


def test_a_whole_folder_is_complete() -> None:
    """There is a manifest, and all that it names."""
    assert figures(status(stored("9.1.3")))["mirror_complete",] == 1


def test_an_unreadable_manifest_lacks_no_known_number_of_files() -> None:
    """Nor is an age made up that was not recorded."""
    found = figures(status(stored("9.1.3", problem="Damaged.", age=None)))

    assert [key for key in found if "9.1.3" in key] == []
    assert found["mirror_complete",] == 0


@pytest.mark.parametrize(("healthy", "expected"), [(True, [1]), (False, [0]), (None, [])])
def test_a_version_is_healthy_or_not_or_it_has_no_figure(
    healthy: bool | None,  # noqa: FBT001 - a row of the table
    expected: list[int],
) -> None:
    """Unknown is neither."""
    found = figures(check(VersionResult("9.1.3", "1.0.1", 7, healthy, age_seconds=60.0)))

    assert [value for key, value in found.items() if key[0] == "mirror_healthy"] == expected
    assert found["manifest_age_seconds", "mirror check", "9.1.3"] == 60.0


def test_findings_are_counted_by_severity() -> None:
    """Those that nobody has are 0, so that an alert can end."""
    codes = (FindingCode.ARTIFACT_MISSING, FindingCode.AGE_UNKNOWN)
    found = figures(check(findings=[Finding.of(code, "/x") for code in codes]))

    counts = {key[1]: value for key, value in found.items() if key[0] == "findings"}
    assert counts == {"error": 1, "warning": 0, "info": 0, "unknown": 1}


def test_endpoints_are_counted_by_verdict() -> None:
    """Every verdict has a figure; the oldest report and what was left out have one too."""
    old = endpoint("behind", reported_at=910.0)
    found = figures(
        report(old, endpoint(reported_at=1000.0), complete=False, read_at=1000.0), exit_code=1
    )

    counts = {key[1]: value for key, value in found.items() if key[0] == "endpoints"}
    expected = dict.fromkeys((verdict.value for verdict in Verdict), 0.0)
    assert counts == expected | {"behind": 1, "current": 1}
    assert found["endpoints_complete",] == 0
    assert found["oldest_endpoint_report_age_seconds",] == 90


def test_no_endpoint_has_no_age() -> None:
    """There is no report that could be old."""
    assert ("oldest_endpoint_report_age_seconds",) not in figures(report())


@pytest.mark.parametrize("kind", ["status", "check"])
def test_many_versions_are_cut_and_those_with_problems_are_kept(kind: str) -> None:
    """A label has a bounded number of values, and what is left out is said."""
    names = [f"9.1.{n}" for n in range(MOST_VERSIONS + 20)]
    bad = names[-1]
    found = figures(
        status(*(stored(name, missing=int(name == bad)) for name in names))
        if kind == "status"
        else check(*(VersionResult(n, None, 1, n != bad, age_seconds=1.0) for n in names))
    )

    shown = {key[-1] for key in found if key[-1] in names}
    assert len(shown) == MOST_VERSIONS
    assert bad in shown
    assert found["versions_left_out", f"mirror {kind}"] == 20


@pytest.mark.parametrize(
    "found",
    [
        plan(change("Secret name")),
        status(stored("9.1.3")),
        check(VersionResult("9.1.3", "1.0.1", 7, healthy=True)),
        report(endpoint(hostname="secret-name", policy_name="Secret name")),
    ],
    ids=lambda found: type(found).__name__,
)
def test_no_figure_carries_a_name(found: Measured) -> None:
    """Neither of policies nor of hosts nor of servers; labels are as many as their values."""
    samples = samples_of(found, exit_code=0, now=1000.0)
    values = {label for one in samples for label in one.labels}

    assert [value for value in values if "secret" in value.casefold()] == []
    assert [one for one in samples if len(one.labels) != len(one.family.labels)] == []
    assert {one.family for one in samples} <= set(FAMILIES)


def test_two_commands_never_write_the_same_figure() -> None:
    """The node exporter would refuse both files."""
    everything: list[Sample] = [
        one
        for found in (
            plan(change("A")),
            status(stored("9.1.3")),
            check(VersionResult("9.1.3", "1.0.1", 7, healthy=True, age_seconds=1.0)),
            report(endpoint()),
        )
        for one in samples_of(found, exit_code=0, now=1000.0)
    ]
    keys = [(one.family.name, one.labels) for one in everything]

    assert len(keys) == len(set(keys))
    assert {one.family for one in everything} == set(FAMILIES)
