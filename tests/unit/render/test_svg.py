"""Charts: pictures without script in which every number can be read."""

import re
import xml.etree.ElementTree as ET

import pytest

from elastic_mirror_policy.render.svg import as_svg
from elastic_mirror_policy.render.view import Chart, Tone

SERIES: tuple[tuple[str, Tone], ...] = (
    ("current", "good"),
    ("behind", "bad"),
    ("no-manifest", "bad"),
    ("offline", ""),
)
CHART = Chart("By version", SERIES, (("9.4.2", (900, 90, 0, 10)), ("8.19.0", (0, 0, 1, 0))))


def numbers(svg: str) -> list[str]:
    """Return the texts in a picture, without its titles."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_a_chart_says_its_numbers() -> None:
    """The title, the legend, each label with its sum, and each stretch that has room."""
    assert numbers(as_svg(CHART)) == [
        "By version",
        *("current", "behind", "no-manifest", "offline"),
        *("9.4.2", "900", "90", "1,000"),
        *("8.19.0", "1"),
    ]


def test_a_stretch_without_room_says_its_number_when_pointed_at() -> None:
    """And one of nothing is not drawn."""
    svg = as_svg(CHART)

    assert "<title>9.4.2: 10 offline</title>" in svg
    assert "0 no-manifest" not in svg


def test_series_of_one_tone_differ_in_shade() -> None:
    """Two kinds of what is wrong are told apart."""
    colours = re.findall(r'width="12" height="12" fill="(#\w+)"', as_svg(CHART))

    assert len(set(colours)) == len(SERIES)


def test_a_chart_is_well_formed_and_has_no_script() -> None:
    """Whatever the labels are."""
    evil = "</text><script>alert(1)</script>\x1b\u202e"
    bad: tuple[tuple[str, Tone], ...] = ((evil, "bad"),)
    svg = as_svg(Chart(evil, bad, ((evil, (3,)),)))
    tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(svg).iter()}  # noqa: S314 - our own

    assert tags == {"svg", "text", "rect", "title"}
    assert "\x1b" not in svg


def test_a_long_label_is_shortened() -> None:
    """It must not run into its bar."""
    assert "x" * 17 + "..." in numbers(as_svg(Chart("", SERIES[:1], (("x" * 80, (1,)),))))


@pytest.mark.parametrize("bars", [(), (("none", (0,)),)])
def test_nothing_is_drawn_of_nothing(bars: tuple[tuple[str, tuple[int, ...]], ...]) -> None:
    """Nor is anything divided by it."""
    assert 'height="20"' not in as_svg(Chart("Empty", SERIES[:1], bars))
