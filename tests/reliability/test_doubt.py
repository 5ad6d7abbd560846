"""What nobody can know is said, stays said, and is neither taken back blindly nor forgotten."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.rollouts import (
    MIRROR,
    advanced,
    base_urls,
    connected,
    documents,
    kinds,
    outcome_of,
    roll_back,
    roll_on,
    roll_out,
)
from support.watched import WatchedKibana

from elastic_mirror_policy import Report, UnsafePlanError
from elastic_mirror_policy.testing import REMOVE, Fault

pytestmark = pytest.mark.timeout(60)

SYSTEMS = ("linux", "mac", "windows")
CONFLICT = {"message": "Saved object [fleet-package-policies/alpha] conflict"}


@pytest.fixture(params=[False, True], ids=["versions unchecked", "versions checked"])
def fake(request: pytest.FixtureRequest) -> Iterator[WatchedKibana]:
    """Two policies."""
    with WatchedKibana(checks_version=request.param) as served:
        for name in ("alpha", "beta"):
            served.add_policy(name, id=name)
        yield served


@pytest.fixture
def checking() -> Iterator[WatchedKibana]:
    """The same on a Kibana that looks at versions."""
    with WatchedKibana(checks_version=True) as served:
        for name in ("alpha", "beta"):
            served.add_policy(name, id=name)
        yield served


def lose_alpha(fake: WatchedKibana, *, committed: bool = True) -> None:
    """Let the write of alpha get no answer, and nobody look at it."""
    fake.inject(Fault(method="PUT", path="/alpha", drop="after" if committed else "before"))
    fake.inject(Fault(method="GET", path="/alpha", status=503, times=None))


def set_by_hand(fake: WatchedKibana, url: str = MIRROR) -> None:
    """Let a person set the mirror of alpha."""
    for system in SYSTEMS:
        fake.edit("alpha", f"{system}.advanced.artifacts.global.base_url", url, by="jane")


def resumed(fake: WatchedKibana, journal: Path) -> Report:
    """Go on with a rollout."""
    return roll_on(fake, journal)


def test_what_was_written_first_is_what_a_rollback_puts_back(
    fake: WatchedKibana, tmp_path: Path
) -> None:
    """A second write of the same run or a resume does not take our own values for the old ones."""
    before = documents(fake)
    lose_alpha(fake)
    roll_out(fake, tmp_path / "a.journal")
    fake.clear_faults()
    fake.edit("alpha", "windows.advanced.artifacts.global.base_url", REMOVE, by="jane")

    report = resumed(fake, tmp_path / "a.journal")
    during = base_urls(fake.document("alpha"))
    undone = roll_back(fake, tmp_path / "a.journal")

    assert report.ok
    assert during == (MIRROR,) * 3
    assert undone.ok
    assert {name: advanced(found) for name, found in documents(fake).items()} == {
        name: advanced(found) for name, found in before.items()
    }


def test_what_stood_there_before_the_write_that_counted_is_put_back(
    fake: WatchedKibana, tmp_path: Path
) -> None:
    """When nothing was written the first time, the state before the second time is the old one."""
    lose_alpha(fake, committed=False)
    roll_out(fake, tmp_path / "a.journal")
    fake.clear_faults()
    fake.edit("alpha", "windows.advanced.kernel.connect", "true", by="jane")
    fake.edit("alpha", "windows.advanced.artifacts", {}, by="jane")
    before = advanced(fake.document("alpha"))

    report = resumed(fake, tmp_path / "a.journal")
    undone = roll_back(fake, tmp_path / "a.journal")

    assert report.ok
    assert undone.ok
    assert advanced(fake.document("alpha")) == before


def test_what_was_refused_is_not_taken_back(fake: WatchedKibana, tmp_path: Path) -> None:
    """A person who set by hand what Kibana had refused to us keeps it."""
    fake.inject(Fault(method="PUT", path="/alpha", status=403, json={"message": "Forbidden"}))
    report = roll_out(fake, tmp_path / "a.journal")
    set_by_hand(fake)

    undone = roll_back(fake, tmp_path / "a.journal")

    assert kinds(report) == ["failed", "succeeded"]
    assert [outcome.policy_id for outcome in undone.outcomes] == ["beta"]
    assert base_urls(fake.document("alpha")) == (MIRROR,) * 3
    assert base_urls(fake.document("beta")) == (None,) * 3


def test_what_a_conflict_leaves_open_is_taken_back_only_by_name(
    checking: WatchedKibana, tmp_path: Path
) -> None:
    """Kibana says that somebody else wrote it; a Kibana may be wrong in that (kibana#213624)."""
    checking.before("PUT", "/alpha", 1, lambda: set_by_hand(checking))
    report = roll_out(checking, tmp_path / "a.journal")

    with connected(checking) as kibana:
        plan = kibana.plan_rollback(tmp_path / "a.journal")
        with pytest.raises(UnsafePlanError, match="overwrite-foreign"):
            kibana.apply(plan, journal=tmp_path / "b.journal")

    assert report.ok
    assert "somebody else" in outcome_of(report, "alpha").notes[0]
    assert base_urls(checking.document("alpha")) == (MIRROR,) * 3


def test_a_lost_answer_is_no_reason_to_keep_quiet_about_others(tmp_path: Path) -> None:
    """Where Kibana does not check versions, only the revision shows that somebody came between."""
    with WatchedKibana() as fake:
        fake.add_policy("alpha", id="alpha")
        fake.inject(Fault(method="PUT", drop="after"))
        fake.before("PUT", "/alpha", 1, lambda: fake.edit("alpha", "linux.events.dns", value=True))
        report = roll_out(fake, tmp_path / "a.journal")

    assert fake.lost_keys == ["alpha"]
    assert report.outcomes[0].replaced is not None
    assert not report.ok


def test_a_resume_is_no_reason_to_keep_quiet_about_others(tmp_path: Path) -> None:
    """The journal remembers the revision that was written over."""
    with WatchedKibana() as fake:
        fake.add_policy("alpha", id="alpha")
        fake.before("PUT", "/alpha", 1, lambda: fake.edit("alpha", "linux.events.dns", value=True))
        lose_alpha(fake)
        roll_out(fake, tmp_path / "a.journal")
        fake.clear_faults()
        report = resumed(fake, tmp_path / "a.journal")

    assert fake.lost_keys == ["alpha"]
    assert "revision went from 1 to 3" in report.outcomes[0].notes[0]
