"""Which keys each version of Fleet takes in the PUT of a package policy (pure).

Sources: Fleet's `types/models/package_policy.ts` in several versions and the published API
documents. Where the first release of a key is not known, the later candidate is taken.
"""

import re
from collections.abc import Mapping

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.testing._api.answers import KibanaError, bad_request
from elastic_mirror_policy.testing._api.schema import EVER, Problem, Rule, find_problem
from elastic_mirror_policy.testing._kibana.versions import Version

STRING = Rule("string")
BOOLEAN = Rule("boolean")
ANY = Rule("any")


def _namespace_problem(value: str) -> str:
    if value != value.lower():
        return "Namespace must be lowercase"
    if re.search(r'[*\\/?"<>|\s,#:-]', value):
        return "Namespace contains invalid characters"
    if len(value.encode()) > 100:  # noqa: PLR2004 - the limit is in the message
        return "Namespace cannot be more than 100 bytes"
    return ""


def _name_problem(value: str) -> str:
    return "" if value.strip() else "Name is required"


NAMESPACE = Rule("string", check=_namespace_problem)
_VALUE = {"type": STRING, "value": ANY}
_VARS = Rule("record", each=Rule("object", keys={**_VALUE, "frozen": BOOLEAN}))
_CONFIG = Rule("record", each=Rule("object", keys={**_VALUE, "frozen": Rule("boolean", (8, 18))}))
_NEWEST_PART: Mapping[str, Rule] = {
    "var_group_selections": Rule("record", (9, 5), each=STRING),
    "condition": Rule("string", (9, 5), nullable=(9, 5)),
    "deprecated": Rule("record", (9, 5)),
    "migrate_from": Rule("string", (9, 5)),
}
_DATA_STREAM = Rule(
    "object",
    required=True,
    keys={
        "dataset": Rule("string", required=True),
        "type": STRING,
        "elasticsearch": Rule("record"),
    },
)
_STREAM = Rule(
    "object",
    keys={
        "id": STRING,
        "enabled": Rule("boolean", required=True),
        "keep_enabled": BOOLEAN,
        "release": STRING,
        "data_stream": _DATA_STREAM,
        "vars": _VARS,
        "config": _CONFIG,
        "compiled_stream": ANY,
        **_NEWEST_PART,
    },
)
_INPUT = Rule(
    "object",
    keys={
        "id": Rule("string", (8, 18)),
        "type": Rule("string", required=True),
        "name": Rule("string", (9, 5)),
        "policy_template": STRING,
        "enabled": Rule("boolean", required=True),
        "keep_enabled": BOOLEAN,
        "vars": _VARS,
        "config": _CONFIG,
        "streams": Rule("array", each=_STREAM),
        **_NEWEST_PART,
    },
)
_PACKAGE_KEYS: Mapping[str, Rule] = {
    "name": Rule("string", required=True),
    "title": STRING,
    "version": Rule("string", required=True),
    "experimental_data_stream_features": Rule("array", (8, 13), each=Rule("record")),
    "requires_root": Rule("boolean", (8, 18)),
    "fips_compatible": Rule("boolean", (9, 3)),
}
_COMMON: Mapping[str, Rule] = {
    "description": STRING,
    "namespace": NAMESPACE,
    "policy_id": Rule("string", nullable=(8, 18)),
    "policy_ids": Rule("array", (8, 15), each=STRING, most=(100, (9, 5))),
    "output_id": Rule("string", nullable=(8, 18)),
    "force": BOOLEAN,
    "supports_agentless": Rule("boolean", (8, 18), nullable=(8, 18)),
    "additional_datastreams_permissions": Rule("array", (9, 1), nullable=(9, 1), each=STRING),
    "condition": Rule("string", (9, 5), nullable=(9, 5)),
    "var_group_selections": Rule("record", (9, 5), each=STRING),
}
TYPED_FORM = Rule(
    "object",
    keys={
        "name": Rule("string", check=_name_problem),
        "enabled": BOOLEAN,
        "is_managed": Rule("boolean", (8, 13)),
        "package": Rule("object", keys=_PACKAGE_KEYS),
        "inputs": Rule("array", each=_INPUT, most=(1000, (9, 5))),
        "vars": _VARS,
        "overrides": Rule("object", (8, 15), nullable=(8, 15), keys={"inputs": Rule("record")}),
        "version": STRING,
        "spaceIds": Rule("array", (9, 2), each=STRING),
        "cloud_connector_id": Rule("string", (9, 2), nullable=(9, 2)),
        "supports_cloud_connector": Rule("boolean", (9, 2), nullable=(9, 2)),
        "cloud_connector_name": Rule("string", (9, 5), nullable=(9, 5)),
        "global_data_tags": Rule("array", (9, 5), nullable=(9, 5)),
        "package_agent_version_condition": Rule("string", (9, 5)),
        **_COMMON,
    },
)
_SIMPLE_INPUT = Rule(
    "object", keys={"enabled": BOOLEAN, "vars": Rule("record"), "streams": Rule("record")}
)
SIMPLIFIED_FORM = Rule(
    "object",
    keys={
        "id": STRING,
        "name": Rule("string", required=True, check=_name_problem),
        "package": Rule("object", required=True, keys=_PACKAGE_KEYS),
        "inputs": Rule("record", each=_SIMPLE_INPUT),
        "vars": Rule("record"),
        **_COMMON,
    },
)
_IDS = Rule("array", required=True, each=STRING, most=(1000, (9, 3)))
BULK_GET = Rule("object", keys={"ids": _IDS, "ignoreMissing": BOOLEAN})
AGENT_POLICY_BULK_GET = Rule(
    "object", keys={"ids": _IDS, "full": BOOLEAN, "ignoreMissing": BOOLEAN}
)
_STORED = Rule(
    "object",
    keys={
        "id": Rule("string", required=True),
        "name": Rule("string", required=True, check=_name_problem),
        "inputs": Rule("array", required=True, each=Rule("record")),
        "version": STRING,
        "revision": Rule("number"),
        "package": Rule("object", keys={"name": STRING}),
        "policy_id": Rule("string", nullable=EVER),
        "policy_ids": Rule("array", each=STRING),
        "spaceIds": Rule("array", each=STRING),
    },
)
_ONCE_REQUIRED = ("name", "namespace", "policy_id", "enabled", "inputs")


