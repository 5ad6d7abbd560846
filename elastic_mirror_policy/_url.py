"""What a mirror's base URL may look like, and the slips that are common (pure)."""

import re
import urllib.parse

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import ConfigurationError

DEFAULT_ARTIFACTS_HOST = "artifacts.security.elastic.co"
"""Where endpoints look when no base URL is set (advanced settings reference)."""

BINARIES_HOST = "artifacts.elastic.co"
"""Where agent binaries come from: another server with other files."""

LONGEST = 2048
"""Longest URL that is taken, in characters."""

_SHOWN = 200
_SURROGATE = re.compile("[\ud800-\udfff]")
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?\Z")


def check_base_url(value: str, *, what: str = "The base URL") -> str:
    """Return the URL without trailing slashes.

    Endpoints append `/downloads/endpoint/...` to it, so a trailing slash would double there.

    Raises:
        ConfigurationError: It is not http or https with a host and an optional path; the
            message names the offending part.
    """
    url = check_url(value, what=what)
    parts = urllib.parse.urlsplit(url)
    path = parts.path.rstrip("/")
    if any(step in {"", ".", ".."} for step in path.split("/")[1:]):
        raise _bad(what, value, f"its path {parts.path!r} has an empty or dotted step")
    if path.endswith(("/downloads", "/downloads/endpoint", "/downloads/endpoint/manifest")):
        raise ConfigurationError(
            f"{what} {value!r} ends in {path[path.rindex('/downloads') :]!r}, which endpoints add "
            "themselves.",
            hint=f"Leave it out: {url[: url.rindex('/downloads')]}",
        )
    if parts.hostname == BINARIES_HOST:
        raise ConfigurationError(
            f"{what} {value!r} is the server of the agent binaries, which has no protection "
            "artifacts.",
            hint=f"Elastic's own server for them is https://{DEFAULT_ARTIFACTS_HOST}",
        )
    return url.rstrip("/")


def check_url(value: str, *, what: str) -> str:
    """Return an http or https URL with a host, as it is.

    Raises:
        ConfigurationError: Some part of it is missing or may not be there; it is named.
    """
    parts = _split(value, what)
    if parts.scheme not in {"http", "https"}:
        raise _bad(what, value, f"its scheme is {parts.scheme!r}", "Use http:// or https://.")
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError(
            f"{what} holds a user name or password, which everybody who sees the URL would see.",
            hint="Leave out what stands before the @.",
        )
    host = parts.hostname or ""
    if not host:
        raise _bad(what, value, "it names no host")
    if ":" not in host and not _HOST.match(host):
        raise _bad(what, value, f"{host[:_SHOWN]!r} cannot be a host name")
    for name, mark in (("query", "?"), ("fragment", "#")):
        if mark in value:
            raise _bad(what, value, f"it has a {name} (what follows the {mark})")
    return value


def check_server_url(value: str, *, what: str) -> str:
    """Return the URL of a server that gets credentials, as it is.

    Raises:
        ConfigurationError: Some part of it is missing or may not be there; it is named.
    """
    url = check_url(value, what=what)
    if "@" in url:
        # A password with a slash in it: all before the slash would be taken for the host.
        raise _bad(what, value, "there is an @ in its path", "Leave out what stands before the @.")
    return url


def _split(value: str, what: str) -> urllib.parse.SplitResult:
    if not value:
        raise ConfigurationError(f"{what} is empty.", hint="Give http(s)://host, or leave it out.")
    if len(value) > LONGEST:
        raise _bad(what, value, f"it is longer than {LONGEST} characters")
    bad = next((c for c in value if not "!" <= c <= "~" or c in '"<>\\^`{|}'), None)
    if bad is not None:
        raise _bad(what, value, f"it holds the character {bad!r}")
    parts = _parts(value)
    if parts is None:
        raise _bad(what, value, "its host or port cannot be read")
    if parts.scheme and "://" not in value:
        raise _bad(what, value, "there is no // after the scheme", "Write http(s)://host.")
    if not parts.scheme:
        raise _bad(what, value, "it has no scheme", f"Did you mean https://{_shown(value)} ?")
    return parts


def _parts(value: str) -> urllib.parse.SplitResult | None:
    """Return the parts, or None: the exception would name what may be a piece of a password."""
    try:
        parts = urllib.parse.urlsplit(value)
        port = parts.port
    except ValueError:
        return None
    return None if port == 0 else parts


def host_of(url: str) -> str:
    """Return the host name of a URL in small letters, or an empty string when it has none."""
    parts = _parts(url)
    return (parts.hostname or "").rstrip(".") if parts else ""


def is_step(text: str) -> bool:
    """Whether a text, quoted, is one step of a path: not empty, no dots, no lone surrogate."""
    return text not in {"", ".", ".."} and not _SURROGATE.search(text)


def has_credentials(value: object) -> bool:
    """Whether a value found in a policy is a URL with a user name or password in it."""
    return isinstance(value, str) and bool(re.search(r"//[^/?#]*@", value))


def shown(value: JsonValue) -> JsonValue:
    """Return a value as it may be shown: a URL with credentials is replaced by a remark."""
    return "<a URL with credentials, not shown>" if has_credentials(value) else value


def _bad(what: str, value: str, why: str, hint: str = "") -> ConfigurationError:
    return ConfigurationError(f"{what} {_shown(value)!r} cannot be used: {why}.", hint=hint)


def _shown(value: str) -> str:
    # A text that is not a URL yet has no part that could be told to be the password.
    _, at, rest = value.rpartition("@")
    shown = f"<hidden>@{rest}" if at else value
    return shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "..."
