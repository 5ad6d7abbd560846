"""What endpoints get from a mirror that runs the product's configuration, in every combination."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support.mirrors import MANIFEST, VERSION, Mirror, came_from_the_cache
from support.probe import Answer
from support.web_servers import eventually

from elastic_mirror_policy.mirror.checking.etag import ETagClass, classify

CONDITIONS: dict[str, Callable[[str], str]] = {
    "alone": lambda etag: etag,
    "weak": lambda etag: f"W/{etag}",
    "first of a list": lambda etag: f'{etag}, "other"',
    "last of a list": lambda etag: f'"other",W/"another", {etag}',
    "any": lambda _etag: "*",
}


def is_kept(mirror: Mirror, answer: Answer) -> bool:
    """Whether the answer came from a file of the mirror's own."""
    return mirror.combination.mode == "static" or came_from_the_cache(answer)


@pytest.fixture
def manifest(mirror: Mirror) -> Answer:
    """Return the manifest, from the cache where there is one."""
    return eventually(lambda: mirror.ask(MANIFEST), lambda answer: is_kept(mirror, answer))


def test_the_manifest_is_served_as_it_is(mirror: Mirror, manifest: Answer, tmp_path: Path) -> None:
    """The bytes are those that were published, with their length."""
    mirror.upstream.dump(tmp_path)
    published = (tmp_path / MANIFEST[1:]).read_bytes()

    assert manifest.status == 200
    assert manifest.body == published
    assert manifest.headers["content-length"] == str(len(published))


def test_an_artifact_is_served_as_it_is(mirror: Mirror) -> None:
    """The bytes are those that the manifest names."""
    answer = mirror.ask(mirror.artifact)

    assert answer.status == 200
    assert answer.body == mirror.upstream.artifacts(VERSION)[0].wire


def test_the_etag_is_strong_and_has_no_dash(manifest: Answer) -> None:
    """The ETag is one that endpoints are known to accept."""
    assert classify(manifest.etag) is ETagClass.GOOD


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("form", CONDITIONS)
def test_the_own_etag_is_answered_with_304(
    mirror: Mirror, manifest: Answer, form: str, method: str
) -> None:
    """If-None-Match is understood in every form HTTP allows, and the answer has the ETag."""
    condition = CONDITIONS[form](str(manifest.etag))

    answer = mirror.ask(MANIFEST, method, if_none_match=condition)

    assert (answer.status, answer.etag, answer.body) == (304, manifest.etag, b"")


@pytest.mark.parametrize("condition", ['"other"', 'W/"other"', '"a", "b"', '"'])
def test_another_etag_gets_the_file(mirror: Mirror, manifest: Answer, condition: str) -> None:
    """Whoever has something else is given the file."""
    answer = mirror.ask(MANIFEST, if_none_match=condition)

    assert (answer.status, answer.etag, answer.body) == (200, manifest.etag, manifest.body)


def test_a_part_of_the_etag_gets_the_file(mirror: Mirror, manifest: Answer) -> None:
    """An ETag is compared as a whole."""
    cut = str(manifest.etag)[:-2] + '"'

    assert mirror.ask(MANIFEST, if_none_match=cut).status == 200


def test_the_file_time_is_answered_with_304(mirror: Mirror, manifest: Answer) -> None:
    """If-Modified-Since works too, and the answer has the ETag."""
    since = manifest.headers["last-modified"]

    answer = mirror.ask(MANIFEST, if_modified_since=since)

    assert (answer.status, answer.etag) == (304, manifest.etag)


def test_the_etag_goes_before_the_file_time(mirror: Mirror, manifest: Answer) -> None:
    """A wrong ETag gets the file although the time agrees."""
    since = manifest.headers["last-modified"]

    answer = mirror.ask(MANIFEST, if_none_match='"other"', if_modified_since=since)

    assert answer.status == 200


def test_a_connection_goes_on_after_304(mirror: Mirror, manifest: Answer) -> None:
    """What follows a 304 on the same connection is the next answer."""
    condition = {"if_none_match": str(manifest.etag)}

    answers = mirror.probe.ask_in_turn((MANIFEST, condition), (MANIFEST, {}), (MANIFEST, condition))

    assert [answer.status for answer in answers] == [304, 200, 304]
    assert answers[1].body == manifest.body


def test_a_part_is_served(mirror: Mirror, manifest: Answer) -> None:
    """A range gives that range, with the ETag of the whole."""
    answer = mirror.ask(MANIFEST, range="bytes=5-9")

    assert (answer.status, answer.etag, answer.body) == (206, manifest.etag, manifest.body[5:10])


def test_a_download_goes_on_while_the_etag_is_the_same(mirror: Mirror, manifest: Answer) -> None:
    """If-Range with the served ETag continues the file."""
    answer = mirror.ask(MANIFEST, range="bytes=5-", if_range=str(manifest.etag))

    assert (answer.status, answer.body) == (206, manifest.body[5:])


def test_a_download_starts_again_when_the_etag_is_another(mirror: Mirror, manifest: Answer) -> None:
    """If-Range with another ETag gives the whole file."""
    answer = mirror.ask(MANIFEST, range="bytes=5-", if_range='"other"')

    assert (answer.status, answer.body) == (200, manifest.body)


def test_nothing_is_compressed(mirror: Mirror, manifest: Answer) -> None:
    """A client that accepts gzip gets the plain file and the same ETag."""
    answer = mirror.ask(MANIFEST, accept_encoding="gzip, br, deflate")

    assert "content-encoding" not in answer.headers
    assert (answer.etag, answer.body) == (manifest.etag, manifest.body)


def test_a_head_request_tells_the_length(mirror: Mirror, manifest: Answer) -> None:
    """HEAD has the headers of GET."""
    answer = mirror.ask(MANIFEST, "HEAD")

    assert answer.status == 200
    assert answer.etag == manifest.etag
    assert answer.headers["content-length"] == manifest.headers["content-length"]


def test_slashes_that_double_do_no_harm(mirror: Mirror, manifest: Answer) -> None:
    """A base URL with a trailing slash still works."""
    answer = mirror.ask("/" + MANIFEST)

    assert (answer.status, answer.body) == (200, manifest.body)


def test_if_match_is_the_one_condition_nginx_gets_wrong(mirror: Mirror, manifest: Answer) -> None:
    """For its own files nginx compares it with the hidden ETag; no download client sends it."""
    answer = mirror.ask(MANIFEST, if_match=str(manifest.etag))

    of_nginx = (mirror.combination.server, mirror.combination.mode) == ("nginx", "static")
    assert answer.status == (412 if of_nginx else 200)
