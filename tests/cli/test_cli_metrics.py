"""`--metrics FILE`: four commands write what they found as figures; what goes wrong is said."""

import os
import sys
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.commands import Shell, assert_one_line
from support.rollouts import MIRROR

from elastic_mirror_policy.testing import FakeArtifactServer, FakeKibana

VERSION = "9.1.3"
PLAN = ("plan", "--base-url", MIRROR, "--no-check-mirror")
PREFIX = "elastic_mirror_policy_"


@pytest.fixture
def mirror() -> Iterator[FakeArtifactServer]:
    """Give a mirror."""
    with FakeArtifactServer.example(VERSION) as server:
        yield server


def figures(shell: Shell, name: str = "defend.prom") -> dict[str, float]:
    """Return the figures in a file, by short name and labels."""
    text = (shell.folder / name).read_text(encoding="utf-8")
    return {
        sample.name.removeprefix(PREFIX) + "".join(f" {v}" for v in sample.labels.values()): (
            sample.value
        )
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.usefixtures("fake")
def test_a_plan_writes_its_drift(shell: Shell) -> None:
    """The exit code stays what it is, and is among the figures."""
    ended = shell.run(*PLAN, "--metrics", "defend.prom", "--format", "json")
    summary = ended.json["summary"]
    found = figures(shell)

    assert ended.code == 2
    assert found["pending_policies"] == summary["to_change"] > 0
    assert found["skipped_policies"] == summary["skipped"]
    assert found["pending_agents"] == summary["agents"]
    assert found["last_run_exit_code plan"] == 2
    assert found["last_run_timestamp_seconds plan"] > 1.7e9


def test_the_status_of_a_folder_writes_its_ages(shell: Shell, mirror: FakeArtifactServer) -> None:
    """For each version."""
    shell.run("mirror", "sync", "m", "--endpoint-version", VERSION, "--upstream", mirror.url)
    ended = shell.run("mirror", "status", "m", "--metrics", "defend.prom")
    found = figures(shell)

    assert ended.code == 0
    assert found["mirror_complete"] == 1
    assert found[f"missing_artifacts {VERSION}"] == 0
    assert found[f"sync_age_seconds {VERSION}"] >= 0
    assert found[f"manifest_age_seconds mirror status {VERSION}"] > 0


def test_a_check_writes_health_and_findings(shell: Shell, mirror: FakeArtifactServer) -> None:
    """A version that the mirror lacks is not healthy."""
    words = ("mirror", "check", mirror.url, "--endpoint-version", VERSION)
    ended = shell.run(*words, "--endpoint-version", "9.9.9", "--metrics", "defend.prom")
    found = figures(shell)

    assert ended.code == 2
    assert found[f"mirror_healthy {VERSION}"] == 1
    assert found["mirror_healthy 9.9.9"] == 0
    assert found["findings error"] >= 1
    assert found["last_run_exit_code mirror check"] == 2


@pytest.mark.usefixtures("fake")
def test_endpoints_write_their_verdicts(shell: Shell) -> None:
    """All of them together are all the endpoints."""
    ended = shell.run("endpoints", "--metrics", "defend.prom", "--format", "json")
    found = figures(shell)
    counts = [value for name, value in found.items() if name.startswith("endpoints ")]

    assert sum(counts) == len(ended.json["endpoints"])
    assert found["last_run_exit_code endpoints"] == ended.code


@pytest.mark.usefixtures("fake")
def test_a_command_that_fails_leaves_the_file_as_it_was(shell: Shell) -> None:
    """What it said then is still true of then."""
    shell.run(*PLAN, "--metrics", "defend.prom")
    before = figures(shell)
    shell.set(KIBANA_API_KEY="expired")
    ended = shell.run(*PLAN, "--metrics", "defend.prom")

    assert ended.code == 1
    assert figures(shell) == before


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize("kind", ["pipe", "folder", "missing folder"])
def test_a_file_that_cannot_be_written_is_1(shell: Shell, kind: str) -> None:
    """The plan was shown, and one sentence says what is wrong."""
    name = "there"
    if kind == "pipe":
        os.mkfifo(shell.folder / name)
    elif kind == "folder":
        (shell.folder / name).mkdir()
    else:
        name = "none/defend.prom"
    ended = shell.run(*PLAN, "--quiet", "--metrics", name)

    said = [line for line in ended.err.splitlines() if line.startswith("Error: ")]
    assert ended.code == 1
    assert MIRROR in ended.out
    assert len(said) == 1
    assert f"metrics cannot be written to {name}" in said[0]


@pytest.mark.parametrize(
    "words", [PLAN, ("endpoints",), ("mirror", "status", "m"), ("mirror", "check", MIRROR)]
)
def test_a_missing_extra_is_said_before_anything_is_asked(
    shell: Shell, fake: FakeKibana, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """With how to get it."""
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    ended = shell.run(*words, "--metrics", "defend.prom")

    assert_one_line(ended, 64, "the extra [metrics]")
    assert shell.files == []
    assert fake.requests == ()
