"""One verdict per endpoint, in a fixed order, whatever its document says."""

from typing import Any

import pytest
from support.endpoints import (
    HASHES,
    NOW,
    agent,
    answering,
    artifacts,
    judge,
    policy,
    published,
    response,
)

from elastic_mirror_policy.endpoints.policy_response import OFFLINE
from elastic_mirror_policy.endpoints.verdicts import Judgement, Published, Verdict

OTHER = "f" * 64
LATER = NOW.timestamp() + 60


def asked(**facts: Any) -> Judgement:  # noqa: ANN401 - fields of what is published
    """Return the verdict on the usual endpoint against a mirror that publishes this."""
    return judge(agent(), response(), policy(), answering(published(**facts)))


def reporting(**facts: Any) -> Judgement:  # noqa: ANN401 - fields of a response
    """Return the verdict on an endpoint that says this, against the usual mirror."""
    return judge(agent(), response(**facts), policy(), answering(published()))


def having(**facts: Any) -> Judgement:  # noqa: ANN401 - fields of artifacts
    """Return the verdict on an endpoint with these artifacts, against the usual mirror."""
    return reporting(artifacts=artifacts(**facts))


def refuse() -> Published:
    """Fail: the mirror is not to be asked."""
    pytest.fail("the mirror was asked")


def test_an_endpoint_with_the_mirrors_artifacts_is_current() -> None:
    """Every hash it lists was compared."""
    judged = asked()

    assert (judged.verdict, judged.proof) == (Verdict.CURRENT, "artifacts")
    assert (judged.compared, judged.listed) == (2, 2)
    assert judged.detail == "2 of 2 listed hashes were compared"


def test_a_proof_says_how_many_hashes_it_rests_on() -> None:
    """One that is named elsewhere only was not compared."""
    identifiers = (*artifacts().identifiers, ("not-in-the-manifest", OTHER))
    judged = having(identifiers=identifiers)

    assert (judged.verdict, judged.proof) == (Verdict.CURRENT, "artifacts")
    assert (judged.compared, judged.listed) == (2, 3)
    assert judged.detail == "2 of 3 listed hashes were compared"


def test_artifacts_of_other_systems_are_not_missed() -> None:
    """The manifest names those of all operating systems, an endpoint lists its own."""
    assert asked(hashes=HASHES | {"windows-only": OTHER}).verdict is Verdict.CURRENT


def test_without_hashes_to_compare_the_version_counts() -> None:
    """A manifest need not have hashes; the proof says so."""
    judged = asked(hashes={})

    assert (judged.verdict, judged.proof) == (Verdict.CURRENT, "version")
    assert judged.detail == "0 of 2 listed hashes were compared"


def test_equal_artifacts_are_proof_under_another_version() -> None:
    """A manifest may change for other operating systems only."""
    judged = having(version="1.0.250")

    assert (judged.verdict, judged.proof) == (Verdict.CURRENT, "artifacts")


def test_a_part_of_the_artifacts_is_no_proof_under_another_version() -> None:
    """An artifact the manifest does not name may be what is new."""
    identifiers = (*artifacts().identifiers, ("not-in-the-manifest", OTHER))

    assert having(version="1.0.250", identifiers=identifiers).verdict is Verdict.BEHIND


def test_another_hash_under_the_same_version_is_not_current() -> None:
    """What an endpoint runs is its bytes, not what they are called."""
    judged = having(identifiers=(("one", "a" * 64), ("two", OTHER)))

    assert judged.verdict is Verdict.BEHIND
    assert judged.detail == "1 of 2 artifacts are not the mirror's"


