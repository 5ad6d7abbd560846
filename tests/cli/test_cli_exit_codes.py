"""Exit codes: 0 all well, 1 could not tell or failed, 2 pending or problems, 64 a slip."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.commands import Shell
from support.rollouts import MIRROR, commit_counts, connected, planned

from elastic_mirror_policy.rollout import GateAnswer, Health, Outcome
from elastic_mirror_policy.testing import FakeKibana, Fault


class Unsure:
    """A gate of somebody's own."""

    def check(self, written: Sequence[Outcome]) -> GateAnswer:
        """Never know."""
        return GateAnswer(Health.INCONCLUSIVE, f"{len(written)} are silent.")


PLAIN = ("--base-url", MIRROR, "--no-check-mirror")
APPLY = ("apply", *PLAIN, "--yes", "--journal", "a.journal")


def test_a_plan_with_changes_ends_with_2_and_writes_nothing(shell: Shell, fake: FakeKibana) -> None:
    """Neither to Kibana nor to the folder."""
    ended = shell.run("plan", *PLAIN)

    assert ended.code == 2
    assert "6 policies: 6 to change" in ended.out
    assert commit_counts(fake) == {}
    assert shell.files == []


def test_a_plan_without_changes_ends_with_0(shell: Shell, fake: FakeKibana) -> None:
    """After the rollout."""
    shell.run(*APPLY)
    ended = shell.run("plan", *PLAIN)

    assert ended.code == 0
    assert "Nothing to change." in ended.out
    assert len(commit_counts(fake)) == 6


def test_apply_without_yes_is_a_plan(shell: Shell, fake: FakeKibana) -> None:
    """Also where a journal is named: nothing is written, none is made."""
    ended = shell.run("apply", *PLAIN, "--journal", "a.journal")
    after = shell.run(*APPLY), shell.run("apply", *PLAIN)

    assert ended.code == 2
    assert ended.out.startswith("Plan: Kibana http://127.0.0.1:")
    assert [one.code for one in after] == [0, 0]
    assert len(commit_counts(fake)) == 6


