"""Intent: which artifact settings each operating system of a policy should have (pure).

`None` leaves a key alone, `CLEAR` removes it, anything else is stored as Kibana stores it: as
a string.
"""

import base64
import enum
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Literal

from elastic_mirror_policy._given import check_kind
from elastic_mirror_policy._text import brief
from elastic_mirror_policy._url import check_base_url, check_url
from elastic_mirror_policy.errors import ConfigurationError

KEY_PREFIX: Final = "artifacts.global."
"""What stands before a managed key in plans and reports, after `advanced.`."""

CHANNELS: Final = ("default", "rapid", "stable")
"""Values of `channel` (advanced settings reference, since 8.18)."""

MAX_TEXT: Final = 65536
"""Longest value that is set, in characters; Kibana refuses whole bodies over 1 MiB."""


class OperatingSystem(enum.StrEnum):
    """The operating systems of an Elastic Defend policy, named as the policy names them."""

    LINUX = "linux"
    MAC = "mac"
    WINDOWS = "windows"


class Clear(enum.Enum):
    """The type of `CLEAR`."""

    CLEAR = "clear"

    def __repr__(self) -> str:
        return "CLEAR"


CLEAR: Final = Clear.CLEAR
"""Set a key to this to have it removed, so that the endpoint's default is in force again."""

Text = str | Literal[Clear.CLEAR] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactSettings:
    """The keys under `advanced.artifacts.global` of one operating system.

    Args:
        base_url: Where manifests and artifacts are fetched; a trailing slash is cut off.
        manifest_relative_url: Path of the manifest, taken literally (`<version>` is not replaced).
        ca_cert: PEM of a CA to trust besides the system's, or a path on the endpoint.
        public_key: PEM that verifies the manifest's signature.
        interval: Seconds between update attempts.
        proxy_url: Proxy for these downloads only.
        proxy_disable: Whether any configured proxy is ignored.
        channel: `default`, `rapid` or `stable`.

    Raises:
        ConfigurationError: A value cannot be used; the message names the key.
    """

    base_url: Text = None
    manifest_relative_url: Text = None
    ca_cert: Text = None
    public_key: Text = None
    interval: Text | int = None
    proxy_url: Text = None
    proxy_disable: Text | bool = None
    channel: Text = None

    def __post_init__(self) -> None:
        for key in MANAGED_KEYS:
            value = getattr(self, key)
            if value is not None and value is not CLEAR:
                object.__setattr__(self, key, _normalise(key, value))

    def items(self) -> Iterator[tuple[str, str | Literal[Clear.CLEAR]]]:
        """Yield each key that is to be set or removed, in a fixed order."""
        for key in MANAGED_KEYS:
            value = getattr(self, key)
            if value is not None:
                yield key, value

    def over(self, other: "ArtifactSettings | None") -> "ArtifactSettings":
        """Return these settings, with `other` deciding the keys these leave alone."""
        if other is None:
            return self
        return replace(other, **dict(self.items()))


