"""From options to the settings that the policies shall have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import product
from .arguments import INTENT, SELECTION, SYSTEMS
from .connection import Params

ONLY_PRESENT = (*INTENT, "mirror_ca_cert")
"""Options that mean something with `state=present` only."""


def check_options(params: Params) -> None:
    """Check that every option that was given means something.

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
            raise product.ConfigurationError(
                f"{name} has no effect with state={state}.", hint="Leave it out."
            )


def settings_of(params: Params) -> product.MirrorSettings:
    """Return what the policies shall have.

    Raises:
        ConfigurationError: A value cannot be used, or there is nothing to set.
    """
    if params["state"] == "absent":
        return product.MirrorSettings.everywhere(product.CLEAR)
    common = _artifact_settings("everywhere", _with_base_url(params))
    own = {name: _artifact_settings(name, params[name] or {}) for name in SYSTEMS}
    return product.MirrorSettings(**{name: settings.over(common) for name, settings in own.items()})


def _with_base_url(params: Params) -> dict[str, Any]:
    given = dict(params["everywhere"] or {})
    if params["base_url"] is None:
        return given
    if given.get("base_url") is not None or "base_url" in (given.get("unset") or ()):
        raise product.ConfigurationError(
            "base_url was given twice: by itself and in everywhere.", hint="Give it once."
        )
    return {**given, "base_url": params["base_url"]}


def _artifact_settings(where: str, given: dict[str, Any]) -> product.ArtifactSettings:
    values = {key: value for key, value in given.items() if key != "unset" and value is not None}
    for key, value in values.items():
        if value == "":
            raise product.ConfigurationError(
                f"{key} of {where} is empty.",
                hint="Leave it out to keep what is there; name it in unset to remove it.",
            )
    for key in given.get("unset") or ():
        if key in values:
            raise product.ConfigurationError(f"{key} of {where} is both set and in unset.")
        values[key] = product.CLEAR
    return product.artifact_settings(values)
