"""What a program takes from the environment, and what it is told instead."""

import pytest

from elastic_mirror_policy import ConfigurationError, Kibana
from elastic_mirror_policy._fleet.environment import VARIABLES, arguments_from

URL = {"KIBANA_URL": "https://kibana.corp"}


@pytest.mark.parametrize(("argument", "name"), [(a, n) for a, ns in VARIABLES.items() for n in ns])
def test_every_variable_is_an_argument(argument: str, name: str) -> None:
    """A space becomes a list of one."""
    found = arguments_from({**URL, name: "x"} if argument != "url" else {name: "x"}, {})

    assert found[argument] == (["x"] if argument == "spaces" else "x")


def test_the_first_name_wins_and_an_empty_one_is_not_there() -> None:
    """As for the command."""
    both = {"KIBANA_URL": "https://a", "KIBANA_ENDPOINT": "https://b"}

    assert arguments_from(both, {}) == {"url": "https://a"}
    assert arguments_from({**both, "KIBANA_URL": ""}, {}) == {"url": "https://b"}


def test_what_is_given_wins() -> None:
    """And credentials are never mixed from two places."""
    environment = {**URL, "KIBANA_USERNAME": "ann", "KIBANA_PASSWORD": "secret"}

    assert arguments_from(environment, {"api_key": "k"}) == {
        "url": URL["KIBANA_URL"],
        "api_key": "k",
    }
    assert arguments_from({}, {"url": "https://a"}) == {"url": "https://a"}


def test_without_a_url_it_says_what_to_set() -> None:
    """Before anything is sent."""
    with pytest.raises(ConfigurationError, match="KIBANA_URL is not set"):
        arguments_from({}, {})


def test_a_kibana_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its space; no credential is in its name."""
    for name, value in {**URL, "KIBANA_API_KEY": "aWQ6c2VjcmV0", "KIBANA_SPACE": "lab"}.items():
        monkeypatch.setenv(name, value)

    with Kibana.from_env(timeout=5.0) as kibana:
        assert kibana.asked_spaces() == ("lab",)
        assert repr(kibana) == "Kibana('https://kibana.corp')"
