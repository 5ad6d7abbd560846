"""Waves with a gate between them: who is written when, and what stops a rollout."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.rollouts import (
    MIRROR,
    advanced,
    base_urls,
    commit_counts,
    connected,
    error_of,
    kinds,
    planned,
    roll_back,
    roll_on,
    roll_out,
    serving,
    writes,
)

from elastic_mirror_policy import (
    AuthenticationError,
    ConfigurationError,
    Journal,
    Report,
    TransportError,
    Wave,
)
from elastic_mirror_policy.journal.waves import GateAnswer, Health
from elastic_mirror_policy.rollout.events import GateAsked, RolloutEvent, WaveBegun
from elastic_mirror_policy.rollout.outcome import Outcome
from elastic_mirror_policy.rollout.staging import gate_is_open
from elastic_mirror_policy.testing import FakeKibana, Fault

NAMES = tuple(f"p{number}" for number in range(10))
Answer = GateAnswer | BaseException | object

WELL = GateAnswer(Health.HEALTHY, "all took it.", {"current": 3})
ILL = GateAnswer(Health.UNHEALTHY, "one failed.", {"failure": 1})
UNSURE = GateAnswer(Health.INCONCLUSIVE, "two are offline.", {"offline": 2})


@dataclass
class Gate:
    """Gives or raises the answers it was told, the last one for ever; notes who it is about."""

    answers: Sequence[Answer]
    asked: list[list[str]] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None

    def check(self, written: Sequence[Outcome]) -> GateAnswer:
        """Give the next answer."""
        self.meanwhile()
        answer = self.answers[min(len(self.asked), len(self.answers) - 1)]
        self.asked.append([outcome.policy_id for outcome in written])
        if isinstance(answer, BaseException):
            raise answer
        return answer  # type: ignore[return-value]


def odd_answer(**odd: Any) -> GateAnswer:  # noqa: ANN401 - of no kind that is expected
    """Return an answer with something in it that it should not have."""
    return GateAnswer(**{"health": Health.HEALTHY, "reason": "all took it.", **odd})


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """Ten policies."""
    with serving(*NAMES) as served:
        yield served


def rolled_out(fake: FakeKibana, journal: Path, **options: Any) -> Report:  # noqa: ANN401 - what apply takes
    """Write the mirror in waves."""
    return roll_out(fake, journal, **options)


@pytest.mark.parametrize(
    ("waves", "expected"),
    [
        ([], [10]),
        ([1, "rest"], [1, 9]),
        (["1", "30%", "rest"], [1, 3, 6]),
        ([3, 3, 3, "rest"], [3, 3, 3, 1]),
        (["50%", "50%"], [5, 5]),
        (["1%", "99%"], [1, 9]),
        ([4, 99], [4, 6]),
        (["rest", 5], [10]),
        ([Wave("2"), Wave("rest")], [2, 8]),
    ],
)
def test_the_gate_is_asked_after_every_wave_the_last_one_too(
    fake: FakeKibana, journal: Path, waves: list[str | int], expected: list[int]
) -> None:
    """For the policies of that wave, in the plan's order."""
    gate = Gate([WELL])

    report = rolled_out(fake, journal, waves=waves, gate=gate)

    assert report.ok
    assert [len(wave) for wave in gate.asked] == expected
    assert [name for wave in gate.asked for name in wave] == list(NAMES[: sum(expected)])
    assert commit_counts(fake) == dict.fromkeys(NAMES, 1)


def test_no_policy_of_a_later_wave_is_written_before_the_gate_has_answered(
    fake: FakeKibana, journal: Path
) -> None:
    """Seen from the server."""
    seen: list[int] = []
    gate = Gate([WELL], meanwhile=lambda: seen.append(len(commit_counts(fake))))

    rolled_out(fake, journal, waves=[1, 4, "rest"], gate=gate)

    assert seen == [1, 5, 10]


def test_an_unhealthy_wave_stops_the_rollout(fake: FakeKibana, journal: Path) -> None:
    """Later waves are untouched; the evidence is in the journal."""
    report = rolled_out(fake, journal, waves=[2, "rest"], gate=Gate([ILL]))
    gates = [event for event in Journal.read(journal).events if event["phase"] == "gate"]

    assert kinds(report) == ["succeeded"] * 2 + ["skipped"] * 8
    assert report.unhealthy
    assert not report.ok
    assert "Wave 1 is unhealthy: one failed." in report.stopped
    assert set(commit_counts(fake)) == {"p0", "p1"}
    assert gates[0]["answer"] == {
        "health": "unhealthy",
        "reason": "one failed.",
        "evidence": {"failure": 1},
    }


