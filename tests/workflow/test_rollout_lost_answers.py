"""Writes without a usable answer: looked at before anything is sent again, never written twice."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.rollouts import (
    MIRROR,
    base_urls,
    commit_counts,
    connected,
    error_of,
    kinds,
    outcome_of,
    planned,
    roll_back,
    roll_on,
    roll_out,
    serving,
    writes,
)

from elastic_mirror_policy import Journal
from elastic_mirror_policy.journal.writer import JournalWriter
from elastic_mirror_policy.rollout.batches import BatchWriter
from elastic_mirror_policy.rollout.interrupt import StopFlag
from elastic_mirror_policy.rollout.outcome import Outcome
from elastic_mirror_policy.rollout.run import ApplyOptions, Run
from elastic_mirror_policy.rollout.write import (
    EARLIER_ATTEMPT,
    MAX_FOREIGN,
    MAX_LOSSES,
    MAX_SENDS,
    MAX_SLOW,
    STILL_AT_WORK,
)
from elastic_mirror_policy.testing import FakeKibana, Fault

NAMES = ("alpha", "beta", "gamma")
SLOW = 1.2
IMPATIENT = 0.5

LOST = {
    "dropped": Fault(drop="before"),
    "proxy's 502": Fault(status=502, html="<html>Bad <b>Gateway</b></html>"),
    "plain 503": Fault(status=503, text="Kibana server is not ready yet"),
    "json 503": Fault(status=503, json={"message": "unavailable_shards_exception"}),
    "proxy's 504": Fault(status=504, html="<h1>504 Gateway Time-out</h1>"),
    "500": Fault(status=500, json={"message": "An internal server error occurred"}),
    "old conflict": Fault(status=500, json={"message": "version_conflict_engine_exception"}),
    "408": Fault(status=408, text="Request Timeout"),
    "truncated": Fault(truncate=40),
    "garbage": Fault(garbage=True),
    "html 200": Fault(status=200, html="<html>welcome</html>"),
    "no item": Fault(status=200, json={"ok": True}),
    "another item": Fault(status=200, json={"item": {"id": "zzz", "revision": 7}}),
    "an empty item": Fault(status=200, json={"item": {}}),
    "conflict": Fault(
        status=409, json={"message": "Saved object [fleet-package-policies/beta] conflict"}
    ),
}
"""Answers that do not tell whether the write was carried out."""

NOT_KIBANA = ("garbage", "html 200", "no item", "another item", "an empty item")
"""Those that something else than Kibana gave, and would give again."""

AT_WORK = ("dropped", "proxy's 504")
"""Those after which Kibana may still be at work."""


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """Three policies."""
    with serving(*NAMES) as served:
        yield served


def lose(fake: FakeKibana, name: str, *, committed: bool, times: int | None = 1) -> None:
    """Let the answers to writes of beta get lost, after or before the write was carried out."""
    fault = replace(LOST[name], method="PUT", path="/beta", times=times)
    if fault.drop is not None:
        fault = replace(fault, drop="after" if committed else "before")
    fake.inject(replace(fault, committed=committed))


@pytest.mark.parametrize("name", LOST)
def test_a_write_that_was_carried_out_is_found_done(
    fake: FakeKibana, tmp_path: Path, name: str
) -> None:
    """Reading shows it; it is not sent again."""
    lose(fake, name, committed=True)

    report = roll_out(fake, tmp_path / "a.journal")

    assert report.ok
    assert writes(fake).count("beta") == 1
    assert commit_counts(fake) == dict.fromkeys(NAMES, 1)
    found = outcome_of(report, "beta")
    assert (found.revision_before, found.revision_after) == (1, 2)
    assert "reading showed it was done" in found.notes[0]


@pytest.mark.parametrize("name", ["dropped", "conflict"])
def test_a_resume_says_again_what_was_seen_of_a_write(
    fake: FakeKibana, tmp_path: Path, name: str
) -> None:
    """A doubt about who wrote a policy is not gone because a later run looked at it."""
    lose(fake, name, committed=True)
    report = roll_out(fake, tmp_path / "a.journal")

    again = roll_on(fake, tmp_path / "a.journal")

    assert outcome_of(report, "beta").notes
    assert again.outcomes == report.outcomes


@pytest.mark.parametrize("name", [name for name in LOST if name != "truncated"])
def test_a_write_that_was_not_carried_out_is_sent_again(
    fake: FakeKibana, tmp_path: Path, name: str
) -> None:
    """Reading shows it, and one write is stored."""
    lose(fake, name, committed=False)

    report = roll_out(fake, tmp_path / "a.journal")

    assert report.ok
    assert writes(fake).count("beta") == 2
    assert commit_counts(fake) == dict.fromkeys(NAMES, 1)
    assert base_urls(fake.document("beta")) == (MIRROR,) * 3


@pytest.mark.parametrize("name", [name for name in LOST if name != "truncated"])
def test_a_write_that_is_lost_for_good_ends_with_its_reason(
    fake: FakeKibana, tmp_path: Path, name: str
) -> None:
    """Not for ever, and the report names what happened last."""
    lose(fake, name, committed=False, times=None)

    report = roll_out(fake, tmp_path / "a.journal")

    at_work = name in AT_WORK
    assert kinds(report) == ["succeeded", "unknown" if at_work else "failed", "succeeded"]
    most = MAX_SLOW if "504" in name else MAX_LOSSES
    most = MAX_FOREIGN if name in NOT_KIBANA else most
    assert writes(fake).count("beta") == (MAX_SENDS if "conflict" in name else most)
    assert commit_counts(fake) == dict.fromkeys(("alpha", "gamma"), 1)
    said, _, reason = error_of(report, "beta").partition(", although it was sent")
    assert said == (STILL_AT_WORK if at_work else "Not written")
    assert reason


@pytest.mark.parametrize("committed", [True, False])
@pytest.mark.parametrize("name", ["dropped", "proxy's 502", "garbage", "truncated", "conflict"])
def test_a_write_nobody_can_look_at_is_unknown(
    fake: FakeKibana, tmp_path: Path, name: str, *, committed: bool
) -> None:
    """When reading fails too, the report says unknown, and resume finds out."""
    lose(fake, name, committed=committed)
    fake.inject(Fault(method="GET", path="/beta", times=None, status=503, text="not ready"))

    report = roll_out(fake, tmp_path / "a.journal")
    was_written = name == "truncated" or committed
    journal = Journal.read(tmp_path / "a.journal")

    assert kinds(report) == ["succeeded", "unknown", "succeeded"]
    assert not report.ok
    assert "It is not known whether" in error_of(report, "beta")
    assert [state.change.policy_id for state in journal.unknown] == ["beta"]
    assert len(fake.commits("beta")) == was_written


@pytest.mark.parametrize("committed", [True, False])
def test_what_was_unknown_is_found_out_by_resume(
    fake: FakeKibana, tmp_path: Path, *, committed: bool
) -> None:
    """It is written only if it was not, and then it can be taken back."""
    lose(fake, "dropped", committed=committed)
    fake.inject(Fault(method="GET", path="/beta", times=None, status=503))
    roll_out(fake, tmp_path / "a.journal")
    fake.clear_faults()

    report = roll_on(fake, tmp_path / "a.journal")
    after = commit_counts(fake)
    undone = roll_back(fake, tmp_path / "a.journal")

    assert kinds(report) == ["succeeded"] * 3
    assert after == dict.fromkeys(NAMES, 1)
    assert undone.ok
    assert base_urls(fake.document("beta")) == (None,) * 3


def test_what_is_unknown_can_be_rolled_back_at_once(fake: FakeKibana, tmp_path: Path) -> None:
    """Whatever may have been written is in the rollback."""
    lose(fake, "dropped", committed=True)
    fake.inject(Fault(method="GET", path="/beta", times=None, status=503))
    roll_out(fake, tmp_path / "a.journal")
    fake.clear_faults()

    report = roll_back(fake, tmp_path / "a.journal")

    assert report.ok
    assert {base_urls(fake.document(name)) for name in NAMES} == {(None,) * 3}


@pytest.mark.parametrize("nth", [1, 2, 4])
@pytest.mark.parametrize("lost", [{"status": 504}, {"drop": "before"}])
def test_a_write_that_is_carried_out_late_is_waited_for(
    fake: FakeKibana, tmp_path: Path, lost: dict[str, Any], nth: int
) -> None:
    """Kibana was still at work; what it ends in time is not sent a second time."""
    fake.inject(Fault(method="PUT", path="/beta", late=True, **lost))
    fake.before("GET", "/beta", nth, fake.carry_out_late)

    report = roll_out(fake, tmp_path / "a.journal")

    assert report.ok
    assert writes(fake).count("beta") == 1
    assert base_urls(fake.document("beta")) == (MIRROR,) * 3


def test_a_write_that_outlives_the_patience_of_its_client_is_waited_for(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """As long again as it has had; here it ends while it is being waited for."""
    fake.inject(Fault(method="PUT", path="/beta", delay=SLOW))

    def sleep(_: float) -> None:
        while not fake.commits("beta"):
            fake._stopping.wait(0.01)

    with connected(fake, timeout=IMPATIENT, sleep=sleep) as kibana:
        report = kibana.apply(planned(kibana), journal=tmp_path / "a.journal")

    assert report.ok
    assert commit_counts(fake)["beta"] == 1


def test_a_write_that_is_carried_out_later_than_that_is_told(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """Nothing is lost, but there is a revision that nobody needed, and perhaps somebody else's."""
    fake.inject(Fault(method="PUT", path="/beta", late=True, status=504))
    fake.before("PUT", "/beta", 2, fake.carry_out_late)

    report = roll_out(fake, tmp_path / "a.journal")
    found = outcome_of(report, "beta")

    assert not report.ok
    assert found.replaced is not None
    assert (found.replaced.first_revision, found.replaced.last_revision) == (2, 2)
    assert EARLIER_ATTEMPT in found.notes
    assert base_urls(fake.document("beta")) == (MIRROR,) * 3


