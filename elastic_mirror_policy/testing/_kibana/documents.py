"""Synthetic Elastic Defend package policies, as a Kibana of one version stores them (pure).

The shape is Kibana's; every value is made up. Parts that many policies have in common are the same
objects: nothing in this package changes a stored value in place.
"""

import hashlib
import uuid
from dataclasses import dataclass
from functools import cache

from elastic_mirror_policy._json import JsonValue, encode
from elastic_mirror_policy.testing._kibana.versions import Version

NAMESPACE_ID = uuid.UUID("5f0f2a6e-6f4e-5c0e-9a6b-3d6f1f6c2b11")
_LISTS = (
    "exceptionlist",
    "trustlist",
    "eventfilterlist",
    "hostisolationexceptionlist",
    "blocklist",
)
_PREVENT = {"mode": "prevent", "supported": True}
_MESSAGE = {"message": "", "enabled": True}


@dataclass(frozen=True, slots=True)
class NewPolicy:
    """What one new package policy is called, belongs to and contains."""

    id: str
    name: str
    agent_policies: tuple[str, ...]
    namespace: str = "default"
    description: str = ""
    is_managed: bool = False
    policy: JsonValue = None
    size_bytes: int | None = None


def made_up_id(*parts: object) -> str:
    """Return an id that is always the same for the same parts."""
    return str(uuid.uuid5(NAMESPACE_ID, "/".join(str(part) for part in parts)))


def package_version(version: Version) -> str:
    """The version of the Elastic Defend package that goes with a Kibana."""
    return f"{version.release[0]}.{version.release[1]}.0"


def compose_attributes(new: NewPolicy, version: Version) -> dict[str, JsonValue]:
    """Return the attributes of a Defend package policy; who wrote it and when is not among them."""
    value = new.policy if new.policy is not None else default_policy_value(version)
    first = new.agent_policies[0] if new.agent_policies else None
    attributes: dict[str, JsonValue] = {
        "name": new.name,
        "namespace": new.namespace,
        "description": new.description,
        "package": compose_package("endpoint", "Elastic Defend", version),
        "enabled": True,
        "policy_id": first,
        "inputs": [compose_input(new.id, value, version, new.size_bytes)],
    }
    if version.has_policy_ids:
        attributes["policy_ids"] = list(new.agent_policies)
    if not version.since((8, 5)):
        attributes["output_id"] = "fleet-default-output"
    if new.is_managed:
        attributes["is_managed"] = True
    if version.since((8, 13)):
        attributes["secret_references"] = []
    if version.since((8, 18)):
        attributes["supports_agentless"] = False
    if version.since((9, 5)):
        attributes["latest_revision"] = True
    return attributes


def compose_package(name: str, title: str, version: Version) -> dict[str, JsonValue]:
    """Return the `package` of a package policy, with what newer servers work out by themselves."""
    package: dict[str, JsonValue] = {
        "name": name,
        "title": title,
        "version": package_version(version),
    }
    if version.since((8, 18)):
        package["requires_root"] = name == "endpoint"
    if version.since((9, 3)):
        package["fips_compatible"] = True
    return package


def compose_input(
    policy_id: str, value: JsonValue, version: Version, size_bytes: int | None = None
) -> dict[str, JsonValue]:
    """Return the one input of a Defend policy, its manifest padded towards `size_bytes`."""
    entry: dict[str, JsonValue] = {"id": policy_id} if version.since((8, 18)) else {}
    preset = {"type": "endpoint", "endpointConfig": {"preset": "EDRComplete"}}
    spare = 0 if size_bytes is None else size_bytes - 1800 - len(encode(value))
    manifest = {
        "manifest_version": "1.0.1",
        "schema_version": "v1",
        "artifacts": user_artifacts(max(0, spare)),
    }
    return entry | {
        "type": "endpoint",
        "enabled": True,
        "streams": [],
        "config": {
            "integration_config": {"value": preset},
            "artifact_manifest": {"value": manifest},
            "policy": {"value": value},
        },
    }


@cache
def user_artifacts(at_least: int = 0) -> dict[str, JsonValue]:
    """Return the user artifacts of a manifest, with more lists until they take this many bytes."""
    artifacts: dict[str, JsonValue] = {}
    size = 0
    number = 0
    while number < len(_LISTS) * 3 or size < at_least:
        name = f"endpoint-{_list_name(number)}-{('macos', 'windows', 'linux')[number % 3]}-v1"
        artifacts[name] = _artifact(name)
        size += len(encode(artifacts[name])) + len(name) + 4
        number += 1
    return artifacts


