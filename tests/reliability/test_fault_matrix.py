"""Every fault on the first, a middle and the last request of each kind, alone and in pairs."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.rollouts import MIRROR, OTHER_MIRROR, base_urls, connected, documents, planned, roll_on
from support.truths import false_claims, lies
from support.watched import WatchedKibana, let_requests_end

from elastic_mirror_policy import MirrorPolicyError, Plan, PolicyChange, Report, UnsafePlanError
from elastic_mirror_policy._fleet import api as _fleet
from elastic_mirror_policy.testing import REMOVE, Fault

NAMES: Final = ("alpha", "beta", "gamma")
BASE_URL: Final = "linux.advanced.artifacts.global.base_url"
SLOW, IMPATIENT = 0.6, 0.25


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of request.

    Attributes:
        method: Its method.
        path: What its path looks like.
        last: How many of them a rollout sends.
    """

    method: str
    path: re.Pattern[str]
    last: int = 3


KINDS: Final = {
    "status": Kind("GET", re.compile(r"/api/status"), last=1),
    "list": Kind("GET", re.compile(r"/package_policies\?")),
    "agent policies": Kind("POST", re.compile(r"/agent_policies/_bulk_get")),
    "recheck": Kind("POST", re.compile(r"/package_policies/_bulk_get")),
    "write": Kind("PUT", re.compile(r"/package_policies/")),
    "look": Kind("GET", re.compile(r"/package_policies/[a-z]+$")),
}
PLACES: Final = [
    pytest.param(name, nth, id=f"{name} {nth}")
    for name, kind in KINDS.items()
    for nth in range(1, kind.last + 1)
]


def in_a_moment() -> str:
    """Return a time two seconds from now, as HTTP writes it."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)


CURED: Final = {
    "429, seconds": Fault(status=429, retry_after=2, json={"message": "Too Many Requests"}),
    "429, date": Fault(status=429, retry_after=in_a_moment(), text="busy"),
    "503, seconds": Fault(status=503, retry_after=2, json={"message": "unavailable"}),
    "503, date": Fault(status=503, retry_after=in_a_moment(), html="<h1>unavailable</h1>"),
    "503, plain text": Fault(status=503, text="Kibana server is not ready yet"),
    "502, html": Fault(status=502, html="<html>Bad <b>Gateway</b></html>"),
    "504, html": Fault(status=504, html="<html>Gateway Time-out</html>"),
    "502, done": Fault(status=502, html="<html>Bad Gateway</html>", committed=True),
    "dropped before": Fault(drop="before"),
    "dropped after": Fault(drop="after"),
    "timeout before": Fault(delay=SLOW),
    "timeout after": Fault(delay=SLOW, committed=True),
    "truncated": Fault(truncate=40),
    "truncated headers": Fault(truncate=0),
    "garbage": Fault(garbage=True),
    "garbage, done": Fault(garbage=True, committed=True),
    "login page": Fault(status=200, html="<html>login</html>"),
}
"""Faults that end by themselves: trying again is all it takes."""

CURED_WHEN_WRITING: Final = {
    "500": Fault(status=500, json={"message": "An internal server error occurred"}),
    "500, done": Fault(status=500, json={"message": "oops"}, committed=True),
    "408": Fault(status=408, text="Request Timeout"),
    "another answer": Fault(status=200, json={"ok": True}),
    "another answer, done": Fault(status=200, json={"ok": True}, committed=True),
    "conflict": Fault(status=409, json={"message": "Saved object [x/y] conflict"}),
    "conflict, done": Fault(
        status=409, json={"message": "Saved object [x/y] conflict"}, committed=True
    ),
    "old conflict": Fault(status=500, json={"message": "version_conflict_engine_exception"}),
}
"""Faults after which a write is looked at, and a read is not sent again."""

LASTING: Final = {
    "401": Fault(status=401, json={"message": "unable to authenticate"}),
    "403": Fault(status=403, json={"message": "Forbidden"}),
    "404": Fault(status=404, json={"message": "Not Found"}),
    "400": Fault(status=400, json={"message": "[request body]: no"}),
    "duplicate name": Fault(
        status=409,
        json={"message": "An integration policy with the name x already exists. Please rename it."},
    ),
    "redirect": Fault(redirect="https://elsewhere.example/login"),
}
"""Faults that mean no."""

EVERY_WRITE_LOST: Final = Fault(method="PUT", drop="after", times=3)
"""What makes a rollout look at every policy after writing it."""

FAULTS: Final = CURED | CURED_WHEN_WRITING | LASTING


@pytest.fixture(scope="module")
def served() -> Iterator[WatchedKibana]:
    """One Kibana for all faults; its lists have pages of one, so that each has three requests."""
    with pytest.MonkeyPatch.context() as patch, WatchedKibana(license="enterprise") as fake:
        patch.setattr(_fleet, "PER_PAGE", 1)
        patch.setattr(_fleet, "BULK", 1)
        yield fake


@pytest.fixture(scope="module")
def served_with_checks() -> Iterator[WatchedKibana]:
    """A Kibana that refuses a write with an old version, as no release known today does."""
    with WatchedKibana(license="enterprise", checks_version=True) as fake:
        yield fake


@pytest.fixture
def fake(served: WatchedKibana) -> WatchedKibana:
    """Three policies nobody has touched."""
    return begin_anew(served)


def begin_anew(fake: WatchedKibana) -> WatchedKibana:
    """Return the Kibana with three policies nobody has touched."""
    fake.begin_anew()
    for name in NAMES:
        mirror = OTHER_MIRROR if name == "beta" else None
        fake.add_policy(name, id=name, mirror=mirror, agent_policies=[f"{name} hosts"])
    return fake


@dataclass(slots=True)
class Tally:
    """What has been tried, for the line that is printed at the end."""

    runs: int = 0
    faults: int = 0
    interruptions: int = 0

    def run_and_resume(self, rollout: "Rollout") -> list[str]:
        """Return what is wrong after a run and a resume of it, having counted them."""
        problems = rollout.run()
        self.runs += 1
        self.faults += rollout.fake.faults_fired
        return problems + rollout.resume()


@pytest.fixture
def tally(add_figure: Callable[[str, int], None]) -> Iterator[Tally]:
    """Count the runs of a test."""
    counted = Tally()
    yield counted
    add_figure("fault matrix: rollouts", counted.runs)
    add_figure("fault matrix: faults", counted.faults)
    add_figure("fault matrix: interruptions by others", counted.interruptions)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault of `FAULTS`, or one of `INTERRUPTIONS`, at one request."""

    name: str
    kind: str
    nth: int

    def begin(self, fake: WatchedKibana) -> None:
        """Let it happen."""
        place = KINDS[self.kind]
        if self.name in FAULTS:
            at = replace(FAULTS[self.name], method=place.method, path=place.path, nth=self.nth)
            fake.inject(at)
        else:
            happens = INTERRUPTIONS[self.name]
            fake.before(
                place.method,
                place.path,
                self.nth,
                lambda: "beta" in fake.policy_ids and happens(fake),
            )