@pytest.mark.parametrize(
    ("running", "mirror", "verdict"),
    [
        ("1.0.261", "1.0.1049", Verdict.BEHIND),
        ("1.0.1049", "1.0.261", Verdict.AHEAD),
        ("1.0.9", "1.0.10", Verdict.BEHIND),
        ("1.0.0260", "1.0.260", Verdict.CURRENT),
        ("2.0.0", "1.9.9", Verdict.AHEAD),
        ("synthetic", "1.0.260", Verdict.UNKNOWN),
        ("synthetic", "synthetic", Verdict.CURRENT),
        ("1.0.260", None, Verdict.UNKNOWN),
    ],
)
def test_versions_are_compared_as_numbers(
    running: str, mirror: str | None, verdict: Verdict
) -> None:
    """As texts, 1.0.1049 would be older than 1.0.261."""
    told = response(artifacts=artifacts(version=running))
    judged = judge(agent(), told, policy(), answering(Published(mirror)))

    assert judged.verdict is verdict


def test_both_versions_are_named() -> None:
    """The reader wants to know how far behind."""
    found = asked(version="1.0.265", hashes={}, since=1.0, filled=True)

    assert found.detail == "1.0.260, the mirror has 1.0.265"


@pytest.mark.parametrize("since", [None, 1.0])
def test_behind_a_mirror_of_unknown_age_says_what_is_not_known(since: float | None) -> None:
    """The time of the upstream's file does not tell when the mirror got it."""
    found = asked(version="1.0.265", hashes={}, since=since)

    assert found.verdict is Verdict.BEHIND
    assert found.detail.endswith("when the mirror got that is not known")


@pytest.mark.parametrize(
    ("revision", "applied"), [(None, False), (2, False), (3, True), (10, True)]
)
def test_the_present_revision_must_be_applied(*, revision: int | None, applied: bool) -> None:
    """A later one is fine: the policy has been saved again since it was read."""
    judged = reporting(revision=revision)

    assert (judged.verdict is Verdict.CURRENT) is applied
    assert (judged.verdict is Verdict.POLICY_NOT_APPLIED) is not applied


@pytest.mark.parametrize("policy_id", ["", "another"])
def test_another_policy_is_not_the_present_one(policy_id: str) -> None:
    """An agent that was moved reports its old policy for a while."""
    assert reporting(policy_id=policy_id).verdict is Verdict.POLICY_NOT_APPLIED


@pytest.mark.parametrize(
    "told",
    [None, artifacts(version=""), artifacts(identifiers=())],
    ids=["none", "version", "list"],
)
def test_no_artifacts_is_a_verdict(told: Any) -> None:  # noqa: ANN401 - artifacts or None
    """An endpoint that could load none leaves the list out (kibana#237493)."""
    judged = judge(agent(), response(artifacts=told), policy(), refuse)

    assert judged.verdict is Verdict.NO_ARTIFACTS


def test_no_document_is_a_verdict() -> None:
    """Such an endpoint is reported, never dropped."""
    assert judge(agent(), None, policy(), refuse).verdict is Verdict.NO_DOCUMENT


@pytest.mark.parametrize(
    ("pin", "snapshot", "detail"),
    [
        ("2025-08-15", "2025-08-15", "to 2025-08-15, as its policy says"),
        ("2025-08-15", "latest", "its policy says 2025-08-15, it applied latest"),
        ("2025-08-15", "", "its policy says 2025-08-15, it applied no date"),
        ("latest", "2025-08-15", "it applied 2025-08-15, its policy says latest"),
    ],
)
def test_a_pinned_endpoint_is_not_compared_with_latest(
    pin: str, snapshot: str, detail: str
) -> None:
    """It is to have the artifacts of its date, which the mirror's manifest does not name."""
    told = response(artifacts=artifacts(snapshot=snapshot))
    judged = judge(agent(), told, policy(pin=pin), refuse)

    assert judged == Judgement(Verdict.PINNED, detail)


def test_a_report_of_another_version_is_stale() -> None:
    """An upgraded endpoint starts with what its package brought; the old report tells nothing."""
    judged = judge(agent(version="9.5.0"), response(), policy(), refuse)

    assert judged.verdict is Verdict.STALE_REPORT


