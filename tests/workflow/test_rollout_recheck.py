"""The world moves between plan and write: each policy is read again, and never overwritten."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.documents import policy_value
from support.rollouts import (
    MIRROR,
    OTHER_MIRROR,
    advanced,
    base_urls,
    commit_counts,
    connected,
    documents,
    error_of,
    kinds,
    outcome_of,
    planned,
    roll_on,
    serving,
)

from elastic_mirror_policy import Journal, Report
from elastic_mirror_policy.journal.phases import Replaced
from elastic_mirror_policy.rollout.recheck import manifest_number
from elastic_mirror_policy.rollout.write import MAX_SENDS
from elastic_mirror_policy.testing import REMOVE, FakeKibana, Fault

BASE_URL = "linux.advanced.artifacts.global.base_url"
Change = Callable[[FakeKibana, str], object]


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """Three policies: alpha, beta, gamma; the license allows to pin them."""
    with serving("alpha", "beta", "gamma", license="enterprise") as served:
        yield served


@pytest.fixture
def checking() -> Iterator[FakeKibana]:
    """The same policies on a Kibana that looks at versions."""
    with serving("alpha", "beta", "gamma", checks_version=True) as served:
        yield served


def apply_after(
    fake: FakeKibana,
    tmp_path: Path,
    change: Callable[[], object],
    **options: Any,  # noqa: ANN401 - what apply takes
) -> Report:
    """Plan the mirror, let something happen, and write the plan."""
    with connected(fake) as kibana:
        plan = planned(kibana)
        change()
        return kibana.apply(plan, journal=tmp_path / "a.journal", **options)


def test_a_managed_key_that_changed_is_refused_naming_who_and_what(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """The plan was made for another value; only this policy is left alone."""
    report = apply_after(
        fake, tmp_path, lambda: fake.edit("beta", BASE_URL, OTHER_MIRROR, by="jane")
    )

    assert kinds(report) == ["succeeded", "failed", "succeeded"]
    assert not report.ok
    error = error_of(report, "beta")
    for word in (BASE_URL, OTHER_MIRROR, "not set", "jane", "revision 2"):
        assert word in error
    assert base_urls(fake.document("beta")) == (OTHER_MIRROR, None, None)
    assert commit_counts(fake) == {"alpha": 1, "gamma": 1}


def test_a_managed_key_that_already_has_the_wanted_value_is_no_stranger(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """Somebody did part of the work: the rest is written, and taking it back leaves theirs."""
    report = apply_after(fake, tmp_path, lambda: fake.edit("beta", BASE_URL, MIRROR))
    with connected(fake) as kibana:
        undo = kibana.plan_rollback(tmp_path / "a.journal")
        kibana.apply(undo, journal=tmp_path / "b.journal")

    assert report.ok
    assert base_urls(fake.document("beta")) == (MIRROR, None, None)


def test_a_policy_that_somebody_else_finished_is_not_written(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """It is unchanged, and not ours to take back."""

    def finish() -> None:
        for system in ("linux", "mac", "windows"):
            fake.edit("beta", f"{system}.advanced.artifacts.global.base_url", MIRROR)

    report = apply_after(fake, tmp_path, finish)

    assert outcome_of(report, "beta").outcome == "unchanged"
    assert report.ok
    assert "beta" not in commit_counts(fake)


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("description", "new words", "description"),
        ("linux.events.dns", True, "settings for linux"),
        ("mac.advanced.kernel.connect", "true", "settings for mac"),
        ("linux.advanced.artifacts.user.ca_cert", "/ca.pem", "settings for linux"),
        ("global_telemetry_enabled", True, "settings for all systems"),
        ("name", "beta two", "name"),
        ("namespace", "production", "namespace"),
        ("overrides", {"inputs": {}}, "other fields of the integration"),
    ],
)
def test_another_field_that_changed_is_kept_and_noted(
    fake: FakeKibana, tmp_path: Path, path: str, value: object, named: str
) -> None:
    """The edit is merged onto the policy as it is now, and what changed is named."""
    report = apply_after(fake, tmp_path, lambda: fake.edit("beta", path, value, by="jane"))

    assert report.ok
    assert base_urls(fake.document("beta")) == (MIRROR,) * 3
    found = fake.document("beta") | policy_value(fake.document("beta"))
    for step in path.split("."):
        found = found[step]
    assert found == value
    (note,) = outcome_of(report, "beta").notes
    assert note == f"Changed by others since the plan was made, and kept: {named}."
    assert outcome_of(report, "alpha").notes == ()


def test_the_packager_alone_is_not_worth_a_word(fake: FakeKibana, tmp_path: Path) -> None:
    """Its manifest is carried along, never put back to the one that was planned with."""
    report = apply_after(fake, tmp_path, fake.run_packager)

    assert report.ok
    assert [outcome.notes for outcome in report.outcomes] == [(), (), ()]
    assert manifests(fake) == {"1.0.2"}


def manifests(fake: FakeKibana) -> set[str]:
    """Return the versions of the user artifact manifests."""
    return {
        one["inputs"][0]["config"]["artifact_manifest"]["value"]["manifest_version"]
        for one in documents(fake).values()
    }


def test_a_packager_that_never_rests_is_outrun(tmp_path: Path) -> None:
    """Conflicts by the background task are solved by reading again, without losing a manifest."""
    fake = FakeKibana.example("8.7.1", policies=12)
    fake.packager_every = 7
    with fake, connected(fake) as kibana:
        report = kibana.apply(planned(kibana), journal=tmp_path / "a.journal")
        runs = len(fake.requests) // 7

    assert report.ok
    assert set(commit_counts(fake).values()) == {1}
    assert len(commit_counts(fake)) == 12
    endpoint = [o for o in documents(fake).values() if o["package"]["name"] == "endpoint"]
    assert {
        one["inputs"][0]["config"]["artifact_manifest"]["value"]["manifest_version"]
        for one in endpoint
    } == {f"1.0.{1 + runs}"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f, p: f.delete(p), "no longer visible"),
        (lambda f, p: f.move(p, "emea"), "no longer visible"),
        (lambda f, p: f.edit(p, "global_manifest_version", "2025-12-01"), "pinned to 2025-12-01"),
        (lambda f, p: f.edit(p, "is_managed", value=True), "external management"),
        (lambda f, p: f.edit(p, "package.name", "system"), "no longer an Elastic Defend policy"),
        (lambda f, p: f.edit(p, "inputs", []), "first input"),
        (lambda f, p: f.edit(p, "windows.advanced", "text"), "windows.advanced is a string"),
        (lambda f, p: f.edit(p, BASE_URL, [1]), "is an array, not a text"),
        (lambda f, p: f.edit(p, BASE_URL, None), "is null, not a text"),
        (lambda f, p: f.edit(p, "linux", REMOVE), "no settings for linux"),
    ],
    ids=[
        "deleted",
        "moved",
        "pinned",
        "managed",
        "another package",
        "no input",
        "advanced is a text",
        "value is an array",
        "value is null",
        "no linux",
    ],
)
def test_a_policy_that_is_no_longer_what_was_planned_for_is_left_alone(
    fake: FakeKibana, tmp_path: Path, change: Change, words: str
) -> None:
    """Deleted, moved, pinned, managed or odd: it is refused, and the others are written."""
    report = apply_after(fake, tmp_path, lambda: change(fake, "beta"))

    assert kinds(report) == ["succeeded", "failed", "succeeded"]
    assert words in error_of(report, "beta")
    assert commit_counts(fake) == {"alpha": 1, "gamma": 1}


@pytest.mark.parametrize(
    ("path", "value", "risk"),
    [("global_manifest_version", "2025-12-01", "pinned"), ("is_managed", True, "managed")],
)
def test_a_risk_that_appears_meanwhile_may_have_been_accepted_before(
    fake: FakeKibana, tmp_path: Path, path: str, value: object, risk: str
) -> None:
    """What is allowed by name is allowed for a late comer too."""
    report = apply_after(fake, tmp_path, lambda: fake.edit("beta", path, value), allow={risk})

    assert report.ok
    assert base_urls(fake.document("beta")) == (MIRROR,) * 3


@pytest.mark.parametrize("sends", [1, 3])
def test_a_change_between_recheck_and_write_is_a_conflict_that_is_read_again(
    checking: FakeKibana, tmp_path: Path, sends: int
) -> None:
    """As often as somebody comes in between, up to a limit."""
    for nth in range(1, sends + 1):
        checking.before("PUT", "/beta", nth, lambda: checking.run_packager(["beta"]))

    report = apply_after(checking, tmp_path, lambda: None)

    assert report.ok
    assert commit_counts(checking) == dict.fromkeys(("alpha", "beta", "gamma"), 1)
    assert outcome_of(report, "beta").notes == ()


def test_a_person_between_recheck_and_write_is_noted_or_refused(
    checking: FakeKibana, tmp_path: Path
) -> None:
    """The same rules hold for the second look."""
    checking.before(
        "PUT", "/alpha", 1, lambda: checking.edit("alpha", "linux.events.dns", value=True)
    )
    checking.before(
        "PUT", "/beta", 1, lambda: checking.edit("beta", BASE_URL, OTHER_MIRROR, by="jane")
    )

    report = apply_after(checking, tmp_path, lambda: None)

    assert kinds(report) == ["succeeded", "failed", "succeeded"]
    assert len(outcome_of(report, "alpha").notes) == 1
    assert policy_value(checking.document("alpha"))["linux"]["events"]["dns"] is True
    assert "jane" in error_of(report, "beta")
    assert base_urls(checking.document("beta")) == (OTHER_MIRROR, None, None)


def test_conflicts_without_end_are_given_up(checking: FakeKibana, tmp_path: Path) -> None:
    """So many times at most; nothing was written, and that is what the report says."""
    for nth in range(1, 20):
        checking.before("PUT", "/beta", nth, lambda: checking.run_packager(["beta"]))

    report = apply_after(checking, tmp_path, lambda: None)

    assert kinds(report) == ["succeeded", "failed", "succeeded"]
    assert f"{MAX_SENDS} times" in error_of(report, "beta")
    assert advanced(checking.document("beta")).get("windows") is None


def test_a_write_that_replaced_somebody_elses_is_not_plain_success(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """kibana#291902: nobody refuses it, but the revision moved by more than one."""
    fake.before("PUT", "/beta", 1, lambda: fake.edit("beta", "linux.events.dns", value=True))
    for _ in range(2):
        fake.before("PUT", "/gamma", 1, lambda: fake.run_packager(["gamma"]))
    read = fake.document("beta")["updated_at"]

    report = apply_after(fake, tmp_path, lambda: None, parallel=1)
    beta, gamma = outcome_of(report, "beta"), outcome_of(report, "gamma")
    written = fake.document("beta")["updated_at"]

    assert not report.ok
    assert kinds(report) == ["succeeded"] * 3
    assert report.replaced == report.failed == (beta, gamma)
    assert beta.replaced == Replaced(2, 2, "", read, written)
    assert gamma.replaced is not None
    assert (gamma.replaced.first_revision, gamma.replaced.last_revision) == (2, 3)
    assert outcome_of(report, "alpha").ok


