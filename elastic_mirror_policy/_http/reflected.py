"""Secrets that a server sends back: a proxy's error page may repeat the whole request."""

import base64
import json
import re
import urllib.parse
import urllib.request
from collections.abc import Iterator

SHORTEST = 4
"""Secrets below this length are not looked for: they would be found in every other word."""


class ReflectedSecrets:
    """Finds secrets in what a server sent: as they are, in base64, and as JSON spells them.

    The passwords of proxies that the environment names are among them.
    """

    def __init__(self, *secrets: str) -> None:
        spelled = {
            spelling
            for secret in (*secrets, *_proxy_secrets())
            if len(secret) >= SHORTEST
            for spelling in _spellings(secret)
        }
        longest_first = sorted(spelled, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")

    def hide(self, text: str) -> str:
        """Return the text without the secrets; to be called before it is cut."""
        return self._pattern.sub("<hidden>", text)

    def __repr__(self) -> str:
        return "ReflectedSecrets(<hidden>)"

    def __reduce__(self) -> tuple[object, ...]:
        """Refuse to be pickled: the secrets would be in the pickle."""
        raise TypeError("credentials cannot be pickled")


def in_base64(text: str) -> str:
    """Return the base64 of a text in UTF-8; empty for bytes that the environment had as no text."""
    try:
        return base64.b64encode(text.encode()).decode()
    except UnicodeEncodeError:
        return ""


def _spellings(secret: str) -> Iterator[str]:
    """Yield a secret as it is, in base64 and as JSON has it, in a body or in a header."""
    bare = secret.rstrip("=")  # padding is what is most often left out, or spelled otherwise
    dumped = (json.dumps(bare, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False))
    for spelling in (bare, in_base64(bare).rstrip("=") or bare, *dumped):
        yield spelling
        yield spelling.encode("utf-8", "surrogatepass").decode("latin-1")


def _proxy_secrets() -> Iterator[str]:
    """Yield what `HTTPS_PROXY` and its like say before the host, as written and as sent."""
    for address in urllib.request.getproxies().values():
        before, at, _ = address.rpartition("@")
        written = before.partition("//")[2] or before
        whole = urllib.parse.unquote(written)
        if at:
            latin = base64.b64encode(whole.encode("latin-1", "replace")).decode()
            yield from (written, whole, whole.partition(":")[2], latin)
