"""Rollouts in waves that were interrupted: resume goes on at the right wave, with its gate."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from signal import SIGKILL

import pytest
from support.rollouts import MIRROR, commit_counts, connected, kinds, planned, roll_on, serving

from elastic_mirror_policy import Journal, JournalError, Wave
from elastic_mirror_policy.journal.waves import GateAnswer, Health, earlier_answers
from elastic_mirror_policy.rollout.outcome import Outcome
from elastic_mirror_policy.rollout.staging import staging_of
from elastic_mirror_policy.testing import FakeKibana, Fault

NAMES = tuple(f"p{number}" for number in range(6))
REST = ["p3", "p4", "p5"]
WAVES = (Wave("1"), Wave("2"), Wave("rest"))


class Asked:
    """A gate that is always of one mind."""

    def __init__(self, health: Health) -> None:
        self.waves: list[list[str]] = []
        self._answer = GateAnswer(health, "as told.")

    def check(self, written: Sequence[Outcome]) -> GateAnswer:
        """Note who it is about."""
        self.waves.append([outcome.policy_id for outcome in written])
        return self._answer


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """Six policies."""
    with serving(*NAMES) as served:
        yield served


def stopped_at_a_gate(fake: FakeKibana, journal: Path, health: Health) -> None:
    """Roll out until the first gate says no."""
    with connected(fake) as kibana:
        kibana.apply(
            planned(kibana), journal=journal, waves=WAVES, gate=Asked(health), gate_timeout=0
        )


@pytest.mark.parametrize("health", [Health.INCONCLUSIVE, Health.UNHEALTHY])
def test_a_gate_that_was_not_passed_is_asked_again(
    fake: FakeKibana, journal: Path, health: Health
) -> None:
    """For the same wave; then the others follow, each with its gate."""
    stopped_at_a_gate(fake, journal, health)
    gate = Asked(Health.HEALTHY)
    report = roll_on(fake, journal, gate=gate)

    assert report.ok
    assert gate.waves == [["p0"], ["p1", "p2"], ["p3", "p4", "p5"]]
    assert commit_counts(fake) == dict.fromkeys(NAMES, 1)


def test_a_gate_that_was_not_passed_still_stops(fake: FakeKibana, journal: Path) -> None:
    """As often as it is asked."""
    stopped_at_a_gate(fake, journal, Health.INCONCLUSIVE)
    report = roll_on(fake, journal, gate=Asked(Health.UNHEALTHY))

    assert not report.ok
    assert report.unhealthy
    assert set(commit_counts(fake)) == {"p0"}


def test_a_wave_that_passed_is_not_asked_about_again(fake: FakeKibana, journal: Path) -> None:
    """The journal remembers."""
    fake.inject(Fault(method="PUT", path="/p2", status=403, json={"message": "Forbidden"}))
    first = Asked(Health.HEALTHY)
    with connected(fake) as kibana:
        kibana.apply(planned(kibana), journal=journal, waves=WAVES, gate=first)
        gate = Asked(Health.HEALTHY)
        report = kibana.resume(journal, gate=gate)

    assert first.waves == [["p0"]]
    assert report.ok
    assert gate.waves == [["p1", "p2"], ["p3", "p4", "p5"]]


def test_a_wave_that_gets_the_rest_of_its_policies_is_asked_about_again(
    fake: FakeKibana, journal: Path
) -> None:
    """The earlier answer did not know of them, and is not told as if it did."""
    fake.inject(Fault(method="PUT", path="/p5", status=403, json={"message": "Forbidden"}))
    first = Asked(Health.HEALTHY)
    with connected(fake) as kibana:
        kibana.apply(planned(kibana), journal=journal, waves=WAVES, gate=first)
        gate = Asked(Health.UNHEALTHY)
        report = kibana.resume(journal, gate=gate)
    found = Journal.read(journal)

    assert first.waves[-1] == ["p3", "p4"]
    assert gate.waves == [REST]
    assert not report.ok
    assert report.unhealthy
    assert [wave.health for wave in found.waves] == ["healthy: as told."] * 2 + [
        "unhealthy: as told."
    ]


def test_a_rollout_with_a_gate_cannot_go_on_without_one(fake: FakeKibana, journal: Path) -> None:
    """Forgetting it must not mean that everything is healthy."""
    stopped_at_a_gate(fake, journal, Health.UNHEALTHY)
    with connected(fake) as kibana, pytest.raises(JournalError, match="a gate of its own"):
        kibana.resume(journal)

    assert set(commit_counts(fake)) == {"p0"}


def test_the_gate_of_endpoints_is_made_again_from_the_journal(
    fake: FakeKibana, journal: Path
) -> None:
    """With the share it had: nobody has to remember it."""
    with connected(fake) as kibana:
        gate = kibana.endpoint_gate(min_healthy=90)
        kibana.apply(planned(kibana), journal=journal, waves=WAVES, gate=gate, gate_timeout=0)
        resumed = kibana.resume(journal)
    options = Journal.read(journal).options

    assert "Wave 1 is inconclusive" in resumed.stopped
    assert set(commit_counts(fake)) == {"p0"}
    assert options["gate"] == {"kind": "endpoints", "min_healthy": 90}
    assert options["waves"] == ["1", "2", "rest"]


def test_a_wave_that_was_changed_meanwhile_stops_the_next(fake: FakeKibana, journal: Path) -> None:
    """Somebody took the canary back by hand."""
    stopped_at_a_gate(fake, journal, Health.INCONCLUSIVE)
    fake.edit("p0", "mac.advanced.artifacts.global.base_url", "http://theirs")
    gate = Asked(Health.HEALTHY)
    report = roll_on(fake, journal, gate=gate)

    assert kinds(report) == ["failed"] + ["skipped"] * 5
    assert gate.waves == []


KILLED = """
import os, signal, sys
from elastic_mirror_policy import Kibana, MirrorSettings

