"""Disks that are full, slow to say so, or not there; several processes on one journal."""

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.rollouts import (
    MIRROR,
    base_urls,
    commit_counts,
    connected,
    kinds,
    planned,
    roll_back,
    roll_on,
    roll_out,
    serving,
    writes,
)

from elastic_mirror_policy import Journal, JournalError
from elastic_mirror_policy.testing import FakeKibana

NAMES = ("alpha", "beta", "delta", "gamma")


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """Four policies."""
    with serving(*NAMES) as served:
        yield served


class Disk:
    """Stands between a journal and the disk; the nth call of one kind fails."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
        self.calls = 0
        self._path = path
        self._patch = monkeypatch

    def fail(self, name: str, nth: int, code: int = errno.ENOSPC) -> None:
        """Let `os.<name>` on the journal fail from the nth call on; half a line may get through."""
        real = getattr(os, name)

        def counted(descriptor: int, *rest: object) -> object:
            if not self._is_journal(descriptor):
                return real(descriptor, *rest)
            self.calls += 1
            if self.calls < nth:
                return real(descriptor, *rest)
            if name == "write" and self.calls == nth:
                data = bytes(rest[0])  # type: ignore[call-overload]
                return real(descriptor, data[: len(data) // 2])
            raise OSError(code, os.strerror(code))

        self._patch.setattr(os, name, counted)

    def _is_journal(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self._path.stat())
        except OSError:
            return False


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal is to be."""
    return tmp_path / "a.journal"


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch, path: Path) -> Disk:
    """A disk that can fail."""
    return Disk(monkeypatch, path)


@pytest.mark.parametrize("name", ["write", "fsync"])
def test_a_disk_that_is_full_at_the_start_stops_everything(
    fake: FakeKibana, path: Path, disk: Disk, name: str
) -> None:
    """Nothing is written to Kibana, and no half journal is left behind."""
    disk.fail(name, 1)

    with pytest.raises(JournalError, match="No space left on device"):
        roll_out(fake, path)

    assert writes(fake) == []
    assert not path.exists()


@pytest.mark.parametrize(
    ("name", "nth"),
    [*(("write", nth) for nth in range(2, 14)), *(("fsync", nth) for nth in range(2, 7))],
)
def test_a_disk_that_fills_up_on_the_way_stops_the_run_and_the_journal_tells(
    fake: FakeKibana, path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch, name: str, nth: int
) -> None:
    """No write without its announcement; resume finishes the rest, once there is room again."""
    disk.fail(name, nth)
    report = roll_out(fake, path, parallel=1)
    ran_full = disk.calls >= nth
    monkeypatch.undo()
    announced = {state.change.policy_id for state in Journal.read(path).states if state.sent}
    done = set(commit_counts(fake))
    resumed = roll_on(fake, path)
    counts = commit_counts(fake)
    undone = roll_back(fake, path)

    assert ran_full
    assert not report.ok
    assert "No space left on device" in report.stopped
    assert done <= announced
    assert resumed.ok
    assert counts == dict.fromkeys(NAMES, 1)
    assert undone.ok
    assert {base_urls(fake.document(one)) for one in NAMES} == {(None,) * 3}


