"""One HTTP session: what is sent, what comes back, what becomes an error."""

import logging
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.memory_http import Scripted, all_http
from support.wire import answer, wire

from elastic_mirror_policy._http import client as _http
from elastic_mirror_policy._http.auth import HeaderAuth, NoAuth
from elastic_mirror_policy._http.client import HttpClient, Reply, Timeouts
from elastic_mirror_policy._http.connections import Tls
from elastic_mirror_policy._http.quiet import quiet_headers
from elastic_mirror_policy._http.retry import RetryPolicy
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import ApiError, MirrorPolicyError, TransportError

URL = "http://kibana.corp:5601/base"
SECRET = "c2VjcmV0"


def explain(reply: Reply) -> MirrorPolicyError:
    """Return the error for an answer, as the caller of a client decides it."""
    return ApiError(
        f"No: {reply.text()}",
        status=reply.status,
        method=reply.method,
        path=reply.path,
        retry_after=reply.retry_after(),
    )


@pytest.fixture(name="server")
def _server() -> Iterator[Scripted]:
    script = Scripted()
    with all_http(script):
        yield script


@pytest.fixture(name="client")
def _client() -> Iterator[HttpClient]:
    client = HttpClient(
        URL + "/",
        explain=explain,
        auth=HeaderAuth("ApiKey", SECRET),
        headers={"kbn-xsrf": "test"},
        timeouts=Timeouts(1.0, 2.0, 3.0),
        retry=RetryPolicy(attempts=1),
    )
    yield client
    client.close()


def test_a_read_returns_the_decoded_answer(server: Scripted, client: HttpClient) -> None:
    """Base path, parameters, headers and credentials are in the request."""
    server.add(b'{"items": [1]}')
    found = client.read("GET", "/api/x", params={"kuery": "a.b:c", "page": "1"})
    (request,) = server.asked

    assert found == {"items": [1]}
    assert (request.method, request.host) == ("GET", "kibana.corp:5601")
    assert request.target == "/base/api/x?kuery=a.b%3Ac&page=1"
    assert request.headers["authorization"] == f"ApiKey {SECRET}"
    assert request.headers["kbn-xsrf"] == "test"
    assert request.headers["user-agent"].startswith("elastic-mirror-policy/")
    assert "content-type" not in request.headers
    assert request.body == b""


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_is_compact_json(server: Scripted, client: HttpClient, method: str) -> None:
    """In UTF-8, keys in their own order."""
    server.add()
    client.write(method, "/api/x", body={"b": [1, None], "a": "\u00e4"})
    (request,) = server.asked

    assert request.body == b'{"b":[1,null],"a":"\xc3\xa4"}'
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("method", "seconds"), [("GET", 2.0), ("POST", 2.0), ("PUT", 3.0), ("DELETE", 3.0)]
)
def test_every_request_has_its_timeouts(
    server: Scripted, client: HttpClient, method: str, seconds: float
) -> None:
    """A write may take longer; nothing waits for ever."""
    server.add()
    client.send(method, "/")

    assert (server.waits[0], server.waits[-1]) == (1.0, seconds)


def test_without_a_ca_the_usual_ones_are_trusted() -> None:
    """A certificate is always checked."""
    assert Tls().verify is True


@pytest.mark.parametrize(
    ("auth", "sent"), [(HeaderAuth("ApiKey", SECRET), f"ApiKey {SECRET}"), (NoAuth(), None)]
)
def test_netrc_cannot_replace_or_add_credentials(
    server: Scripted,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    auth: NoAuth,
    sent: str | None,
) -> None:
    """An entry for the host is ignored, with credentials of ours and without."""
    (tmp_path / ".netrc").write_text("default login intruder password x\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    server.add()
    client = HttpClient(URL, explain=explain, auth=auth)
    client.read("GET", "/")
    client.close()

    assert server.asked[0].headers.get("authorization") == sent


def test_credentials_never_show_themselves() -> None:
    """Neither when printed nor in a pickle, which could lie anywhere."""
    auth = HeaderAuth("Basic", SECRET)

    assert repr(auth) == "HeaderAuth('Basic', <hidden>)"
    with pytest.raises(TypeError, match="credentials cannot be pickled"):
        pickle.dumps(auth)


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (400, {}, f'{{"message": "bad key {SECRET}"}}'),
        (302, {"Location": f"https://login.corp/{SECRET}"}, ""),
        (200, {}, f"<html>{SECRET}</html>"),
    ],
)
def test_a_credential_that_comes_back_is_hidden(
    server: Scripted,
    client: HttpClient,
    caplog: pytest.LogCaptureFixture,
    status: int,
    headers: dict[str, str],
    body: str,
) -> None:
    """A server that echoes it in an error, a redirect or a page does not get it into ours."""
    caplog.set_level(logging.DEBUG)
    server.add(body.encode(), status, headers)

    with pytest.raises(MirrorPolicyError) as caught:
        client.read("GET", "/")

    assert SECRET not in str(caught.value)
    assert "<hidden>" in str(caught.value)
    assert SECRET not in caplog.text