INTERRUPTIONS: Final[Mapping[str, Callable[[WatchedKibana], object]]] = {
    "packager": lambda fake: fake.run_packager(),
    "another key": lambda fake: fake.edit("beta", "linux.advanced.kernel.connect", "true"),
    "another field": lambda fake: fake.edit("beta", "description", "new words"),
    "our key": lambda fake: fake.edit("beta", BASE_URL, "https://theirs.example"),
    "our key, our value": lambda fake: fake.edit("beta", BASE_URL, MIRROR),
    "our key removed": lambda fake: fake.edit("beta", BASE_URL, REMOVE),
    "deleted": lambda fake: fake.delete("beta"),
    "moved": lambda fake: fake.move("beta", "emea"),
    "pinned": lambda fake: fake.edit("beta", "global_manifest_version", "2025-12-01"),
    "managed": lambda fake: fake.edit("beta", "is_managed", value=True),
    "renamed": lambda fake: fake.rename("beta", "beta two"),
    "same name": lambda fake: fake.add_policy("beta", id="delta", agent_policies=["beta hosts"]),
    "one more": lambda fake: fake.add_policy("delta", id="delta", agent_policies=["delta hosts"]),
}
"""What others may do to the second policy, or beside it."""

TOUCHED: Final[Mapping[str, set[str]]] = {name: {"beta"} for name in INTERRUPTIONS} | {
    "packager": set(),
    "another key": set(),
    "another field": set(),
    "our key, our value": set(),
    "renamed": set(),
    "one more": set(),
    "same name": {"beta", "delta"},
}
"""The policies that may end without the mirror, because of what others did."""


def patience(fake: WatchedKibana, *faults: str) -> dict[str, Any]:
    """Return the options of a client that sees these faults; its waits are long enough."""
    slow = any("timeout" in name for name in faults)
    return {"timeout": IMPATIENT, "sleep": fake.let_it_end} if slow else {}