class Deadly:
    def check(self, written):
        if len(written) == int(sys.argv[4]):
            os.kill(os.getpid(), signal.SIGKILL)
        from elastic_mirror_policy.journal.waves import GateAnswer, Health
        return GateAnswer(Health.HEALTHY, "well.")

with Kibana(sys.argv[1], api_key=sys.stdin.read()) as kibana:
    plan = kibana.plan(MirrorSettings.everywhere(sys.argv[3]), check_mirror=False)
    kibana.apply(plan, journal=sys.argv[2], waves=[1, 2, "rest"], gate=Deadly())
"""


@pytest.mark.parametrize(
    ("size", "left"), [(1, [["p0"], ["p1", "p2"], REST]), (2, [["p1", "p2"], REST]), (3, [REST])]
)
def test_a_process_killed_in_a_gate_is_resumed_at_that_gate(
    fake: FakeKibana, journal: Path, size: int, left: list[list[str]]
) -> None:
    """What the gate would have said is not known, so it is asked again."""
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, fake.url, str(journal), MIRROR, str(size)],
        input=fake.api_key,
        check=False,
        text=True,
    )
    gate = Asked(Health.HEALTHY)
    report = roll_on(fake, journal, gate=gate)

    assert killed.returncode == -SIGKILL
    assert report.ok
    assert gate.waves == left
    assert commit_counts(fake) == dict.fromkeys(NAMES, 1)


def test_a_kibana_that_dies_during_the_gate_is_asked_again_by_resume(
    fake: FakeKibana, journal: Path
) -> None:
    """The rollout stops where it is, and goes on when Kibana is back."""

    class Dying(Asked):
        def check(self, written: Sequence[Outcome]) -> GateAnswer:
            fake.inject(Fault(times=None, status=503, text="Kibana server is not ready yet"))
            return super().check(written)

    with connected(fake) as kibana:
        report = kibana.apply(
            planned(kibana), journal=journal, waves=[1, "rest"], gate=Dying(Health.HEALTHY)
        )
        fake.clear_faults()
        resumed = kibana.resume(journal, gate=Asked(Health.HEALTHY))

    assert kinds(report) == ["succeeded"] + ["skipped"] * 5
    assert "could not be read again" in report.stopped
    assert resumed.ok
    assert commit_counts(fake) == dict.fromkeys(NAMES, 1)


def test_a_report_that_was_continued_has_the_answers_of_both_runs(
    fake: FakeKibana, journal: Path
) -> None:
    """The first run's come from the journal."""
    fake.inject(Fault(method="PUT", nth=2, status=403, json={"message": "Forbidden"}))
    with connected(fake) as kibana:
        kibana.apply(planned(kibana), journal=journal, waves=WAVES, gate=Asked(Health.HEALTHY))
        report = kibana.resume(journal, gate=Asked(Health.HEALTHY))
    told = GateAnswer(Health.HEALTHY, "as told.")

    assert report.ok
    assert [wave.gate for wave in report.waves] == [told, told, told]


@pytest.mark.parametrize(
    "event",
    [
        {"phase": "gate", "number": 1},
        {"phase": "gate", "number": 1, "answer": {"health": {}}},
        {"phase": "gate", "number": True, "answer": {"health": "healthy"}},
        {"phase": "wave", "number": 1, "answer": {"health": "healthy"}},
    ],
)
def test_an_answer_of_another_release_is_passed_over(event: dict[str, object]) -> None:
    """Nothing is claimed that is not understood."""
    known = {"phase": "gate", "number": 1, "answer": {"health": "healthy", "evidence": ["odd"]}}

    assert earlier_answers([event]) == {}
    assert earlier_answers([known]) == {1: GateAnswer(Health.HEALTHY, "")}


@pytest.mark.parametrize(
    ("name", "value"),
    [("waves", "rest"), ("gate_timeout", "soon"), ("gate", {"kind": 5}), ("first", [5])],
)
def test_options_of_a_journal_that_cannot_be_used_stop_a_resume(
    fake: FakeKibana, journal: Path, name: str, value: object
) -> None:
    """Nothing is written on a guess, and the error names the option."""
    stopped_at_a_gate(fake, journal, Health.INCONCLUSIVE)
    written = commit_counts(fake)
    read = Journal.read(journal)

    with (
        connected(fake) as kibana,
        pytest.raises(JournalError, match=f"options that cannot be used: .*{name}"),
    ):
        staging_of(replace(read, options={**read.options, name: value}), None, kibana._fleet)

    assert commit_counts(fake) == written


def test_a_wave_begun_again_has_no_answer_until_its_gate_is_asked_again() -> None:
    """What was said of its first half says nothing of the whole."""
    begun = {"phase": "wave", "number": 1, "policies": ["p0"]}
    answer = {"phase": "gate", "number": 1, "answer": {"health": "healthy"}}

    assert earlier_answers([begun, answer]) == {1: GateAnswer(Health.HEALTHY, "")}
    assert earlier_answers([begun, answer, begun]) == {}
