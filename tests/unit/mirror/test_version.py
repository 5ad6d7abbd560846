"""Endpoint versions pick manifests; manifest versions are numbers."""

import pytest

from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.mirror.version import EndpointVersion, parse_versions, version_numbers


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("9.1.3", ("9.1.3",)),
        ("8.19.10", ("8.19.10",)),
        ("9.0.0-beta1", ("9.0.0-beta1", "9.0.0")),
        ("9.2.0-SNAPSHOT", ("9.2.0-SNAPSHOT", "9.2.0")),
        ("9.1.3+build202511", ("9.1.3+build202511", "9.1.3")),
        ("9.1.3-rc.1+b.2", ("9.1.3-rc.1+b.2", "9.1.3-rc.1", "9.1.3")),
    ],
)
def test_the_exact_name_is_tried_before_the_shorter_ones(
    text: str, candidates: tuple[str, ...]
) -> None:
    """Suffixes are part of the name; without them it is only the second choice."""
    assert EndpointVersion(text).candidates == candidates


@pytest.mark.parametrize(
    "text",
    [
        "",
        "9",
        "9.1",
        "9.1.3.4",
        "v9.1.3",
        "9.1.3 ",
        " 9.1.3",
        "9.1.3\n",
        "9.1.x",
        "9.1.3-",
        "9.1.3+",
        "9.1.3-a..b",
        "9.1.3-a/b",
        "9.1.3/../x",
        "../9.1.3",
        "9.1.3-" + "a" * 41,
        "latest",
        "\u0669.\u0661.\u0663",
        "99999.1.3",
    ],
)
def test_what_is_not_a_version_is_refused(text: str) -> None:
    """A version becomes part of a file name, so nothing else passes."""
    with pytest.raises(ConfigurationError, match="is not an endpoint version") as caught:
        EndpointVersion(text)

    assert "9.1.3" in caught.value.hint


def test_the_release_is_three_numbers() -> None:
    """Suffixes do not count when versions are compared."""
    assert EndpointVersion("9.10.3-SNAPSHOT").release == (9, 10, 3)


def test_versions_are_taken_once_and_in_order() -> None:
    """A version given twice is asked for once."""
    versions = parse_versions(["9.1.3", "8.19.4", "9.1.3"])

    assert [version.text for version in versions] == ["9.1.3", "8.19.4"]


def test_a_single_text_is_one_version() -> None:
    """A text is not a list of characters."""
    assert [version.text for version in parse_versions("9.1.3")] == ["9.1.3"]


def test_no_version_is_a_mistake() -> None:
    """Nothing checked or synced must not look like success."""
    with pytest.raises(ConfigurationError, match="No endpoint version"):
        parse_versions([])


@pytest.mark.parametrize(
    ("older", "newer"), [("1.0.261", "1.0.1049"), ("1.0.9", "1.0.10"), ("1.0", "1.0.1")]
)
def test_manifest_versions_compare_as_numbers(older: str, newer: str) -> None:
    """1.0.1049 is newer than 1.0.261, which text would get wrong."""
    one, other = version_numbers(older), version_numbers(newer)

    assert one is not None
    assert other is not None
    assert one < other


@pytest.mark.parametrize("text", [None, "", "latest", "1.0.x", "1..0", "1.0.261-rc", "1" * 10])
def test_other_manifest_versions_cannot_be_compared(text: str | None) -> None:
    """What is not made of numbers has no order."""
    assert version_numbers(text) is None
