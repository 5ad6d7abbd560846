"""What the environment says about a Kibana, for programs (pure)."""

from collections.abc import Mapping
from typing import Final

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import ConfigurationError

VARIABLES: Final = {
    "url": ("KIBANA_URL", "KIBANA_ENDPOINT"),
    "api_key": ("KIBANA_API_KEY",),
    "username": ("KIBANA_USERNAME",),
    "password": ("KIBANA_PASSWORD",),
    "ca_cert": ("KIBANA_CA_CERT", "KIBANA_CA_CERTS"),
    "spaces": ("KIBANA_SPACE",),
}
"""The variables that each argument is taken from; the first that is not empty."""


CREDENTIALS: Final = frozenset({"api_key", "username", "password"})
"""Arguments that go together: where one is given, none of them is taken from elsewhere."""


def arguments_from(
    environment: Mapping[str, str], given: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    """Return the arguments that are given, and those that the environment has besides.

    Raises:
        ConfigurationError: Neither names a Kibana.
    """
    own = CREDENTIALS if CREDENTIALS & given.keys() else frozenset()
    found: dict[str, JsonValue] = {}
    for argument, names in VARIABLES.items():
        value = next((environment[name] for name in names if environment.get(name)), "")
        if value and argument not in own:
            found[argument] = [value] if argument == "spaces" else value
    found |= given
    if "url" not in found:
        raise ConfigurationError(
            "KIBANA_URL is not set.", hint="Set it, or give the URL to Kibana(...)."
        )
    return found
