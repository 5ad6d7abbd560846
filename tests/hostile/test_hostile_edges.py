"""Values at the edges of what can be computed with: dates, depths, lengths, kinds of content."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.cases import cases
from support.endpoints import endpoint, report
from support.hostile_stack import SEARCH
from support.memory_http import Asked, all_http, answer_as_it_is
from support.rollouts import Naps

from elastic_mirror_policy import Kibana, MirrorPolicyError
from elastic_mirror_policy._files import read_bounded
from elastic_mirror_policy._http import client
from elastic_mirror_policy._http.retry import RetryPolicy, parse_retry_after
from elastic_mirror_policy._json import JsonValue, decode
from elastic_mirror_policy._text import brief
from elastic_mirror_policy._time import http_seconds, moment, written
from elastic_mirror_policy.endpoints.search import SearchClient
from elastic_mirror_policy.errors import ApiError, TransportError

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
DATES = (
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59.999999Z",
    "0001-01-01T00:00:00",
)


@cases(3)
@given(st.datetimes(timezones=st.timezones()).map(datetime.isoformat) | st.sampled_from(DATES))
@example(DATES[0])
@example(DATES[1])
def test_any_date_can_be_written_again_or_is_none(text: str) -> None:
    """In UTC it may lie before the first year or after the last one."""
    seconds = moment(text)

    assert seconds is None or moment(written(seconds)) == int(seconds)


@cases(3)
@given(
    st.builds(
        "{}, {} {} {} {}:{}:{} {}{}".format,
        st.sampled_from(["Mon", "Fri", "x"]),
        st.integers(-1, 99),
        st.sampled_from(["Jan", "Dec", "Foo"]),
        st.integers(-1, 10**4) | st.integers(10**17, 10**30),
        st.integers(-1, 99),
        st.integers(-1, 99),
        st.integers(-1, 10**20),
        st.sampled_from(["+", "-", ""]),
        st.integers(0, 10**30) | st.just("GMT"),
    )
)
@example("Mon, 01 Jan 99999999999999999999999999 00:00:00 GMT")
@example("Fri, 31 Dec 9999 23:59:59 -99999999999999999999999")
@example("Fri, 31 Dec 9999 23:59:59 -2359")
@example("Mon, 01 Jan 0001 00:00:00 +2359")
def test_any_date_of_a_header_is_a_bounded_number_or_none(text: str) -> None:
    """To wait for, and to set the time of a file to."""
    wait, time = parse_retry_after(text, NOW), http_seconds(text)

    assert wait is None or 0 <= wait <= 86400
    assert time is None or 0 < time < 2**40


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x" * 10**6, "'" + "x" * 200 + "...'"),
        (10**5000, "<int>"),
        (-(10**5000), "<int>"),
        ([[[]]], "<list>"),
        ({"a": "secret"}, "<dict>"),
        (NOW, "<datetime>"),
        (True, "True"),
        (None, "None"),
        (1e308, "1e+308"),
    ],
    ids=lambda value: str(value)[:9] if isinstance(value, str) else type(value).__name__,
)
def test_a_value_is_shown_briefly(value: object, shown: str) -> None:
    """However long or deep it is."""
    assert brief(value) == shown


@pytest.mark.parametrize(
    "text",
    ["[" + "0," * 4_000_000 + "0]", "[" * 10**6, '{"a":' * 10**6, "9" * 4301, "NaN", "1e999"],
)
@pytest.mark.parametrize("kind", [str, str.encode])
def test_json_that_costs_too_much_is_refused(kind: Callable[[str], bytes | str], text: str) -> None:
    """As text and as bytes."""
    with pytest.raises(ValueError, match=r"."):
        decode(kind(text))


def test_a_file_is_read_up_to_a_bound(tmp_path: Path) -> None:
    """A byte more is too many."""
    (tmp_path / "file").write_bytes(b"abc")

    assert read_bounded(tmp_path / "file", 3) == b"abc"
    with pytest.raises(OSError, match="too large"):
        read_bounded(tmp_path / "file", 2)


def searched(body: bytes, status: int = 200, kind: str = "application/json") -> JsonValue:
    """Return what a search makes of an answer."""

    def serve(_: Asked) -> bytes:
        sent = {"Content-Type": kind, "Content-Length": str(len(body))}
        return answer_as_it_is(body, status, {**sent, "X-Elastic-Product": "Elasticsearch"})

    asking = SearchClient(SEARCH, api_key="canary-of-a-key", retry=RetryPolicy(attempts=1))
    with all_http(serve):
        try:
            return asking.search("metrics-*", query={}, aggs={})
        finally:
            asking.close()


ANSWERS: Mapping[str, bytes] = {
    "deep": b"[" * 10**5 + b"]" * 10**5,
    "deep objects": b'{"a":' * 10**5 + b"1" + b"}" * 10**5,
    "cut": b'{"aggregations": {"canary-of-a-key',
    "no number": b'{"a": NaN}',
    "4301 digits": b'{"a": ' + b"9" * 4301 + b"}",
    "no UTF-8": b'{"a": "\xff"}',
    "many values": b"[" + b"0," * 4_000_000 + b"0]",
}
KINDS = (
    "application/json",
    "application/vnd.elasticsearch+json;compatible-with=8",
    "application/x-ndjson",
)


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_of_elasticsearch_that_is_no_json_is_an_error(
    name: str, status: int, kind: str
) -> None:
    """However deep or long it is, and under each of its names."""
    with pytest.raises((TransportError, ApiError)) as caught:
        searched(ANSWERS[name], status, kind)

    assert len(str(caught.value)) < 500
    assert "canary" not in str(caught.value)


KEY = "canary7of8a9key"
ECHOES: Mapping[str, bytes] = {
    "escaped": json.dumps({"message": KEY}).replace("c", "\\u0063").encode(),
    "all escaped": ('{"message": "' + "".join(f"\\u{ord(c):04X}" for c in KEY) + '"}').encode(),
    "UTF-16": json.dumps({"message": f"no {KEY}"}).encode("utf-16"),
    "UTF-32": json.dumps({"message": f"no {KEY}"}).encode("utf-32-be"),
    "page in UTF-16": f"<p>{KEY}".encode("utf-16"),
    "cut JSON in UTF-16": f'{{"a": "{KEY}"'.encode("utf-16-le"),
}


@pytest.mark.parametrize("name", ECHOES)
@pytest.mark.parametrize("status", [200, 400, 503])
def test_a_credential_that_comes_back_in_another_spelling_is_hidden(name: str, status: int) -> None:
    """The bytes of an answer are one thing, what is read out of them is another."""
    body = ECHOES[name]
    serve = lambda _: answer_as_it_is(body, status, {"Content-Length": str(len(body))})  # noqa: E731 - a server
    with (
        all_http(serve),
        Kibana("http://kibana.example", api_key=KEY, sleep=Naps()) as kibana,
        pytest.raises(MirrorPolicyError) as caught,
    ):
        kibana.policies()

    assert KEY not in str(caught.value)
    assert "anary" not in str(caught.value)


def test_an_answer_of_elasticsearch_that_is_too_long_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is not read to its end."""
    monkeypatch.setattr(client, "MAX_BODY", 100)

    answer = b'{"_shards": {"total": 1}}'

    assert searched(answer.ljust(100)) == {"_shards": {"total": 1}}
    with pytest.raises(TransportError, match="more than 100 bytes"):
        searched(answer.ljust(101))


@pytest.mark.parametrize("date", DATES)
def test_an_endpoint_that_reported_in_no_year_can_be_told(date: str) -> None:
    """The report says when where it can."""
    told = report(endpoint(reported_at=moment(date)))

    assert json.dumps(told.to_dict())
    assert str(told)
