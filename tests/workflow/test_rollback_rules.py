"""What a rollback may do without being asked again, and what it must not touch."""

from pathlib import Path

import pytest
from support.rollouts import (
    MIRROR,
    OTHER_MIRROR,
    advanced,
    base_urls,
    commit_counts,
    connected,
    kinds,
    planned,
    roll_back,
    roll_out,
)

from elastic_mirror_policy import CLEAR, MirrorSettings, UnsafePlanError
from elastic_mirror_policy.testing import REMOVE, FakeKibana

URL = "linux.advanced.artifacts.global.base_url"
PIN = ("global_manifest_version", "2025-12-01")


@pytest.fixture
def fake() -> FakeKibana:
    """Three policies; the license allows to pin them."""
    fake = FakeKibana(license="enterprise")
    for name in ("alpha", "beta", "gamma"):
        fake.add_policy(name, id=name, mirror=OTHER_MIRROR)
    return fake


@pytest.mark.parametrize(("path", "value"), [PIN, ("is_managed", True)])
@pytest.mark.parametrize("when", ["before", "after"])
def test_putting_back_is_not_asked_about_pins_and_managers(
    fake: FakeKibana, tmp_path: Path, path: str, value: object, when: str
) -> None:
    """Whether that was so before the rollout, or came after it."""
    if when == "before":
        fake.edit("beta", path, value)
    with fake:
        roll_out(fake, tmp_path / "a.journal", allow={"pinned", "managed"})
        if when == "after":
            fake.edit("beta", path, value)
        report = roll_back(fake, tmp_path / "a.journal")

    assert report.ok
    assert base_urls(fake.document("beta")) == (OTHER_MIRROR,) * 3


def test_an_interrupted_rollback_of_a_pinned_policy_can_be_resumed(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """The same holds for the second half of it."""
    fake.edit("beta", *PIN)
    with fake, connected(fake) as kibana:
        kibana.apply(planned(kibana), journal=tmp_path / "a.journal", allow={"pinned"})
        undo = kibana.plan_rollback(tmp_path / "a.journal")
        first = kibana.apply(undo, journal=tmp_path / "b.journal", waves=[1])
        second = kibana.resume(tmp_path / "b.journal")

    assert not first.ok
    assert second.ok
    assert base_urls(fake.document("beta")) == (OTHER_MIRROR,) * 3


def test_going_back_to_elastic_is_no_surprise(fake: FakeKibana, tmp_path: Path) -> None:
    """It is what stood there."""
    cdn = "https://artifacts.security.elastic.co"
    for system in ("linux", "mac", "windows"):
        fake.edit("beta", f"{system}.advanced.artifacts.global.base_url", cdn)
    with fake:
        roll_out(fake, tmp_path / "a.journal")
        report = roll_back(fake, tmp_path / "a.journal")

    assert report.ok
    assert base_urls(fake.document("beta")) == (cdn,) * 3


def test_what_was_cleared_and_set_again_by_others_needs_to_be_allowed(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """The rollback names the policy and the key in a warning."""
    with fake, connected(fake) as kibana:
        plan = planned(kibana, MirrorSettings.everywhere(CLEAR))
        kibana.apply(plan, journal=tmp_path / "a.journal", allow={"clear"})
        fake.edit("beta", URL, "http://theirs")
        undo = kibana.plan_rollback(tmp_path / "a.journal")
        with pytest.raises(UnsafePlanError, match="overwrite-foreign"):
            kibana.apply(undo, journal=tmp_path / "b.journal")
    risky = [change for change in undo.changes if change.risks]

    assert [change.policy_id for change in risky] == ["beta"]
    assert risky[0].warnings == (
        f"{URL} is no longer what was written; somebody changed it since.",
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda f: f.delete("beta"), "not visible"),
        (lambda f: f.move("beta", "emea"), "not visible"),
        (lambda f: f.edit("beta", "inputs", []), "first input"),
        (lambda f: f.edit("beta", "package.name", "other"), "not visible"),
        (lambda f: f.edit("beta", "mac.advanced", "text"), "is a string, not an object"),
        (lambda f: f.edit("beta", "linux", REMOVE), "no settings for linux"),
        (lambda f: f.edit("beta", URL, "http://me:secret@theirs"), "holds credentials"),
    ],
    ids=["deleted", "moved", "no input", "another package", "odd", "no linux", "a password"],
)
def test_a_policy_that_cannot_be_put_back_is_skipped_with_its_reason(
    fake: FakeKibana, tmp_path: Path, change: object, reason: str
) -> None:
    """The others are put back; the report is not a success; no password is written down."""
    assert callable(change)
    with fake, connected(fake) as kibana:
        kibana.apply(planned(kibana), journal=tmp_path / "a.journal")
        change(fake)
        before = commit_counts(fake).get("beta")
        plan = kibana.plan_rollback(tmp_path / "a.journal")
        report = kibana.apply(plan, journal=tmp_path / "b.journal")
    told = plan.to_json() + str(plan) + report.to_json() + (tmp_path / "b.journal").read_text()

    assert [one.policy_id for one in plan.skipped] == ["beta"]
    assert reason in plan.skipped[0].reason
    assert sorted(kinds(report)) == ["skipped", "succeeded", "succeeded"]
    assert not report.ok
    assert commit_counts(fake).get("beta") == before
    assert "secret" not in told


def test_a_policy_that_has_been_put_back_by_hand_is_not_written(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """It is unchanged; the rollback is a success."""
    with fake:
        roll_out(fake, tmp_path / "a.journal")
        for system in ("linux", "mac", "windows"):
            fake.edit("beta", f"{system}.advanced.artifacts.global.base_url", OTHER_MIRROR)
        report = roll_back(fake, tmp_path / "a.journal")

    assert report.ok
    assert sorted(kinds(report)) == ["succeeded", "succeeded", "unchanged"]
    assert commit_counts(fake) == {"alpha": 2, "beta": 1, "gamma": 2}


def test_two_rollouts_are_taken_back_in_turn(fake: FakeKibana, tmp_path: Path) -> None:
    """The earlier one cannot be taken back over the later one without being asked."""
    before = advanced(fake.document("beta"))
    later = MirrorSettings.everywhere("https://later.example")
    with fake, connected(fake) as kibana:
        kibana.apply(planned(kibana), journal=tmp_path / "a.journal")
        kibana.apply(planned(kibana, later), journal=tmp_path / "b.journal")
        early = kibana.plan_rollback(tmp_path / "a.journal")
        with pytest.raises(UnsafePlanError, match=r"3 of 3 changes carry.*overwrite-foreign"):
            kibana.apply(early, journal=tmp_path / "c.journal")
        roll_back(fake, tmp_path / "b.journal")
        between = base_urls(fake.document("beta"))
        last = roll_back(fake, tmp_path / "a.journal")

    assert between == (MIRROR,) * 3
    assert last.ok
    assert advanced(fake.document("beta")) == before