def test_a_resume_tells_again_what_was_replaced(fake: FakeKibana, tmp_path: Path) -> None:
    """It is in the journal, and no later run makes it undone."""
    fake.before("PUT", "/beta", 1, lambda: fake.run_packager(["beta"]))
    first = apply_after(fake, tmp_path, lambda: None)

    again = roll_on(fake, tmp_path / "a.journal")

    assert first.replaced
    assert again.outcomes == first.outcomes
    for text in (str(first), str(again), str(Journal.read(tmp_path / "a.journal"))):
        assert "Somebody else's changes may be replaced:" in text
        assert "our write may have replaced revision 2 between 20" in " ".join(text.split())


def test_a_manifest_that_went_back_is_a_failure_that_is_said(tmp_path: Path) -> None:
    """User artifacts of a whole fleet would be older: never a quiet success."""
    fake = FakeKibana()
    policy = fake.add_policy("Servers")
    answer = stored(fake.document(policy))
    answer["inputs"][0]["config"]["artifact_manifest"]["value"]["manifest_version"] = "1.0.0"
    fake.inject(Fault(method="PUT", status=200, json={"item": answer}, committed=True))
    with fake:
        report = apply_after(fake, tmp_path, lambda: None)

    assert kinds(report) == ["failed"]
    assert "went back" in error_of(report, policy)
    assert "within about a minute" in error_of(report, policy)


