"""Which version an endpoint has, and which manifests it may ask for (pure)."""

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from elastic_mirror_policy.errors import ConfigurationError

_LABELS = r"[0-9A-Za-z-]{1,40}(?:\.[0-9A-Za-z-]{1,40}){0,4}"
_VERSION = re.compile(
    rf"(?P<release>\d{{1,4}}\.\d{{1,4}}\.\d{{1,6}})(?P<pre>-{_LABELS})?(?P<build>\+{_LABELS})?",
    re.ASCII,
)
_NUMBERS = re.compile(r"\d{1,9}(?:\.\d{1,9}){0,5}", re.ASCII)


def is_version(text: str) -> bool:
    """Return whether the text is an endpoint version."""
    return _VERSION.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class EndpointVersion:
    """The version of Elastic Endpoint, which picks the manifest: `9.1.3` or `9.0.0-beta1`.

    Raises:
        ConfigurationError: The text is not a version.
    """

    text: str

    def __post_init__(self) -> None:
        if not is_version(self.text):
            raise ConfigurationError(
                f"{self.text[:60]!r} is not an endpoint version.",
                hint="Give it as the agent reports it: 9.1.3, 9.0.0-beta1 or 9.2.0-SNAPSHOT.",
            )

    @property
    def candidates(self) -> tuple[str, ...]:
        """The names a manifest may go by, the likeliest first.

        Pre-release names are part of the manifest's name (the documentation of air-gapped
        environments used `9.0.0-beta1`). Whether a snapshot or a build number is, is not
        documented, so the shorter names are tried after the full one.
        """
        match = _VERSION.fullmatch(self.text)
        release = match["release"] if match else self.text
        without_build = self.text.partition("+")[0]
        return tuple(dict.fromkeys((self.text, without_build, release)))

    @property
    def release(self) -> tuple[int, ...]:
        """Its three numbers."""
        return tuple(int(part) for part in self.candidates[-1].split("."))


def parse_versions(texts: Iterable[str]) -> tuple[EndpointVersion, ...]:
    """Return the versions in the order given, each once.

    Raises:
        ConfigurationError: One is not a version, or there is none at all.
    """
    listed = [texts] if isinstance(texts, str) else list(texts)
    versions = tuple(EndpointVersion(text) for text in dict.fromkeys(listed))
    if not versions:
        raise ConfigurationError(
            "No endpoint version was given.",
            hint="Name at least one, such as 9.1.3: every version has a manifest of its own.",
        )
    return versions


@functools.lru_cache(maxsize=1024)
def version_numbers(text: str | None) -> tuple[int, ...] | None:
    """Return a manifest version as numbers, so that 1.0.1049 is newer than 1.0.261.

    None where it is not made of numbers, and so cannot be compared.
    """
    if text is None or not _NUMBERS.fullmatch(text):
        return None
    return tuple(int(part) for part in text.split("."))
