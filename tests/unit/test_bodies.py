"""The body of a write: everything this Kibana takes back, and who must not be written."""

import pytest
from support.documents import defend_policy

from elastic_mirror_policy._fleet.bodies import find_unechoed, update_body
from elastic_mirror_policy._fleet.versions import KibanaVersion
from elastic_mirror_policy._json import JsonValue

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
    said = find_unechoed(document, kibana)
    assert (
        said == "" if echoed else said.startswith(f"It has inputs[0].{key}, which Kibana {version}")
    )


def test_serverless_takes_what_the_newest_release_takes() -> None:
    """It follows the main branch."""
    kibana = KibanaVersion.parse("9.0.0", serverless=True)

    assert find_unechoed(with_input(condition="x"), kibana) == ""


@pytest.mark.parametrize("key", ["id", "condition", "from_the_future"])
def test_null_carries_nothing_that_could_be_lost(key: str) -> None:
    """So it is no reason to leave a policy alone."""
    assert find_unechoed(with_input(**{key: None}), KibanaVersion.parse("8.0.0")) == ""


def test_what_kibana_compiles_by_itself_is_left_out() -> None:
    """`compiled_input` is never accepted."""
    kibana = KibanaVersion.parse("9.5.0")
    document = with_input(compiled_input={"a": 1})

    assert "compiled_input" not in update_body(document, kibana)["inputs"][0]
    assert find_unechoed(document, kibana) == ""


def test_an_entry_of_the_config_has_keys_of_its_own() -> None:
    """They are replaced with the rest."""
    document = defend_policy()
    document["inputs"][0]["config"]["policy"]["zzz"] = 1

    found = find_unechoed(document, KibanaVersion.parse("9.5.0"))

    assert found.startswith("It has inputs[0].config.policy.zzz, which Kibana 9.5.0 does not")
