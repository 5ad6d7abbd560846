"""Every fault on the first, a middle and the last request of each kind, alone and in pairs."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Final

import pytest
from support.rollouts import MIRROR, OTHER_MIRROR, base_urls, connected, documents, planned
from support.truths import false_claims, lies
from support.watched import WatchedKibana

from elastic_mirror_policy import MirrorPolicyError, Plan, Report, _fleet
from elastic_mirror_policy.testing import Fault

NAMES: Final = ("alpha", "beta", "gamma")
BASE_URL: Final = "linux.advanced.artifacts.global.base_url"
SLOW, IMPATIENT = 0.3, 0.1


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

FAULTS: Final = CURED | CURED_WHEN_WRITING | LASTING


@pytest.fixture(scope="module")
def served() -> Iterator[WatchedKibana]:
    """One Kibana for all faults."""
    with WatchedKibana(license="enterprise") as fake:
        yield fake


@pytest.fixture
def fake(served: WatchedKibana, monkeypatch: pytest.MonkeyPatch) -> WatchedKibana:
    """Three policies; every list has three pages, so that each kind of request is sent thrice."""
    monkeypatch.setattr(_fleet, "PER_PAGE", 1)
    monkeypatch.setattr(_fleet, "BULK", 1)
    served.begin_anew()
    for name in NAMES:
        mirror = OTHER_MIRROR if name == "beta" else None
        served.add_policy(name, id=name, mirror=mirror, agent_policies=[f"{name} hosts"])
    return served


@dataclass(slots=True)
class Tally:
    """What has been tried, for the line that is printed at the end."""

    runs: int = 0
    faults: int = 0


@pytest.fixture(scope="module")
def tally(show_figure: Callable[[str], None]) -> Iterator[Tally]:
    """Count the runs, and print them."""
    counted = Tally()
    yield counted
    show_figure(f"fault matrix: {counted.runs} rollouts, {counted.faults} faults")


def break_(fake: WatchedKibana, fault: Fault, kind: str, nth: int) -> None:
    """Let a fault hit the nth request of a kind."""
    place = KINDS[kind]
    fake.inject(replace(fault, method=place.method, path=place.path, nth=nth))


def patience(*faults: str) -> dict[str, float]:
    """Return the options of a client that sees these faults."""
    return {"timeout": IMPATIENT} if any("timeout" in name for name in faults) else {}


@dataclass(slots=True)
class Rollout:
    """A rollout on a Kibana with faults, and what is wrong with it."""

    fake: WatchedKibana
    journal: Path
    options: Mapping[str, float]
    plan: Plan | None = None
    report: Report | None = None

    def run(self) -> list[str]:
        """Plan and apply; return what is not so."""
        with connected(self.fake, **self.options) as kibana:
            try:
                self.plan = planned(kibana)
            except MirrorPolicyError:
                return [f"{w.policy_id} was written without a plan" for w in self.fake.stored]
            self.report = kibana.apply(self.plan, journal=self.journal, parallel=1)
        return self.problems()

    def resume(self) -> list[str]:
        """Go on, or begin again where there was no plan; return what is not so."""
        self.fake.clear_faults()
        if self.plan is None:
            return self.run()
        with connected(self.fake) as kibana:
            self.report = kibana.resume(self.journal, parallel=1)
        return self.problems()

    def problems(self) -> list[str]:
        """Return what report and journal say that is not so, and what was written in vain."""
        self.fake.let_requests_end()
        assert self.plan is not None
        assert self.report is not None
        changes = {change.policy_id: change for change in self.plan.changes}
        wrote = Counter(write.policy_id for write in self.fake.stored)
        return [
            *lies(self.fake, self.report, changes, wrote),
            *false_claims(self.fake, self.journal, wrote),
            *(f"{policy_id} lost keys" for policy_id in self.fake.lost_keys),
            *(f"{policy_id} was written in vain" for policy_id in self.fake.redundant_writes),
            *(f"{p} was written {n} times" for p, n in wrote.items() if n > 1),
        ]


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
    rollout = Rollout(fake, tmp_path / "a.journal", patience(name))
    if kind == "look":
        fake.inject(Fault(method="PUT", drop="after", times=3))
    break_(fake, FAULTS[name], kind, nth)
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