def test_an_unhealthy_canary_is_taken_back_exactly(fake: FakeKibana, journal: Path) -> None:
    """With `on_unhealthy="rollback"`: all that this rollout wrote, and nothing else."""
    before = {name: advanced(fake.document(name)) for name in NAMES}

    report = rolled_out(
        fake, journal, waves=[1, 3, "rest"], gate=Gate([WELL, ILL]), on_unhealthy="rollback"
    )

    assert not report.ok
    assert report.rollback is not None
    assert report.rollback.ok
    assert {name: advanced(fake.document(name)) for name in NAMES} == before
    assert commit_counts(fake) == dict.fromkeys(NAMES[:4], 2)
    assert Path(f"{journal}.rollback").exists()


@pytest.mark.parametrize("allow", [frozenset[str](), frozenset({"overwrite-foreign"})])
@pytest.mark.parametrize("resumed", [False, True])
def test_an_unhealthy_wave_that_others_changed_is_taken_back_as_it_was_allowed(
    fake: FakeKibana, journal: Path, allow: frozenset[str], *, resumed: bool
) -> None:
    """What was accepted for the rollout holds for undoing it; nothing more does.

    The policies that nobody else touched are taken back in any case.
    """
    fail = Gate(
        [ILL], meanwhile=lambda: fake.edit("p0", "linux.advanced.artifacts.global.base_url", "x")
    )
    gate = Gate([UNSURE]) if resumed else fail
    options: dict[str, Any] = {"gate": gate, "gate_timeout": 0, "on_unhealthy": "rollback"}
    report = rolled_out(fake, journal, waves=[2, "rest"], allow=allow, **options)
    if resumed:
        report = roll_on(fake, journal, gate=fail)

    assert report.unhealthy
    assert report.rollback is not None
    assert report.rollback.ok == bool(allow)
    assert (base_urls(fake.document("p0")) == (None,) * 3) == bool(allow)
    assert base_urls(fake.document("p1")) == (None,) * 3
    if not allow:
        assert error_of(report.rollback, "p0") == (
            "linux.advanced.artifacts.global.base_url is no longer what was written; somebody "
            "changed it since. Take it back with rollback, --allow overwrite-foreign."
        )


def test_a_rollback_that_fails_is_told_with_the_rollout(fake: FakeKibana, journal: Path) -> None:
    """Here because its journal is there already."""
    Path(f"{journal}.rollback").touch()

    report = rolled_out(fake, journal, waves=[1, "rest"], gate=Gate([ILL]), on_unhealthy="rollback")

    assert report.rollback is None
    assert "Undoing it failed" in report.stopped
    assert "exists already" in report.stopped


def test_a_gate_that_stays_inconclusive_stops_the_rollout(fake: FakeKibana, journal: Path) -> None:
    """When its time is over; nobody takes silence for health."""
    report = rolled_out(fake, journal, waves=[2, "rest"], gate=Gate([UNSURE]), gate_timeout=0)

    assert kinds(report) == ["succeeded"] * 2 + ["skipped"] * 8
    assert not report.unhealthy
    assert "inconclusive: two are offline." in report.stopped


def test_an_inconclusive_gate_may_change_its_mind(fake: FakeKibana, journal: Path) -> None:
    """It is asked until it knows."""
    gate = Gate([UNSURE, UNSURE, WELL])

    report = rolled_out(fake, journal, waves=[1, "rest"], gate=gate)

    assert report.ok
    assert len(gate.asked) == 4


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (ValueError("no idea"), "the gate failed with ValueError: no idea"),
        (AuthenticationError("No.", status=401, method="GET", path="/"), "could not be asked"),
        ("healthy", "did not return a GateAnswer"),
        (None, "did not return a GateAnswer"),
        (True, "did not return a GateAnswer"),
        (odd_answer(health="healthy"), "cannot be written"),
        (odd_answer(evidence={"share": math.nan}), "cannot be written"),
        (odd_answer(evidence={"share": object()}), "cannot be written"),
        (odd_answer(evidence=None), "cannot be written"),
    ],
)
def test_a_gate_that_does_not_answer_is_never_healthy(
    fake: FakeKibana, journal: Path, answer: Answer, words: str
) -> None:
    """It raises, or says nonsense: the rollout is paused, its journal intact."""
    gate = Gate([answer])

    report = rolled_out(fake, journal, waves=[1, "rest"], gate=gate)

    assert kinds(report) == ["succeeded"] + ["skipped"] * 9
    assert words in report.stopped
    assert len(gate.asked) == 1
    assert [len(Journal.read(journal).written), len(Journal.read(journal).remaining)] == [1, 9]


