"""The configuration file: several Kibanas, each with a name, none with a secret."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from platformdirs import user_config_path

from elastic_mirror_policy._cli.spelling import meant
from elastic_mirror_policy._files import read_toml
from elastic_mirror_policy._text import brief
from elastic_mirror_policy.errors import ConfigurationError

FILE_NAME: Final = "elastic-mirror-policy.toml"
KEYS: Final = ("url", "space", "ca_cert", "api_key_file", "api_key_env")
SECRET_WORDS: Final = ("key", "password", "secret", "token")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One `[kibana.NAME]` of a configuration file; an empty text is a key that is not there."""

    name: str
    file: Path
    url: str = ""
    space: str = ""
    ca_cert: str = ""
    api_key_file: str = ""
    api_key_env: str = ""

    @property
    def source(self) -> str:
        """How the place is told from which its values come."""
        return f"[kibana.{self.name}] in {self.file}"


def config_file(given: str | None) -> Path:
    """Return the file that `--config` names, or the one in the user's configuration folder."""
    return Path(given) if given else user_config_path() / FILE_NAME


def kibana_names(given: str | None) -> tuple[str, ...]:
    """Return the names in the configuration file, sorted; none where it cannot be used."""
    try:
        return tuple(sorted(_kibanas(config_file(given))))
    except ConfigurationError:
        return ()


def read_profile(name: str, file: Path) -> Profile:
    """Return the Kibana of this name; its files are looked for beside the configuration file.

    Raises:
        ConfigurationError: The file cannot be used, holds a secret or has no such Kibana.
    """
    known = _kibanas(file)
    found = known.get(name)
    if not isinstance(found, Mapping):
        listed = ", ".join(sorted(known)) or "none"
        raise ConfigurationError(
            f"{file} has no [kibana.{name}].{meant(name, known)}", hint=f"It has: {listed}."
        )
    values = {key: _text(key, value, file) for key, value in found.items()}
    if "api_key_file" in values and "api_key_env" in values:
        raise ConfigurationError(
            f"[kibana.{name}] in {file} has both api_key_file and api_key_env."
        )
    for key in ("ca_cert", "api_key_file"):
        if key in values:
            values[key] = str(file.parent / Path(values[key]).expanduser())
    return Profile(name=name, file=file, **values)


def _kibanas(file: Path) -> Mapping[str, object]:
    """Return the sections of all Kibanas, none of which may hold a secret."""
    try:
        document = read_toml(file)
    except OSError as exc:
        raise ConfigurationError(
            f"The configuration file {file} cannot be read: {exc.strerror}."
        ) from exc
    except ValueError as exc:  # neither UTF-8 nor TOML; its text may quote a secret
        raise ConfigurationError(f"The configuration file {file} is not valid TOML.") from exc
    known = document.get("kibana", {})
    if not isinstance(known, dict):
        raise ConfigurationError(f"In {file}, kibana must hold sections such as [kibana.emea].")
    for name, section in known.items():
        for key in section if isinstance(section, dict) else ():
            _check_key(name, key, file)
    return known


def _check_key(name: str, key: str, file: Path) -> None:
    if key in KEYS:
        return
    where = f"[kibana.{name}] in {file}"
    if any(word in key.lower() for word in SECRET_WORDS):
        raise ConfigurationError(
            f"{where} has {brief(key)}: a secret must not stand in the configuration file.",
            hint="Name a file with api_key_file, or a variable with api_key_env.",
        )
    raise ConfigurationError(
        f"{where} has {brief(key)}, which is not known.{meant(key, KEYS)}",
        hint="The keys are " + ", ".join(KEYS) + ".",
    )


def _text(key: str, value: object, file: Path) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(f"In {file}, {key} must be a text that is not empty.")
    return value
