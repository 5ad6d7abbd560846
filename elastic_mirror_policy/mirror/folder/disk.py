"""What the disk refuses, as one sentence; and the ways files get into a tree."""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from elastic_mirror_policy.errors import ArtifactError

_MENDS = {
    errno.ENOSPC: "Make room and run it again; what was fetched is kept.",
    errno.EDQUOT: "Raise the quota and run it again; what was fetched is kept.",
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
            hint=_MENDS.get(exc.errno or 0, "The manifests that are published were not changed."),
        ) from exc


def make_folders(folder: Path) -> None:
    """Make a folder and the ones above it, such that a web server can read them.

    Raises:
        OSError: One cannot be made.
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
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
