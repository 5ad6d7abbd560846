"""From options to the settings that the policies shall have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from elastic_mirror_policy import CLEAR, ArtifactSettings, ConfigurationError, MirrorSettings
from elastic_mirror_policy.settings import artifact_settings

from .arguments import INTENT, SELECTION, SYSTEMS
from .connection import Params

ONLY_PRESENT = (*INTENT, "mirror_ca_cert")
"""Options that mean something with `state=present` only."""


def check_options(params: Params) -> None:
    """Return when every option that was given means something.

    Raises:
        ConfigurationError: One of them would be ignored; it is named.
    """
    state = params["state"]
    idle: Iterable[str] = ("rollback_journal",)
    if state == "absent":
        idle = (*ONLY_PRESENT, "rollback_journal")
    elif state == "rolled_back":
        idle = (*ONLY_PRESENT, *SELECTION)
    for name in idle:
        if params[name] is not None:
            raise ConfigurationError(
                f"{name} has no effect with state={state}.", hint="Leave it out."
            )


def settings_of(params: Params) -> MirrorSettings:
    """Return what the policies shall have.

    Raises:
        ConfigurationError: A value cannot be used, or there is nothing to set.
    """
    if params["state"] == "absent":
        return MirrorSettings.everywhere(CLEAR)
    common = _artifact_settings("everywhere", _with_base_url(params))
    own = {name: _artifact_settings(name, params[name] or {}) for name in SYSTEMS}
    return MirrorSettings(**{name: settings.over(common) for name, settings in own.items()})


def _with_base_url(params: Params) -> dict[str, Any]:
    given = dict(params["everywhere"] or {})
    if params["base_url"] is None:
        return given
    if given.get("base_url") is not None or "base_url" in (given.get("unset") or ()):
        raise ConfigurationError(
            "base_url was given twice: by itself and in everywhere.", hint="Give it once."
        )
    return {**given, "base_url": params["base_url"]}


def _artifact_settings(where: str, given: dict[str, Any]) -> ArtifactSettings:
    values = {key: value for key, value in given.items() if key != "unset" and value is not None}
    for key, value in values.items():
        if value == "":
            raise ConfigurationError(
                f"{key} of {where} is empty.",
                hint="Leave it out to keep what is there; name it in unset to remove it.",
            )
    for key in given.get("unset") or ():
        if key in values:
            raise ConfigurationError(f"{key} of {where} is both set and in unset.")
        values[key] = CLEAR
    return artifact_settings(values)
