"""The values of a web server's configuration, held to lists of allowed characters (pure).

A value ends up between double quotes in a file that is read by root. What nginx or Apache could
take for more than text (quotes, braces, semicolons, `$`, backslashes, control characters) is
refused, not escaped.
"""

import ipaddress
import os
import re
import urllib.parse
from dataclasses import dataclass
from typing import NoReturn

from elastic_mirror_policy._url import check_base_url
from elastic_mirror_policy.errors import ConfigurationError

MAX_PORT = 65535
IPV6 = 6

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*\Z")
_PATH = re.compile(r"(?:/[\w .,:@+=~-]*)+\Z")
_STEPS = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*\Z")
_AUTHORITY = re.compile(r"(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?\Z")
_PORT = re.compile(r"[1-9][0-9]{0,4}\Z")


@dataclass(frozen=True, slots=True)
class Listen:
    """A port, on one address or (when it is empty) on every address."""

    port: int
    address: str = ""


def checked_server_name(value: str) -> str:
    """Return the name.

    Raises:
        ConfigurationError: It cannot be used, or may not stand in a configuration.
    """
    if not _NAME.match(value):
        refuse("server_name", value, "it is not a host name or an IPv4 address")
    return value


def checked_prefix(value: str) -> str:
    """Return the prefix without trailing slashes.

    Raises:
        ConfigurationError: It cannot be used, or may not stand in a configuration.
    """
    text = value.rstrip("/")
    if not _STEPS.match(text):
        refuse("prefix", value, "it is not a path such as /mirror, of letters, digits and ._~-")
    return text


def checked_listen(value: str) -> Listen:
    """Return where to listen.

    Raises:
        ConfigurationError: It cannot be used, or may not stand in a configuration.
    """
    address, _, port = value.rpartition(":")
    if not _PORT.match(port) or int(port) > MAX_PORT or not _is_address(address):
        refuse("listen", value, "it is neither a port nor an address:port")
    return Listen(int(port), "" if address == "*" else address)


def _is_address(text: str) -> bool:
    if text in {"", "*"}:
        return True
    try:
        found = ipaddress.ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    plain = f"[{found}]" if found.version == IPV6 else str(found)
    return text == plain and "%" not in plain


def checked_upstream(value: str) -> str:
    """Return the URL without trailing slashes.

    Raises:
        ConfigurationError: It cannot be used, or may not stand in a configuration.
    """
    url = check_base_url(value, what="upstream")
    parts = urllib.parse.urlsplit(url)
    if not _AUTHORITY.match(parts.netloc) or not _STEPS.match(parts.path):
        refuse("upstream", value, "it has a character that is not a letter, a digit or one of ._~-")
    return url


def checked_path(name: str, value: str | os.PathLike[str] | None) -> str:
    """Return the path without trailing slashes, or an empty string for None.

    Raises:
        ConfigurationError: It cannot be used, or may not stand in a configuration.
    """
    if value is None:
        return ""
    text = os.fspath(value).rstrip("/")
    if not _PATH.match(text):
        refuse(
            name,
            os.fspath(value),
            "it is not an absolute path of letters, digits, spaces and .,:@+=~_-",
        )
    return text


def refuse(name: str, value: str, why: str) -> NoReturn:
    """Refuse an option by its name."""
    raise ConfigurationError(f"{name} {value[:80]!r} cannot be used: {why}.")
