"""Files that are there whole or not at all."""

import errno
import hashlib
import os
import stat
from pathlib import Path

import pytest

from elastic_mirror_policy._files import (
    CHUNK,
    atomic_file,
    atomic_write,
    fsync_dir,
    lock,
    locked,
    sha256_file,
)


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_file_is_written_whole_and_with_its_mode(tmp_path: Path, mode: int) -> None:
    """The mode does not depend on the umask, and nothing else is left in the folder."""
    target = tmp_path / "plan.json"
    atomic_write(target, b"data", mode=mode)

    assert target.read_bytes() == b"data"
    assert stat.S_IMODE(target.stat().st_mode) == mode
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_that_exists_is_replaced(tmp_path: Path) -> None:
    """Readers see the old or the new bytes."""
    target = tmp_path / "plan.json"
    target.write_bytes(b"old and longer")
    atomic_write(target, b"new")

    assert target.read_bytes() == b"new"


def test_the_final_name_is_not_there_before_the_end(tmp_path: Path) -> None:
    """Nobody can read half a file."""
    target = tmp_path / "plan.json"
    with atomic_file(target) as file:
        file.write(b"half")
        early = target.exists()
    late = target.exists()

    assert (early, late) == (False, True)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
@pytest.mark.parametrize("before", [None, b"old"])
def test_after_an_error_everything_is_as_it_was(
    tmp_path: Path, error: BaseException, before: bytes | None
) -> None:
    """A full disk or an interruption leaves the old file and no temporary one."""
    target = tmp_path / "plan.json"
    if before is not None:
        target.write_bytes(before)
    kept = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def write_half() -> None:
        with atomic_file(target) as file:
            file.write(b"half")
            raise error

    with pytest.raises(type(error)):
        write_half()

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == kept


def test_a_file_that_cannot_be_synced_is_not_put_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not on the disk must not look as if it were."""

    def fail(_descriptor: int) -> None:
        raise OSError(errno.EIO, "I/O error")

    monkeypatch.setattr(os, "fsync", fail)

    with pytest.raises(OSError, match="I/O error"):
        atomic_write(tmp_path / "plan.json", b"data")

    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    """Folders are never made up; the error names the file that was asked for."""
    with pytest.raises(FileNotFoundError, match=r"missing/plan\.json'$"):
        atomic_write(tmp_path / "missing" / "plan.json", b"data")


@pytest.mark.parametrize("name", ["x" * 255, "\u540d" * 85], ids=["ascii", "three bytes"])
def test_the_longest_name_can_be_written(tmp_path: Path, name: str) -> None:
    """The temporary name is never longer than the final one may be."""
    atomic_write(tmp_path / name, b"data")

    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_name_of_a_new_file_is_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is synced, renamed, and then its folder is synced."""
    done: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        mode = os.fstat(descriptor).st_mode
        done.append("folder" if stat.S_ISDIR(mode) else f"file {(tmp_path / 'p').exists()}")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    atomic_write(tmp_path / "p", b"data")

    assert done == ["file False", "folder"]


def test_only_a_folder_can_be_synced_as_one(tmp_path: Path) -> None:
    """A file in its place is an error."""
    file = tmp_path / "file"
    file.write_bytes(b"")

    with pytest.raises(NotADirectoryError):
        fsync_dir(file)


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1])
def test_a_hash_covers_every_byte(tmp_path: Path, size: int) -> None:
    """Files are read in pieces, and every piece counts."""
    file = tmp_path / "artifact"
    file.write_bytes(b"x" * size)

    assert sha256_file(file) == hashlib.sha256(b"x" * size).hexdigest()


def test_a_lock_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    """The second is told at once; after the first is gone the lock is free."""
    path = tmp_path / "journal"
    with locked(path), path.open("rb") as second, pytest.raises(BlockingIOError):
        lock(second)
    with path.open("rb") as third:
        lock(third)
        with pytest.raises(BlockingIOError), locked(path):
            raise AssertionError

    assert path.read_bytes() == b""


def test_locking_keeps_what_the_file_holds(tmp_path: Path) -> None:
    """It is opened to append, never to be emptied."""
    path = tmp_path / "journal"
    path.write_bytes(b"kept")
    with locked(path):
        held = path.read_bytes()

    assert held == b"kept"


def test_a_lock_needs_a_folder(tmp_path: Path) -> None:
    """The error is the operating system's own."""
    with pytest.raises(FileNotFoundError), locked(tmp_path / "missing" / "journal"):
        raise AssertionError
