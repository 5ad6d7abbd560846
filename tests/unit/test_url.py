"""Which URLs can be a mirror's base URL, and what is said about the others."""

import pytest

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy._url import check_base_url, check_url, has_credentials, shown
from elastic_mirror_policy.errors import ConfigurationError


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        ("https://mirror.corp", "https://mirror.corp"),
        ("https://mirror.corp/", "https://mirror.corp"),
        ("https://mirror.corp//", "https://mirror.corp"),
        ("http://mirror.corp:8080/elastic/", "http://mirror.corp:8080/elastic"),
        ("HTTPS://Mirror.Corp", "HTTPS://Mirror.Corp"),
        ("https://10.0.0.33", "https://10.0.0.33"),
        ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443/x"),
        ("https://mirror_1.corp.", "https://mirror_1.corp."),
        ("https://a", "https://a"),
        ("https://downloads.corp/mirror", "https://downloads.corp/mirror"),
        ("https://mirror.corp/downloads/elastic", "https://mirror.corp/downloads/elastic"),
        ("https://mirror.corp/~user/a-b.c", "https://mirror.corp/~user/a-b.c"),
        ("https://mirror.corp/@team", "https://mirror.corp/@team"),
        ("https://artifacts.security.elastic.co", "https://artifacts.security.elastic.co"),
    ],
)
def test_a_base_url_is_kept_without_trailing_slashes(url: str, stored: str) -> None:
    """Endpoints append paths that begin with a slash."""
    assert check_base_url(url) == stored


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "The base URL is empty."),
        ("mirror.corp", "it has no scheme"),
        ("//mirror.corp", "it has no scheme"),
        ("mirror.corp:8080", "there is no // after the scheme"),
        ("https:/mirror.corp", "there is no // after the scheme"),
        ("ftp://mirror.corp", "its scheme is 'ftp'"),
        ("file:///srv/mirror", "its scheme is 'file'"),
        ("https://", "it names no host"),
        ("https:///mirror", "it names no host"),
        ("https://:8080", "it names no host"),
        ("https://-mirror.corp", "'-mirror.corp' cannot be a host name"),
        ("https://.corp", "'.corp' cannot be a host name"),
        ("https://mirror,corp", "'mirror,corp' cannot be a host name"),
        ("https://mirror.corp:0", "its host or port cannot be read"),
        ("https://mirror.corp:65536", "its host or port cannot be read"),
        ("https://mirror.corp:port", "its host or port cannot be read"),
        ("https://[::1", "its host or port cannot be read"),
        ("https://mirror.corp?x=1", "it has a query (what follows the ?)"),
        ("https://mirror.corp/?", "it has a query (what follows the ?)"),
        ("https://mirror.corp#a", "it has a fragment (what follows the #)"),
        ("https://mirror.corp/a b", "it holds the character ' '"),
        ("https://mirror.corp\n", r"it holds the character '\n'"),
        ("https://mirror.corp\t/", r"it holds the character '\t'"),
        ("https:\\\\mirror.corp", r"it holds the character '\\'"),
        ("https://m\u00edrror.corp", "it holds the character '\u00ed'"),
        ("https://mirror.corp/<version>", "it holds the character '<'"),
        ("https://mirror.corp/{{ url }}", "it holds the character '{'"),
        ("https://mirror.corp/../x", "has an empty or dotted step"),
        ("https://mirror.corp/a/./x", "has an empty or dotted step"),
        ("https://mirror.corp/a//x", "has an empty or dotted step"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_with_the_reason(url: str, why: str) -> None:
    """The message quotes the URL and names the offending part."""
    with pytest.raises(ConfigurationError) as caught:
        check_base_url(url)

    assert why in caught.value.message
    assert caught.value.message.startswith("The base URL ")


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("mirror.corp", "Did you mean https://mirror.corp ?"),
        ("https:mirror.corp", "Write http(s)://host."),
        ("ftp://mirror.corp", "Use http:// or https://."),
        ("", "Give http(s)://host, or leave it out."),
        ("https://artifacts.elastic.co", "https://artifacts.security.elastic.co"),
        ("https://mirror.corp/downloads/", "Leave it out: https://mirror.corp"),
        ("https://m.corp/a/downloads/endpoint", "Leave it out: https://m.corp/a"),
        ("https://m.corp/downloads/endpoint/manifest", "Leave it out: https://m.corp"),
        ("https://downloads.corp/downloads", "Leave it out: https://downloads.corp"),
        ("https://downloads/downloads/endpoint/", "Leave it out: https://downloads"),
    ],
)
def test_a_slip_that_is_common_comes_with_its_remedy(url: str, hint: str) -> None:
    """The hint can be followed as it stands."""
    with pytest.raises(ConfigurationError) as caught:
        check_base_url(url)

    assert caught.value.hint.endswith(hint)


@pytest.mark.parametrize(
    "url",
    [
        "https://user:secret@mirror.corp",
        "https://secret@mirror.corp",
        "https://:secret@mirror.corp/x?y",
        "https://user:sec/secret@mirror.corp",
        "https://user:secret#secret@mirror.corp",
        "https://user:secret@mirror.corp:99999",
        "https://user:secret@mirror .corp",
        "user:secret@mirror.corp",
        "//user:secret@mirror.corp",
        "ad_min:secret@mirror.corp",
        "ftp://user:secret@mirror.corp",
        "https://a@secret@mirror.corp",
    ],
)
def test_a_credential_is_refused_and_never_repeated(url: str) -> None:
    """Neither the message nor the hint shows it, whatever else is wrong with the URL."""
    with pytest.raises(ConfigurationError) as caught:
        check_base_url(url)

    assert "secret" not in str(caught.value)


def test_a_message_names_what_the_url_is_for() -> None:
    """The same rules hold for a proxy, under its own name."""
    with pytest.raises(ConfigurationError, match=r"^proxy_url 'x' cannot be used: it has no sch"):
        check_url("x", what="proxy_url")


def test_a_url_is_returned_as_it_is() -> None:
    """Only a base URL loses its trailing slash."""
    assert check_url("http://proxy.corp:3128/", what="proxy_url") == "http://proxy.corp:3128/"


@pytest.mark.parametrize(
    ("value", "has"),
    [
        ("https://user:secret@mirror.corp", True),
        ("https://secret@mirror.corp/x", True),
        ("http://@mirror.corp", True),
        ("https://mirror.corp/a@b", False),
        ("https://mirror.corp?a@b", False),
        ("https://mirror.corp#a@b", False),
        ("a@b", False),
        ("", False),
        (None, False),
        (7, False),
    ],
)
def test_credentials_in_a_stored_url_are_recognised(value: object, has: bool) -> None:  # noqa: FBT001 - a table
    """They stand before an @ in the part that names the host."""
    assert has_credentials(value) is has


URL = "https://mirror.corp"


@pytest.mark.parametrize("value", [URL, "text", 7, None, True])
def test_a_value_without_credentials_is_shown_as_it_is(value: JsonValue) -> None:
    """Only a URL with a password is replaced."""
    assert shown(value) is value
