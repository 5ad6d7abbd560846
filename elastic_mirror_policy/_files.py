"""Files that are there whole or not at all: atomic write, fsync, hash, lock.

Owns the few disk habits that journal, plan files, sync and bundles share, and knows nothing
about what the files mean. Errors stay `OSError`: the caller knows which sentence helps.
"""

import contextlib
import errno
import hashlib
import os
import stat
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy._text import visible

CHUNK = 1 << 20
MAX_FILE: Final = 256 << 20
"""Largest plan or journal that is read, in bytes; one of 10,000 policies has about 50 MB."""

MAX_TOML: Final = 4 << 20
"""Largest file, in bytes; rules that name 10,000 policies by id have about 0.5 MB."""

_LONGEST_MESSAGE: Final = 200


def fsync_dir(folder: Path) -> None:
    """Make the names in `folder` durable, so that a rename or a new file survives a crash."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_file(path: Path) -> None:
    """Make the bytes of a file durable, whoever wrote them.

    Raises:
        OSError: They cannot be written to the disk.
    """
    with path.open("rb") as file:
        os.fsync(file.fileno())


@contextlib.contextmanager
def atomic_file(path: Path, *, mode: int = 0o644) -> Iterator[BinaryIO]:
    """Give a temporary file that becomes `path` when the block ends without an error.

    After an error nothing is left behind and `path` is what it was before.

    Args:
        path: The final name; its folder must exist.
        mode: Permission bits of the final file.

    Raises:
        OSError: The file cannot be written, synced or renamed.
    """
    try:
        descriptor, name = tempfile.mkstemp(
            prefix=f".{path.name[:50]}.", suffix=".part", dir=path.parent
        )
    except OSError as exc:
        exc.filename = os.fspath(path)  # the name that was given, not that of a file for a moment
        raise
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    fsync_dir(path.parent)


def atomic_write(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Replace `path` by a file that holds exactly `data`, or leave it as it was.

    Raises:
        OSError: The file cannot be written, synced or renamed.
    """
    with atomic_file(path, mode=mode) as file:
        file.write(data)


def replace_regular(path: str | os.PathLike[str], data: bytes) -> None:
    """Replace the file that `path` leads to, or make it; a link stays a link.

    A device is never replaced: whoever may write to /dev would lose /dev/stdout.

    Raises:
        OSError: It cannot be written; with EINVAL: it is something else than a regular file.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "it is not a regular file")
    atomic_write(target, data)


def open_regular(path: Path, flags: int) -> int:
    """Return the descriptor of a regular file; a pipe would hold whoever opens it.

    Raises:
        OSError: It cannot be opened, or is something else than a file.
    """
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "Not a regular file")


def read_bounded(path: Path, limit: int = MAX_FILE) -> bytes:
    """Return the bytes of a file, which may be one without an end.

    Raises:
        OSError: The file cannot be read, or has more than `limit` bytes.
    """
    with path.open("rb") as file:
        return bounded(file, limit)


def bounded(file: BinaryIO, limit: int = MAX_FILE) -> bytes:
    """Return the rest of an open file.

    Raises:
        OSError: It cannot be read, or has more than `limit` bytes.
    """
    data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return data


def sha256_file(path: Path, passed: Callable[[int], object] = int) -> str:
    """Return the SHA-256 of the file's bytes in hex, reading it in pieces.

    Args:
        path: The file.
        passed: Called with the length of every piece.

    Raises:
        OSError: The file cannot be read.
    """
    digest, room = hashlib.sha256(), memoryview(bytearray(CHUNK))
    with path.open("rb", buffering=0) as file:
        while length := file.readinto(room):
            digest.update(room[:length])
            passed(length)
    return digest.hexdigest()


def lock(file: BinaryIO) -> None:
    """Take the exclusive lock of an open file; it is released when the file is closed.

    Raises:
        BlockingIOError: Another process holds it.
    """
    import fcntl  # noqa: PLC0415 - absent on Windows, where the rest can still be imported

    fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


def in_use(path: Path) -> bool:
    """Return whether a process holds the lock of the file `path`, as far as that can be told."""
    # A file that is gone or a file system without locks tells nothing.
    with contextlib.suppress(ImportError, OSError), path.open("rb") as file:
        try:
            lock(file)
        except BlockingIOError:
            return True
    return False


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the exclusive lock of the file `path`, creating it when it is absent.

    Raises:
        BlockingIOError: Another process holds it.
        OSError: The file cannot be opened.
    """
    with path.open("ab") as file:
        lock(file)
        yield


def read_toml(path: Path) -> dict[str, JsonValue]:
    """Return what a TOML file says; a byte order mark before it is passed over.

    Raises:
        OSError: It cannot be read, or is too large.
        ValueError: It is not TOML, not UTF-8, nested too deep, or holds a number that is too
            large; the message says so in a few words.
    """
    data = read_bounded(path, MAX_TOML)
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except RecursionError as exc:
        raise ValueError("nested too deep") from exc
    except ValueError as exc:
        raise ValueError(visible(str(exc))[:_LONGEST_MESSAGE]) from exc