@dataclass(slots=True)
class Rollout:
    """A rollout on a Kibana with faults, and what is wrong with it."""

    fake: WatchedKibana
    journal: Path
    options: Mapping[str, Any]
    plan: Plan | None = None
    report: Report | None = None
    allow: set[str] = field(default_factory=set)

    def run(self) -> list[str]:
        """Plan and apply; return what is not so."""
        with connected(self.fake, **self.options) as kibana:
            try:
                plan = planned(kibana)
                report = kibana.apply(plan, journal=self.journal, parallel=1, allow=self.allow)
            except MirrorPolicyError as exc:
                self.allow = {"pinned", "managed"} if isinstance(exc, UnsafePlanError) else set()
                return [f"{write.policy_id} was written" for write in self.fake.stored]
            self.plan, self.report = plan, report
        return self.problems()

    def resume(self) -> list[str]:
        """Go on, or begin again where there was no plan; return what is not so."""
        self.fake.clear_faults()
        if self.plan is None:
            # Twice, when it takes until now to see a risk that has to be allowed.
            first = self.run()
            return first if self.report else first + self.run()
        self.report = roll_on(self.fake, self.journal, parallel=1)
        return self.problems()

    def problems(self) -> list[str]:
        """Return what report and journal say that is not so, and what was written in vain.

        Where versions are not checked a write may replace somebody else's. Then it is said, and
        whoever reads it is told to look at the policy.
        """
        let_requests_end(self.fake)
        assert self.plan is not None
        assert self.report is not None
        changes = {change.policy_id: change for change in self.plan.changes}
        wrote = Counter(write.policy_id for write in self.fake.stored)
        said = {outcome.policy_id for outcome in self.report.replaced}
        return [
            *lies(self.fake, self.report, changes, wrote),
            *false_claims(self.fake, self.journal, wrote),
            *(f"{policy_id} lost keys" for policy_id in {*self.fake.lost_keys} - said),
            *(f"{name} was written in vain" for name in {*self.fake.redundant_writes} - said),
            *(f"{p} was written {n} times" for p, n in wrote.items() if n > 1),
            *overwritten(self.fake, changes, said),
        ]


def overwritten(
    fake: WatchedKibana, changes: Mapping[str, PolicyChange], said: set[str]
) -> Iterator[str]:
    """Yield each managed key that was changed from or to what the plan does not say."""
    for write in fake.stored:
        if write.policy_id in said:
            continue
        edits = {(e.os.value, e.setting): e for e in changes[write.policy_id].edits}
        for key, (old, new) in write.changed.items():
            edit = edits.get(key)
            if edit is None or (old, new) != (edit.before, edit.after):
                yield f"{write.policy_id} {key} went from {old} to {new}"


def check_done(fake: WatchedKibana) -> None:
    """Pass when every policy has the mirror and was written once."""
    assert {base_urls(document) for document in documents(fake).values()} == {(MIRROR,) * 3}
    assert Counter(write.policy_id for write in fake.stored) == dict.fromkeys(NAMES, 1)


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize(("kind", "nth"), PLACES)
def test_one_fault_costs_no_policy_and_no_second_write(
    fake: WatchedKibana, tmp_path: Path, tally: Tally, name: str, kind: str, nth: int
) -> None:
    """The report is true, and after a resume every policy was written once."""
    rollout = Rollout(fake, tmp_path / "a.journal", patience(fake, name))
    if kind == "look":
        fake.inject(EVERY_WRITE_LOST)
    Trouble(name, kind, nth).begin(fake)
    first = rollout.run()
    report, fired = rollout.report, fake.faults_fired
    tally.runs += 1
    tally.faults += fired
    second = rollout.resume()

    assert fired > 0
    assert first == []
    assert second == []
    check_done(fake)
    assert rollout.report is not None
    assert rollout.report.ok
    if name in CURED or (name in CURED_WHEN_WRITING and kind == "write"):
        assert report is not None
        assert report.ok


@pytest.mark.parametrize("name", INTERRUPTIONS)
@pytest.mark.parametrize(("kind", "nth"), PLACES)
def test_what_others_do_meanwhile_is_neither_lost_nor_lied_about(
    fake: WatchedKibana, tmp_path: Path, tally: Tally, name: str, kind: str, nth: int
) -> None:
    """Before any request: only the policy they touched may be left alone, and it is said why."""
    rollout = Rollout(fake, tmp_path / "a.journal", {})
    if kind == "look":
        fake.inject(EVERY_WRITE_LOST)
    Trouble(name, kind, nth).begin(fake)
    first = rollout.run()
    second = rollout.resume()
    tally.runs += 1
    tally.interruptions += 1

    assert first == []
    assert second == []
    assert {base_urls(fake.document(name)) for name in ("alpha", "gamma")} == {(MIRROR,) * 3}
    assert rollout.report is not None
    replaced = {outcome.policy_id for outcome in rollout.report.replaced}
    assert {o.policy_id for o in rollout.report.failed} - replaced <= TOUCHED[name]