@pytest.mark.usefixtures("fake")
def test_apply_with_yes_ends_with_0_when_everything_was_done(shell: Shell) -> None:
    """And again when there was nothing to do, without a journal."""
    first = shell.run(*APPLY)
    second = shell.run("apply", *PLAIN, "--yes", "--journal", "b.journal")

    assert (first.code, second.code) == (0, 0)
    assert shell.files == ["a.journal"]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(method="PUT", nth=2, status=403, json={"message": "Forbidden"}),
        Fault(method="PUT", nth=2, status=401, json={"message": "expired"}, times=None),
        Fault(method="PUT", nth=2, status=500, json={"message": "oh"}, times=None),
        Fault(path="_bulk_get", nth=2, status=400, json={"message": "oh"}, times=None),
    ],
    ids=["refused", "expired", "broken", "unreadable"],
)
def test_apply_with_yes_ends_with_1_when_one_policy_was_not_written(
    shell: Shell, fake: FakeKibana, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    """Whatever the reason; the report says which."""
    monkeypatch.setattr("elastic_mirror_policy.rollout.interrupt.StopFlag.wait", lambda *_: None)
    fake.inject(fault)

    ended = shell.run(*APPLY, "--format", "json")

    assert ended.code == 1
    assert ended.json["summary"]["succeeded"] < 6


@pytest.mark.parametrize(
    "guard",
    [
        ("--expect-policies", "7"),
        ("--max-policies", "5"),
        ("--max-agents", "1"),
        ("--unset", "channel", "--set", "interval=5", "--expect-policies", "0"),
    ],
)
def test_a_guard_that_refuses_ends_with_1(
    shell: Shell, fake: FakeKibana, guard: tuple[str, ...]
) -> None:
    """The plan view says so beforehand."""
    plan = shell.run("plan", *PLAIN, *guard)
    applied = shell.run(*APPLY, *guard)

    assert plan.code == 2
    assert "Refused:" in plan.out
    assert applied.code == 1
    assert applied.err.splitlines()[-1].startswith("Error: Nothing was written:")
    assert commit_counts(fake) == {}
    assert shell.files == []


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize("form", ["text", "json", "diff"])
def test_nothing_to_do_for_fewer_policies_than_expected_is_no_success(
    shell: Shell, form: str
) -> None:
    """Credentials that see half of them would say so for ever."""
    shell.run(*APPLY)
    short = ("--expect-policies", "7", "--format", form)
    plan = shell.run("plan", *PLAIN, *short)
    shown = shell.run("apply", *PLAIN, *short)
    applied = shell.run("apply", *PLAIN, *short, "--yes")

    assert (plan.code, shown.code, applied.code) == (1, 1, 1)
    assert all("(expect-policies)" in one.out + one.err for one in (plan, shown, applied))


def test_a_risk_needs_to_be_allowed(shell: Shell, fake: FakeKibana) -> None:
    """`--allow clear` after a refusal that says so."""
    shell.run(*APPLY)
    unset = ("apply", "--unset", "base_url", "--yes", "--journal", "b.journal")

    refused = shell.run(*unset)
    allowed = shell.run(*unset, "--allow", "clear")

    assert (refused.code, allowed.code) == (1, 0)
    assert "--allow clear" in refused.err
    assert set(commit_counts(fake).values()) == {2}


@pytest.mark.usefixtures("fake")
def test_a_rollback_is_shown_before_it_is_written(shell: Shell) -> None:
    """2 while it is pending, 0 when it is done, 0 when there is nothing left to put back."""
    shell.run(*APPLY)
    shown = shell.run("rollback", "a.journal")
    done = shell.run("rollback", "a.journal", "--yes", "--journal", "undo.journal")
    again = shell.run("rollback", "a.journal")

    assert (shown.code, done.code, again.code) == (2, 0, 0)
    assert shown.out.startswith("Rollback plan:")
    assert "Nothing to change." in again.out
    assert shell.files == ["a.journal", "undo.journal"]


def test_a_skipped_policy_is_no_success(shell: Shell, fake: FakeKibana) -> None:
    """Unless it was asked for: nobody knows whether an odd policy has the mirror."""
    fake.edit(fake.policy_ids[0], "inputs", [])
    planned = shell.run("plan", *PLAIN)
    applied = shell.run(*APPLY)
    again = shell.run("plan", *PLAIN)
    repeated = shell.run("apply", *PLAIN, "--yes")

    assert (planned.code, applied.code) == (2, 1)
    assert (again.code, repeated.code) == (1, 1)


def test_a_policy_that_is_frozen_is_a_success(shell: Shell, fake: FakeKibana) -> None:
    """It was asked for."""
    (shell.folder / "rules.toml").write_text("[[rule]]\nfrozen = true\n")
    ended = shell.run("apply", "--rules", "rules.toml", "--yes")

    assert ended.code == 0
    assert commit_counts(fake) == {}


def test_the_journal_tells_what_is_left(shell: Shell, fake: FakeKibana) -> None:
    """2 while something remains or is unknown, 0 when all is written."""
    fake.inject(Fault(method="PUT", nth=3, status=403, json={"message": "Forbidden"}))
    shell.run(*APPLY)
    left = shell.run("journal", "a.journal")
    shown = shell.run("apply", "--resume", "a.journal")
    resumed = shell.run("apply", "--resume", "a.journal", "--yes")
    done = shell.run("journal", "a.journal")
    again = shell.run("apply", "--resume", "a.journal")

    assert (left.code, shown.code, resumed.code, done.code, again.code) == (2, 2, 0, 0, 0)
    assert "1 remaining" in left.out
    assert set(commit_counts(fake).values()) == {1}


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize("lines", [1, 3])
def test_a_journal_without_its_whole_plan_is_no_success(shell: Shell, lines: int) -> None:
    """A crash while it was made leaves as much or as little of the plan as was written."""
    shell.run(*APPLY)
    whole = (shell.folder / "a.journal").read_bytes().splitlines(keepends=True)
    (shell.folder / "torn.journal").write_bytes(b"".join(whole[:lines]))
    told = shell.run("journal", "torn.journal")
    shown = shell.run("apply", "--resume", "torn.journal")
    resumed = shell.run("apply", "--resume", "torn.journal", "--yes")

    assert (told.code, shown.code, resumed.code) == (2, 1, 1)
    assert "nothing was sent to Kibana" in told.out


def test_doctor_tells_all_well_from_problems_and_from_not_knowing(
    shell: Shell, fake: FakeKibana
) -> None:
    """0, 2 for a missing right, 1 for wrong credentials; it writes nothing."""
    well = shell.run("doctor")
    shell.set(KIBANA_API_KEY=fake.key_for("read"))
    problem = shell.run("doctor")
    shell.set(KIBANA_API_KEY="bm90OnJpZ2h0")
    unknown = shell.run("doctor")

    assert (well.code, problem.code, unknown.code) == (0, 2, 1)
    assert "\nproblem  write (default) " in problem.out
    assert "\nunknown  connection " in unknown.out
    assert commit_counts(fake) == {}


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(method="PUT", status=500, json={"message": "oh"}, times=None), 1),
        (Fault(path="/fleet/agents", status=403, json={"message": "no"}, times=None), 0),
    ],
    ids=["the right to write", "the right to read agents"],
)
def test_doctor_is_sure_of_what_every_rollout_needs(
    shell: Shell, fake: FakeKibana, fault: Fault, code: int
) -> None:
    """Agents need not be read to write policies."""
    fake.inject(fault)
    ended = shell.run("doctor")

    assert ended.code == code
    assert "\nunknown " in ended.out


