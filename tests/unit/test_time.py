"""Times as servers write them, spans as people do."""

import pytest

from elastic_mirror_policy._time import moment, span, spoken, written
from elastic_mirror_policy.errors import ConfigurationError


@pytest.mark.parametrize(
    "text",
    [
        "2022-04-04T18:38:15.7178887Z",
        "2022-04-04T18:38:15.717Z",
        "2022-04-04T18:38:15.717888753Z",
        "2022-04-04T20:38:15.7+02:00",
        "2022-04-04T18:38:15.7",
    ],
)
def test_a_time_is_read_whatever_its_digits(text: str) -> None:
    """Endpoints write seven digits of a second, Kibana three; without a zone it is UTC."""
    assert moment(text) == pytest.approx(1649097495.7, abs=0.1)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "yesterday",
        "2022-13-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00" * 9,
        1649097495,
        None,
        [],
    ],
)
def test_what_is_no_time_is_none(value: object) -> None:
    """A document may hold anything there."""
    assert moment(value) is None


def test_a_time_is_written_in_utc() -> None:
    """Reports are read in other places than they are made."""
    assert written(1649097495.9) == "2022-04-04T18:38:15Z"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("90", 90),
        ("90m", 5400),
        ("12H", 43200),
        ("30d", 2592000),
        ("2w", 1209600),
    ],
)
def test_a_span_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    """As in Elasticsearch and in cron jobs."""
    assert span(text, what="The window") == seconds


@pytest.mark.parametrize("text", ["", "0", "d", "0d", "-1d", "1.5h", "99999w", "30 days"])
def test_what_is_no_span_is_refused(text: str) -> None:
    """The message says what it was for, and how to write one."""
    with pytest.raises(ConfigurationError, match=r"The window .* is not a span") as caught:
        span(text, what="The window")

    assert "30d" in caught.value.hint


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "119 min"),
        (7200, "2 h"),
        (172800, "2 d"),
    ],
)
def test_a_span_is_spoken_in_the_largest_unit_that_fits_twice(seconds: float, words: str) -> None:
    """No age is rounded by more than half."""
    assert spoken(seconds) == words
