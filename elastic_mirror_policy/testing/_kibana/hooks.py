"""What Kibana's Security Solution does to every update of an Elastic Defend policy (pure).

It refuses some updates and rewrites parts of others. Source: `fleet_integration.ts` and its
handlers in elastic/kibana.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from elastic_mirror_policy._json import JsonValue, value_at
from elastic_mirror_policy.testing._api.answers import bad_request, forbidden
from elastic_mirror_policy.testing._kibana.documents import made_up_id
from elastic_mirror_policy.testing._kibana.paths import setting
from elastic_mirror_policy.testing._kibana.state import Conditions

SYSTEMS = ("windows", "mac", "linux")
PROTECTED = (
    "artifacts.global.public_key",
    "artifacts.global.base_url",
    "artifacts.global.manifest_relative_url",
    "artifacts.global.ca_cert",
    "artifacts.global.proxy_url",
    "artifacts.global.proxy_disable",
    "artifacts.user.public_key",
    "artifacts.user.ca_cert",
    "artifacts.user.proxy_url",
    "artifacts.user.proxy_disable",
)
_LEVELS = ("basic", "standard", "gold", "platinum", "enterprise")
_PIN_AGE = timedelta(days=548)


@dataclass(frozen=True, slots=True)
class Update:
    """One update on its way to the store."""

    inputs: JsonValue
    stored_inputs: JsonValue
    conditions: Conditions
    today: date
    superuser: bool


def inspect_and_enrich(update: Update) -> JsonValue:
    """Return the inputs as Kibana stores them.

    Raises:
        KibanaError: 400 or 403: the policy may not be saved like this.
    """
    value = setting(update.inputs, "policy")
    _check_license(value, update.conditions)
    if update.conditions.version.checks_structure:
        _check_structure(update.inputs)
    if isinstance(value, dict):
        _check_pin(value.get("global_manifest_version"), update.today)
        _check_device_control(value)
        _check_protected(value, update)
    return _enriched(update.inputs, update.conditions)


def _check_license(value: JsonValue, conditions: Conditions) -> None:
    level = "enterprise" if conditions.version.serverless else conditions.license
    rank = _LEVELS.index(level)
    pinned = value_at(value, "global_manifest_version") not in (None, "", "latest")
    refused = pinned and rank < _LEVELS.index("enterprise")
    if rank < _LEVELS.index("platinum"):
        refused = refused or any(_platinum_features(value))
    if refused:
        raise forbidden(
            f"{level.capitalize()} license does not support this action. "
            "Please upgrade your license."
        )


def _platinum_features(value: JsonValue) -> Iterator[bool]:
    yield bool(value_at(value, "windows.advanced.alerts.rollback.self_healing.enabled"))
    for system in SYSTEMS:
        for name in ("ransomware", "memory_protection", "behavior_protection"):
            yield value_at(value, f"{system}.{name}.mode") not in (None, "off")
        popups = value_at(value, f"{system}.popup")
        for name in popups if isinstance(popups, dict) else ():
            yield bool(value_at(value, f"{system}.popup.{name}.message"))


def _check_structure(inputs: JsonValue) -> None:
    if not setting(inputs, "policy") or not setting(inputs, "artifact_manifest"):
        raise bad_request(
            "Invalid Elastic Defend security policy. 'inputs[0].config.policy.value' and "
            "'inputs[0].config.artifact_manifest.value' are required."
        )


def _check_pin(pin: JsonValue, today: date) -> None:
    if not pin or pin == "latest":
        return
    try:
        day = date.fromisoformat(pin) if re.fullmatch(r"\d{4}-\d\d-\d\d", str(pin)) else None
    except ValueError:
        day = None
    if day is None:
        raise bad_request('Invalid date format. Use "latest" or "YYYY-MM-DD" format. UTC time.')
    if day < max(today - _PIN_AGE, date(2023, 10, 1)):
        raise bad_request(
            'Global manifest version is too far in the past. Please use either "latest" or a date '
            "within the last 18 months. The earliest valid date is October 1, 2023, in UTC time."
        )
    if day > today:
        raise bad_request(
            "Global manifest version cannot be in the future. Latest selectable date is "
            f"{today:%B %d, %Y} UTC time."
        )


def _check_device_control(value: JsonValue) -> None:
    for system in ("windows", "mac"):
        level = value_at(value, f"{system}.device_control.usb_storage")
        notified = value_at(value, f"{system}.popup.device_control.enabled")
        if level is not None and notified and level != "deny_all":
            raise bad_request(
                "Device Control user notifications are only supported when USB storage access "
                f"level is set to deny_all. Current {system} setting is {level}."
            )


def _check_protected(value: JsonValue, update: Update) -> None:
    """The superuser gate of kibana#287027, which was merged and taken back; off by default."""
    if not update.conditions.protected_settings or update.superuser:
        return
    stored = setting(update.stored_inputs, "policy")
    paths = [f"{system}.advanced.{key}" for system in SYSTEMS for key in PROTECTED]
    changed = [path for path in paths if value_at(value, path) != value_at(stored, path)]
    if changed:
        raise forbidden(
            "Modifying the following Elastic Defend policy settings requires superuser/admin "
            f"privileges: {', '.join(changed)}"
        )


def _enriched(inputs: JsonValue, conditions: Conditions) -> JsonValue:
    value = setting(inputs, "policy")
    if not isinstance(value_at(value, "meta"), dict):
        # Refreshing `meta` throws then; Kibana logs it and stores the policy as it was sent.
        return inputs
    known = value["meta"] | license_facts(conditions)
    return _with_policy(inputs, _registered(value | {"meta": known}))


def license_facts(conditions: Conditions) -> dict[str, JsonValue]:
    """What Kibana puts under `meta` when a policy is made, and with every update."""
    serverless = conditions.version.serverless
    return {
        "license": "enterprise" if serverless else conditions.license,
        "license_uuid": made_up_id("license"),
        "cluster_uuid": made_up_id("cluster"),
        "cluster_name": "synthetic-cluster",
        "cloud": serverless,
        "serverless": serverless,
        "billable": serverless,
    }


def _registered(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    registration = value_at(value, "windows.antivirus_registration")
    mode = value_at(registration, "mode")
    if mode is None:
        return value
    prevents = value_at(value, "windows.malware.mode") == "prevent"
    enabled = prevents if mode == "sync_with_malware_prevent" else mode == "enabled"
    windows = value["windows"] | {"antivirus_registration": registration | {"enabled": enabled}}
    return value | {"windows": windows}


def _with_policy(inputs: JsonValue, value: JsonValue) -> JsonValue:
    first, *others = inputs
    policy = first["config"]["policy"] | {"value": value}
    return [first | {"config": first["config"] | {"policy": policy}}, *others]
