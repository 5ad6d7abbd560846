"""Synthetic package policies of the endpoint package, in the shape that Kibana 9 answers with."""

import copy
from collections.abc import Mapping

from elastic_mirror_policy._json import JsonValue

Settings = Mapping[str, Mapping[str, JsonValue]]
"""Values of managed keys, by operating system."""


def defend_policy(
    name: str = "Servers", *, settings: Settings | None = None, **overrides: JsonValue
) -> dict[str, JsonValue]:
    """Return one item of a list of package policies; `overrides` replace its outer fields.

    Args:
        name: Name of the policy; its ids are made from it.
        settings: Managed keys that are set, such as `{"linux": {"base_url": "https://a"}}`.
        overrides: Outer fields, such as `revision=7` or `policy_ids=[]`.
    """
    slug = name.lower().replace(" ", "-")
    item = {
        "id": f"id-{slug}",
        "version": "WzQyLDFd",
        "spaceIds": ["default"],
        "name": name,
        "description": "synthetic",
        "namespace": "",
        "enabled": True,
        "policy_id": f"agent-policy-{slug}",
        "policy_ids": [f"agent-policy-{slug}"],
        "output_id": None,
        "package": {
            "name": "endpoint",
            "title": "Elastic Defend",
            "version": "9.1.0",
            "requires_root": True,
        },
        "inputs": [_endpoint_input(f"id-{slug}")],
        "vars": {},
        "revision": 3,
        "created_at": "2026-01-05T10:00:00.000Z",
        "created_by": "synthetic",
        "updated_at": "2026-01-06T10:00:00.000Z",
        "updated_by": "synthetic",
        "agents": 4,
        **overrides,
    }
    for system, values in (settings or {}).items():
        block = policy_value(item).setdefault(system, {})
        parent = block.setdefault("advanced", {}).setdefault("artifacts", {})
        parent.setdefault("global", {}).update(values)
    return item


def policy_value(document: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the part of a document that holds the Elastic Defend policy, to be changed freely."""
    value: dict[str, JsonValue] = document["inputs"][0]["config"]["policy"]["value"]
    return value


def nested(depth: int) -> JsonValue:
    """Return an array in an array, and so on: more than JSON can be made of."""
    value: JsonValue = []
    for _ in range(depth):
        value = [value]
    return value


def _endpoint_input(policy_id: str) -> dict[str, JsonValue]:
    return {
        "id": policy_id,
        "type": "endpoint",
        "enabled": True,
        "streams": [],
        "config": {
            "integration_config": {
                "value": {"type": "endpoint", "endpointConfig": {"preset": "EDRComplete"}}
            },
            "artifact_manifest": {"value": copy.deepcopy(_MANIFEST)},
            "policy": {"value": copy.deepcopy(_POLICY)},
        },
    }


_MANIFEST: dict[str, JsonValue] = {
    "manifest_version": "1.0.7",
    "schema_version": "v1",
    "artifacts": {
        "endpoint-trustlist-linux-v1": {
            "encryption_algorithm": "none",
            "compression_algorithm": "zlib",
            "decoded_sha256": "0" * 64,
            "decoded_size": 14,
            "encoded_sha256": "1" * 64,
            "encoded_size": 22,
            "relative_url": f"/api/fleet/artifacts/endpoint-trustlist-linux-v1/{'0' * 64}",
        }
    },
}

_POLICY: dict[str, JsonValue] = {
    "meta": {"license": "enterprise", "cloud": False, "cluster_name": "synthetic"},
    "global_manifest_version": "latest",
    "global_telemetry_enabled": False,
    "windows": {
        "events": {"process": True, "network": True, "file": True},
        "malware": {"mode": "prevent", "blocklist": True, "on_write_scan": True},
        "popup": {"malware": {"message": "", "enabled": True}},
        "logging": {"file": "info"},
        "antivirus_registration": {"mode": "disabled", "enabled": False},
    },
    "mac": {
        "events": {"process": True, "network": True, "file": True},
        "malware": {"mode": "prevent", "blocklist": True, "on_write_scan": True},
        "logging": {"file": "info"},
        "advanced": {"capture_env_vars": "DYLD_LIBRARY_PATH"},
    },
    "linux": {
        "events": {"process": True, "network": True, "session_data": False},
        "malware": {"mode": "prevent", "blocklist": True, "on_write_scan": True},
        "logging": {"file": "info"},
        "advanced": {"capture_env_vars": "LD_PRELOAD"},
    },
}