def test_a_gate_that_cannot_reach_its_source_is_asked_again(
    fake: FakeKibana, journal: Path
) -> None:
    """A dropped connection is a reason to try again."""
    gate = Gate([TransportError("Gone."), WELL])

    report = rolled_out(fake, journal, waves=[1, "rest"], gate=gate)

    assert report.ok
    assert len(gate.asked) == 3


def test_a_wave_with_a_failure_ends_the_rollout_before_its_gate(
    fake: FakeKibana, journal: Path
) -> None:
    """What could not even be written is not healthy."""
    fake.inject(Fault(method="PUT", path="/p1", status=403, json={"message": "Forbidden"}))
    gate = Gate([WELL])

    report = rolled_out(fake, journal, waves=[3, "rest"], gate=gate)

    assert kinds(report) == ["succeeded", "failed", "succeeded"] + ["skipped"] * 7
    assert "Wave 1: 1 of 3 policies failed." in report.stopped
    assert gate.asked == []


def test_a_wave_that_wrote_nothing_needs_no_gate(fake: FakeKibana, journal: Path) -> None:
    """Somebody else had done it; there is nothing to ask about."""
    gate = Gate([WELL])
    with connected(fake) as kibana:
        plan = planned(kibana)
        for system in ("linux", "mac", "windows"):
            fake.edit("p0", f"{system}.advanced.artifacts.global.base_url", MIRROR)
        report = kibana.apply(plan, journal=journal, waves=[1, "rest"], gate=gate)

    assert report.ok
    assert kinds(report)[0] == "unchanged"
    assert gate.asked == [list(NAMES[1:])]


@pytest.mark.parametrize("first", [["p7"], ["p7", "p3"], ["p3", "p7", "p0"]])
def test_policies_can_be_written_first(fake: FakeKibana, journal: Path, first: list[str]) -> None:
    """In the order given; the report keeps the plan's order."""
    report = rolled_out(fake, journal, waves=[1, 1, 1], first=first, parallel=1)

    assert writes(fake) == [*first, *(name for name in NAMES if name not in first)][:3]
    assert [outcome.policy_id for outcome in report.outcomes] == list(NAMES)


def test_a_first_policy_that_does_not_change_is_an_error(fake: FakeKibana, journal: Path) -> None:
    """A slip of the pen must not become a rollout in another order."""
    with pytest.raises(ConfigurationError, match="p99"):
        rolled_out(fake, journal, waves=[1, "rest"], first=["p99"])

    assert writes(fake) == []
    assert not journal.exists()


def test_waves_that_do_not_cover_everything_leave_the_rest(fake: FakeKibana, journal: Path) -> None:
    """The report says so; resume goes on with the rest."""
    report = rolled_out(fake, journal, waves=["2", "10%"])
    resumed = roll_on(fake, journal)

    assert kinds(report) == ["succeeded"] * 3 + ["skipped"] * 7
    assert not report.ok
    assert report.stopped == "The waves end here."
    assert resumed.ok
    assert commit_counts(fake) == dict.fromkeys(NAMES, 1)


@pytest.mark.parametrize("waves", [(), (Wave("rest"),), (Wave("2"), Wave("rest"))])
def test_the_last_and_largest_wave_can_be_taken_back_too(
    fake: FakeKibana, journal: Path, waves: tuple[Wave, ...]
) -> None:
    """What was written last is asked about like everything else."""
    before = {name: advanced(fake.document(name)) for name in NAMES}
    gate = Gate([WELL, ILL] if len(waves) > 1 else [ILL])

    report = rolled_out(fake, journal, waves=waves, gate=gate, on_unhealthy="rollback")

    assert not report.ok
    assert report.unhealthy
    assert report.rollback is not None
    assert report.rollback.ok
    assert {name: advanced(fake.document(name)) for name in NAMES} == before
    assert report.waves[-1].gate == ILL


def test_the_last_wave_is_asked_about_although_a_policy_of_it_failed(
    fake: FakeKibana, journal: Path
) -> None:
    """What was written may have to be undone."""
    fake.inject(Fault(method="PUT", path="/p1", status=403, json={"message": "Forbidden"}))
    gate = Gate([WELL])

    report = rolled_out(fake, journal, gate=gate)

    assert not report.ok
    assert gate.asked == [[name for name in NAMES if name != "p1"]]


