"""Tar archives of plain files: written streaming, read without trusting a single header.

Only the 512-byte headers of POSIX ustar with regular files are understood. The long names and
attributes that other kinds of headers bring are refused, because their lengths are not bounded.
"""

import tarfile
from collections.abc import Iterator
from typing import BinaryIO

from elastic_mirror_policy._text import visible
from elastic_mirror_policy.errors import ArtifactError

PIECE = 1 << 18


def header(name: str, size: int, mtime: int) -> bytes:
    """Return the header of a regular file.

    Raises:
        ArtifactError: The name does not fit into a header.
    """
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, mtime, 0o644
    try:
        return info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict")
    except ValueError as exc:
        raise ArtifactError(f"The path {name!r} is too long for a bundle.") from exc


def padding(size: int) -> bytes:
    """Return the zero bytes that follow a file of this size."""
    return bytes(-size % tarfile.BLOCKSIZE)


END = bytes(2 * tarfile.BLOCKSIZE)


class TarReader:
    """Reads the members of an archive in their order, each one once.

    Args:
        file: The archive.
        name: What to call it in errors.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name

    def next(self) -> tarfile.TarInfo | None:
        """Return the next member, or None at the end.

        Raises:
            ArtifactError: It is not a regular file, or the archive is damaged.
            OSError: The archive cannot be read.
        """
        block = self._exactly(tarfile.BLOCKSIZE)
        if not any(block):
            return None
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except (tarfile.HeaderError, ValueError) as exc:
            raise self._damaged(f"a header cannot be read ({exc})") from exc
        if info.type not in {tarfile.REGTYPE, tarfile.AREGTYPE} or info.size < 0:
            raise ArtifactError(
                f"{self._name!r} holds {visible(info.name[:200])!r}, which is not a regular file.",
                hint="Nothing was unpacked; a bundle of `mirror pack` holds regular files only.",
            )
        return info

    def content(self, size: int) -> Iterator[bytes]:
        """Yield the bytes of the member whose header came last.

        Raises:
            ArtifactError: The archive ends too early.
            OSError: The archive cannot be read.
        """
        left = size
        while left:
            piece = self._exactly(min(PIECE, left))
            left -= len(piece)
            yield piece
        self._exactly(-size % tarfile.BLOCKSIZE)

    def _exactly(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) != size:
            raise self._damaged("it ends too early")
        return data

    def _damaged(self, why: str) -> ArtifactError:
        return ArtifactError(
            f"{self._name!r} is damaged: {why}.",
            hint="Nothing was unpacked; carry the bundle over again and compare its size.",
        )
