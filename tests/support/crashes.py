"""Runs the real command in children that are killed at a chosen point, against one FakeKibana."""

import contextlib
import copy
import json
import os
import queue
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from support import crash_point
from support.crash_point import Order
from support.rollouts import MIRROR, OTHER_MIRROR, documents
from support.watched import let_requests_end

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.testing import FakeKibana
from elastic_mirror_policy.testing._kibana.state import StoredPolicy

KILLED: Final = -9
PLANNED: Final = ("--base-url", MIRROR, "--no-check-mirror")
OPTIONS: Final = ("--parallel", "2", "--format", "json")
ESTATE: Final[Mapping[str, Mapping[str, JsonValue]]] = {
    "alpha": {},
    "beta": {
        "linux": {"artifacts": {}},
        "mac": {},
        "windows": {"kernel": {"connect": "true"}},
    },
    "gamma": {
        "linux": {"artifacts": {"global": {"base_url": OTHER_MIRROR, "interval": 600}}},
        "mac": {"artifacts": {"global": {}, "user": {"proxy_disable": "true"}}},
    },
}
"""What each policy has under `advanced`: absence and emptiness of every kind."""

Moment: TypeAlias = tuple[dict[str, StoredPolicy], Path]


@dataclass(frozen=True, slots=True)
class Ran:
    """How one child ended.

    Attributes:
        code: Its exit code, or minus the number of the signal that ended it.
        stdout: What it printed as a result.
        stderr: What else it printed.
        points: The names of the points it reached.
        steps: How many system calls it made on its journal and the journal's folder.
        durable: How many bytes of its journal were certainly on the disk.
    """

    code: int
    stdout: str
    stderr: str
    points: tuple[str, ...]
    steps: int
    durable: int

    @property
    def report(self) -> JsonValue:
        """The JSON it printed."""
        return json.loads(self.stdout)


class Stage:
    """One FakeKibana that is served, and the program that forks commands against it.

    Attributes:
        fake: The Kibana.
        original: Its policies as nobody has touched them in this turn.
        folder: Where the journals of this turn are.
        tried: How many points have been tried.
        children: The process ids of the commands, each to be taken by who wants to kill it.
        patient: Whether to wait, after a kill, until Kibana has carried out what was sent.
    """

    def __init__(self, fake: FakeKibana, forker: subprocess.Popen[str], folder: Path) -> None:
        self.fake = fake
        self.original: dict[str, JsonValue] = {}
        self.folder = folder
        self.tried = 0
        self.children: queue.Queue[int] = queue.Queue()
        self.patient = True
        self._forker = forker
        self._root = folder
        self._turns = 0
        self._moments = 0

    def reset(self) -> None:
        """Begin again: three policies nobody has touched, and an empty folder."""
        for policy_id in self.fake.policy_ids:
            self.fake.delete(policy_id)
        for name, advanced in ESTATE.items():
            self.fake.add_policy(name, id=name, advanced=advanced, agent_policies=[f"{name} hosts"])
        self.original = documents(self.fake)
        self._turns += 1
        self.folder = self._root / str(self._turns)
        self.folder.mkdir()

    def moment(self) -> Moment:
        """Return what Kibana and the folder hold now, to go back to it."""
        self._moments += 1
        kept = self._root / f"moment-{self._moments}"
        shutil.copytree(self.folder, kept)
        return _copied(self.fake._state.policies), kept

    def go_back(self, moment: Moment) -> None:
        """Let Kibana and the folder hold what they held at a moment."""
        policies, kept = moment
        self.fake._state.policies = _copied(policies)
        self.fake._state.generation += 1
        shutil.rmtree(self.folder)
        shutil.copytree(kept, self.folder)

    def journal(self, name: str = "a") -> Path:
        """Return the path of a journal of this turn."""
        return self.folder / f"{name}.journal"

    def apply(self, to: str = "a", **order: Any) -> Ran:  # noqa: ANN401 - the fields of an order
        """Roll the mirror out."""
        return self._run("apply", *PLANNED, "--journal", str(self.journal(to)), **order)

    def resume(self, journal: str = "a", **order: Any) -> Ran:  # noqa: ANN401 - the fields of an order
        """Go on with a rollout, or with a rollback."""
        return self._run("apply", "--resume", str(self.journal(journal)), **order)

    def rollback(self, to: str = "b", journal: str = "a", **order: Any) -> Ran:  # noqa: ANN401 - the fields of an order
        """Take a rollout back."""
        names = str(self.journal(journal)), "--journal", str(self.journal(to))
        return self._run("rollback", *names, **order)

    def _run(self, *argv: str, show: bool = False, **order: Any) -> Ran:  # noqa: ANN401 - the fields of an order
        options = OPTIONS if show else (*OPTIONS, "--yes")
        self.fake.forget_requests()
        env = {"KIBANA_URL": self.fake.url, "KIBANA_API_KEY": self.fake.api_key}
        asked = Order([*argv, *options], env, str(self.folder), **order)
        assert self._forker.stdin is not None
        assert self._forker.stdout is not None
        self._forker.stdin.write(json.dumps(asdict(asked)) + "\n")
        self._forker.stdin.flush()
        self.children.put(int(self._forker.stdout.readline()))
        code = int(self._forker.stdout.readline())
        self.tried += code == KILLED
        if code == KILLED and self.patient:
            let_requests_end(self.fake)
        return self._ran(code)

    def _ran(self, code: int) -> Ran:
        lines = [json.loads(line) for line in (self.folder / "trace").read_text().splitlines()]
        return Ran(
            code,
            (self.folder / "stdout").read_text(),
            (self.folder / "stderr").read_text(),
            tuple(line["name"] for line in lines if line["point"]),
            sum(line["point"] == 0 for line in lines),
            max((line["durable"] for line in lines), default=0),
        )


def _copied(policies: Mapping[str, StoredPolicy]) -> dict[str, StoredPolicy]:
    """Return policies that nobody else changes; what they store is never changed in place."""
    found = {policy_id: copy.copy(policy) for policy_id, policy in policies.items()}
    for policy in found.values():
        policy.commits = list(policy.commits)
    return found


@contextlib.contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Give a stage; the program that forks ends with it."""
    with (
        FakeKibana() as fake,
        subprocess.Popen(
            [sys.executable, crash_point.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "COLUMNS": "100"},
        ) as forker,
    ):
        yield Stage(fake, forker, folder)


def cut_power(ran: Ran, journal: Path) -> bool:
    """Take from a journal all that was not certainly on the disk; say if there was any.

    After a power cut the file holds something between this and all of it. A name that was never
    made durable is left alone: without its journal a run has sent nothing, which other points try.
    """
    if not journal.exists() or not 0 < ran.durable < journal.stat().st_size:
        return False
    os.truncate(journal, ran.durable)
    return True
