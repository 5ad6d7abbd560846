"""What is served and what is not, by path and method, and what the log says of it."""

import pytest
from support.mirrors import HIDDEN, MANIFEST, VERSION, Mirror


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
