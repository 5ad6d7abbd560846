"""The command as a process: how it is started, what a broken pipe and a missing extra do."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.commands import PATIENCE, Command, Shell, environment_for
from support.rollouts import MIRROR, commit_counts

from elastic_mirror_policy import __main__
from elastic_mirror_policy.__main__ import MISSING
from elastic_mirror_policy.testing import FakeKibana, Fault

PLAIN = ("--base-url", MIRROR, "--no-check-mirror")
MODULE = (sys.executable, "-m", "elastic_mirror_policy")


def run(
    *words: str, environment: Mapping[str, str], folder: Path, text: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(
        words,
        cwd=folder,
        env=dict(environment),
        input=text,
        capture_output=True,
        check=False,
        text=True,
        timeout=PATIENCE,
    )


def test_the_package_can_be_run_as_a_module(fake: FakeKibana, tmp_path: Path) -> None:
    """`python -m elastic_mirror_policy` ends with the exit code of its command."""
    ended = run(*MODULE, "plan", *PLAIN, environment=environment_for(fake), folder=tmp_path)

    assert ended.returncode == 2
    assert ended.stdout.startswith("Plan: ")
    assert ended.stderr.startswith("Kibana http")


def test_the_script_is_the_same_command(tmp_path: Path) -> None:
    """As it is installed beside the interpreter."""
    script = shutil.which("elastic-mirror-policy", path=str(Path(sys.executable).parent))
    assert script is not None

    ended = run(script, environment={"PATH": os.defpath}, folder=tmp_path)

    assert ended.returncode == 64
    assert ended.stderr.startswith("Usage: elastic-mirror-policy [OPTIONS] COMMAND")


def test_a_secret_can_come_from_standard_input(fake: FakeKibana, tmp_path: Path) -> None:
    """Where neither the environment nor a file may hold it."""
    environment = environment_for(fake)
    del environment["KIBANA_API_KEY"]

    ended = run(
        *(*MODULE, "policies", "--api-key-file", "-"),
        environment=environment,
        folder=tmp_path,
        text=f"{fake.api_key}\nsecond line\n",
    )

    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("words", [("policies",), ("plan", *PLAIN, "--format", "json")])
def test_a_reader_that_has_gone_is_no_traceback(
    fake: FakeKibana, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """As in `... | head -0`."""
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.Popen(
        [*MODULE, *words],
        cwd=tmp_path,
        env=environment_for(fake),
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writing)
    _, err = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1
    assert "Traceback" not in err
    assert "BrokenPipe" not in err


@pytest.mark.parametrize("full", [False, True])
def test_a_rollout_goes_on_when_nobody_hears_what_is_said_beside_it(
    fake: FakeKibana, tmp_path: Path, *, full: bool
) -> None:
    """As in `2> >(head -1)` or on a full disk: what fails is in the report and in the journal."""
    if full and not Path("/dev/full").exists():
        pytest.skip("this system has no full device")
    fake.inject(Fault(method="PUT", status=403, json={"message": "Forbidden"}))
    reading, writing = os.pipe()
    os.close(reading)
    with open("/dev/full" if full else writing, "w", closefd=full) as deaf:
        ended = subprocess.run(
            [*MODULE, "apply", *PLAIN, "--yes", "-o", "json", "--journal", "a.journal"],
            cwd=tmp_path,
            env=environment_for(fake),
            stdout=subprocess.PIPE,
            stderr=deaf,
            check=False,
            timeout=PATIENCE,
        )
    os.close(writing)

    report = json.loads(ended.stdout)
    assert ended.returncode == 1
    assert (report["summary"]["succeeded"], report["summary"]["failed"]) == (5, 1)


def test_a_reader_that_has_gone_before_the_plan_stops_the_write(
    fake: FakeKibana, shell: Shell
) -> None:
    """Nobody saw what would be written, so nothing is."""
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.Popen(
        [*MODULE, "apply", *PLAIN, "--yes"],
        cwd=shell.folder,
        env=environment_for(fake),
        stdout=writing,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)

    assert process.wait(PATIENCE) == 1
    assert commit_counts(fake) == {}
    assert shell.files == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
@pytest.mark.parametrize("words", [("plan", *PLAIN), ("endpoints", "--format", "json")])
def test_output_that_takes_no_more_is_one_line(
    fake: FakeKibana, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """As in `... > file` on a full disk: what could not be told did not succeed."""
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [*MODULE, *words],
            cwd=tmp_path,
            env=environment_for(fake),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            text=True,
            timeout=PATIENCE,
        )

    assert ended.returncode == 1
    assert ended.stderr.splitlines()[1:] == [
        "Error: The output cannot be written: No space left on device."
    ]


@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&-"])
def test_a_daemon_without_standard_error_can_write(
    fake: FakeKibana, tmp_path: Path, closed: str
) -> None:
    """There is nobody to show progress to."""
    command = (*MODULE, "apply", *PLAIN, "--yes", "--journal", "a.journal")
    ended = run(
        "sh",
        "-c",
        f"{shlex.join(command)} {closed}",
        environment=environment_for(fake),
        folder=tmp_path,
    )

    assert ended.returncode == 0
    assert len(commit_counts(fake)) == 6


WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == sys.argv[1]:
            raise ModuleNotFoundError(f"No module named {name!r}", name=sys.argv[1])

sys.meta_path.insert(0, Missing())
from elastic_mirror_policy.__main__ import MISSING, main
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize("module", ["click", "pydantic_settings", "rich"])
def test_a_missing_extra_says_how_to_get_it(fake: FakeKibana, tmp_path: Path, module: str) -> None:
    """In one line; what does not need it works all the same."""
    ended = run(
        *(sys.executable, "-c", WITHOUT, module, "policies"),
        environment=environment_for(fake),
        folder=tmp_path,
    )

    if module == "rich":  # only a terminal needs it
        assert ended.returncode == 0, ended.stderr
    else:
        assert ended.returncode == 1
        assert ended.stderr == MISSING
        assert ended.stdout == ""


def test_a_module_of_ours_that_is_missing_is_not_taken_for_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A broken installation is not mended by an extra."""
    monkeypatch.setitem(sys.modules, "elastic_mirror_policy._cli", None)

    with pytest.raises(ModuleNotFoundError):
        __main__.main(["policies"])


def test_output_that_the_encoding_cannot_hold_is_no_traceback(tmp_path: Path) -> None:
    """A terminal of the last century shows an escape instead."""
    fake = FakeKibana()
    fake.add_policy("APAC 東京")
    with fake:
        ended = run(
            *(*MODULE, "policies"),
            environment=environment_for(fake, PYTHONIOENCODING="latin-1"),
            folder=tmp_path,
        )

    assert ended.returncode == 0
    assert r"APAC \u6771\u4eac" in ended.stdout


def test_nothing_is_made_in_the_folder_by_looking(fake: FakeKibana, shell: Shell) -> None:
    """Not even by a plan."""
    code = Command(fake, shell.folder).run("plan", *PLAIN)

    assert code == 2
    assert shell.files == []