@pytest.mark.usefixtures("fake")
def test_listing_policies_ends_with_0(shell: Shell) -> None:
    """Whatever they have."""
    ended = shell.run("policies")

    assert ended.code == 0
    assert ended.out.startswith("6 policies: 5 not set, 1 http://old-mirror.example\n\nname ")
    assert len(ended.out.splitlines()) == 3 + 6


@pytest.mark.parametrize("command", ["policies", "plan", "apply", "endpoints"])
@pytest.mark.usefixtures("fake")
def test_an_empty_selection_is_an_error(shell: Shell, command: str) -> None:
    """Never a success."""
    more = PLAIN if command in {"plan", "apply"} else ()
    ended = shell.run(command, "--name", "no such policy*", *more)

    assert ended.code == 1
    assert ended.out == ""
    assert "None of the 6 Elastic Defend policies" in ended.err


def test_waves_end_with_1_when_they_do_not_cover_everything(shell: Shell, fake: FakeKibana) -> None:
    """And with 0 when they do."""
    part = shell.run(*APPLY, "--wave", "1", "--wave", "2")
    rest = shell.run("apply", "--resume", "a.journal", "--yes")

    assert (part.code, rest.code) == (1, 0)
    assert "apply --resume a.journal" in part.err
    assert set(commit_counts(fake).values()) == {1}


GATED = (*APPLY, "--wave", "1", "--wave", "rest", "--gate", "--gate-timeout", "0s")


def test_a_gate_that_cannot_tell_stops_with_1_and_is_asked_again_by_resume(
    shell: Shell, fake: FakeKibana
) -> None:
    """Then the endpoints have reported, and the rest is written."""
    fake.set_clock(datetime.now(UTC) - timedelta(hours=1))
    stopped = shell.run(*GATED)
    written = commit_counts(fake)
    fake.tick(5)
    resumed = shell.run("apply", "--resume", "a.journal", "--yes")
    pending = shell.run("apply", "--resume", "a.journal")
    fake.tick(5)
    ended = shell.run("apply", "--resume", "a.journal", "--yes")
    over = shell.run("apply", "--resume", "a.journal")

    codes = [one.code for one in (stopped, resumed, pending, ended, over)]
    assert codes == [1, 1, 2, 0, 0]
    assert "Wave 1 is inconclusive" in stopped.out
    assert "Wave 2 is inconclusive" in resumed.out
    assert len(written) == 1
    assert commit_counts(fake) == dict.fromkeys(commit_counts(fake), 1)
    assert len(commit_counts(fake)) == 6


def test_a_gate_that_python_made_cannot_be_made_by_the_command(
    shell: Shell, fake: FakeKibana
) -> None:
    """It is refused before anything is written, and says how to go on."""
    with connected(fake) as kibana:
        plan = planned(kibana)
        gate = Unsure()
        journal = shell.folder / "a.journal"
        kibana.apply(plan, journal=journal, waves=[1, "rest"], gate=gate, gate_timeout=0)

    ended = shell.run("apply", "--resume", "a.journal", "--yes")

    assert ended.code == 1
    assert "a gate of its own" in ended.err
    assert "Kibana.resume(journal, gate=...)" in ended.err
    assert len(commit_counts(fake)) == 1


def test_a_plan_that_was_saved_is_written_once(shell: Shell, fake: FakeKibana) -> None:
    """The second time it is stale, and nothing is written: every policy has the values already."""
    shell.run("plan", *PLAIN, "--out", "plan.json")
    shown = shell.run("apply", "plan.json")
    first = shell.run("apply", "plan.json", "--yes", "--journal", "a.journal")
    second = shell.run("apply", "plan.json", "--yes", "--journal", "b.journal")

    assert (shown.code, first.code, second.code) == (2, 0, 0)
    assert set(commit_counts(fake).values()) == {1}


def test_the_demo_ends_with_0(shell: Shell) -> None:
    """It is the whole tour, and leaves nothing behind."""
    before = Path.cwd()

    ended = shell.run("demo")

    assert ended.code == 0
    assert "Take it back" in ended.out
    assert Path.cwd() == before
    assert shell.files == []
