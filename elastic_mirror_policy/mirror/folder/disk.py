"""What the disk refuses, as one sentence; and the ways files get into a tree."""

import contextlib
import errno
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

from elastic_mirror_policy.errors import ArtifactError

_FLUSHES: Final = 8
"""Files that the disk is asked to write at the same time: it gathers what it is asked for."""

_HINTS = {
    errno.ENOENT: "Check that the folder it is in is there.",
    errno.ENOSPC: "Make room and run it again; nothing that is published is lost.",
    errno.EDQUOT: "Raise the quota and run it again; nothing that is published is lost.",
    errno.EFBIG: "Raise the limit on file sizes and run it again.",
    errno.EACCES: "Run it as the user who owns the folder.",
    errno.EPERM: "Run it as the user who owns the folder.",
    errno.EROFS: "The file system is mounted read-only.",
    errno.EXDEV: "The folder must be on one file system; give the folder that is on the large one.",
}


@contextlib.contextmanager
def disk_errors(root: Path) -> Iterator[None]:
    """Turn an `OSError` of the block into one sentence that names the file.

    Raises:
        ArtifactError: The disk is full, may not be written, or something is in the way.
    """
    try:
        yield
    except OSError as exc:
        where = exc.filename2 or exc.filename or root
        raise ArtifactError(
            f"{os.fspath(where)!r} cannot be used: {exc.strerror or exc}.",
            hint=_HINTS.get(exc.errno or 0, "The manifests that are published were not changed."),
        ) from exc


def make_folders(folder: Path) -> None:
    """Make a folder and the ones above it, such that a web server can read them.

    Raises:
        OSError: One cannot be made.
    """
    missing = list(itertools.takewhile(lambda one: not one.exists(), (folder, *folder.parents)))
    folder.mkdir(parents=True, exist_ok=True)
    for one in missing:
        one.chmod(0o755)


def set_time(path: Path, seconds: int | None) -> None:
    """Give a file the time of the upstream's, so that replicas make the same ETag of it.

    Raises:
        OSError: The file's time cannot be set.
    """
    if seconds is not None:
        os.utime(path, (seconds, seconds))


def copy_durably(source: Path, target: Path) -> None:
    """Copy content and time, and have both on the disk.

    Raises:
        OSError: The copy cannot be written.
    """
    shutil.copy2(source, target)
    with target.open("rb") as file:
        os.fsync(file.fileno())


Flush = Callable[[Callable[[Path], None], Path], None]
"""Begins to have a file or a folder on the disk, by a function that does it."""


@contextlib.contextmanager
def flushing() -> Iterator[Flush]:
    """Have files or folders on the disk, several at a time, all of them when the block ends.

    The block may go on with other work meanwhile. When it fails, what was not begun is left.

    Raises:
        OSError: The disk did not take one of them.
    """
    begun: list[Future[None]] = []
    with ThreadPoolExecutor(_FLUSHES, thread_name_prefix="flush") as pool:
        try:
            yield lambda flush, path: begun.append(pool.submit(flush, path))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        for flushed in begun:
            flushed.result()