def stored(document: Any) -> Any:  # noqa: ANN401 - a document of Kibana's
    """Return a policy as Kibana stores it after the mirror was written."""
    value = policy_value(document)
    for system in ("linux", "mac", "windows"):
        value[system].setdefault("advanced", {})["artifacts"] = {"global": {"base_url": MIRROR}}
    document["revision"] += 1
    return document


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (
            lambda answer: policy_value(answer)["linux"].update(advanced="text"),
            "linux.advanced is a string",
        ),
        (
            lambda answer: advanced(answer)["linux"]["artifacts"]["global"].update(
                base_url=OTHER_MIRROR
            ),
            f"Kibana stored '{OTHER_MIRROR}' as {BASE_URL}",
        ),
        (
            lambda answer: advanced(answer)["linux"].pop("artifacts"),
            f"Kibana stored not set as {BASE_URL}",
        ),
    ],
    ids=["advanced is a text", "another value", "no value"],
)
def test_an_answer_that_is_not_what_was_sent_is_a_failure_that_is_said(
    fake: FakeKibana, tmp_path: Path, spoil: Callable[[Any], object], words: str
) -> None:
    """Kibana's 200 is not taken for success; the other policies are written."""
    answer = stored(fake.document("beta"))
    spoil(answer)
    fake.inject(Fault(method="PUT", path="/beta", status=200, json={"item": answer}))

    report = apply_after(fake, tmp_path, lambda: None)

    assert kinds(report) == ["succeeded", "failed", "succeeded"]
    assert words in error_of(report, "beta")