LOSSES: Final = (
    *("503, seconds", "502, html", "502, done", "dropped before", "dropped after", "truncated"),
    *("garbage, done", "login page", "500, done", "conflict", "conflict, done"),
)
"""Faults after which nobody knows if a write was carried out, one of each sort."""

NEXT: Final = (*LOSSES, "429, date", "401", "403", "404", "duplicate name", "redirect")


@pytest.mark.parametrize("second", NEXT)
@pytest.mark.parametrize("first", LOSSES)
@pytest.mark.parametrize("kind", ["write", "look"])
def test_a_fault_while_a_fault_is_being_dealt_with_costs_nothing_more(
    fake: WatchedKibana, tmp_path: Path, tally: Tally, kind: str, first: str, second: str
) -> None:
    """The look after a lost write fails too, or the second write is lost as well."""
    rollout = Rollout(fake, tmp_path / "a.journal", {})
    Trouble(first, "write", 2).begin(fake)
    Trouble(second, kind, 1 if kind == "look" else 3).begin(fake)
    problems = tally.run_and_resume(rollout)

    assert problems == []
    check_done(fake)


@st.composite
def troubles(draw: st.DrawFn) -> Trouble:
    """Draw a fault or an interruption at one request."""
    kind = draw(st.sampled_from(list(KINDS)))
    quick = [name for name in (*FAULTS, *INTERRUPTIONS) if "timeout" not in name]
    return Trouble(draw(st.sampled_from(quick)), kind, draw(st.integers(1, KINDS[kind].last)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pair=st.lists(troubles(), min_size=2, max_size=2), looks=st.booleans())
def test_two_troubles_anywhere_cost_no_policy_and_no_second_write(
    served: WatchedKibana,
    tmp_path_factory: pytest.TempPathFactory,
    tally: Tally,
    pair: list[Trouble],
    *,
    looks: bool,
) -> None:
    """Any two, at any two requests."""
    fake = begin_anew(served)
    rollout = Rollout(fake, tmp_path_factory.mktemp("pairs") / "a.journal", {})
    if looks:
        fake.inject(EVERY_WRITE_LOST)
    for trouble in pair:
        trouble.begin(fake)
    problems = tally.run_and_resume(rollout)

    assert problems == []
    assert {base_urls(fake.document(name)) for name in ("alpha", "gamma")} == {(MIRROR,) * 3}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("kind", ["write", "look"])
def test_a_fault_alone_costs_nothing_where_versions_are_checked_either(
    served_with_checks: WatchedKibana, tmp_path: Path, tally: Tally, kind: str, name: str
) -> None:
    """A second write carries the old version."""
    fake = begin_anew(served_with_checks)
    rollout = Rollout(fake, tmp_path / "a.journal", patience(fake, name))
    if kind == "look":
        fake.inject(EVERY_WRITE_LOST)
    Trouble(name, kind, 2).begin(fake)
    problems = tally.run_and_resume(rollout)

    assert problems == []
    check_done(fake)


@pytest.mark.parametrize("name", INTERRUPTIONS)
@pytest.mark.parametrize("kind", ["recheck", "write", "look"])
def test_where_versions_are_checked_nothing_of_others_is_replaced(
    served_with_checks: WatchedKibana, tmp_path: Path, tally: Tally, kind: str, name: str
) -> None:
    """Whenever they come: the policy they touched is read again, and left alone or merged."""
    fake = begin_anew(served_with_checks)
    rollout = Rollout(fake, tmp_path / "a.journal", {})
    Trouble(name, kind, 2 if kind == "write" else 1).begin(fake)
    problems = rollout.run()
    tally.runs += 1
    tally.interruptions += 1

    assert problems == []
    assert rollout.report is None or rollout.report.replaced == ()
    assert fake.lost_keys == []


def test_a_write_that_is_carried_out_later_than_anybody_waits_is_repeated_and_said(
    fake: WatchedKibana, tmp_path: Path
) -> None:
    """This cannot be promised away: it changes nothing, but it is a revision more."""
    fake.inject(Fault(method="PUT", path="/beta", status=504, late=True))
    fake.before("PUT", "/beta", 2, fake.carry_out_late)
    rollout = Rollout(fake, tmp_path / "a.journal", {})
    problems = rollout.run()

    assert problems == ["beta was written 2 times"]
    assert rollout.report is not None
    assert [outcome.policy_id for outcome in rollout.report.replaced] == ["beta"]
    assert {base_urls(document) for document in documents(fake).values()} == {(MIRROR,) * 3}
    assert fake.lost_keys == []
