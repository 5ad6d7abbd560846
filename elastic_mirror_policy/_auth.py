"""Credentials as objects that sign a request and never show themselves."""

import html
import re
import urllib.parse

import requests
from requests.auth import AuthBase

SHORTEST = 4
"""Secrets below this length are not looked for: they would be found in every other word."""


class Signer(AuthBase):
    """Signs requests; knows what must never be shown."""

    def hide(self, content: bytes) -> bytes:
        """Return what a server sent, without the secret if it was echoed."""
        return content


class NoAuth(Signer):
    """Sends no credential, and keeps `~/.netrc` from adding one."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Leave the request as it is."""
        return request


class HeaderAuth(Signer):
    """Sends one `Authorization` value and never shows it.

    Args:
        scheme: `ApiKey` or `Basic`.
        secret: What follows it in the header.
        also: What the secret was made of, such as the password.
    """

    def __init__(self, scheme: str, secret: str, *, also: tuple[str, ...] = ()) -> None:
        self.scheme = scheme
        self._secret = secret
        self._echo = Echo(secret, *also)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Set the header, over whatever was there."""
        request.headers["Authorization"] = f"{self.scheme} {self._secret}"
        return request

    def hide(self, content: bytes) -> bytes:
        """Return what a server sent, without the secret if it was echoed."""
        return self._echo.hide(content)

    def __repr__(self) -> str:
        return f"HeaderAuth({self.scheme!r}, <hidden>)"

    def __reduce__(self) -> tuple[object, ...]:
        """Refuse to be pickled: the secret would be in the pickle."""
        raise TypeError("credentials cannot be pickled")


class Echo:
    """Finds secrets in what a server sent, as they are or spelled for a URL, JSON or HTML."""

    def __init__(self, *secrets: str) -> None:
        # Base64 without its padding, which is what is most often spelled otherwise.
        found = {secret.rstrip("=") for secret in secrets}
        longest_first = sorted(found, key=len, reverse=True)
        patterns = [_spelled(secret) for secret in longest_first if len(secret) >= SHORTEST]
        self._pattern = re.compile("|".join(patterns or ["(?!)"]).encode())

    def hide(self, content: bytes) -> bytes:
        """Return the bytes without the secrets."""
        return self._pattern.sub(b"<hidden>", content)

    def hide_in(self, text: str) -> str:
        """Return the text without the secrets."""
        return self.hide(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def __repr__(self) -> str:
        return "Echo(<hidden>)"


def _spelled(secret: str) -> str:
    return "".join(_spellings(char) for char in secret)


def _spellings(char: str) -> str:
    """Return a pattern for one character, however it may be escaped."""
    if char.isascii() and char.isalnum():
        return char
    code = ord(char)
    ways = {char, f"\\{char}", urllib.parse.quote(char, safe=""), html.escape(char)}
    ways |= {f"&#{code};", f"&#x{code:x};", f"&#x{code:X};", f"\\u{code:04x}", f"\\u{code:04X}"}
    return "(?:" + "|".join(re.escape(way) for way in sorted(ways, key=len, reverse=True)) + ")"
