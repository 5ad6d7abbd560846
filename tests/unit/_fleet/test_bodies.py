"""The body of a write: everything this Kibana takes back, and who must not be written."""

import pytest
from support.documents import defend_policy

from elastic_mirror_policy._fleet.bodies import find_lost_key, update_body
from elastic_mirror_policy._fleet.versions import KibanaVersion
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import UnsupportedKibanaError

NEWEST = ("name", "condition", "var_group_selections", "deprecated", "migrate_from")


def with_input(**keys: JsonValue) -> JsonValue:
    """Return a policy whose first input has something more."""
    document = defend_policy()
    document["inputs"][0] = {**document["inputs"][0], "id": None, **keys}
    return document


@pytest.mark.parametrize(
    ("key", "version", "echoed"),
    [
        ("id", "8.17.3", False),
        ("id", "8.18.0", True),
        ("id", "9.0.3", True),
        *((key, "9.4.2", False) for key in NEWEST),
        *((key, "9.5.0", True) for key in NEWEST),
        ("from_the_future", "9.5.0", False),
        ("policy_template", "8.0.0", True),
    ],
)
def test_a_key_is_echoed_or_the_policy_is_not_written(
    key: str, version: str, *, echoed: bool
) -> None:
    """Whatever is not sent back under `inputs` is gone."""
    kibana = KibanaVersion.parse(version)
    document = with_input(**{key: "something"})

    assert (key in update_body(document, kibana)["inputs"][0]) is echoed
    said = find_lost_key(document, kibana)
    assert (
        said == "" if echoed else said.startswith(f"It has inputs[0].{key}, which Kibana {version}")
    )


def test_serverless_takes_what_the_newest_release_takes() -> None:
    """It follows the main branch."""
    kibana = KibanaVersion.parse("9.0.0", serverless=True)

    assert find_lost_key(with_input(condition="x"), kibana) == ""


@pytest.mark.parametrize("key", ["id", "condition", "from_the_future"])
def test_null_carries_nothing_that_could_be_lost(key: str) -> None:
    """So it is no reason to leave a policy alone."""
    assert find_lost_key(with_input(**{key: None}), KibanaVersion.parse("8.0.0")) == ""


def test_what_kibana_compiles_by_itself_is_left_out() -> None:
    """`compiled_input` is never accepted."""
    kibana = KibanaVersion.parse("9.5.0")
    document = with_input(compiled_input={"a": 1})

    assert "compiled_input" not in update_body(document, kibana)["inputs"][0]
    assert find_lost_key(document, kibana) == ""


def test_an_entry_of_the_config_has_keys_of_its_own() -> None:
    """They are replaced with the rest."""
    document = defend_policy()
    document["inputs"][0]["config"]["policy"]["zzz"] = 1

    found = find_lost_key(document, KibanaVersion.parse("9.5.0"))

    assert found.startswith("It has inputs[0].config.policy.zzz, which Kibana 9.5.0 does not")


@pytest.mark.parametrize("config", [None, [], "text"])
def test_a_config_that_is_not_an_object_is_not_sent(config: JsonValue) -> None:
    """An input may have none; nothing is made up in its place."""
    document = with_input(config=config)

    assert "config" not in update_body(document, KibanaVersion.parse("9.5.0"))["inputs"][0]


@pytest.mark.parametrize("number", ["", "nine", "9.1.0" + "0" * 1000])
def test_a_version_that_cannot_be_parsed_is_refused_unquoted(number: str) -> None:
    """Its text may be anything, what was sent included."""
    with pytest.raises(UnsupportedKibanaError) as caught:
        KibanaVersion.parse(number)

    assert caught.value.message == "Kibana reported a version number that cannot be parsed."


@pytest.mark.parametrize(("number", "aware"), [("8.15.5", False), ("8.16.0", True)])
def test_spaces_may_differ_from_8_16_on(number: str, *, aware: bool) -> None:
    """Before that every space has the same list."""
    assert KibanaVersion.parse(number).may_be_space_aware is aware