def _list_name(number: int) -> str:
    row, extra = (number // 3) % len(_LISTS), number // (3 * len(_LISTS))
    return f"{_LISTS[row]}{extra or ''}"


def _artifact(name: str) -> JsonValue:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return {
        "encryption_algorithm": "none",
        "decoded_sha256": digest,
        "decoded_size": 14,
        "encoded_sha256": hashlib.sha256(digest.encode()).hexdigest(),
        "encoded_size": 22,
        "relative_url": f"/api/fleet/artifacts/{name}/{digest}",
        "compression_algorithm": "zlib",
    }


def default_policy_value(version: Version) -> dict[str, JsonValue]:
    """Return `config.policy.value` as Kibana makes it for a new policy: Windows has no `advanced`.

    The values under `meta` are empty; whoever stores it knows the license and the cluster.
    """
    return dict(_default_policy_value(version))


@cache
def _default_policy_value(version: Version) -> dict[str, JsonValue]:
    value: dict[str, JsonValue] = {}
    if version.since((8, 9)):
        value["meta"] = _empty_meta(version)
    if version.since((8, 11)):
        value["global_manifest_version"] = "latest"
    if version.since((8, 15)):
        value["global_telemetry_enabled"] = False
    value["windows"] = _windows(version)
    value["mac"] = _mac(version)
    value["linux"] = _linux(version)
    return value


def _empty_meta(version: Version) -> dict[str, JsonValue]:
    meta: dict[str, JsonValue] = dict.fromkeys(
        ("license", "license_uuid", "cluster_uuid", "cluster_name"), ""
    )
    meta["cloud"] = False
    if version.since((8, 11)):
        meta |= {"serverless": False, "billable": False}
    return meta


def _windows(version: Version) -> dict[str, JsonValue]:
    names = (
        "credential_access",
        "dll_and_driver_load",
        "dns",
        "file",
        "network",
        "process",
        "registry",
        "security",
    )
    registration: dict[str, JsonValue] = {"enabled": False}
    if version.since((8, 14)):  # malware is prevented by default
        registration = {"mode": "sync_with_malware_prevent", "enabled": True}
    system = _system(version, names, ("ransomware",), usb=True)
    return system | {
        "ransomware": _PREVENT,
        "antivirus_registration": registration,
        "attack_surface_reduction": {"credential_hardening": {"enabled": True}},
    }


def _mac(version: Version) -> dict[str, JsonValue]:
    system = _system(version, ("process", "file", "network"), (), usb=True)
    if version.since((8, 4)):
        system["advanced"] = {"capture_env_vars": "DYLD_INSERT_LIBRARIES,DYLD_LIBRARY_PATH"}
    return system


def _linux(version: Version) -> dict[str, JsonValue]:
    system = _system(
        version, ("process", "file", "network", "session_data", "tty_io"), (), usb=False
    )
    system["events"] |= {"session_data": False, "tty_io": False}
    if version.since((8, 4)):
        system["advanced"] = {"capture_env_vars": "LD_PRELOAD,LD_LIBRARY_PATH"}
    return system


def _system(
    version: Version, events: tuple[str, ...], more: tuple[str, ...], *, usb: bool
) -> dict[str, JsonValue]:
    shown = ("malware", *more, "memory_protection", "behavior_protection")
    malware: dict[str, JsonValue] = {"mode": "prevent", "blocklist": True}
    behavior: dict[str, JsonValue] = dict(_PREVENT)
    if version.since((8, 13)):
        malware["on_write_scan"] = True
        behavior["reputation_service"] = False
    system: dict[str, JsonValue] = {
        "events": dict.fromkeys(events, True),
        "malware": malware,
        "memory_protection": _PREVENT,
        "behavior_protection": behavior,
        "popup": dict.fromkeys(shown, _MESSAGE),
        "logging": {"file": "info"},
    }
    if usb and version.since((9, 2)):
        system["device_control"] = {"enabled": True, "usb_storage": "deny_all"}
        system["popup"] |= {"device_control": _MESSAGE}
    return system


@cache
def global_artifacts(system: str, manifest_version: str) -> tuple[tuple[str, str], ...]:
    """Return names and SHA-256 of the global artifacts of an endpoint with that manifest."""
    kind = {"windows": "endpointpe-v4", "linux": "endpointelf-v1"}.get(system, "endpointmacho-v1")
    names = (
        f"diagnostic-{kind}-model",
        f"{kind}-blocklist",
        f"{kind}-model",
        "global-configuration-v1",
        f"global-trustlist-{system}-v1",
        f"production-rules-{system}-v1",
    )
    return tuple(
        (name, hashlib.sha256(f"{name} {manifest_version}".encode()).hexdigest()) for name in names
    )
