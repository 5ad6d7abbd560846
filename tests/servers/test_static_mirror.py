"""What endpoints see when the files of a static mirror change, and on a second mirror node."""

import os
import shutil
from pathlib import Path

import pytest
from support.mirrors import MANIFEST, SERVERS, Combination, Mirror, ServerName, StartMirror

from elastic_mirror_policy._files import atomic_write
from elastic_mirror_policy.mirror.checking.etag import ETagClass, classify

Nodes = tuple[Mirror, Mirror]


@pytest.fixture
def static(server: ServerName, start_mirror: StartMirror) -> Mirror:
    """Return a mirror that serves files."""
    return start_mirror(Combination(server, "static"))


def file_of(mirror: Mirror) -> Path:
    """Return the manifest's file."""
    return mirror.home.root / MANIFEST[1:]


def test_a_published_manifest_is_served_at_once(static: Mirror) -> None:
    """The next request gets the new bytes under a new ETag."""
    old = static.ask(MANIFEST)
    atomic_write(file_of(static), b"a new manifest")

    answer = static.ask(MANIFEST, if_none_match=str(old.etag))

    assert (answer.status, answer.body) == (200, b"a new manifest")
    assert answer.etag != old.etag


def test_an_older_manifest_is_served_at_once(static: Mirror) -> None:
    """A release that was taken back reaches endpoints too, although its file is older."""
    old = static.ask(MANIFEST)
    atomic_write(file_of(static), b"the manifest of before")
    os.utime(file_of(static), (1_700_000_000, 1_700_000_000))

    answer = static.ask(MANIFEST, if_none_match=str(old.etag))

    assert (answer.status, answer.body) == (200, b"the manifest of before")


@pytest.mark.parametrize("ahead", [0.0, 86_400.0])
def test_a_file_that_was_just_written_has_a_strong_etag(static: Mirror, ahead: float) -> None:
    """Apache's own `W/` for files of this second, or of a clock that is ahead, is taken off."""
    atomic_write(file_of(static), b"fresh")
    written = file_of(static).stat().st_mtime + ahead
    os.utime(file_of(static), (written, written))

    answer = static.ask(MANIFEST)
    again = static.ask(MANIFEST, if_none_match=str(answer.etag))

    assert classify(answer.etag) is ETagClass.GOOD
    assert (again.status, again.etag) == (304, answer.etag)


def test_an_empty_file_is_served(static: Mirror) -> None:
    """A file without content has an ETag like any other."""
    atomic_write(file_of(static), b"")

    answer = static.ask(MANIFEST)

    assert (answer.status, answer.body) == (200, b"")
    assert static.ask(MANIFEST, if_none_match=str(answer.etag)).status == 304


def test_a_removed_file_is_missing(static: Mirror) -> None:
    """Nothing of it is remembered, also for a client that has it."""
    etag = str(static.ask(MANIFEST).etag)
    file_of(static).unlink()

    answer = static.ask(MANIFEST, if_none_match=etag)

    assert (answer.status, answer.etag) == (404, None)


def test_names_with_spaces_and_other_letters_are_served(static: Mirror) -> None:
    """What can be a file can be asked for."""
    target = static.home.root / "downloads/endpoint/a bü?%.bin"
    atomic_write(target, b"odd name")

    answer = static.ask("/downloads/endpoint/a%20b%C3%BC%3F%25.bin")

    assert (answer.status, answer.body) == (200, b"odd name")


@pytest.fixture
def nodes(server: ServerName, start_mirror: StartMirror) -> Nodes:
    """Return two mirrors with the same files and file times, as `rsync -t` leaves them."""
    first, second = (start_mirror(Combination(server, "static")) for _ in range(2))
    shutil.copystat(file_of(first), file_of(second))
    return first, second


def test_two_nodes_with_equal_file_times_give_one_etag(nodes: Nodes) -> None:
    """An endpoint that reaches the other node the next time has the right ETag for it."""
    first, second = nodes

    etag = str(first.ask(MANIFEST).etag)

    assert second.ask(MANIFEST).etag == etag
    assert second.ask(MANIFEST, if_none_match=etag).status == 304


def test_two_nodes_with_other_file_times_disagree(nodes: Nodes) -> None:
    """The ETag is made of the file's time: a copy that does not keep it has another ETag."""
    first, second = nodes
    file_of(second).touch()

    assert second.ask(MANIFEST).etag != first.ask(MANIFEST).etag


def test_nginx_and_apache_disagree(start_mirror: StartMirror) -> None:
    """Two nodes behind one name must run the same server."""
    nodes = [start_mirror(Combination(name, "static")) for name in SERVERS]

    etags = {node.ask(MANIFEST).etag for node in nodes}

    assert len(etags) == 2
