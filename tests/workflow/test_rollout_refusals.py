"""Kibana says no: what the report says then, and what happens to the other policies."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.rollouts import (
    MIRROR,
    base_urls,
    commit_counts,
    connected,
    error_of,
    kinds,
    planned,
    roll_out,
    serving,
    writes,
)

from elastic_mirror_policy import (
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
)
from elastic_mirror_policy.testing import FakeKibana, Fault

NAMES = ("alpha", "beta", "delta", "epsilon", "gamma", "zeta")


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """Six policies that are written one after the other."""
    with serving(*NAMES) as served:
        yield served


def refuse_beta(fake: FakeKibana, status: int, message: str) -> None:
    """Let Kibana refuse the write of one policy for good."""
    body = {"statusCode": status, "error": "Refused", "message": message}
    fake.inject(Fault(method="PUT", path="/beta", status=status, json=body, times=None))


REFUSALS = {
    "missing right": (403, "Forbidden", ("Integrations: All", "Policy Management: All")),
    "security switched off": (
        403,
        "Fleet requires security; security must be enabled",
        ("Kibana with security enabled",),
    ),
    "product tier": (
        403,
        "To modify protection updates, you must add Endpoint Complete to your project.",
        ("Endpoint Complete", "product tier"),
    ),
    "an unknown key": (
        400,
        (
            "[request body]: types that failed validation:\n- [request body.0.zzz]: "
            "definition for this key is missing"
        ),
        ("does not know a field",),
    ),
    "managed elsewhere": (
        400,
        (
            "Cannot update package policy beta in Fleet because it is managed by an "
            "external orchestration solution"
        ),
        ("the tool that manages it",),
    ),
    "several agent policies": (
        400,
        "Reusable integration policies are only available with an Enterprise license",
        ("Enterprise license", "several agent policies"),
    ),
    "duplicate name": (
        409,
        (
            "An integration policy with the name beta already exists. Please rename it or choose a "
            "different name."
        ),
        ("already exists", "rename one"),
    ),
    "no agent policy": (404, "Agent policy not found", ("names an agent policy",)),
    "too large": (413, "Payload content length greater than maximum allowed", ("larger than",)),
}


@pytest.mark.parametrize("why", REFUSALS)
def test_a_refusal_is_told_with_what_to_do_and_stops_no_other_policy(
    fake: FakeKibana, tmp_path: Path, why: str
) -> None:
    """It is sent once: what Kibana refused is not sent again."""
    status, message, words = REFUSALS[why]
    refuse_beta(fake, status, message)

    report = roll_out(fake, tmp_path / "a.journal")

    assert kinds(report) == ["succeeded", "failed", *["succeeded"] * 4]
    assert writes(fake).count("beta") == 1
    for word in (str(status), *words):
        assert word in error_of(report, "beta")


@pytest.mark.parametrize("version", ["8.14.3", "9.4.2"])
def test_an_agent_policy_that_is_gone_is_told_from_a_policy_that_is_gone(
    version: str, tmp_path: Path
) -> None:
    """kibana#281170: such a policy cannot be saved at all, although it is there."""
    fake = FakeKibana(version)
    stale = fake.add_policy("alpha", agent_policies=["old"])
    gone = fake.add_policy("beta")
    fake.delete_agent_policy("old")
    fake.before("PUT", gone, 1, lambda: fake.delete(gone))
    with fake:
        report = roll_out(fake, tmp_path / "a.journal")

    assert "names an agent policy that is not there" in error_of(report, stale)
    assert "it was deleted, or moved to another space" in error_of(report, gone)


def test_a_lapsed_license_is_said_for_every_policy(tmp_path: Path) -> None:
    """Kibana checks a policy as a whole, so even a base URL is refused."""
    with FakeKibana.example(license="basic", space_aware=False) as fake:
        report = roll_out(fake, tmp_path / "a.journal")

    assert set(kinds(report)) == {"failed"}
    assert commit_counts(fake) == {}
    for outcome in report.outcomes:
        assert "Basic license" in (outcome.error or "")
        assert "every change" in (outcome.error or "")


def test_protected_settings_need_a_superuser(tmp_path: Path) -> None:
    """kibana#287027, taken back since; all three keys are named."""
    fake = FakeKibana(protected_settings=True)
    policy = fake.add_policy("Servers")
    with fake:
        refused = roll_out(fake, tmp_path / "a.journal")
        with connected(fake, username=fake.username, password=fake.password) as kibana:
            allowed = kibana.apply(planned(kibana), journal=tmp_path / "b.journal")

    for system in ("linux", "mac", "windows"):
        assert f"{system}.advanced.artifacts.global.base_url" in error_of(refused, policy)
    assert "superuser's credentials" in error_of(refused, policy)
    assert allowed.ok


