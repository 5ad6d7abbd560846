"""When a request is sent again, and after how long."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from support.memory_http import Scripted, all_http

from elastic_mirror_policy._http.client import HttpClient, Reply
from elastic_mirror_policy._http.failures import FinalTransportError
from elastic_mirror_policy._http.retry import (
    RetryPolicy,
    is_retryable_read,
    is_retryable_write,
    parse_retry_after,
    wait_before_retry,
)
from elastic_mirror_policy.errors import (
    ApiError,
    ConfigurationError,
    ConflictError,
    MirrorPolicyError,
    RequestTimeoutError,
    ServerError,
    TransportError,
)

URL = "http://kibana.corp"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def api_error(status: int, retry_after: float | None = None) -> ApiError:
    """Return the error for an answer with this status."""
    return ServerError("x", status=status, method="GET", path="/", retry_after=retry_after)


@pytest.mark.parametrize(
    ("error", "read", "write"),
    [
        (api_error(400), False, False),
        (api_error(401), False, False),
        (api_error(403), False, False),
        (api_error(404), False, False),
        (ConflictError("x", status=409, method="PUT", path="/"), False, False),
        (api_error(413), False, False),
        (api_error(429), True, False),
        (api_error(500), False, False),
        (api_error(501), False, False),
        (api_error(502), True, False),
        (api_error(503), True, False),
        (api_error(504), True, False),
        (TransportError("x"), True, False),
        (TransportError("x", sent=False), True, True),
        (RequestTimeoutError("x"), True, False),
        (RequestTimeoutError("x", sent=False), True, True),
        (FinalTransportError("x"), False, False),
        (FinalTransportError("x", sent=False), False, False),
        (ConfigurationError("x"), False, False),
        (MirrorPolicyError("x"), False, False),
        (OSError("x"), False, False),
        (KeyboardInterrupt(), False, False),
    ],
)
def test_a_write_is_repeated_only_when_it_was_not_carried_out(
    error: BaseException,
    read: bool,  # noqa: FBT001 - a table
    write: bool,  # noqa: FBT001 - as above
) -> None:
    """A read is repeated when the answer may be better next time."""
    assert (is_retryable_read(error), is_retryable_write(error)) == (read, write)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 30 ", 30.0),
        ("86401", 86400.0),
        ("9" * 400, 86400.0),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 13:00:30 +0100", 30.0),
        ("Sun, 01 Mar 2026 12:00:30 -0000", 30.0),
        ("Sunday, 01-Mar-26 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("Sun, 01 Mar 2099 12:00:00 GMT", 86400.0),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("\u0663", None),
        ("Sun, 99 Mar 2026 12:00:00 GMT", None),
        ("Sun, 01 Mar 99999 12:00:00 GMT", None),
        ("Sun, 01 Mar 2026 12:00:00 +9999", None),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str, seconds: float | None) -> None:
    """Seconds or a date, never below zero and never more than a day."""
    assert parse_retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"), [({"retry-after": "5"}, 5.0), ({"x": "y"}, None), ({}, None)]
)
def test_an_answer_tells_its_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    """None when it does not say."""
    assert Reply("GET", "/", 503, headers, b"").retry_after() == seconds


def test_a_retry_after_date_is_measured_from_now() -> None:
    """Without another clock it is the machine's."""
    headers = {"retry-after": "Mon, 01 Jan 2001 00:00:00 GMT"}

    assert Reply("GET", "/", 503, headers, b"").retry_after() == 0.0
    assert (
        Reply("GET", "/", 503, headers, b"").retry_after(datetime(2000, 12, 31, 23, 59, tzinfo=UTC))
        == 60.0
    )


@pytest.mark.parametrize(
    ("attempt", "window"), [(1, 0.5), (2, 1.0), (3, 2.0), (6, 16.0), (7, 20.0), (500, 20.0)]
)
@pytest.mark.parametrize("error", [api_error(503), TransportError("x")])
def test_the_pause_is_anywhere_in_a_window_that_doubles(
    attempt: int,
    window: float,
    error: MirrorPolicyError,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Many clients that failed together do not come back together."""
    asked: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        asked.append((low, high))
        return high / 2

    monkeypatch.setattr("random.uniform", uniform)
    pause = wait_before_retry(error, attempt, RetryPolicy())

    assert pause == window / 2
    assert asked == [(0, window)]


def test_the_server_decides_the_pause_when_it_names_one() -> None:
    """Zero is an answer as well."""
    assert wait_before_retry(api_error(503, 7.5), 9, RetryPolicy()) == 7.5
    assert wait_before_retry(api_error(429, 0.0), 1, RetryPolicy()) == 0.0


class Pauses(list[float]):
    """Takes the place of sleeping, and keeps what it was asked for."""

    def __call__(self, seconds: float) -> None:
        """Keep the pause."""
        self.append(seconds)


@pytest.fixture(name="server")
def _server() -> Iterator[Scripted]:
    script = Scripted()
    with all_http(script):
        yield script


def explain(reply: Reply) -> MirrorPolicyError:
    """Return the error that carries what the server asked for."""
    return ServerError(
        "no",
        status=reply.status,
        method=reply.method,
        path=reply.path,
        retry_after=reply.retry_after(),
    )


def client_with(pauses: Pauses, policy: RetryPolicy | None = None) -> HttpClient:
    """Return a client that does not sleep."""
    return HttpClient(URL, explain=explain, retry=policy, sleep=pauses)


def test_a_read_is_repeated_until_it_is_answered(
    server: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    """Each pause is what the answer before it asked for, and each is logged."""
    pauses = Pauses()
    for status, seconds in ((429, "1"), (503, "2"), (502, "3"), (504, "4")):
        server.add(b"", status, {"Retry-After": seconds})
    server.add(b'["done"]')
    client = client_with(pauses)
    with caplog.at_level(logging.WARNING, logger="elastic_mirror_policy"):
        found = client.read("GET", "/")

    assert found == ["done"]
    assert pauses == [1.0, 2.0, 3.0, 4.0]
    assert client.requests_sent == 5
    assert caplog.messages[0] == "trying again in 1.0 s: no"


@pytest.mark.parametrize("status", [429, 503])
def test_a_write_that_was_answered_is_never_repeated_here(server: Scripted, status: int) -> None:
    """Whatever the answer says: only reading tells if it was carried out."""
    pauses = Pauses()
    server.add(b"", status, {"Retry-After": "1"})

    with pytest.raises(ServerError) as caught:
        client_with(pauses).write("PUT", "/", body={})

    assert caught.value.status == status
    assert pauses == []


def test_attempts_are_limited(server: Scripted) -> None:
    """The last error is the one that is raised."""
    pauses = Pauses()
    server.add(b"", 503, {"Retry-After": "0"})

    with pytest.raises(ServerError):
        client_with(pauses, RetryPolicy(attempts=3)).read("GET", "/")

    assert pauses == [0.0, 0.0]
    assert len(server.asked) == 3


def test_a_pause_beyond_the_total_time_is_not_begun(server: Scripted) -> None:
    """Whoever waits for an hour is told at once."""
    pauses = Pauses()
    server.add(b"", 503, {"Retry-After": "3600"})

    with pytest.raises(ServerError) as caught:
        client_with(pauses, RetryPolicy(total=120.0)).read("GET", "/")

    assert caught.value.retry_after == 3600.0
    assert (pauses, len(server.asked)) == ([], 1)
