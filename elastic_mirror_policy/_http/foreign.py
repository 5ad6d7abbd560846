"""What answered in a server's place: a firewall's page, a gateway, a login, a proxy (pure).

Its words are shown as data, short and without markup; they tell an administrator whom to ask.
"""

import html
import re
from collections.abc import Mapping
from typing import Final

from elastic_mirror_policy._text import visible

_TITLE: Final = re.compile(r"<title[^>]{0,200}>(.{0,400}?)</title", re.IGNORECASE | re.DOTALL)
_SUPPORT_ID: Final = re.compile(
    r"(?:support|incident|event|reference|request|ray)\s*(?:id|#|number)"
    r"(?:\s+is)?[^0-9a-z]{1,20}([0-9a-z][0-9a-z.\-]{5,63})",
    re.IGNORECASE,
)
_SHOWN: Final = 80
_LOOKED_AT: Final = 20_000
"""Characters of a page that are looked through."""

PROXY_HEADERS: Final = ("x-squid-error", "proxy-authenticate")
"""Headers that a forward proxy puts into an answer of its own."""


def describe(text: str, server: str = "") -> str:
    """Return what kind of answer a text is: its title, its support ID, and who served it.

    Args:
        text: The body.
        server: The `Server` header.
    """
    text = text[:_LOOKED_AT]
    title = _TITLE.search(text)
    if title:
        kind = f"a page titled {_short(html.unescape(title[1]))!r}"
    elif text.strip():
        kind = f"a text that begins {_short(text)!r}"
    else:
        kind = "an empty answer"
    number = _SUPPORT_ID.search(re.sub(r"<[^>]{0,200}>", " ", text))
    facts = [f"support ID {number[1].rstrip('.-')}"] if number else []
    facts += [f"Server: {_short(server)}"] if server else []
    return f"{kind} ({', '.join(facts)})" if facts else kind


def by_proxy(proxy: str, status: int, headers: Mapping[str, str]) -> bool:
    """Whether the proxy of the environment, if there is one, made an answer itself."""
    wants_login = status == 407  # noqa: PLR2004 - Proxy Authentication Required
    return bool(proxy) and (wants_login or any(name in headers for name in PROXY_HEADERS))


def _short(text: str) -> str:
    return visible(" ".join(text.split()))[:_SHOWN].rstrip()
