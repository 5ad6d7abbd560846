"""A report about endpoints in words: the table, the reasons, the age, what it does not prove."""

import re

import pytest
from support.endpoints import NOW, endpoint, report
from support.golden import golden

from elastic_mirror_policy.endpoints.read import EndpointReport, MirrorManifest, Verdict
from elastic_mirror_policy.endpoints.view import ORDER

LAPTOPS = {"policy_id": "id-laptops", "policy_name": "Laptops"}
MIXED = report(
    endpoint("behind", hostname="a", detail="1.0.255, the mirror has 1.0.260", **LAPTOPS),
    endpoint("behind", hostname="b", detail="1.0.255, the mirror has 1.0.260", **LAPTOPS),
    endpoint("offline", hostname="c", detail="Fleet says inactive; last known: behind", **LAPTOPS),
    endpoint("no-document", hostname="", detail="no policy response in the window", os=""),
    endpoint(reported_at=NOW.timestamp() - 86400 * 3),
    mirrors=(
        MirrorManifest("https://mirror.example", "9.4.2", "1.0.260", NOW.timestamp()),
        MirrorManifest("https://mirror.example", "9.5.0", problem="there is no manifest"),
    ),
    notes=("A note that is long enough to be wrapped where a terminal of 80 columns ends.",),
    requests=1204,
)


def many(number: int, verdict: str = "behind") -> EndpointReport:
    """Return a report about so many policies with one endpoint each."""
    return report(
        *(
            endpoint(verdict, policy_id=f"id-{n}", policy_name=f"Policy {n:02}", detail=f"no {n}")
            for n in range(number)
        )
    )


def test_a_report_is_a_table_and_its_reasons() -> None:
    """By policy and verdict; the same reason is given once, with the endpoints below it."""
    assert MIXED.to_text() == golden(
        """
        Endpoints: source Kibana, window 30d, read at 2026-02-01T12:00:00Z
        1 of 5 endpoints is current. Their reports are 60 min to 3 d old (median 60
        min).

        policy   endpoints  current  behind  no-document  offline
        Laptops  3          0        2       0            1
        Servers  2          1        0       1            0
        all      5          1        2       1            1

        Not current:
          - 2 endpoints: behind: 1.0.255, the mirror has 1.0.260
              a (9.4.2, linux, Laptops)
              b (9.4.2, linux, Laptops)
          - agent-1 (9.4.2, Servers): no-document: no policy response in the window
          - c (9.4.2, linux, Laptops): offline: Fleet says inactive; last known: behind

        Mirrors:
        mirror              endpoint version  manifest              published
        https://            9.4.2             1.0.260               2026-02-01T12:00:00Z
          mirror.example
        https://            9.5.0             there is no manifest
          mirror.example

        Notes:
          - A note that is long enough to be wrapped where a terminal of 80 columns
            ends.

        5 endpoints: 1 current, 2 behind, 1 no-document, 1 offline; 1,204 requests
        """
    )


@pytest.mark.parametrize(("verdict", "tone"), [("behind", "bad"), ("unknown", "unsure")])
def test_what_could_not_be_told_has_no_colour_of_a_fault(verdict: str, tone: str) -> None:
    """Neither the first line nor the list."""
    view = report(endpoint(verdict, detail="why")).views()[0]

    assert view.tone == tone
    assert [s.tone for s in view.sections if s.title == "Not current"] == [tone]


def test_a_long_reason_does_not_stand_in_a_narrow_column() -> None:
    """It is told once: with the endpoints that have it, or below the mirrors."""
    why = "the mirror cannot be asked from here: GET /downloads/endpoint/manifest got no answer"
    mirrors = (MirrorManifest("https://mirror.example", "9.4.2", problem=why),)
    named = report(endpoint("unknown", detail=why), mirrors=mirrors).to_text(width=200)
    alone = report(endpoint("offline", detail="gone"), mirrors=mirrors).to_text(width=200)

    for text in (named, alone):
        assert re.search(r"^https://mirror.example +9.4.2 +not known$", text, re.MULTILINE)
        assert text.count(why) == 1
    assert f"Mirrors that could not be asked:\n  - {why}\n" in alone


@pytest.mark.parametrize(
    ("found", "lead"),
    [
        (report(), "No endpoints were found, so there is nothing to report."),
        (report(endpoint()), "Every endpoint runs what its mirror publishes."),
        (report(endpoint(), complete=False), "Every endpoint that was found is current, but"),
        (report(endpoint("unknown")), "0 of 1 endpoint is current."),
    ],
)
def test_the_result_comes_first(found: EndpointReport, lead: str) -> None:
    """In a sentence that claims no more than was seen."""
    assert lead in " ".join(found.to_text().split())


def test_printing_a_report_is_its_text() -> None:
    """As with plans."""
    assert str(MIXED) == MIXED.to_text()
    assert MIXED._repr_html_() == MIXED._repr_html_()


def test_one_policy_needs_no_sum() -> None:
    """Nor is its name repeated behind every endpoint."""
    text = report(endpoint("behind", detail="why")).to_text()

    assert "\nall " not in text
    assert "  - host-1 (9.4.2, linux): behind: why\n" in text


def test_of_many_policies_those_with_most_to_do_are_shown() -> None:
    """The rest is counted, and the sum is of all."""
    rest = report(*many(30, "current").endpoints, *many(3).endpoints[2:])
    text = rest.to_text(limit=2)

    assert "\nPolicy 02 " in text
    assert "\nPolicy 05 " not in text
    assert "\nand 28 more" in text
    assert re.search("\nall +31 ", text)


def test_of_many_endpoints_some_are_named() -> None:
    """The rest is counted."""
    found = report(*(endpoint("behind", hostname=f"h{n}", detail="why") for n in range(30)))
    text = found.to_text(limit=20)

    assert "h19 " in text
    assert "h20 " not in text
    assert "      and 10 more\n" in text


def test_of_many_reasons_some_are_named() -> None:
    """A fleet has few; a broken one may have many."""
    assert "\n  and 10 more\n" in many(30).to_text(limit=20)


def test_everything_can_be_shown() -> None:
    """Without a limit nothing is folded."""
    assert " more" not in many(30).to_text(limit=None).replace("or more", "")


def test_html_has_the_same_words_and_numbers() -> None:
    """A notebook shows no less than a terminal."""
    html = MIXED._repr_html_()

    assert html.startswith("<div>")
    assert html.count("<table") == 2
    for words in ("behind: 1.0.255", "Laptops", "1,204 requests", "there is no manifest"):
        assert words in html


def test_html_about_nothing_has_no_table() -> None:
    """Nor an empty list."""
    html = report()._repr_html_()

    assert "<table" not in html
    assert "<ul>" not in html


def test_every_verdict_has_its_place() -> None:
    """A new one cannot be forgotten."""
    assert sorted(ORDER) == sorted(Verdict)
