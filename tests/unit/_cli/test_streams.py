"""Standard output and standard error of the command."""

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from elastic_mirror_policy._cli.streams import Unheard, prepare_streams


@pytest.fixture
def unread() -> Iterator[int]:
    """Return the end of a pipe that nobody reads from any more."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


def test_standard_error_takes_what_nobody_reads(
    unread: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line, and what is left at the end."""
    with open(unread, "w", encoding="utf-8", closefd=False) as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        prepare_streams()

        sys.stderr.write("one line\n")
        sys.stderr.write("the rest")
        sys.stderr.flush()

        assert sys.stderr is not stream
        assert sys.stderr.fileno() == unread


def test_what_can_be_written_is_written(tmp_path: Path) -> None:
    """Byte by byte."""
    with Unheard(tmp_path / "told", "w") as file:
        assert file.write(b"told") == 4

    assert (tmp_path / "told").read_bytes() == b"told"


def test_a_stream_shows_any_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that its encoding lacks does not end the command."""
    told = tmp_path / "told"
    with told.open("w", encoding="ascii") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        prepare_streams()
        sys.stderr.write("\u6771\u4eac\n")

    assert told.read_text() == "\\u6771\\u4eac\n"


def test_a_stream_without_a_file_of_its_own_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a notebook's, or none at all."""
    for stream in (io.StringIO(), None):
        monkeypatch.setattr(sys, "stderr", stream)
        prepare_streams()

        assert sys.stderr is stream
