"""Runs of the real Ansible, on this machine alone, and what came of each task."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from elastic_mirror_policy._json import JsonValue

COLLECTION = Path(__file__).parents[2] / "examples" / "ansible"
MODULE = "elastic_mirror.policy.defend_artifact_mirror"
INFO = f"{MODULE}_info"
_PLUGINS = Path(__file__).parent / "ansible_plugins"


@dataclass(frozen=True, slots=True)
class TaskResult:
    """How a task ended on a host: `ok`, `failed`, `ignored`, `skipped` or `unreachable`."""

    host: str
    task: str
    status: str
    values: Mapping[str, JsonValue]

    @property
    def changed(self) -> bool:
        """Whether Ansible was told that something changed."""
        return bool(self.values["changed"])

    @property
    def message(self) -> str:
        """What Ansible was told in a sentence."""
        return str(self.values["msg"])


@dataclass(frozen=True, slots=True)
class Run:
    """One launch of Ansible: its exit code, everything it printed, and its tasks."""

    returncode: int
    output: str
    tasks: tuple[TaskResult, ...] = ()

    def __getitem__(self, task: str) -> TaskResult:
        (found,) = [result for result in self.tasks if result.task == task]
        return found


@dataclass(frozen=True, slots=True)
class Ansible:
    """Ansible with its files below one folder, and with the collection installed there."""

    folder: Path

    @classmethod
    def install(cls, folder: Path) -> "Ansible":
        """Return Ansible with the collection built and installed as a user would."""
        ansible = cls(folder)
        ansible.run("galaxy", "collection", "build", COLLECTION, "--output-path", folder)
        (built,) = folder.glob("*.tar.gz")
        ansible.run("galaxy", "collection", "install", built, "--offline", "-p", folder / "found")
        return ansible

    @property
    def collections(self) -> Path:
        """Where collections are found."""
        return self.folder / "found"

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the whole environment of a run; nothing of this machine is in it but PATH."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "home"),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_LOCAL_TEMP": str(self.folder / "local"),
            "ANSIBLE_REMOTE_TEMP": str(self.folder / "remote"),
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
            "ANSIBLE_CALLBACK_PLUGINS": str(_PLUGINS),
            "ANSIBLE_CALLBACKS_ENABLED": "record",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_RETRY_FILES_ENABLED": "0",
            **(more or {}),
        }

    def run(
        self, command: str, *arguments: str | Path, environment: Mapping[str, str] | None = None
    ) -> Run:
        """Run `ansible-<command>` from the Python that runs the tests.

        Raises:
            AssertionError: It wrote a traceback.
        """
        done = subprocess.run(
            [sys.executable, "-m", "ansible", command, *map(str, arguments)],
            env=self.environment(environment),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        output = done.stdout + done.stderr
        assert "Traceback" not in output, output
        return Run(done.returncode, output)

    def play(
        self,
        plays: Sequence[Mapping[str, JsonValue]] | Path | str,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
    ) -> Run:
        """Run a playbook, given as data (JSON is YAML), as a file or by its name."""
        record = self.folder / f"record-{len(list(self.folder.iterdir()))}"
        if isinstance(plays, Path | str):
            playbook = str(plays)
        else:
            file = record.with_suffix(".yml")
            file.write_text(json.dumps(plays), encoding="utf-8")
            playbook = str(file)
        run = self.run(
            "playbook",
            playbook,
            *arguments,
            environment={"RECORD_FILE": str(record), **(environment or {})},
        )
        lines = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
        tasks = tuple(TaskResult(**json.loads(line)) for line in lines)
        return Run(run.returncode, run.output, tasks)


def local_play(
    tasks: Sequence[Mapping[str, JsonValue]], **keywords: JsonValue
) -> dict[str, JsonValue]:
    """Return a play on this machine, with the Python that runs the tests."""
    return {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable},
        "tasks": list(tasks),
        **keywords,
    }
