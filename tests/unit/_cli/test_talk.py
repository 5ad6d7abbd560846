"""What is said while a rollout runs."""

import sys
from dataclasses import replace

import pytest

from elastic_mirror_policy._cli.talk import DatedLines, Talk, counts_of, rollout_shown, time_of
from elastic_mirror_policy.journal.phases import Replaced
from elastic_mirror_policy.journal.waves import GateAnswer, Health
from elastic_mirror_policy.rollout.events import GateAsked, StopAsked, WaveBegun
from elastic_mirror_policy.rollout.outcome import Outcome, OutcomeKind

WAVE = WaveBegun(2, 3, 19, 241)
SEEN = {"endpoints": 241, "healthy": 188, "unhealthy": 12, "waiting": 41, "offline": 0}


def asked(waited: float = 840.0, timeout: float = 5400.0, **seen: int) -> GateAsked:
    """Return a look of the gate behind the second wave."""
    answer = GateAnswer(Health.INCONCLUSIVE, "188 of 241 are well.", {**SEEN, **seen})
    return GateAsked(2, 3, answer, waited, timeout)


def outcome(kind: OutcomeKind = OutcomeKind.SUCCEEDED, name: str = "Servers") -> Outcome:
    """Return what happened to one policy."""
    error = None if kind is OutcomeKind.SUCCEEDED else "Kibana refused."
    return Outcome(policy_id="p", name=name, space="default", outcome=kind, error=error)


def test_a_gate_is_told_with_its_wave_its_counts_and_its_time() -> None:
    """On one line; the time goes on between two looks."""
    now = [100.0]
    talk = Talk(clock=lambda: now[0])
    talk.watch(WAVE)
    talk.watch(asked())
    line = talk.line(140)
    now[0] += 120

    assert line == (
        "Wave 2 of 3: 19 policies, 241 agents; gate: 188 took it, 12 failing, 41 silent; 14m of 90m"
    )
    assert talk.line(140).endswith("16m of 90m")


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (80, "Wave 2 of 3; gate: 188 took it, 12 failing, 41 silent; 14m of 90m"),
        (30, "Wave 2 of 3; gate: 188 took i…"),
    ],
)
def test_a_narrow_terminal_gets_what_matters(width: int, line: str) -> None:
    """It stays one line."""
    talk = Talk(clock=lambda: 0.0)
    talk.watch(WAVE)
    talk.watch(asked())

    assert talk.line(width) == line


def test_writing_is_counted_with_its_failures() -> None:
    """From the beginning of each wave."""
    talk = Talk()
    assert talk.line(80) == "Reading the policies again"

    talk.watch(WAVE)
    talk.note(outcome())
    assert talk.line(80) == "Wave 2 of 3: 19 policies, 241 agents; 1/19 written"

    talk.note(outcome(OutcomeKind.FAILED))
    talk.note(outcome(OutcomeKind.SKIPPED))
    assert talk.line(80) == "Wave 2 of 3: 19 policies, 241 agents; 2/19 written, 1 failed"

    talk.watch(WaveBegun(3, 3, 5, None))
    assert talk.line(80).endswith("; 0/5 written")


@pytest.mark.parametrize(
    ("waited", "timeout", "text"),
    [
        (0, 5400, "0m of 90m"),
        (59, 5400, "0m of 90m"),
        (9e9, 5400, "90m of 90m"),
        (7, 60, "7s of 60s"),
    ],
)
def test_time_is_told_in_what_fits_the_time_out(waited: float, timeout: float, text: str) -> None:
    """Never more than there is."""
    assert time_of(waited, timeout) == text


def test_a_gate_that_counts_other_things_gives_its_reason() -> None:
    """A gate of one's own may know nothing of endpoints; its words are data."""
    answer = GateAnswer(Health.UNHEALTHY, "the load\x1b[2J is high.", {"load": 7})

    assert counts_of(GateAsked(1, 1, answer, 0, 60)) == "the load\\x1b[2J is high"
    assert counts_of(asked(offline=9)).endswith(", 9 offline")


def test_without_a_terminal_each_news_is_a_dated_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look that saw the same again says nothing."""
    monkeypatch.setattr("time.strftime", lambda _: "16:05:32")
    lines = DatedLines()
    for event in (WAVE, asked(0), asked(30), asked(60, waiting=40)):
        lines.watch(event)

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        "16:05:32 wave 2 of 3: 19 policies, 241 agents",
        "16:05:32 wave 2 of 3: gate inconclusive: 188 took it, 12 failing, 41 silent; 0m of 90m",
        "16:05:32 wave 2 of 3: gate inconclusive: 188 took it, 12 failing, 40 silent; 1m of 90m",
    ]


@pytest.mark.parametrize("staged", [True, False])
def test_without_a_terminal_each_failure_is_a_dated_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *, staged: bool
) -> None:
    """With waves or without; a name cannot act on the terminal that shows it."""
    monkeypatch.setattr("time.strftime", lambda _: "16:05:32")
    with rollout_shown(2, staged=staged) as (note, watch):
        watch(WAVE)
        note(outcome())
        note(outcome(OutcomeKind.FAILED, "a\x1b[31mb"))

    told = capsys.readouterr().err.splitlines()
    assert told[-1].startswith("16:05:32 failed: ")
    assert told[-1].endswith(": Kibana refused.")
    assert "\x1b" not in told[-1]
    assert len(told) == 1 + staged


def test_what_may_have_been_replaced_is_told_as_such(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own change succeeded, and yet the exit code will be 1."""
    monkeypatch.setattr("time.strftime", lambda _: "16:05:32")
    with rollout_shown(1, staged=False) as (note, _):
        note(replace(outcome(), replaced=Replaced(2, 2)))

    assert capsys.readouterr().err.splitlines() == [
        "16:05:32 succeeded: Servers: Other changes may have been made or lost."
    ]


@pytest.mark.parametrize(("terminal", "above"), [(False, ""), (True, "\n")])
def test_a_request_to_stop_is_answered_and_changes_nothing_else(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    above: str,
    *,
    terminal: bool,
) -> None:
    """The line goes on telling where the rollout is; what it drew is not written into."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    talk = Talk(clock=lambda: 100.0)
    talk.watch(WAVE)
    before = talk.line(140)
    talk.watch(StopAsked("It was interrupted."))

    assert talk.line(140) == before
    told = capsys.readouterr().err
    DatedLines().watch(StopAsked("It was interrupted."))

    assert told.startswith(f"{above}It was interrupted.")
    assert "interrupted. What is being written is finished first" in " ".join(told.split())
    assert capsys.readouterr().err == told