@pytest.mark.parametrize(
    ("manifest", "numbers"),
    [
        ({"value": {"manifest_version": "1.0.12"}}, (1, 0, 12)),
        ({"value": {"manifest_version": "1.0.x"}}, ()),
        ({"value": {"manifest_version": 1}}, ()),
        ({"value": {}}, ()),
        ({"value": "text"}, ()),
    ],
)
def test_a_manifest_version_that_is_none_has_no_numbers(
    manifest: dict[str, Any], numbers: tuple[int, ...]
) -> None:
    """So nothing is said to have gone back."""
    document = {"inputs": [{"config": {"artifact_manifest": manifest}}]}

    assert manifest_number(document) == numbers


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("artifact_manifest", "The policy cannot be sent: Out of range float values"),
        ("policy", f"{BASE_URL} is a number that cannot be kept."),
    ],
)
def test_a_number_that_cannot_be_sent_back_stops_this_policy_alone(
    fake: FakeKibana, tmp_path: Path, place: str, error: str
) -> None:
    """One beyond all floats; in the keys that are written, and anywhere else."""
    found = documents(fake)
    value = found["beta"]["inputs"][0]["config"][place]["value"]
    value |= {"linux": {"advanced": {"artifacts": {"global": {"base_url": "huge"}}}}}
    answer = json.dumps({"items": list(found.values())}).replace('"huge"', "1e999")
    fault = Fault(method="POST", path="package_policies/_bulk_get", status=200, text=answer)

    report = apply_after(fake, tmp_path, lambda: fake.inject(fault))

    assert kinds(report) == ["succeeded", "failed", "succeeded"]
    assert error in error_of(report, "beta")
    assert commit_counts(fake) == {"alpha": 1, "gamma": 1}
