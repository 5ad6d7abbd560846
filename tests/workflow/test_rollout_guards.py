"""What must hold before the first write, and what is left alone with its reason."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.rollouts import (
    INTENT,
    MIRROR,
    OTHER_MIRROR,
    base_urls,
    commit_counts,
    connected,
    kinds,
    plan_for,
    planned,
    roll_out,
)

from elastic_mirror_policy import (
    CLEAR,
    MirrorSettings,
    Plan,
    PlanError,
    UnsafePlanError,
)
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.rollout.outcome import Outcome
from elastic_mirror_policy.testing import REMOVE, FakeKibana

ELASTIC = MirrorSettings.everywhere("https://artifacts.security.elastic.co")
URL = "linux.advanced.artifacts.global.base_url"


@pytest.fixture
def fake() -> FakeKibana:
    """Four policies with three agents each; one has the mirror already."""
    fake = FakeKibana(license="enterprise")
    for name in ("alpha", "beta", "delta"):
        fake.add_policy(name, id=name, agents=3, mirror=OTHER_MIRROR)
    fake.add_policy("gamma", id="gamma", agents=3, mirror=MIRROR)
    return fake


def refused(fake: FakeKibana, tmp_path: Path, **guards: Any) -> str:  # noqa: ANN401 - what apply takes
    """Return why a rollout was refused; nothing was written, and no journal was made."""
    with fake, connected(fake) as kibana:
        plan = planned(kibana)
        before = fake.requests
        with pytest.raises(UnsafePlanError) as caught:
            kibana.apply(plan, journal=tmp_path / "a.journal", **guards)

    assert fake.requests == before
    assert list(tmp_path.iterdir()) == []
    return str(caught.value)


@pytest.mark.parametrize(
    ("guards", "words"),
    [
        ({"expect_policies": 3}, "4 policies are selected (3 to change, 1 unchanged, 0 skipped)"),
        ({"expect_policies": 5}, "exactly 5 were expected"),
        ({"max_policies": 2}, "3 policies would change, which is more than 2"),
        ({"max_policies": 0}, "more than 0"),
        ({"max_agents": 8}, "9 agents would be affected, which is more than 8"),
    ],
)
def test_a_guard_refuses_with_its_arithmetic(
    fake: FakeKibana, tmp_path: Path, guards: dict[str, int], words: str
) -> None:
    """Before anything is written."""
    assert words in refused(fake, tmp_path, **guards)


def test_guards_that_hold_let_the_plan_pass(fake: FakeKibana, tmp_path: Path) -> None:
    """At their limits."""
    with fake:
        report = roll_out(
            fake, tmp_path / "a.journal", expect_policies=4, max_policies=3, max_agents=9
        )

    assert report.ok


def test_agents_that_cannot_be_counted_are_not_taken_for_few(tmp_path: Path) -> None:
    """The limit cannot be held, and that is said."""
    fake = FakeKibana("8.12.2")
    fake.add_policy("alpha")
    with fake, connected(fake, api_key=fake.key_for("defend")) as kibana:
        plan = planned(kibana)
        with pytest.raises(UnsafePlanError, match="could not be counted"):
            kibana.apply(plan, journal=tmp_path / "a.journal", max_agents=100)

    assert commit_counts(fake) == {}


Setup = Callable[[FakeKibana], object]
RISKS: dict[str, tuple[Setup, MirrorSettings]] = {
    "clear": (lambda _: None, MirrorSettings.everywhere(CLEAR)),
    "elastic-cdn": (lambda _: None, ELASTIC),
    "pinned": (lambda f: f.edit("beta", "global_manifest_version", "2025-12-01"), INTENT),
    "managed": (lambda f: f.edit("beta", "is_managed", value=True), INTENT),
}


@pytest.mark.parametrize("risk", RISKS)
def test_a_risk_is_refused_until_it_is_allowed_by_name(
    fake: FakeKibana, tmp_path: Path, risk: str
) -> None:
    """Every policy is held back, not only the risky one."""
    prepare, intent = RISKS[risk]
    prepare(fake)
    with fake, connected(fake) as kibana:
        plan = planned(kibana, intent)
        with pytest.raises(UnsafePlanError, match=f"--allow {risk}"):
            kibana.apply(plan, journal=tmp_path / "a.journal")
        nothing = commit_counts(fake)
        report = kibana.apply(plan, journal=tmp_path / "b.journal", allow={risk})

    assert nothing == {}
    assert report.ok


def test_a_rollback_over_a_foreign_change_needs_to_be_allowed(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """One stranger holds back the whole rollback; allowed, it puts back what stood there."""
    with fake:
        roll_out(fake, tmp_path / "a.journal")
        fake.edit("beta", URL, "http://theirs")
        with connected(fake) as kibana:
            plan = kibana.plan_rollback(tmp_path / "a.journal")
            with pytest.raises(UnsafePlanError, match=r"1 of 3 changes.*overwrite-foreign"):
                kibana.apply(plan, journal=tmp_path / "b.journal")
            before = commit_counts(fake)
            report = kibana.apply(plan, journal=tmp_path / "c.journal", allow={"overwrite-foreign"})

    assert before == dict.fromkeys(("alpha", "beta", "delta"), 1)
    assert report.ok
    assert base_urls(fake.document("beta")) == (OTHER_MIRROR,) * 3


ODD: dict[str, tuple[str, JsonValue, str]] = {
    "no input": ("inputs", [], "first input"),
    "a text in the way": ("linux.advanced.artifacts", "text", "is a string, not an object"),
    "null in the way": ("mac.advanced", None, "is null, not an object"),
    "a list as value": (URL, ["http://a"], "is an array, not a text"),
    "no operating system": ("linux", REMOVE, "no settings for linux"),
    "a URL with a password": (URL, "http://me:secret@old", "holds credentials"),
}


@pytest.mark.parametrize("odd", ODD)
def test_a_policy_that_cannot_be_edited_safely_is_skipped_with_its_reason(
    fake: FakeKibana, tmp_path: Path, odd: str
) -> None:
    """It is never written, and a run that skipped one did not do everything."""
    path, value, reason = ODD[odd]
    fake.edit("beta", path, value)
    before = fake.document("beta")
    with fake, connected(fake) as kibana:
        plan = planned(kibana)
        report = kibana.apply(plan, journal=tmp_path / "a.journal")

    assert [(one.policy_id, one.intended) for one in plan.skipped] == [("beta", False)]
    assert reason in plan.skipped[0].reason
    assert "secret" not in plan.to_json() + report.to_json()
    assert not report.ok
    assert sorted(kinds(report)) == ["skipped", "succeeded", "succeeded", "unchanged"]
    assert fake.document("beta") == before


def test_a_snapshot_of_kibana_is_no_policy(fake: FakeKibana) -> None:
    """Ids that end in `:prev` are its own, for taking back upgrades."""
    fake.load(fake.document("alpha") | {"id": "alpha:prev", "name": "alpha before"})
    with fake, connected(fake) as kibana:
        plan = planned(kibana)

    assert plan.policies == 4


def test_progress_is_told_for_every_change_as_it_ends(fake: FakeKibana, tmp_path: Path) -> None:
    """Once each, with how it ended; what does not change is not progress."""
    seen: list[Outcome] = []
    fake.before("PUT", "/alpha", 1, lambda: fake.edit("beta", "description", "x"))
    with fake:
        report = roll_out(fake, tmp_path / "a.journal", progress=seen.append, parallel=1)

    assert [one.policy_id for one in seen] == ["alpha", "beta", "delta"]
    assert set(seen) <= set(report.outcomes)


def test_a_run_that_is_cut_short_tells_progress_too(fake: FakeKibana, tmp_path: Path) -> None:
    """A bar reaches its end."""
    seen: list[Outcome] = []
    fake.edit("alpha", "name", "alpha 2")
    fake.before("PUT", "/alpha", 1, lambda: fake.delete("alpha"))
    with fake:
        roll_out(fake, tmp_path / "a.journal", progress=seen.append, parallel=1, max_failures=0)

    assert [one.outcome.value for one in seen] == ["failed", "skipped", "skipped"]


def test_a_plan_that_was_saved_is_written_as_it_was(fake: FakeKibana, tmp_path: Path) -> None:
    """Through JSON and back, and by another client."""
    with fake:
        text = plan_for(fake).to_json()
        with connected(fake) as other:
            report = other.apply(Plan.from_json(text), journal=tmp_path / "a.journal")

    assert report.ok
    assert base_urls(fake.document("alpha")) == (MIRROR,) * 3


def test_a_plan_over_nothing_is_no_success(fake: FakeKibana, tmp_path: Path) -> None:
    """A plan about no policy at all is an error, not an empty report."""
    with fake, connected(fake) as kibana:
        empty = Plan(kibana=planned(kibana).kibana, changes=())
        with pytest.raises(PlanError, match="contains no policies"):
            kibana.apply(empty, journal=tmp_path / "a.journal")


@pytest.mark.parametrize("parallel", [1, 3, 16])
def test_any_number_of_writers_gives_the_same_report(parallel: int, tmp_path: Path) -> None:
    """In the plan's order, whoever was quicker."""
    fake = FakeKibana.example(policies=23, space_aware=False)
    with fake, connected(fake) as kibana:
        plan = planned(kibana)
        report = kibana.apply(plan, journal=tmp_path / "a.journal", parallel=parallel)

    assert report.ok
    assert [one.policy_id for one in report.outcomes] == [one.policy_id for one in plan.changes]
    assert set(commit_counts(fake).values()) == {1}
    assert fake.connections <= parallel + 1
