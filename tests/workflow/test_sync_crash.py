"""A sync that is killed at any moment leaves a whole mirror, and the next one goes on."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.killed import killed_at, unmeasured
from support.trees import broken, manifest_versions, published

from elastic_mirror_policy.mirror import Progress, sync_mirror
from elastic_mirror_policy.testing._artifacts import faults
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

VERSIONS = ["9.1.3", "9.2.0"]
NOW = datetime(2026, 1, 6, tzinfo=UTC)
SYNC = """
sync_mirror(sys.argv[2], endpoint_versions=["9.1.3", "9.2.0"], upstream=sys.argv[3], parallel=1,
            keep=0, interval=0)
"""


@pytest.fixture
def upstream() -> Iterator[FakeArtifactServer]:
    """An upstream of two endpoint versions."""
    with FakeArtifactServer.example(*VERSIONS) as server:
        yield server


def sync(upstream: FakeArtifactServer, folder: Path) -> int:
    """Sync both versions without keeping anything old; return how many files were fetched."""
    return sync_mirror(
        folder, endpoint_versions=VERSIONS, upstream=upstream.url, keep=0, interval=0
    ).fetched


@pytest.fixture
def wanted(upstream: FakeArtifactServer, tmp_path: Path) -> dict[str, tuple[str, int]]:
    """The tree of a sync that nobody disturbed, two releases later."""
    sync(upstream, tmp_path / "mirror")
    upstream.release()
    sync(upstream, tmp_path / "undisturbed")
    return published(tmp_path / "undisturbed")


@pytest.mark.parametrize("step", [1, 6, 11, 14, 17, 20, 23, 26, 29, 32, 35])
def test_a_sync_killed_anywhere_leaves_a_whole_mirror_and_can_be_repeated(
    upstream: FakeArtifactServer, tmp_path: Path, wanted: dict[str, tuple[str, int]], step: int
) -> None:
    """Each published manifest is an old or a new one, with every artifact it names."""
    folder = tmp_path / "mirror"
    killed = killed_at(step, SYNC, str(folder), upstream.url)
    after_kill = manifest_versions(folder)
    wrong = broken(folder)
    sync(upstream, folder)

    assert killed
    assert wrong == []
    assert set(after_kill) == set(VERSIONS)
    assert set(after_kill.values()) <= {"1.0.260", "1.0.261"}
    assert published(folder) == wanted
    assert list((folder / ".elastic-mirror-policy/staging").iterdir()) == []


@pytest.mark.parametrize("step", [5, 20, 30])
def test_a_first_sync_killed_anywhere_publishes_no_manifest_too_early(
    upstream: FakeArtifactServer, tmp_path: Path, step: int
) -> None:
    """The folder was empty; an endpoint finds a manifest only with all its artifacts."""
    folder = tmp_path / "mirror"
    killed = killed_at(step, SYNC, str(folder), upstream.url)

    assert killed
    assert broken(folder) == []
    sync(upstream, folder)
    assert manifest_versions(folder) == dict.fromkeys(VERSIONS, "1.0.260")


@pytest.mark.parametrize("step", [8, 16, 24])
def test_files_that_change_in_place_are_whole_after_the_next_run(tmp_path: Path, step: int) -> None:
    """No order can keep two contents under one path; repeating the sync mends it."""
    folder = tmp_path / "mirror"
    with FakeArtifactServer.example(*VERSIONS, addressed=False) as upstream:
        sync(upstream, folder)
        upstream.release()
        killed_at(step, SYNC, str(folder), upstream.url)
        sync(upstream, folder)

    assert manifest_versions(folder) == dict.fromkeys(VERSIONS, "1.0.261")
    assert broken(folder) == []


def test_a_sync_killed_while_it_waits_for_bytes_keeps_what_it_had(
    upstream: FakeArtifactServer, tmp_path: Path
) -> None:
    """The finished files are not fetched again, the half one is, and no lock stays behind."""
    folder = tmp_path / "mirror"
    last = upstream.artifacts("9.2.0")[-1].relative_url
    begun = threading.Event()

    def stall(answer: faults.ArtifactAnswer) -> faults.ArtifactAnswer:
        begun.set()
        return faults.stalled(10)(answer)

    upstream.inject(last, stall)
    code = "from elastic_mirror_policy.mirror import sync_mirror\nimport sys\n" + SYNC
    command = [sys.executable, "-c", code, "", str(folder), upstream.url]
    with subprocess.Popen(command, env=unmeasured()) as run:
        assert begun.wait(60)
        run.send_signal(signal.SIGKILL)
    assert run.returncode == -signal.SIGKILL
    assert published(folder) == {}
    upstream.heal()

    assert sync(upstream, folder) == 1
    assert broken(folder) == []


class Interrupted(KeyboardInterrupt):
    """Ctrl-C at a chosen moment."""


@pytest.mark.parametrize("done", [0, 3])
def test_an_interrupt_leaves_the_published_tree_as_it_was(
    upstream: FakeArtifactServer, tmp_path: Path, done: int
) -> None:
    """It comes through at once, also while downloads are under way."""
    folder = tmp_path / "mirror"
    sync(upstream, folder)
    before = published(folder)
    upstream.release()

    def interrupt(progress: Progress) -> None:
        if progress.step == "artifacts" and progress.done == done:
            raise Interrupted

    with pytest.raises(Interrupted):
        sync_mirror(
            folder, endpoint_versions=VERSIONS, upstream=upstream.url, progress=interrupt, now=NOW
        )

    assert published(folder) == before
    sync(upstream, folder)
    assert broken(folder) == []
