"""Where manifests and artifacts lie in the tree of a mirror, and which paths may (pure).

The tree is the one of the documentation for air-gapped environments, so a mirror that was filled
by its script can be taken over. A path comes from a server: it is checked before it becomes a
file, because it must not leave the tree and must be a file on Linux and on Windows alike.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from urllib.parse import unquote

from elastic_mirror_policy._text import visible
from elastic_mirror_policy.errors import ManifestError
from elastic_mirror_policy.mirror.version import is_version

UPSTREAM = "https://artifacts.security.elastic.co"
"""Elastic's own server for protection artifacts."""

ARTIFACT_FOLDER = "downloads/endpoint"
MANIFEST_FOLDER = "downloads/endpoint/manifest"

MAX_PATH = 1024
MAX_NAME = 240
"""Longest file name in bytes of UTF-8; with room below the usual 255 for a temporary name."""

_WINDOWS_DEVICES = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\..*)?"
)
_BAD_CHARACTER = re.compile(r'[<>:"/\\|?*]')
_NOT_A_PATH = re.compile("[?#]|%2[fF]|%(?![0-9A-Fa-f]{2})")


def manifest_path(version: str) -> str:
    """Return the path of a version's manifest below the tree."""
    return f"{MANIFEST_FOLDER}/artifacts-{version}.zip"


def manifest_version_of(name: str) -> str | None:
    """Return the endpoint version in a manifest's file name, or None for another file."""
    version = name.removeprefix("artifacts-").removesuffix(".zip")
    return version if name == f"artifacts-{version}.zip" and is_version(version) else None


def tree_path(relative_url: str) -> str:
    """Return the path below the tree for a `relative_url`, percent-escapes resolved.

    Raises:
        ManifestError: It leaves the tree, names another host, or cannot be a file on Linux and
            Windows; the message says why.
    """
    why = _refusal(relative_url)
    if why:
        raise ManifestError(
            f"The manifest names the path {relative_url[:200]!r}, which {why}.",
            hint="Nothing was written; look at the server that gave out this manifest.",
        )
    return _decoded(relative_url)


def why_not(path: str) -> str:
    """Return why a path below the tree may not be an artifact's, or an empty string."""
    steps = path.split("/")
    return next((why for why in map(_step_refusal, steps) if why), "") or _overlap(steps)


def _decoded(relative_url: str) -> str:
    return unquote(relative_url[1:], errors="surrogateescape")


def _refusal(relative_url: str) -> str:
    if not relative_url.startswith("/"):
        return "does not begin with a slash and could name another host"
    if relative_url.startswith("//"):
        return "names another host"
    if len(relative_url) > MAX_PATH:
        return f"is longer than {MAX_PATH} characters"
    if _NOT_A_PATH.search(relative_url):
        return "is not a plain path (it has a query, a fragment, or an escape for no reason)"
    return why_not(_decoded(relative_url))


def _overlap(steps: list[str]) -> str:
    path = "/".join(steps).casefold() + "/"
    if path.startswith(MANIFEST_FOLDER + "/"):
        return "lies in the folder of the manifests"
    return "is a folder of the tree" if MANIFEST_FOLDER.startswith(path) else ""


def _step_refusal(step: str) -> str:
    """Why a file or folder cannot have this name, or an empty string."""
    return next((why for refused, why in _STEP_RULES if refused(step)), "")


_STEP_RULES: tuple[tuple[Callable[[str], bool], str], ...] = (
    (lambda step: step in {"", ".", ".."}, "leaves the tree or has an empty step"),
    (
        lambda step: _BAD_CHARACTER.search(step) is not None or visible(step) != step,
        "has a character that a file name cannot have",
    ),
    (
        lambda step: step.startswith("."),
        "has a hidden step, which web servers treat as configuration",
    ),
    (
        lambda step: step.endswith((".", " ")),
        "has a step that ends in a dot or a space, which Windows drops",
    ),
    (
        lambda step: _WINDOWS_DEVICES.fullmatch(step.casefold()) is not None,
        "has a step that is a device on Windows",
    ),
    (lambda step: len(step.encode()) > MAX_NAME, f"has a step of more than {MAX_NAME} bytes"),
)


def collisions(paths: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return pairs of different paths that are one file where case does not count."""
    seen: dict[str, str] = {}
    pairs = []
    for path in sorted(set(paths)):
        key = unicodedata.normalize("NFC", path).casefold()
        if key in seen:
            pairs.append((seen[key], path))
        seen.setdefault(key, path)
    return tuple(pairs)


def file_and_folder(paths: Iterable[str]) -> str | None:
    """Return a path that would have to be a file and a folder at once, or None."""
    files = set(paths)
    for path in sorted(files):
        parent = path.rpartition("/")[0]
        while parent:
            if parent in files:
                return parent
            parent = parent.rpartition("/")[0]
    return None