MANAGED_KEYS: Final = tuple(field.name for field in fields(ArtifactSettings))
"""The eight keys under `advanced.artifacts.global`, in a fixed order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorSettings:
    """What each operating system should have; one that is left out is not touched.

    Raises:
        ConfigurationError: Nothing at all is to be set.
    """

    linux: ArtifactSettings | None = None
    mac: ArtifactSettings | None = None
    windows: ArtifactSettings | None = None

    def __post_init__(self) -> None:
        for system in OperatingSystem:
            found = getattr(self, system.value)
            if found is not None:
                check_kind(found, ArtifactSettings, system.value, "ArtifactSettings")
        for system, key, value in self.items():
            _check_path(system, key, value)
        if not any(True for _ in self.items()):
            raise ConfigurationError(
                "There is nothing to set.", hint="Give a base URL or another artifact setting."
            )

    @classmethod
    def everywhere(
        cls, base_url: Text = None, **settings: str | int | bool | Literal[Clear.CLEAR] | None
    ) -> "MirrorSettings":
        """Return the same settings for Linux, macOS and Windows.

        Raises:
            ConfigurationError: A value cannot be used, or a key does not exist.
        """
        same = artifact_settings({"base_url": base_url, **settings})
        return cls(linux=same, mac=same, windows=same)

    def items(self) -> Iterator[tuple[OperatingSystem, str, str | Literal[Clear.CLEAR]]]:
        """Yield operating system, key and wanted value, in a fixed order."""
        for system in OperatingSystem:
            settings = getattr(self, system.value)
            if settings is not None:
                for key, value in settings.items():
                    yield system, key, value


def artifact_settings(values: Mapping[str, object]) -> ArtifactSettings:
    """Return the settings for a mapping of key to value.

    Raises:
        ConfigurationError: A key does not exist or a value cannot be used.
    """
    unknown = sorted(set(values) - set(MANAGED_KEYS))
    if unknown:
        raise ConfigurationError(
            f"{brief(unknown[0])} is not an artifact setting.",
            hint="The settings are " + ", ".join(MANAGED_KEYS) + ".",
        )
    checked_below: dict[str, Any] = dict(values)
    return ArtifactSettings(**checked_below)


def _normalise(key: str, value: object) -> str:
    if key == "interval":
        return _interval(value)
    if key == "proxy_disable":
        return _boolean(key, value)
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(
            f"{key} must be a text that is not empty.",
            hint="To remove the key, use --unset, clear in a rule, or CLEAR in Python.",
        )
    if len(value) > MAX_TEXT:
        raise ConfigurationError(f"{key} is longer than {MAX_TEXT} characters.")
    return _TEXT_RULES.get(key, _pem_or_path)(key, value)


def _interval(value: object) -> str:
    text = value if isinstance(value, str) else brief(value)
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise ConfigurationError(
            f"interval must be a number of seconds above zero, not {brief(value)}."
        )
    return text


def _boolean(key: str, value: object) -> str:
    text = (value if isinstance(value, str) else brief(value)).lower()
    return _one_of(key, text, ("true", "false"))


def _one_of(key: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ConfigurationError(f"{key} must be one of {', '.join(known)}, not {brief(value)}.")
    return value


def _relative_url(_key: str, value: str) -> str:
    if not value.startswith("/") or value.startswith("//") or not value.isprintable():
        raise ConfigurationError(
            f"manifest_relative_url must be a path that starts with one slash, not {brief(value)}."
        )
    return value


def _pem_or_path(key: str, value: str) -> str:
    if "PRIVATE KEY" in value:
        raise ConfigurationError(
            f"{key} holds a private key, which must never be stored in a policy.",
            hint="Give the certificate or the public key only.",
        )
    if any(not c.isprintable() and c not in "\r\n\t" for c in value):
        raise ConfigurationError(f"{key} holds control characters.")
    if not is_pem(key, value) and not any(map(_is_path(value).get, OperatingSystem)):
        raise ConfigurationError(
            f"{key} is neither PEM that can be decoded nor an absolute path on the endpoint.",
            hint=_pem_hint(key, value),
        )
    return value


def is_pem(key: str, value: str) -> bool:
    """Whether a value is PEM text for `ca_cert` or `public_key` whose every block decodes."""
    blocks = _BLOCK.findall(value)
    return (
        bool(blocks)
        and value.count("-----BEGIN ") == len(blocks)
        and all(label in _LABELS[key] and _is_der("".join(body.split())) for label, body in blocks)
    )


def _is_der(text: str) -> bool:
    """Whether base64 holds one DER sequence, whole and with nothing behind it."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return False
    if len(data) < 2 or data[0] != _SEQUENCE:  # noqa: PLR2004 - tag and length
        return False
    long = data[1] - 0x80 if data[1] > 0x80 else 0  # noqa: PLR2004 - the long form of a length
    size = int.from_bytes(data[2 : 2 + long]) if long else data[1]
    return len(data) == 2 + long + size


def _is_path(value: str) -> dict[OperatingSystem, bool]:
    """Return for which operating systems a value is an absolute path."""
    one_line = value.isprintable()
    return {
        OperatingSystem.LINUX: one_line and value.startswith("/"),
        OperatingSystem.MAC: one_line and value.startswith("/"),
        OperatingSystem.WINDOWS: one_line and bool(_WINDOWS_PATH.match(value)),
    }


def _pem_hint(key: str, value: str) -> str:
    if "-----BEGIN" in value or not value.isprintable() or "<" in value:
        return "The file may be cut off, on one line, or something other than PEM."
    return f"Did you mean {key}=@{brief(value).strip(chr(39))}?"


def _check_path(system: OperatingSystem, key: str, value: object) -> None:
    """Refuse a path of another operating system.

    Raises:
        ConfigurationError: The endpoint could not open it.
    """
    if key not in _LABELS or not isinstance(value, str) or is_pem(key, value):
        return
    if not _is_path(value)[system]:
        raise ConfigurationError(
            f"{system.value} {key} must be PEM or an absolute path on that operating system, "
            f"not {brief(value)}.",
            hint="Give each operating system its own path.",
        )


_LABELS: Final[Mapping[str, tuple[str, ...]]] = {
    "ca_cert": ("CERTIFICATE",),
    "public_key": ("PUBLIC KEY", "RSA PUBLIC KEY"),
}
"""Names of the PEM blocks that a key may hold."""

_BLOCK: Final = re.compile(
    r"^-----BEGIN ([A-Z ]+)-----[ \t]*\r?\n([A-Za-z0-9+/=\s]+?)\r?\n-----END \1-----[ \t]*\r?$",
    re.MULTILINE,
)
_WINDOWS_PATH: Final = re.compile(r"[A-Za-z]:[\\/]|\\\\[^\\]")
_SEQUENCE: Final = 0x30
"""The tag that every certificate and every public key begins with."""

_TEXT_RULES: Final[Mapping[str, Callable[[str, str], str]]] = {
    "base_url": lambda _, value: check_base_url(value),
    "proxy_url": lambda key, value: check_url(value, what=key),
    "channel": lambda key, value: _one_of(key, value, CHANNELS),
    "manifest_relative_url": _relative_url,
}