def test_whoever_watches_hears_of_each_wave_and_each_answer(
    fake: FakeKibana, journal: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """In the order in which they happen; the log has the same, and each policy."""
    caplog.set_level("INFO", "elastic_mirror_policy")
    heard: list[RolloutEvent] = []
    gate = Gate([UNSURE, WELL])

    rolled_out(fake, journal, waves=[4, "rest"], gate=gate, watch=heard.append)

    assert [type(event).__name__ for event in heard] == [
        *("WaveBegun", "GateAsked", "GateAsked"),
        *("WaveBegun", "GateAsked"),
    ]
    assert heard[0] == WaveBegun(1, 2, 4, 12)
    assert heard[3] == WaveBegun(2, 2, 6, 18)
    assert isinstance(heard[1], GateAsked)
    assert (heard[1].wave, heard[1].waves, heard[1].answer) == (1, 2, UNSURE)
    assert "plan made: 10 to change" in caplog.text
    assert "wave 2 of 2: 6 policies" in caplog.text
    assert "wave 1 of 2: gate inconclusive: two are offline." in caplog.text
    assert all(f"policy {name}: succeeded" in caplog.text for name in NAMES)


def test_a_wave_of_one_is_logged_in_the_singular(
    fake: FakeKibana, journal: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One policy, nine policies."""
    with caplog.at_level("INFO", logger="elastic_mirror_policy.rollout"):
        rolled_out(fake, journal, waves=[1, "rest"])

    assert "wave 1 of 2: 1 policy\n" in caplog.text


def test_a_journal_tells_its_waves_and_what_their_gates_said(
    fake: FakeKibana, journal: Path
) -> None:
    """Those that were begun, in words and as JSON; a resumed run adds to them."""
    rolled_out(fake, journal, waves=[2, "rest"], gate=Gate([UNSURE]), gate_timeout=0)
    stopped = Journal.read(journal)
    roll_on(fake, journal, gate=Gate([WELL]))
    found = Journal.read(journal)

    assert [wave.to_dict() for wave in stopped.waves] == [
        {"wave": 1, "policies": ["p0", "p1"], "gate": UNSURE.to_dict()}
    ]
    assert found.to_dict()["waves"] == [
        {"wave": 1, "policies": ["p0", "p1"], "gate": WELL.to_dict()},
        {"wave": 2, "policies": list(NAMES[2:]), "gate": WELL.to_dict()},
    ]
    assert "inconclusive: two are offline." in str(stopped)
    assert gate_is_open(stopped)
    assert not gate_is_open(found)


def test_waves_can_be_taken_back_as_one(fake: FakeKibana, journal: Path) -> None:
    """However many there were."""
    rolled_out(fake, journal, waves=[1, 2, "rest"], gate=Gate([WELL]))

    report = roll_back(fake, journal)

    assert report.ok
    assert {base_urls(fake.document(name)) for name in NAMES} == {(None,) * 3}


def test_the_report_has_the_waves_and_what_their_gates_said(
    fake: FakeKibana, journal: Path
) -> None:
    """The policies of a wave that was never reached too."""
    report = rolled_out(fake, journal, waves=[1, 3, "rest"], gate=Gate([WELL, ILL]))

    assert [(wave.wave, len(wave.policies), wave.gate) for wave in report.waves] == [
        (1, 1, WELL),
        (2, 3, ILL),
        (3, 6, None),
    ]
    assert report.to_dict()["waves"][1] == {
        "wave": 2,
        "policies": ["p1", "p2", "p3"],
        "gate": {"health": "unhealthy", "reason": "one failed.", "evidence": {"failure": 1}},
    }


def test_the_waves_are_a_table_and_a_chart(fake: FakeKibana, journal: Path) -> None:
    """What was done of each, and why the next one did not follow."""
    report = rolled_out(fake, journal, waves=[1, 3, "rest"], gate=Gate([WELL, ILL]))
    (chart,) = report.views()[0].charts

    assert "\nWaves:\nwave  policies  done  gate\n1     1         1     healthy: all" in str(report)
    assert "\n2     3         3     unhealthy: one failed.\n" in str(report)
    assert "\n3     6         0     not asked\n" in str(report)
    assert chart.bars == (("wave 1", (1, 0)), ("wave 2", (3, 0)), ("wave 3", (0, 6)))
    assert "<svg" in report._repr_html_()


def test_without_a_gate_nothing_is_said_of_one(fake: FakeKibana, journal: Path) -> None:
    """Neither in the report nor in the journal."""
    report = rolled_out(fake, journal, waves=[1, "rest"])

    assert "\nwave  policies  done\n1     1         1\n2     9         9\n" in str(report)
    assert "\nwave  policies\n1     1\n2     9\n" in str(Journal.read(journal))


def test_one_wave_is_no_wave(fake: FakeKibana, journal: Path) -> None:
    """A rollout without waves says nothing of them."""
    report = rolled_out(fake, journal)

    assert report.waves == ()
    assert "Waves:" not in str(report)
    assert report.views()[0].charts == ()