def check_update(body: JsonValue, version: Version) -> None:
    """Check that a PUT body is legal in this version.

    Raises:
        KibanaError: 400 in Kibana's words; from 8.6 both forms of the body are named.
    """
    typed = find_problem(body, TYPED_FORM, version)
    if not version.has_two_body_forms:
        problem = typed or _once_required(body)
        if problem is not None:
            raise bad_request(f"[request body{problem[0]}]: {problem[1]}")
        return
    if typed is None:
        return
    simplified = find_problem(body, SIMPLIFIED_FORM, version)
    if simplified is not None:
        raise _neither_form(typed, simplified)


def check_body(body: JsonValue, rule: Rule, version: Version) -> None:
    """Check that a body is as its one schema wants it.

    Raises:
        KibanaError: 400 in Kibana's words.
    """
    problem = find_problem(body, rule, version)
    if problem is not None:
        raise bad_request(f"[request body{problem[0]}]: {problem[1]}")


def check_stored(item: JsonValue) -> None:
    """Check that something can be taken for a stored package policy; other keys are free.

    Raises:
        ValueError: Kibana could not have stored it; the message says where and why.
    """
    known = item
    if isinstance(item, dict):
        known = {key: item[key] for key in _STORED.keys or {} if key in item}
    if isinstance(known, dict) and isinstance(known.get("package"), dict):
        known["package"] = {"name": known["package"].get("name", "")}
    problem = find_problem(known, _STORED, Version("", (0, 0), serverless=True))
    if problem is not None:
        raise ValueError(f"This is not a package policy: [item{problem[0]}]: {problem[1]}")


def _once_required(body: JsonValue) -> Problem | None:
    for key in _ONCE_REQUIRED:
        if key not in body:
            kind = (TYPED_FORM.keys or {})[key].kind
            return f".{key}", f"expected value of type [{kind}] but got [undefined]"
    return None


def _neither_form(typed: Problem, simplified: Problem) -> KibanaError:
    lines = "\n".join(
        f"- [request body.{form}{where}]: {what}"
        for form, (where, what) in enumerate((typed, simplified))
    )
    return bad_request(f"[request body]: types that failed validation:\n{lines}")
