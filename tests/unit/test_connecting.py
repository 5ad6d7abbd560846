"""What a client is made of: shown without secrets, refused before any request."""

import pickle

import pytest

from elastic_mirror_policy import ALL_SPACES, ConfigurationError, Kibana
from elastic_mirror_policy._fleet.connect import Credentials, check_kibana_url
from elastic_mirror_policy._http.reflected import ReflectedSecrets
from elastic_mirror_policy._url import LONGEST

URL = "http://127.0.0.1:1"
KEY = "c2VjcmV0OnNlY3JldA=="


def test_a_client_shows_where_it_leads_and_nothing_else() -> None:
    """Such as in a notebook, or in the message of a failed assertion."""
    with Kibana(URL, api_key=KEY) as kibana:
        assert repr(kibana) == f"Kibana('{URL}')"


def test_all_spaces_show_themselves_as_they_are_written() -> None:
    """In the signature of a function, for one."""
    assert repr(ALL_SPACES) == "ALL_SPACES"


@pytest.mark.parametrize("secret", [Credentials(api_key=KEY), ReflectedSecrets(KEY)])
def test_what_holds_a_secret_neither_shows_nor_stores_it(secret: object) -> None:
    """A pickle could lie anywhere."""
    with pytest.raises(TypeError, match="credentials cannot be pickled"):
        pickle.dumps(secret)

    assert KEY not in repr(secret)


@pytest.mark.parametrize("timeout", [0, -1, 86401, float("inf"), float("nan")])
def test_a_timeout_that_is_no_time_is_refused(timeout: float) -> None:
    """A socket would take 0 for not waiting at all."""
    with pytest.raises(ConfigurationError, match=f"not {timeout}"):
        Kibana(URL, api_key=KEY, timeout=timeout)


@pytest.mark.parametrize(
    "given", [("synthetic", "\udcff-zzz"), ("\udcff-user", "zzz")], ids=["password", "user"]
)
def test_a_login_that_is_not_utf_8_is_refused_unquoted(given: tuple[str, str]) -> None:
    """Bytes of the environment that are no text cannot be put into a header."""
    username, password = given

    with pytest.raises(ConfigurationError, match="not UTF-8 text") as caught:
        Credentials(username=username, password=password).auth()

    assert password not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://kibana.corp/a@b", "there is an @ in its path"),
        ("https://kibana.corp/" + "a" * LONGEST, f"it is longer than {LONGEST} characters"),
    ],
    ids=["at", "long"],
)
def test_an_address_that_cannot_be_kibanas_says_why(url: str, why: str) -> None:
    """A password with a slash in it would put the @ into the path."""
    with pytest.raises(ConfigurationError) as caught:
        check_kibana_url(url)

    assert f"cannot be used: {why}." in caught.value.message
