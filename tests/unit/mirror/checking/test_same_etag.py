"""One ETag for different files shows that it does not follow them, unless it is made of times."""

import pytest

from elastic_mirror_policy.mirror.checking.etag import follows_time
from elastic_mirror_policy.mirror.checking.same_etag import Tagged, same_etags

TIME = 1_795_651_215


@pytest.mark.parametrize(
    ("value", "modified", "follows"),
    [
        (f'"{TIME:x}3f1"', TIME, True),
        (f'"{TIME:x}-3f1"', TIME, True),
        (f'W/"{TIME:x}-3f1"', TIME, True),
        (f'"{TIME * 1_000_000:x}"', TIME, True),
        (f'"3f1-{TIME * 1_000_000 + 250_000:x}"', TIME, True),
        (f'"{TIME:x}3f1"', TIME + 1, False),
        (f'"{TIME:x}3f1"', None, False),
        ('"5ca1ab1e"', TIME, False),
        ('"always"', TIME, False),
        ('"1"', TIME, False),
        ("", TIME, False),
    ],
)
def test_an_etag_that_is_made_of_the_time_is_known(
    value: str, modified: int | None, *, follows: bool
) -> None:
    """nginx: seconds and length; Apache: microseconds, perhaps after the length."""
    assert follows_time(value, modified) is follows


def tagged(path: str, etag: str | None, modified: int | None = None, content: str = "") -> Tagged:
    """An answer; its content is its path unless given."""
    return Tagged(path, etag, modified, content or path)


def test_manifests_with_one_etag_name_each_other() -> None:
    """And the ones with their own are left alone."""
    one, other, third = tagged("/a", '"1"'), tagged("/b", '"1"'), tagged("/c", '"2"')

    assert same_etags([one, other, third]) == {"/a": other, "/b": one}


def test_an_artifact_with_the_etag_of_a_manifest_is_enough() -> None:
    """A check of one version finds it too; what artifacts share among them does not matter."""
    manifest, artifacts = tagged("/m", '"1"'), [tagged("/x", '"1"'), tagged("/y", '"1"')]

    assert same_etags([manifest], artifacts) == {"/m": artifacts[0]}
    assert same_etags([tagged("/m", '"2"')], artifacts) == {}


def test_the_same_bytes_may_have_the_same_etag() -> None:
    """It is made of them; and no ETag at all is another finding."""
    assert same_etags([tagged("/a", '"1"', content="x"), tagged("/b", '"1"', content="x")]) == {}
    assert same_etags([tagged("/a", None), tagged("/b", None)]) == {}


@pytest.mark.parametrize(("other", "found"), [(TIME, 0), (TIME + 1, 2)])
def test_equal_times_explain_equal_etags(other: int, found: int) -> None:
    """Only where both files have the time that the ETag is made of."""
    etag = f'"{TIME * 1_000_000:x}"'
    pair = [tagged("/a", etag, TIME), tagged("/b", etag, other)]

    assert len(same_etags(pair)) == found
