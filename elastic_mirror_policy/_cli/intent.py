"""From options to what the policies should have."""

from collections.abc import Iterable
from pathlib import Path

from elastic_mirror_policy._cli.options import Wanted
from elastic_mirror_policy._cli.spelling import meant
from elastic_mirror_policy._text import brief
from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.plan.planning import Rules
from elastic_mirror_policy.settings import (
    CLEAR,
    MANAGED_KEYS,
    MAX_TEXT,
    MirrorSettings,
    OperatingSystem,
    artifact_settings,
)

Value = object


def intent_of(wanted: Wanted) -> MirrorSettings | Rules:
    """Return the settings, or the rules, that the options describe.

    Raises:
        ConfigurationError: Nothing, something contradictory or something unknown was asked for.
    """
    if wanted.rules is not None:
        return read_rules(wanted, wanted.rules)
    entries = (*_urls(wanted), *_settings(wanted))
    by_system = {system: _values_of(system, entries) for system in OperatingSystem}
    if not any(by_system.values()):
        raise ConfigurationError(
            "There is nothing to set.", hint="Give --base-url, --set, --unset or --rules."
        )
    return MirrorSettings(
        **{
            system.value: artifact_settings(values)
            for system, values in by_system.items()
            if values
        }
    )


def read_rules(wanted: Wanted, file: str) -> Rules:
    """Return the rules in the file that --rules names.

    Raises:
        ConfigurationError: Other settings were given besides, or the file cannot be used.
    """
    from elastic_mirror_policy.plan.rules import MirrorRules

    if any((wanted.base_url, *(v for _, _, v in _urls(wanted)), wanted.set, wanted.unset)):
        raise ConfigurationError("--rules cannot be combined with --base-url, --set or --unset.")
    return MirrorRules.from_toml(file)


Entry = tuple[OperatingSystem | None, str, Value]


def _urls(wanted: Wanted) -> list[Entry]:
    urls = (
        (None, wanted.base_url),
        (OperatingSystem.LINUX, wanted.linux_base_url),
        (OperatingSystem.MAC, wanted.mac_base_url),
        (OperatingSystem.WINDOWS, wanted.windows_base_url),
    )
    return [(system, "base_url", url) for system, url in urls if url is not None]


def _settings(wanted: Wanted) -> list[Entry]:
    entries: list[Entry] = []
    for text in wanted.set:
        name, mark, value = text.partition("=")
        if not mark:
            raise ConfigurationError(f"--set {text!r} has no value.", hint="Write KEY=VALUE.")
        entries.append((*_split(name), _from_file(value)))
    entries += [(*_split(name), CLEAR) for name in wanted.unset]
    return entries


def _split(name: str) -> tuple[OperatingSystem | None, str]:
    """Return operating system and key of `linux.interval`, `interval` or the full name."""
    short = name.strip().replace("advanced.", "", 1).replace("artifacts.global.", "", 1)
    head, dot, tail = short.partition(".")
    check_key(tail if dot else short)
    if not dot:
        return None, short
    try:
        return OperatingSystem(head), tail
    except ValueError as exc:
        raise ConfigurationError(
            f"{name!r} names no operating system.", hint="Write linux.KEY, mac.KEY or windows.KEY."
        ) from exc


def check_key(key: str) -> None:
    """Check that a setting exists, or say which one may have been meant.

    Raises:
        ConfigurationError: It does not exist.
    """
    if key not in MANAGED_KEYS:
        raise ConfigurationError(
            f"{brief(key)} is not an artifact setting.{meant(key, MANAGED_KEYS)}",
            hint="The settings are " + ", ".join(MANAGED_KEYS) + ".",
        )


def _from_file(value: str) -> str:
    if not value.startswith("@"):
        return value
    try:
        with Path(value[1:]).open(encoding="utf-8") as file:
            return file.read(MAX_TEXT + 1)  # more is refused
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not text"
        raise ConfigurationError(f"{value[1:]!r} cannot be read: {reason}.") from exc


def _values_of(system: OperatingSystem, entries: Iterable[Entry]) -> dict[str, Value]:
    """Return what is said of one operating system; its own base URL wins over the common one.

    Raises:
        ConfigurationError: A setting was given twice, with different values.
    """
    common: dict[str, Value] = {}
    own: dict[str, Value] = {}
    for named, key, value in entries:
        if named in {None, system}:
            _add(common if named is None else own, system, key, value)
    for key, value in common.items():
        urls = key == "base_url" and CLEAR not in {value, own.get(key)}
        if not (urls and key in own):
            _add(own, system, key, value)
    return own


def _add(values: dict[str, Value], system: OperatingSystem, key: str, value: Value) -> None:
    if values.setdefault(key, value) != value:
        raise ConfigurationError(f"{system.value} {key} was given twice, with different values.")
