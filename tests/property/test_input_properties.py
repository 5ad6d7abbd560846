"""Whatever is typed or answered, it is understood or refused in one sentence."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from support.strategies import artifact_settings, base_urls, hostile

from elastic_mirror_policy._http.retry import parse_retry_after
from elastic_mirror_policy._url import check_base_url, has_credentials
from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.settings import MANAGED_KEYS, ArtifactSettings, MirrorSettings
from elastic_mirror_policy.settings import artifact_settings as make_settings

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
dates = st.builds(
    "{}, {:02} {} {} {}:{}:{} {}".format,
    st.sampled_from(["Sun", "Mon", "x", ""]),
    st.integers(-1, 40),
    st.sampled_from(["Jan", "Feb", "Mar", "Foo"]),
    st.integers(-1, 100_000),
    st.integers(-1, 99),
    st.integers(-1, 99),
    st.integers(-1, 99),
    st.sampled_from(["GMT", "+0000", "-0000", "+9999", "-2400", "EST", ""]),
)
url_like = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["http://", "https://", "https:", "//", "", "ftp://", "HTTP://"]),
    st.sampled_from(["", "user:secret@", "secret@", "[", "[::1]", "a.b", "-x", "\u00e4"]),
    st.sampled_from(["", ":80", ":0", ":x", ":99999", "mirror.corp"]),
    st.text("/.?#@:%a ~\\\n\t[]", max_size=8),
)


@given(st.text() | dates | st.integers().map(str))
def test_any_retry_after_is_seconds_or_nothing(value: str) -> None:
    """At least zero, at most a day, and never another exception."""
    seconds = parse_retry_after(value, NOW)

    assert seconds is None or 0.0 <= seconds <= 86400.0


@given(url_like | hostile | st.text())
def test_any_url_is_stored_for_good_or_refused(url: str) -> None:
    """What is stored is accepted again as it is, and holds no credential."""
    try:
        stored = check_base_url(url)
    except ConfigurationError:
        return

    assert check_base_url(stored) == stored
    assert not stored.endswith("/")
    assert not has_credentials(stored)
    assert url.startswith(stored)


@given(base_urls)
def test_a_good_url_is_accepted(url: str) -> None:
    """With and without a port and a path."""
    assert check_base_url(url + "/") == url


@given(
    st.sampled_from(MANAGED_KEYS),
    hostile | url_like | st.integers() | st.floats() | st.booleans() | st.binary(max_size=5),
)
def test_any_value_is_a_text_or_refused(key: str, value: object) -> None:
    """What is accepted is a text that is accepted again as it is."""
    try:
        settings = make_settings({key: value})
    except ConfigurationError:
        return
    ((name, stored),) = settings.items()

    assert name == key
    assert isinstance(stored, str)
    assert make_settings({key: stored}) == settings


@given(artifact_settings(), artifact_settings())
def test_settings_over_others_keep_both(upper: ArtifactSettings, lower: ArtifactSettings) -> None:
    """Every key is decided by the upper ones, else by the lower ones."""
    both = dict(upper.over(lower).items())

    assert both == dict(lower.items()) | dict(upper.items())


@given(artifact_settings(), artifact_settings())
def test_intent_lists_what_each_system_should_have(
    linux: ArtifactSettings, windows: ArtifactSettings
) -> None:
    """In the order of the systems, nothing lost and nothing added."""
    base = ArtifactSettings(base_url="https://mirror.corp")
    wanted = MirrorSettings(linux=linux.over(base), windows=windows)
    expected = [("linux", *item) for item in linux.over(base).items()]
    expected += [("windows", *item) for item in windows.items()]

    assert [(system.value, key, value) for system, key, value in wanted.items()] == expected