def test_a_disk_that_cannot_even_be_cut_back_is_still_one_of_our_errors(
    fake: FakeKibana, path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as one that was mounted read-only in the middle."""
    disk.fail("write", 4, errno.EROFS)
    monkeypatch.setattr(os, "ftruncate", _read_only)

    report = roll_out(fake, path, parallel=1)
    monkeypatch.undo()

    assert not report.ok
    assert "Read-only file system" in report.stopped
    assert Journal.read(path).complete
    assert len(writes(fake)) == 1


def test_a_wave_that_cannot_be_written_down_is_not_written(
    fake: FakeKibana, path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is any later one; once there is room again, resume does them all."""
    disk.fail("write", 2)
    report = roll_out(fake, path, waves=[1, "rest"])
    nothing = commit_counts(fake)
    monkeypatch.undo()
    resumed = roll_on(fake, path)

    assert kinds(report) == ["skipped"] * 4
    assert "No space left on device" in report.stopped
    assert nothing == {}
    assert resumed.ok
    assert commit_counts(fake) == dict.fromkeys(NAMES, 1)


def test_a_torn_line_on_a_disk_that_is_read_only_now_ends_a_resume(
    fake: FakeKibana, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is asked of Kibana; the journal stays as it is, and is not held."""
    roll_out(fake, path)
    with path.open("ab") as journal:
        journal.write(b'{"phase": "put_s')
    torn = path.read_bytes()
    requests = len(fake.requests)
    with connected(fake) as kibana:
        with monkeypatch.context() as patch:
            patch.setattr(os, "ftruncate", _read_only)
            with pytest.raises(JournalError, match="cannot be continued: Read-only file system"):
                kibana.resume(path)
        untouched = path.read_bytes() == torn
        asked = len(fake.requests) - requests
        report = kibana.resume(path)

    assert untouched
    assert asked == 0
    assert report.ok


def test_a_folder_that_cannot_be_made_durable_stops_everything(
    fake: FakeKibana, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal could be gone after a power failure, and the writes not."""
    monkeypatch.setattr("elastic_mirror_policy.journal.writer.fsync_dir", _read_only)

    with pytest.raises(JournalError, match="cannot be made durable: Read-only file system"):
        roll_out(fake, path)

    assert writes(fake) == []
    assert not path.exists()


def _read_only(*_: object) -> None:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("missing/a.journal", "No such file"),
        (".", "exists already"),
        ("file/x", "Not a directory"),
        ("/sys/a.journal", "Permission denied|Read-only file system"),
    ],
)
def test_a_journal_that_cannot_be_made_stops_everything(
    fake: FakeKibana, tmp_path: Path, place: str, words: str
) -> None:
    """Before the first write; the hint says that nothing is written without a journal."""
    (tmp_path / "file").touch()
    with connected(fake) as kibana:
        plan = planned(kibana)
        with pytest.raises(JournalError, match=words):
            kibana.apply(plan, journal=tmp_path / place)

    assert writes(fake) == []


def test_a_file_system_without_locks_stops_everything(
    fake: FakeKibana, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as some network mounts: two processes could write into one journal."""
    monkeypatch.setattr("fcntl.flock", _no_locks)

    with pytest.raises(JournalError, match=f"cannot be locked: {os.strerror(errno.ENOLCK)}"):
        roll_out(fake, path)

    assert writes(fake) == []
    assert not path.exists()


def test_a_journal_of_a_file_system_without_locks_is_not_continued(
    fake: FakeKibana, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been copied there; it stays as it is, and can be taken back."""
    roll_out(fake, path)
    before = path.read_bytes()
    with connected(fake) as kibana, monkeypatch.context() as patched:
        patched.setattr("fcntl.flock", _no_locks)
        with pytest.raises(JournalError, match="cannot be locked"):
            kibana.resume(path)
        plan = kibana.plan_rollback(path)

    assert path.read_bytes() == before
    assert len(plan) == len(NAMES)


def _no_locks(*_: object) -> None:
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))


def test_a_disk_that_complains_at_the_end_does_not_cost_the_report(
    fake: FakeKibana, path: Path, disk: Disk
) -> None:
    """Everything is on it by then."""
    disk.fail("close", 1, errno.EIO)

    report = roll_out(fake, path)

    assert report.ok
    assert disk.calls == 1
    assert len(Journal.read(path).written) == len(NAMES)


def test_a_journal_that_is_deleted_on_the_way_stops_the_run(fake: FakeKibana, path: Path) -> None:
    """What is written after that could not be taken back."""
    report = roll_out(fake, path, parallel=1, progress=lambda _: path.unlink(missing_ok=True))

    assert kinds(report) == ["succeeded"] + ["skipped"] * 3
    assert "was deleted while it was being written" in report.stopped
    assert len(writes(fake)) == 1


def test_a_journal_that_is_moved_on_the_way_keeps_its_evidence(
    fake: FakeKibana, path: Path, tmp_path: Path
) -> None:
    """It is still one file, under another name."""
    other = tmp_path / "moved"
    report = roll_out(
        fake, path, parallel=1, progress=lambda _: path.exists() and path.rename(other)
    )

    assert report.ok
    assert len(Journal.read(other).written) == len(NAMES)