@pytest.mark.parametrize("version", ["9.4.2-SNAPSHOT", "9.4.2+build202601011200", ""])
def test_snapshots_and_builds_are_the_same_version(version: str) -> None:
    """Not every source has the suffix."""
    judged = judge(agent(version=version), response(), policy(), answering(published()))

    assert judged.verdict is Verdict.CURRENT


@pytest.mark.parametrize(
    ("published_at", "verdict"),
    [
        (None, Verdict.BEHIND),
        (NOW.timestamp() - 3600, Verdict.BEHIND),
        (NOW.timestamp() - 3599, Verdict.STALE_REPORT),
        (LATER, Verdict.STALE_REPORT),
    ],
)
def test_a_report_from_before_the_update_is_stale(
    published_at: float | None, verdict: Verdict
) -> None:
    """It says nothing of what the endpoint took since; an hour passes between two looks."""
    assert asked(version="1.0.300", hashes={}, since=published_at).verdict is verdict


def test_the_policys_own_interval_counts() -> None:
    """An endpoint that looks more often is behind sooner."""
    newer = published(version="1.0.300", hashes={}, since=NOW.timestamp() - 60)
    judged = judge(agent(), response(), policy(interval="60"), answering(newer))

    assert judged.verdict is Verdict.BEHIND


def test_a_report_without_a_time_is_stale_when_it_is_behind() -> None:
    """Nobody knows when that was."""
    told = response(reported_at=None, artifacts=artifacts(version="1.0.1"))
    newer = published(hashes={}, since=NOW.timestamp())

    assert judge(agent(), told, policy(), answering(newer)).verdict is Verdict.STALE_REPORT


def test_a_missing_manifest_is_a_verdict() -> None:
    """After an upgrade of the agents this is what is forgotten."""
    assert asked(missing=True).verdict is Verdict.NO_MANIFEST


def test_a_mirror_that_cannot_be_asked_leaves_it_unknown() -> None:
    """Endpoints may reach it all the same."""
    judged = asked(problem="the mirror cannot be asked from here: no route.")

    assert judged == Judgement(Verdict.UNKNOWN, "the mirror cannot be asked from here: no route.")


OFFLINE_CASES = {
    "no-document": (None, published()),
    "policy-not-applied": (response(revision=1), published()),
    "no-artifacts": (response(artifacts=None), published()),
    "stale-report": (response(version="9.3.0"), published()),
    "ahead": (response(artifacts=artifacts(version="1.0.999")), published(hashes={})),
    "behind": (response(artifacts=artifacts(version="1.0.1")), published(hashes={})),
}


@pytest.mark.parametrize("case", OFFLINE_CASES)
@pytest.mark.parametrize("status", sorted(OFFLINE))
def test_offline_stands_for_what_may_have_changed(case: str, status: str) -> None:
    """Nobody can mend it now; what was last known is still said."""
    told, mirror = OFFLINE_CASES[case]
    judged = judge(agent(status=status), told, policy(), answering(mirror))

    assert judged.verdict is Verdict.OFFLINE
    assert judged.detail == f"Fleet says {status}; last known: {case}"


@pytest.mark.parametrize(
    "mirror", [published(), published(missing=True), published(problem="away")]
)
def test_some_verdicts_hold_for_an_offline_endpoint(mirror: Published) -> None:
    """What it has does not change while it is away, nor does what the mirror lacks."""
    here = judge(agent(), response(), policy(), answering(mirror))
    away = judge(agent(status="offline"), response(), policy(), answering(mirror))

    assert here == away


@pytest.mark.parametrize("status", ["online", "error", "degraded", "updating", "enrolling", ""])
def test_an_agent_that_is_not_offline_is_not_excused(status: str) -> None:
    """Only Fleet's words for being away count."""
    assert judge(agent(status=status), None, policy(), refuse).verdict is Verdict.NO_DOCUMENT


def test_equal_details_are_kept_once() -> None:
    """A hundred thousand endpoints share a few reasons."""
    one, other = (reporting(revision=2).detail for _ in range(2))

    assert one is other
