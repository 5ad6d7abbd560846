"""Credentials as objects that sign a request and never show themselves."""

import base64
import html
import html.entities
import json
import re
import urllib.parse
import urllib.request
from collections.abc import Iterator

import requests
from requests.auth import AuthBase

from elastic_mirror_policy.errors import ConfigurationError

SHORTEST = 4
"""Secrets below this length are not looked for: they would be found in every other word."""


class Echo:
    """Finds secrets in what a server sent, as they are or spelled for a URL, JSON or HTML.

    The passwords of proxies that the environment names are among them.
    """

    def __init__(self, *secrets: str) -> None:
        # Base64 without its padding, which is what is most often spelled otherwise.
        found = {secret.rstrip("=") for secret in (*secrets, *_proxy_secrets())}
        longest_first = sorted(found, key=len, reverse=True)
        patterns = [_spelled(secret) for secret in longest_first if len(secret) >= SHORTEST]
        self._pattern = re.compile(b"|".join(patterns or [b"(?!)"]))

    def hide(self, content: bytes) -> bytes:
        """Return the bytes without the secrets."""
        return self._pattern.sub(b"<hidden>", content)

    def hide_in(self, text: str) -> str:
        """Return the text without the secrets."""
        return self.hide(text.encode("utf-8", "replace")).decode("utf-8", "replace")

    def __repr__(self) -> str:
        return "Echo(<hidden>)"

    def __reduce__(self) -> tuple[object, ...]:
        """Refuse to be pickled: the secrets would be in the pickle."""
        raise TypeError("credentials cannot be pickled")


class Signer(AuthBase):
    """Signs requests; knows what must never be shown."""

    def __init__(self, *secrets: str) -> None:
        self.echo = Echo(*secrets)

    def __reduce__(self) -> tuple[object, ...]:
        """Refuse to be pickled: the secret would be in the pickle."""
        raise TypeError("credentials cannot be pickled")


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
        super().__init__(secret, *also)
        self.scheme = scheme
        self._secret = secret

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Set the header, over whatever was there."""
        request.headers["Authorization"] = f"{self.scheme} {self._secret}"
        return request

    def __repr__(self) -> str:
        return f"HeaderAuth({self.scheme!r}, <hidden>)"


def encoded_key(api_key: str, *, refusal: str) -> str:
    """Return an API key as a header has it; `id:key` is encoded.

    Raises:
        ConfigurationError: It cannot be put into a header.
    """
    key = api_key.strip()
    if ":" in key:
        key = in_base64(key)
    if not re.fullmatch(r"[!-~]+", key):
        raise ConfigurationError(refusal, hint="Use the value that is called 'encoded', or id:key.")
    return key


def parts_of_key(key: str) -> tuple[str, ...]:
    """Return what an encoded API key is made of: `id:key`, and the key alone."""
    try:
        whole = base64.b64decode(key + "=" * (-len(key) % 4), validate=True).decode()
    except ValueError:
        return ()
    return whole, whole.partition(":")[2]


def in_base64(text: str) -> str:
    """Return the base64 of a text in UTF-8; empty for bytes that the environment had as no text."""
    try:
        return base64.b64encode(text.encode()).decode()
    except UnicodeEncodeError:
        return ""


def _proxy_secrets() -> Iterator[str]:
    """Yield what `HTTPS_PROXY` and its like say before the host, in every form that is sent."""
    for address in urllib.request.getproxies().values():
        before, at, _ = address.rpartition("@")
        whole = urllib.parse.unquote(before.partition("//")[2] or before)
        if at:
            latin = base64.b64encode(whole.encode("latin-1", "replace")).decode()
            yield from (whole, whole.partition(":")[2], latin, in_base64(whole))


def _spelled(secret: str) -> bytes:
    return b"".join(_spellings(char) for char in secret)


def _spellings(char: str) -> bytes:
    """Return a pattern for one character, however it may be escaped."""
    if char.isascii() and char.isalnum():
        return char.encode()
    code = ord(char)
    utf8 = char.encode("utf-8", "surrogatepass")
    quoted = urllib.parse.quote(utf8, safe="")
    dumped = json.dumps(char)[1:-1]
    # UTF-8 read as Latin-1 is what becomes of it in a header.
    texts = {char, f"\\{char}", utf8.decode("latin-1"), repr(utf8)[2:-1]}
    texts |= {quoted, quoted.lower(), "+" if char == " " else char}
    texts |= {dumped, dumped.upper().replace("U", "u"), f"\\u{code:04x}", f"\\u{code:04X}"}
    texts |= {html.escape(char), f"&{html.entities.codepoint2name.get(code, '')};"}
    texts |= {f"&#{code};", f"&#x{code:x};", f"&#x{code:X};"}
    ways = {text.encode("utf-8", "surrogatepass") for text in texts} | {
        char.encode("latin-1", "ignore")
    }
    ordered = sorted(ways - {b"", b"&;"}, key=len, reverse=True)
    return b"(?:" + b"|".join(map(re.escape, ordered)) + b")"
