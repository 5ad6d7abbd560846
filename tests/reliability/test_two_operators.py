"""Two operators, a person in Kibana and the packager at work at once, request by request."""

import contextlib
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Final

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from support.operators import InlineExecutor, Operator, Turn, World
from support.watched import WatchedKibana

from elastic_mirror_policy import ArtifactSettings, MirrorSettings
from elastic_mirror_policy.rollout import batches

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(600)]

OURS, OTHERS, THEIRS, OLD = (f"https://{name}.example" for name in ("a", "b", "theirs", "old"))
POLICIES: Final = ("alpha", "beta", "gamma")
BY_HAND: Final = (None, OURS, OTHERS, THEIRS, OLD)
FIELDS: Final = (
    ("description", "new words"),
    ("linux.events.dns", True),
    ("linux.advanced.kernel.connect", "true"),
    ("windows.advanced.artifacts.user.proxy_disable", "true"),
)

policies = st.sampled_from(POLICIES)
keys = st.tuples(policies, st.sampled_from(("linux", "mac", "windows")), st.sampled_from(BY_HAND))
fields = st.tuples(policies, st.sampled_from(FIELDS))
first_or_second = st.integers(0, 1)
nth_journal = st.integers(0, 5)


def key_set(facts: tuple[str, str, str | None]) -> Callable[[World], None]:
    """Return a person who sets a managed key."""
    return lambda world: world.set_key(*facts)


def field_set(facts: tuple[str, tuple[str, object]]) -> Callable[[World], None]:
    """Return a person who sets something else."""
    policy, (path, value) = facts
    return lambda world: world.set_other(policy, path, value)


def packed(policy: str) -> Callable[[World], None]:
    """Return the packager at work on a policy."""
    return lambda world: world.pack(policy)


def applied(which: int) -> Callable[[World], None]:
    """Return an operator who applies."""
    return lambda world: world.apply(world.operators[which])


def rolled_back(facts: tuple[int, int]) -> Callable[[World], None]:
    """Return an operator who takes back one of the own rollouts."""
    which, nth = facts

    def roll_back(world: World) -> None:
        who = world.operators[which]
        if who.journals:
            world.rollback(who, who.journals[nth % len(who.journals)])

    return roll_back


by_others = st.one_of(keys.map(key_set), fields.map(field_set), policies.map(packed))
happenings = st.one_of(
    by_others,
    first_or_second.map(applied),
    st.tuples(first_or_second, nth_journal).map(rolled_back),
    st.sampled_from(("lost", "lost", "crash")),
)
schedules = st.lists(
    st.builds(Turn, nth=st.integers(1, 14), what=happenings, after=st.booleans()), max_size=6
)


class TwoOperators(RuleBasedStateMachine):
    """Everybody does what they like, in any order, and between any two requests of another.

    Attributes:
        totals: What has been counted over all examples.
        checks: Whether Kibana looks at versions.
    """

    totals: ClassVar[Counter[str]] = Counter()
    checks: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self._ends = contextlib.ExitStack()
        folder = Path(self._ends.enter_context(tempfile.TemporaryDirectory()))
        fake = self._ends.enter_context(WatchedKibana(checks_version=self.checks))
        for name in POLICIES:
            fake.add_policy(name, id=name, mirror=OLD if name == "beta" else None)
        linux = ArtifactSettings(base_url=OTHERS, interval=600)
        first = Operator("full", MirrorSettings.everywhere(OURS))
        second = Operator("superuser", MirrorSettings(linux=linux))
        self.world = World(fake, folder, (first, second), checks=self.checks)

    @rule(happening=by_others)
    def somebody_else_is_at_work(self, happening: Callable[[World], None]) -> None:
        """A person or the packager."""
        happening(self.world)

    @rule(which=first_or_second)
    def an_operator_plans(self, which: int) -> None:
        """And carries it out much later, or never."""
        self.world.make_plan(self.world.operators[which])

    @rule(which=first_or_second, turns=schedules, fresh=st.booleans())
    def an_operator_applies(self, which: int, turns: list[Turn], *, fresh: bool) -> None:
        """A new plan or an old one."""
        self.world.apply(self.world.operators[which], turns, fresh=fresh)

    @rule(which=first_or_second, nth=nth_journal, turns=schedules)
    def an_operator_resumes(self, which: int, nth: int, turns: list[Turn]) -> None:
        """One of the own journals."""
        who = self.world.operators[which]
        if who.journals:
            self.world.resume(who, who.journals[nth % len(who.journals)], turns)

    @rule(which=first_or_second, nth=nth_journal, turns=schedules, force=st.booleans())
    def an_operator_rolls_back(
        self, which: int, nth: int, turns: list[Turn], *, force: bool
    ) -> None:
        """One of the own journals, with or without leave to overwrite what others set."""
        who = self.world.operators[which]
        if who.journals:
            self.world.rollback(who, who.journals[nth % len(who.journals)], turns, force=force)

    @invariant()
    def nothing_is_wrong(self) -> None:
        """No foreign change is lost or overwritten, and nobody tells a lie."""
        self.world.check_outside()

        assert self.world.wrong == []

    def teardown(self) -> None:
        """Add up, and end everything."""
        self.totals["commands"] += self.world.commands
        self.totals["turns in the middle of one"] += self.world.turns
        self.totals["writes"] += len(self.world.fake.stored)
        self._ends.close()


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let readers and writers take their turns in one thread, so that every run is the same."""
    monkeypatch.setattr(batches, "ThreadPoolExecutor", InlineExecutor)


class Unchecked(TwoOperators):
    """The same on a Kibana as there are: nobody looks at versions."""

    totals: ClassVar[Counter[str]] = Counter()
    checks: ClassVar[bool] = False


@pytest.mark.parametrize("machine", [TwoOperators, Unchecked])
def test_nobody_overwrites_what_others_set_unsaid_and_nobody_tells_a_lie(
    show_figure: Callable[[str], None], machine: type[TwoOperators]
) -> None:
    """Whatever two operators, a person and the packager do, in whatever order."""
    run_state_machine_as_test(machine, settings=settings(stateful_step_count=20))
    counted = ", ".join(f"{number} {name}" for name, number in machine.totals.items())
    show_figure(f"two operators ({machine.__name__}): {counted}")
