"""The body of a write: what of a package policy each Kibana takes back (pure).

Kibana refuses unknown keys with 400, and replaces `inputs` as a whole: a key in there that is not
sent is gone, without a word. So everything this Kibana accepts is sent back, and a policy
with something in there that it would not accept is not written at all.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from elastic_mirror_policy._fleet.versions import KibanaVersion
from elastic_mirror_policy._json import JsonValue

BODY_KEYS: Final = ("version", "name", "description", "namespace", "enabled", "vars")
"""Top-level keys of a write that are sent back as they are; unknown keys are refused with 400."""

PACKAGE_KEYS: Final = ("name", "title", "version")
CONFIG_KEYS: Final = ("type", "value", "frozen")

INPUT_KEYS: Final[Mapping[str, tuple[int, int]]] = {
    "type": (0, 0),
    "policy_template": (0, 0),
    "enabled": (0, 0),
    "keep_enabled": (0, 0),
    "streams": (0, 0),
    "vars": (0, 0),
    "id": (8, 18),
    "name": (9, 5),
    "condition": (9, 5),
    "var_group_selections": (9, 5),
    "deprecated": (9, 5),
    "migrate_from": (9, 5),
}
"""Keys of an input, and the first release that accepts each in a write.

Source: `types/models/package_policy.ts` in four versions. Where the exact release is not known
the later one is taken, so that a policy is rather refused than written with something missing.
"""

DERIVED_KEYS: Final = frozenset({"compiled_input"})
"""Keys of an input that Kibana works out anew, and never accepts."""


WOULD_LOSE: Final = (
    "It has {}, which Kibana {} does not accept: writing the policy would remove it. Set the "
    "mirror of this policy by hand in Kibana, or remove that key first."
)


def update_body(document: JsonValue, version: KibanaVersion) -> dict[str, JsonValue]:
    """Return the body of a write: an allowlist, because Kibana refuses unknown keys.

    `policy_id` goes along with `policy_ids`, or a stale one stays behind (kibana#281170);
    `spaceIds` never does (kibana#288966).
    """
    body = _pick(document, BODY_KEYS)
    body["package"] = _pick(document["package"], PACKAGE_KEYS)
    body |= _agent_policy_ids(document)
    if version.wants_output_id and "output_id" in document:
        body["output_id"] = document["output_id"]
    body["inputs"] = [_input(entry, version) for entry in document["inputs"]]
    return body


def _agent_policy_ids(document: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    ids = document.get("policy_ids")
    if ids is None:  # before 8.15; null is refused there
        return _pick(document, ("policy_id",)) if document.get("policy_id") else {}
    return {"policy_ids": ids, "policy_id": ids[0]} if ids else {"policy_ids": ids}


def find_lost_key(document: JsonValue, version: KibanaVersion) -> str:
    """Return what a write to this Kibana would lose, as a sentence, or an empty string."""
    lost = next(_lost_keys(document["inputs"], version), "")
    return WOULD_LOSE.format(lost, version) if lost else ""


def _lost_keys(inputs: Iterable[Mapping[str, JsonValue]], version: KibanaVersion) -> Iterator[str]:
    for number, entry in enumerate(inputs):
        yield from (f"inputs[{number}].{key}" for key in _lost(entry, _kept_keys(version)))
        config = entry.get("config")
        for name, value in config.items() if isinstance(config, dict) else ():
            for key in _lost(value, CONFIG_KEYS):
                yield f"inputs[{number}].config.{name}.{key}"


def _lost(source: Mapping[str, JsonValue], kept: Iterable[str]) -> Iterator[str]:
    """Yield the keys that have a value and are not among those kept."""
    return (key for key, value in source.items() if value is not None and key not in kept)


@lru_cache(maxsize=16)
def _kept_keys(version: KibanaVersion) -> frozenset[str]:
    return frozenset((*_input_keys(version), *DERIVED_KEYS, "config"))


@lru_cache(maxsize=16)
def _input_keys(version: KibanaVersion) -> tuple[str, ...]:
    return tuple(key for key, since in INPUT_KEYS.items() if version.at_least(*since))


def _input(entry: Mapping[str, JsonValue], version: KibanaVersion) -> dict[str, JsonValue]:
    kept = {"streams": [], **_pick(entry, _input_keys(version))}
    if isinstance(entry.get("config"), dict):
        kept["config"] = {
            name: _pick(value, CONFIG_KEYS) for name, value in entry["config"].items()
        }
    return kept


def _pick(source: Mapping[str, JsonValue], keys: Iterable[str]) -> dict[str, JsonValue]:
    return {key: source[key] for key in keys if key in source}
