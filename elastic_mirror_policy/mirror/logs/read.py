"""Reading access logs of any length in little memory: plain, gzip, or standard input."""

import errno
import gzip
import io
import sys
import zlib
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, Final

from elastic_mirror_policy.errors import ArtifactError, ConfigurationError
from elastic_mirror_policy.mirror.logs.line import lines, seconds
from elastic_mirror_policy.mirror.logs.report import AccessLogReport, Caller, ManifestRequests

BLOCK: Final = 1 << 20
"""Bytes that are read at once; a longer line is damaged."""

MOST_CALLERS: Final = 250_000
"""Pairs of address and version that are kept apart; the report says how many were not."""

GZIP: Final = b"\x1f\x8b"
STANDARD_INPUT: Final = "-"


def read_access_logs(files: Sequence[str | Path]) -> AccessLogReport:
    """Return what the access logs of a mirror prove.

    The order of the files does not matter. A line that is damaged is counted and skipped.

    Args:
        files: Log files in the format that `mirror config` writes, also compressed with gzip;
            `-` is standard input.

    Raises:
        ConfigurationError: No file was given.
        ArtifactError: A file cannot be read, or not to its end.
    """
    if isinstance(files, str | Path) or not files:
        raise ConfigurationError(
            "No access log was given.",
            hint="Give a list of files, such as /var/log/nginx/elastic-mirror.access.log.",
        )
    tally = _Tally()
    for file in files:
        try:
            for block in _blocks(file):
                tally.add(block)
        except (FileNotFoundError, IsADirectoryError, PermissionError) as exc:
            raise ArtifactError(f"The access log {file} cannot be read: {exc.strerror}.") from exc
        except (OSError, EOFError, zlib.error) as exc:
            why = getattr(exc, "strerror", None) or str(exc) or "it ends too early"
            raise ArtifactError(
                f"The access log {file} cannot be read to its end: {why}.",
                hint="Give files that are complete; a file that is being compressed is not.",
            ) from exc
    return tally.report(tuple(map(str, files)))


def _blocks(file: str | Path) -> Iterator[bytes]:
    """Yield blocks of whole lines; an unfinished last line is given an end."""
    if str(file) == STANDARD_INPUT:
        if sys.stdin is None:
            raise OSError(errno.EBADF, "standard input is closed")
        yield from _lines(_opened(sys.stdin.buffer))
        return
    with Path(file).open("rb") as raw:
        yield from _lines(_opened(raw))


def _opened(raw: BinaryIO) -> BinaryIO | gzip.GzipFile:
    """Return a stream of text, whether it was compressed or not."""
    begin = raw.peek(2)[:2] if isinstance(raw, io.BufferedReader) else b""
    return gzip.GzipFile(fileobj=raw) if begin == GZIP else raw


def _lines(stream: BinaryIO | gzip.GzipFile) -> Iterator[bytes]:
    rest = b""
    while block := stream.read(BLOCK):
        whole, newline, tail = (rest + block).rpartition(b"\n")
        if newline:
            yield whole + newline
            rest = tail
        elif len(tail) > BLOCK:
            yield b"\n"  # a line without an end counts as one that is damaged
            rest = b""
        else:
            rest = tail
    if rest:
        yield rest + b"\n"


_LAST, _STATUS, _SENT, _UNCHANGED, _REFUSED = range(5)
_COLUMN: Final = {b"200": _SENT, b"206": _SENT, b"304": _UNCHANGED}

_Counts = list[int]
"""Last time, last status, and the three counts; a list, because there are hundreds of thousands."""


class _Tally:
    """Counts requests block by block."""

    def __init__(self) -> None:
        self.seen: dict[bytes, _Counts] = {}
        self.lines = self.well_formed = self.others = self.not_kept = 0
        self.first: int | None = None
        self.last: int | None = None
        self._time, self._moment = b"", 0

    def add(self, block: bytes) -> None:
        """Count the lines of a block."""
        self.lines += block.count(b"\n")
        seen, column = self.seen, _COLUMN
        for address, time, ours, version, status in lines(block):
            if time != self._time and not self._read(time):
                continue
            self.well_formed += 1
            if not ours:
                self.others += 1
                continue
            key = address + b" " + version
            counts = seen.get(key) or self._new(key)
            counts[column.get(status, _REFUSED)] += 1
            if self._moment >= counts[_LAST]:
                counts[_LAST] = self._moment
                counts[_STATUS] = int(status)

    def _read(self, time: bytes) -> bool:
        """Make `_moment` what a time says; lines that follow each other often have the same."""
        moment = seconds(time)
        if moment is None:
            return False
        self._time, self._moment = time, moment
        self.first = moment if self.first is None else min(self.first, moment)
        self.last = moment if self.last is None else max(self.last, moment)
        return True

    def _new(self, key: bytes) -> _Counts:
        counts = [0] * 5
        if len(self.seen) < MOST_CALLERS:
            self.seen[key] = counts
        else:
            self.not_kept += 1
        return counts

    def _callers(self) -> Iterator[Caller]:
        """Yield who asked, sorted, and forget it."""
        keys = (key.decode("ascii").partition(" ") for key in sorted(self.seen))
        for address, found in groupby(keys, lambda parts: parts[0]):
            made = [self._taken(address, sys.intern(version)) for _, _, version in found]
            artifacts = None if made[0].endpoint_version else made.pop(0)
            yield Caller(address, tuple(made), artifacts)

    def _taken(self, address: str, version: str) -> ManifestRequests:
        last, status, sent, unchanged, refused = self.seen.pop(f"{address} {version}".encode())
        return ManifestRequests(version, last, status, sent, unchanged, refused)

    def report(self, files: tuple[str, ...]) -> AccessLogReport:
        """Return the sum."""
        return AccessLogReport(
            files=files,
            lines=self.lines,
            damaged=self.lines - self.well_formed,
            others=self.others,
            not_kept=self.not_kept,
            first=self.first,
            last=self.last,
            callers=tuple(self._callers()),
        )
