"""What endpoints get from a mirror that runs the product's configuration, in every combination."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support.mirrors import HIDDEN, MANIFEST, VERSION, Mirror
from support.probe import Answer
from support.web_servers import eventually

from elastic_mirror_policy.mirror.etag import ETagClass, classify

CONDITIONS: dict[str, Callable[[str], str]] = {
    "alone": lambda etag: etag,
    "weak": lambda etag: f"W/{etag}",
    "first of a list": lambda etag: f'{etag}, "other"',
    "last of a list": lambda etag: f'"other",W/"another", {etag}',
    "any": lambda _etag: "*",
}


def is_kept(mirror: Mirror, answer: Answer) -> bool:
    """Whether the answer came from a file of the mirror's own."""
    shown = answer.headers.get("x-cache-status", answer.headers.get("x-cache", ""))
    return mirror.combination.mode == "static" or shown.startswith("HIT")


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


@pytest.mark.parametrize(
    "path",
    [
        "/downloads",
        "/downloads/",
        "/downloads/endpoint",
        "/downloads/endpoint/",
        "/downloads/endpoint/manifest",
        "/downloads/endpoint/manifest/",
    ],
)
def test_folders_are_neither_listed_nor_redirected(mirror: Mirror, path: str) -> None:
    """A folder is not there."""
    assert mirror.ask(path).status == 404


@pytest.mark.parametrize("path", [*HIDDEN, "/downloads/%2erecord", "/downloads//.record"])
def test_hidden_files_are_not_served(mirror: Mirror, path: str) -> None:
    """Records and unfinished files are not there."""
    assert mirror.ask(path).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/private.txt",
        "/downloadsecret/file",
        "/index.html",
        "/.elastic-mirror/etag",
        "/icons/",
    ],
)
def test_only_downloads_are_served(mirror: Mirror, path: str) -> None:
    """What is not below /downloads/ is not there."""
    assert mirror.ask(path).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/downloads/../private.txt",
        "/downloads/%2e%2e/private.txt",
        "/downloads/..%2fprivate.txt",
        "/downloads/endpoint/%2e%2e%2f%2e%2e%2fprivate.txt",
    ],
)
def test_no_path_leads_out_of_downloads(mirror: Mirror, path: str) -> None:
    """Dots do not climb."""
    assert mirror.ask(path).status in {400, 404}


@pytest.mark.parametrize(
    "path",
    [
        "/downloads/endpoint/manifest/artifacts-1.2.3.zip",
        MANIFEST.replace("/endpoint/", "/Endpoint/"),
        "/downloads/a%0Ab",
    ],
)
def test_what_is_missing_has_no_etag(mirror: Mirror, path: str) -> None:
    """A missing file is 404, without an ETag that could be taken for a manifest's."""
    answer = mirror.ask(path, if_none_match="*")

    assert (answer.status, answer.etag) == (404, None)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_nothing_but_reading_is_allowed(mirror: Mirror, method: str) -> None:
    """Other methods are refused, and the answer names those that are not."""
    answer = mirror.ask(MANIFEST, method)

    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


def test_tracing_is_off(mirror: Mirror) -> None:
    """TRACE does not echo what was sent."""
    assert mirror.ask(MANIFEST, "TRACE").status == 405


def test_health_is_a_short_text(mirror: Mirror) -> None:
    """A load balancer can ask whether the server is up."""
    answer = mirror.ask("/healthz")

    assert (answer.status, answer.body.strip()) == (200, b"ok")
    assert answer.headers["content-type"].startswith("text/plain")


def test_nothing_below_the_health_page_exists(mirror: Mirror) -> None:
    """The health page is one address."""
    assert mirror.ask("/healthz/more").status == 404


def test_the_server_does_not_tell_its_version(mirror: Mirror) -> None:
    """The headers and the error page name no version."""
    answer = mirror.ask("/missing")

    assert answer.headers["server"].lower() == mirror.combination.server
    assert b"1.22" not in answer.body
    assert b"2.4" not in answer.body


def test_the_log_tells_which_endpoint_version_asked(mirror: Mirror) -> None:
    """A line has the version in the manifest's name, the client's name and its condition."""
    mirror.ask(MANIFEST, user_agent="Synthetic Agent/1.0", if_none_match="c0ffee")

    line = mirror.home.log_lines("c0ffee")[0]
    assert f'"GET {MANIFEST} HTTP/1.1" 200 ' in line
    assert '"Synthetic Agent/1.0"' in line
    assert f" endpoint_version={VERSION} cache=" in line
    assert line.endswith(' if_none_match="c0ffee"')


@pytest.mark.parametrize(
    ("path", "mark"),
    [
        ("/downloads/endpoint/manifest/artifacts-9%20endpoint_version=8.zip", "version=8.zip"),
        ("/downloads/endpoint/manifest/artifacts-9%22%0A.zip", "artifacts-9%22%0A"),
        ("/downloads/endpoint/other.bin", "other.bin"),
    ],
)
def test_the_log_names_no_version_that_is_none(mirror: Mirror, path: str, mark: str) -> None:
    """A made-up name cannot write fields or lines of its own into the log."""
    mirror.ask(path)

    lines = mirror.home.log_lines(mark)
    assert len(lines) == 1
    assert " endpoint_version=- cache=" in lines[0]


def test_health_is_not_logged(mirror: Mirror) -> None:
    """The log is of endpoints, not of load balancers."""
    mirror.ask("/healthz", user_agent="balancer")
    mirror.ask("/later", user_agent="balancer")

    assert ["/later" in line for line in mirror.home.log_lines("balancer")] == [True]


def test_if_match_is_the_one_condition_nginx_gets_wrong(mirror: Mirror, manifest: Answer) -> None:
    """For its own files nginx compares it with the hidden ETag; no download client sends it."""
    answer = mirror.ask(MANIFEST, if_match=str(manifest.etag))

    of_nginx = (mirror.combination.server, mirror.combination.mode) == ("nginx", "static")
    assert answer.status == (412 if of_nginx else 200)