def test_a_plan_whose_journal_could_not_be_read_again_is_not_written(
    fake: FakeKibana, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rollout that cannot be described cannot be taken back."""
    monkeypatch.setattr("elastic_mirror_policy.journal.writer.LARGEST_PLAN", 2000)

    with pytest.raises(JournalError, match="too large to be read again"):
        roll_out(fake, path)

    assert writes(fake) == []
    assert not path.exists()


def test_a_journal_that_grows_too_large_stops_the_run(
    fake: FakeKibana, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the write that could not be announced any more; what was done can be taken back."""
    roll_out(fake, tmp_path / "whole.journal")
    roll_back(fake, tmp_path / "whole.journal")
    room = (tmp_path / "whole.journal").stat().st_size - 900
    monkeypatch.setattr("elastic_mirror_policy.journal.writer.LARGEST_ANNOUNCED", room)
    report = roll_out(fake, path, parallel=1)
    undone = roll_back(fake, path)

    assert kinds(report) == ["succeeded"] * 3 + ["skipped"]
    assert "too large" in report.stopped
    assert undone.ok
    assert {base_urls(fake.document(one)) for one in NAMES} == {(None,) * 3}


LIMITED = """
import resource, sys
from elastic_mirror_policy import Kibana, MirrorSettings
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
with Kibana(sys.argv[1], api_key=sys.stdin.read()) as kibana:
    plan = kibana.plan(MirrorSettings.everywhere(sys.argv[4]), check_mirror=False)
    print(kibana.apply(plan, journal=sys.argv[2], parallel=1).stopped)
"""


def test_a_real_limit_on_the_size_of_files_is_survived(
    fake: FakeKibana, path: Path, tmp_path: Path
) -> None:
    """The kernel itself refuses half of a line."""
    roll_out(fake, tmp_path / "whole.journal")
    roll_back(fake, tmp_path / "whole.journal")
    room = (tmp_path / "whole.journal").stat().st_size - 900
    result = subprocess.run(
        [sys.executable, "-c", LIMITED, fake.url, str(path), str(room), MIRROR],
        input=fake.api_key,
        capture_output=True,
        check=False,
        text=True,
    )

    assert "File too large" in result.stdout, result.stderr
    assert result.returncode == 0
    assert {state.phase for state in Journal.read(path).states} > {"verified"}


def test_two_rollouts_cannot_share_a_journal(fake: FakeKibana, path: Path) -> None:
    """The second one is refused while the first is at work."""
    refused: list[str] = []

    def another() -> None:
        with connected(fake) as kibana:
            for call in (kibana.resume, lambda p: kibana.apply(planned(kibana), journal=p)):
                try:
                    call(path)
                except JournalError as exc:
                    refused.append(exc.message)

    fake.before("PUT", "/beta", 1, another)

    report = roll_out(fake, path)

    assert report.ok
    assert "in use by another process" in refused[0]
    assert "exists already" in refused[1]
    assert commit_counts(fake) == dict.fromkeys(NAMES, 1)


def test_a_journal_that_is_open_in_another_process_is_left_alone(
    fake: FakeKibana, path: Path
) -> None:
    """Neither resumed nor taken back; the lock is the kernel's, and ends with its process."""
    roll_out(fake, path)
    code = (
        "import fcntl, sys; f = open(sys.argv[1], 'rb'); fcntl.flock(f, fcntl.LOCK_EX);"
        "print('locked', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with connected(fake) as kibana, pytest.raises(JournalError, match="in use by another"):
            kibana.resume(path)
        with connected(fake) as kibana, pytest.raises(JournalError, match="still under way"):
            kibana.plan_rollback(path)
        other.communicate()
    with connected(fake) as kibana:
        report = kibana.resume(path)
        undo = kibana.plan_rollback(path)

    assert report.ok
    assert set(kinds(report)) == {"succeeded"}
    assert len(undo.changes) == len(NAMES)


def test_a_rollback_of_a_journal_that_is_gone_needs_no_file(fake: FakeKibana, path: Path) -> None:
    """Who has read it can take it back; the rest of the checks is in the journal itself."""
    roll_out(fake, path)
    journal = Journal.read(path)
    path.unlink()

    with connected(fake) as kibana:
        undo = kibana.plan_rollback(journal)

    assert len(undo.changes) == len(NAMES)


def test_a_rollout_outside_the_main_thread_works(fake: FakeKibana, path: Path) -> None:
    """Where no signal can be handled."""
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(roll_out(fake, path).ok))
    thread.start()
    thread.join()

    assert found == [True]