def test_no_cookie_is_kept() -> None:
    """Every request stands for itself: the next one sends none back."""
    with wire(answer(b"{}", "200 OK", "Set-Cookie: sid=1; Path=/"), answer()) as served:
        client = HttpClient(served.url, explain=explain)
        client.read("GET", "/")
        client.read("GET", "/")
        client.close()

    assert [b"Cookie" in request for request in served.requests] == [False, False]


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308, 304])
def test_a_redirect_is_an_error_that_names_the_other_address(
    server: Scripted, client: HttpClient, status: int
) -> None:
    """It is not followed, whoever it leads to, and its query is not repeated."""
    server.add(b"", status, {"Location": "https://other.corp/x?token=1"})

    with pytest.raises(TransportError) as caught:
        client.write("PUT", "/", body={})

    assert caught.value.message == (
        "PUT / was answered with a redirect to 'https://other.corp/x', which is not followed."
    )
    assert len(server.asked) == 1


def test_a_redirect_without_an_address_is_an_error_too(
    server: Scripted, client: HttpClient
) -> None:
    """There may be nothing to name."""
    server.add(b"", 302)

    with pytest.raises(TransportError, match="a redirect to 'an address it does not name'"):
        client.read("GET", "/")


@pytest.mark.parametrize("status", [400, 401, 404, 409, 418, 500])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_refusal_is_explained_by_the_caller(
    server: Scripted, client: HttpClient, status: int, method: str
) -> None:
    """What a status means is not this module's business."""
    server.add(b"plain text", status)
    ask: Callable[..., JsonValue] = {"GET": client.read, "PUT": client.write}[method]

    with pytest.raises(ApiError, match=r"^No: plain text$") as caught:
        ask(method, "/api", body={})

    assert (caught.value.status, caught.value.method, caught.value.path) == (status, method, "/api")


def test_send_returns_any_answer_as_it_is(server: Scripted, client: HttpClient) -> None:
    """Whoever probes looks at the status."""
    server.add(b"gone", 404, {"X-A": "b"})
    reply = client.send("PUT", "/", body={})

    assert (reply.method, reply.path, reply.status, reply.body) == ("PUT", "/", 404, b"gone")
    assert reply.headers["x-a"] == "b"


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"", "an empty answer"),
        (b"<html>\n <h1>Login</h1>", "a text that begins '<html> <h1>Login</h1>'"),
        (b'{"items": [', "a text that begins '{\"items\": ['"),
        (b"x" * 500, f"a text that begins '{'x' * 80}'"),
        (b"\xff\x1b[2J", "a text that begins '\u00ff\\\\x1b[2J'"),
        (b"<title>Sign&nbsp;in</title>" + b"x" * 99, "a page titled 'Sign in'"),
        (
            b"<title>Rejected</title>Your support ID is: <b>123456789</b>",
            "a page titled 'Rejected' (support ID 123456789, Server: proxy/1)",
        ),
    ],
)
def test_an_answer_that_is_not_json_is_told_as_what_it_is(
    server: Scripted, client: HttpClient, body: bytes, shown: str
) -> None:
    """A login page or a firewall's words are recognised, and act on no terminal."""
    server.add(body, 200, {"Server": "proxy/1"} if b"ID" in body else {})

    with pytest.raises(TransportError) as caught:
        client.read("GET", "/")

    assert caught.value.message == f"GET / was answered with 200 and {shown} in place of JSON."
    assert "login page" in caught.value.hint
    assert caught.value.sent


@pytest.mark.parametrize("body", [b"x" * 11, b"[1, 2, 3, 4]"])
def test_an_answer_that_is_too_large_is_not_read(
    server: Scripted, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    """A server cannot fill the memory, nor have it tried again."""
    monkeypatch.setattr(_http, "MAX_BODY", 10)
    server.add(body)
    client = HttpClient(URL, explain=explain, retry=RetryPolicy(attempts=5))

    with pytest.raises(TransportError, match=r"^GET / was answered with more than 10 bytes\.$"):
        client.read("GET", "/")

    assert len(server.asked) == 1


def test_the_largest_answer_is_read(
    server: Scripted, client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit itself is allowed."""
    monkeypatch.setattr(_http, "MAX_BODY", 9)
    server.add(b"[1, 2, 3]")

    assert client.read("GET", "/") == [1, 2, 3]


def test_every_request_is_counted(server: Scripted, client: HttpClient) -> None:
    """The report says how many were sent, refused ones too."""
    server.add()
    server.add(b"", 500)
    client.read("GET", "/")
    client.send("PUT", "/")

    assert client.requests_sent == 2


def test_a_request_is_logged_without_its_body(
    server: Scripted, client: HttpClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Method, path, status and seconds; never what was sent, nor as whom."""
    caplog.set_level(logging.DEBUG, logger="elastic_mirror_policy")
    server.add(b'{"answer": "body"}')
    client.write("PUT", "/api", body={"sent": "body"})

    assert caplog.messages[0].startswith("PUT /api -> 200 in 0.")
    assert not {"body", SECRET} & set(caplog.text.split())


def test_only_the_headers_of_our_own_answers_are_kept_out_of_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever else urllib3 says stays, and what it says to the rest of a program."""
    log = logging.getLogger("urllib3.connection")
    with quiet_headers():
        log.warning("Failed to parse headers (url=%s): %s", "u", SECRET)
        log.warning("Certificate did not match %s", "kibana.corp")
    log.warning("Failed to parse headers (url=%s): %s", "theirs", "X-Odd")

    assert caplog.messages == [
        "Failed to parse headers of an answer",
        "Certificate did not match kibana.corp",
        "Failed to parse headers (url=theirs): X-Odd",
    ]
