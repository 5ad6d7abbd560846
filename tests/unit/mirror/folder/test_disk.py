"""Files get onto the disk while other work goes on, and all of them before it is said so."""

import errno
import threading
from pathlib import Path

import pytest

from elastic_mirror_policy.mirror.folder.disk import flushing, make_folders


def test_the_block_ends_when_the_disk_has_everything(tmp_path: Path) -> None:
    """Also what was begun last, and is held up."""
    taken: list[Path] = []
    held_up = threading.Event()

    def flush(path: Path) -> None:
        held_up.wait(10)
        taken.append(path)

    with flushing() as begin:
        for number in range(20):
            begin(flush, tmp_path / str(number))
        assert taken == []
        held_up.set()

    assert len(taken) == 20


def flush_all(*paths: Path, error: type[BaseException] | None = None) -> None:
    """Begin with each path, of which the disk takes none called `bad`; fail then."""

    def flush(path: Path) -> None:
        if path.name == "bad":
            raise OSError(errno.EIO, "Input/output error", str(path))

    with flushing() as begin:
        for path in paths:
            begin(flush, path)
        if error is not None:
            raise error


def test_what_the_disk_does_not_take_is_an_error(tmp_path: Path) -> None:
    """The error comes out: the disk tells of it once, and nobody else would hear of it."""
    with pytest.raises(OSError, match="Input/output error"):
        flush_all(tmp_path / "one", tmp_path / "bad", tmp_path / "two")


def test_an_error_in_the_block_is_told_before_one_of_the_disk(tmp_path: Path) -> None:
    """It came first, and what it stopped matters no more."""
    with pytest.raises(InterruptedError):
        flush_all(tmp_path / "bad", error=InterruptedError)


def test_folders_that_are_made_can_be_read_by_a_web_server(tmp_path: Path) -> None:
    """Those that were there keep their rights."""
    tmp_path.chmod(0o700)
    make_folders(tmp_path / "downloads" / "endpoint")

    assert oct((tmp_path / "downloads").stat().st_mode & 0o777) == oct(0o755)
    assert oct((tmp_path / "downloads" / "endpoint").stat().st_mode & 0o777) == oct(0o755)
    assert oct(tmp_path.stat().st_mode & 0o777) == oct(0o700)