def test_a_first_write_that_lands_beside_a_second_one_without_an_answer_is_told(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """Both are ours, but nobody can tell them from somebody else's."""
    fake.inject(Fault(method="PUT", path="/beta", late=True, status=504))
    fake.inject(Fault(method="PUT", path="/beta", drop="after", nth=1))
    fake.before("PUT", "/beta", 2, fake.carry_out_late)

    report = roll_out(fake, tmp_path / "a.journal")
    found = outcome_of(report, "beta")

    assert found.replaced is not None
    assert found.notes[-1] == EARLIER_ATTEMPT
    assert kinds(report) == ["succeeded"] * 3


def test_who_insists_on_stopping_is_not_kept_waiting(tmp_path: Path) -> None:
    """A second Ctrl-C ends the wait for a write that is under way; it stays unknown."""
    stop = StopFlag()

    def sleep(_: float) -> None:
        stop.set()
        stop.set()

    with FakeKibana() as fake, connected(fake) as kibana:
        fake.add_policy("beta", id="beta")
        plan = planned(kibana)
        journal = JournalWriter.create(tmp_path / "a.journal", plan)
        run = Run(kibana._fleet, journal, ApplyOptions(), stop=stop, sleep=sleep)
        fake.inject(Fault(method="PUT", path="/beta", late=True, status=504))
        outcomes = BatchWriter(run).write(plan.changes)
        journal.close()

    assert outcomes["beta"].outcome == "unknown"
    assert error_of_outcome(outcomes["beta"]).startswith(
        "It is not known whether it was written: PUT "
    )
    assert (
        len([one for one in fake.requests if (one.method, one.path[-5:]) == ("GET", "/beta")]) == 1
    )


def error_of_outcome(outcome: Outcome) -> str:
    """Return its error."""
    return outcome.error or ""


def test_one_write_since_a_crash_that_is_not_ours_shows_that_ours_was_not_carried_out(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """Revisions are counted: a resume knows, and a rollback leaves the policy alone."""
    path = "linux.advanced.artifacts.global.base_url"
    fake.inject(Fault(method="PUT", path="/beta", drop="before"))
    fake.inject(Fault(method="GET", path="/beta", times=None, status=503))
    roll_out(fake, tmp_path / "a.journal")
    fake.clear_faults()
    fake.edit("beta", path, "http://theirs", by="jane")

    report = roll_on(fake, tmp_path / "a.journal")
    undone = roll_back(fake, tmp_path / "a.journal")

    assert kinds(report) == ["succeeded", "failed", "succeeded"]
    assert "earlier run" not in error_of(report, "beta")
    assert not Journal.read(tmp_path / "a.journal").states[1].may_be_written
    assert undone.ok
    assert base_urls(fake.document("beta")) == ("http://theirs", None, None)


def test_where_versions_are_checked_a_late_write_is_not_written_twice(tmp_path: Path) -> None:
    """The second one carries the old version, so that Kibana refuses whichever comes late."""
    with FakeKibana(checks_version=True) as fake:
        fake.add_policy("beta", id="beta")
        fake.inject(Fault(method="PUT", path="/beta", late=True, status=504))
        fake.before("PUT", "/beta", 2, fake.carry_out_late)
        report = roll_out(fake, tmp_path / "a.journal")

        assert report.ok
        assert commit_counts(fake) == {"beta": 1}


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 422, 429])
def test_a_refusal_that_came_after_the_save_is_found_out(
    fake: FakeKibana, tmp_path: Path, status: int
) -> None:
    """A status is not a fact: callbacks run after the save, and proxies look at answers."""
    refusal = {"message": "refused on the way back"}
    fault = Fault(method="PUT", path="/beta", status=status, committed=True, json=refusal)
    fake.inject(replace(fault, times=None))

    report = roll_out(fake, tmp_path / "a.journal")
    fake.clear_faults()
    undone = roll_back(fake, tmp_path / "a.journal")

    assert kinds(report) == ["succeeded"] * 3
    assert commit_counts(fake)["beta"] == 2
    assert undone.ok
    assert base_urls(fake.document("beta")) == (None,) * 3


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 422])
def test_a_refusal_for_a_reason_is_looked_at_once_and_not_repeated(
    fake: FakeKibana, tmp_path: Path, status: int
) -> None:
    """Reading shows that nothing was written, and the reason is told."""
    refusal = {"message": "not like this"}
    fake.inject(Fault(method="PUT", path="/beta", status=status, json=refusal, times=None))

    report = roll_out(fake, tmp_path / "a.journal")
    looks = [one for one in fake.requests if (one.method, one.path[-5:]) == ("GET", "/beta")]

    assert kinds(report) == ["succeeded", "failed", "succeeded"]
    assert error_of(report, "beta").startswith("Not written: ")
    assert "not like this" in error_of(report, "beta")
    assert writes(fake).count("beta") == len(looks) == 1
    assert not Journal.read(tmp_path / "a.journal").states[1].may_be_written


def test_the_form_of_a_request_is_refused_before_anything_is_saved(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """There is nothing to look for."""
    refusal = {"message": "[request body.zzz]: definition for this key is missing"}
    fake.inject(Fault(method="PUT", path="/beta", status=400, json=refusal))

    report = roll_out(fake, tmp_path / "a.journal")

    assert kinds(report) == ["succeeded", "failed", "succeeded"]
    assert not [one for one in fake.requests if (one.method, one.path[-5:]) == ("GET", "/beta")]


@pytest.mark.parametrize("status", [500, 502])
def test_a_registry_that_cannot_be_reached_is_tried_once_more(
    fake: FakeKibana, tmp_path: Path, status: int
) -> None:
    """Kibana waited for it long enough; what to set is said."""
    message = "Error connecting to package registry: request to https://epr.example/ failed"
    fake.inject(
        Fault(method="PUT", path="/beta", status=status, json={"message": message}, times=None)
    )

    report = roll_out(fake, tmp_path / "a.journal")

    assert kinds(report) == ["succeeded", "failed", "succeeded"]
    assert writes(fake).count("beta") == 2
    assert "xpack.fleet.isAirGapped" in error_of(report, "beta")
    assert "xpack.fleet.registryUrl" in error_of(report, "beta")