def test_a_pin_from_long_ago_fails_alone(tmp_path: Path) -> None:
    """Such a policy can no longer be saved at all, whatever is changed in it."""
    fake = FakeKibana(license="enterprise")
    old = fake.add_policy("Old", pinned="2023-11-01")
    new = fake.add_policy("New", pinned="2025-12-01")
    with fake:
        report = roll_out(fake, tmp_path / "a.journal", allow={"pinned"})

    assert "18 months" in error_of(report, old)
    assert "set its protection updates to 'latest'" in error_of(report, old)
    assert base_urls(fake.document(new)) == (MIRROR,) * 3


def test_rights_that_are_lost_in_the_middle_fail_what_is_left(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """403 is about a policy or a space, so every policy is tried; what was written is kept."""
    fake.inject(Fault(method="PUT", nth=3, times=None, status=403, json={"message": "Forbidden"}))

    report = roll_out(fake, tmp_path / "a.journal", parallel=1)

    assert kinds(report) == ["succeeded"] * 2 + ["failed"] * 4
    assert set(commit_counts(fake)) == {"alpha", "beta"}


def test_credentials_that_expire_in_the_middle_end_the_run(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """401 holds for every policy: what is left is not even tried."""
    fake.inject(Fault(method="PUT", nth=3, times=None, status=401, json={"message": "expired"}))

    report = roll_out(fake, tmp_path / "a.journal", parallel=1)

    assert kinds(report) == ["succeeded"] * 2 + ["failed"] + ["skipped"] * 3
    assert "no longer accepts the credentials" in report.stopped
    assert len(writes(fake)) == 3


def test_credentials_that_expire_before_a_recheck_end_the_run(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """What cannot be read again is not written."""
    fake.inject(Fault(path="_bulk_get", nth=3, times=None, status=401, json={"message": "expired"}))

    with connected(fake) as kibana:
        plan = planned(kibana)
        report = kibana.apply(plan, journal=tmp_path / "a.journal", parallel=2)

    assert kinds(report) == ["succeeded"] * 2 + ["skipped"] * 4
    assert "could not be read again" in report.stopped
    assert len(writes(fake)) == 2


def test_a_run_ends_when_more_have_failed_than_allowed(fake: FakeKibana, tmp_path: Path) -> None:
    """`max_failures=1` stands one failure."""
    fake.inject(Fault(method="PUT", times=None, status=403, json={"message": "Forbidden"}))

    report = roll_out(fake, tmp_path / "a.journal", parallel=1, max_failures=1)

    assert kinds(report) == ["failed"] * 2 + ["skipped"] * 4
    assert "max-failures" in report.stopped
    assert len(writes(fake)) == 2


READING = {
    "wrong key": ({"api_key": "bm90OmE6a2V5"}, AuthenticationError, "401"),
    "wrong password": ({"username": "elastic", "password": "wrong"}, AuthenticationError, "401"),
}


@pytest.mark.parametrize("case", READING)
def test_wrong_credentials_are_told_before_anything_is_planned(fake: FakeKibana, case: str) -> None:
    """The status page answers strangers too; the list does not."""
    credentials, kind, word = READING[case]
    with (
        connected(fake, **{"api_key": None, **credentials}) as kibana,
        pytest.raises(kind, match=word) as caught,
    ):
        planned(kibana)

    assert "Check the API key, or user name and password" in str(caught.value)


def test_a_role_without_rights_is_told_which_ones(fake: FakeKibana) -> None:
    """And how to name the space that they are for: a key may be good in one space only."""
    with (
        connected(fake, api_key=fake.key_for("none")) as kibana,
        pytest.raises(PermissionDeniedError, match="Integrations: Read") as caught,
    ):
        planned(kibana)

    assert "in another space, name it (--space, spaces=)" in caught.value.hint


def test_a_space_that_kibana_does_not_find_is_named_as_the_likely_slip(fake: FakeKibana) -> None:
    """Or the base path before it."""
    fake.inject(Fault(path="/s/emae/api/fleet/agents", status=404, json={"message": "Not Found"}))
    with connected(fake) as kibana, pytest.raises(NotFoundError) as caught:
        kibana.agent_versions(spaces=["emae"])

    assert "Check the name of the space, and the base path" in caught.value.hint


def test_a_role_that_may_only_read_can_plan_and_is_refused_every_write(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """Nothing is written, and the missing right is named."""
    with connected(fake, api_key=fake.key_for("read")) as kibana:
        report = kibana.apply(planned(kibana), journal=tmp_path / "a.journal")

    assert set(kinds(report)) == {"failed"}
    assert "Integrations: All" in error_of(report, "alpha")
    assert commit_counts(fake) == {}


def test_a_role_for_elastic_defend_alone_is_enough(fake: FakeKibana, tmp_path: Path) -> None:
    """Agent policies cannot be read then: their names and agents are unknown, and that is noted."""
    with connected(fake, api_key=fake.key_for("defend")) as kibana:
        plan = planned(kibana)
        report = kibana.apply(plan, journal=tmp_path / "a.journal")

    assert report.ok
    assert any("may not read agent policies" in note for note in plan.notes)
