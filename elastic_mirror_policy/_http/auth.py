"""Credentials as objects that sign a request and never show themselves."""

import base64
import contextlib
import re
from collections.abc import Mapping

from elastic_mirror_policy._http.reflected import ReflectedSecrets, in_base64
from elastic_mirror_policy._json import decode
from elastic_mirror_policy.errors import ConfigurationError


class NoAuth:
    """Sends no credential.

    Attributes:
        reflected: What must never be shown, wherever it comes from.
    """

    def __init__(self, *secrets: str) -> None:
        self.reflected = ReflectedSecrets(*secrets)

    def headers(self) -> Mapping[str, str]:
        """Return the headers that say who is asking."""
        return {}


class HeaderAuth(NoAuth):
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

    def headers(self) -> Mapping[str, str]:
        """Return the `Authorization` header."""
        return {"Authorization": f"{self.scheme} {self._secret}"}

    def __repr__(self) -> str:
        return f"HeaderAuth({self.scheme!r}, <hidden>)"


def encoded_key(api_key: str, *, refusal: str) -> str:
    """Return an API key as a header has it; `id:key` is encoded.

    Raises:
        ConfigurationError: It cannot be put into a header.
    """
    given = _without_wrapping(api_key.strip())
    key = in_base64(given) if ":" in given else given
    if given.startswith(("{", "[", '"', "'")) or not re.fullmatch(r"[!-~]+", key):
        raise ConfigurationError(refusal, hint="Use the value that is called 'encoded', or id:key.")
    return key


def _without_wrapping(text: str) -> str:
    """Return a key as it is meant: out of Kibana's JSON, out of quotes, without its scheme."""
    with contextlib.suppress(ValueError):
        given = decode(text) if text.startswith(("{", '"')) else None
        if isinstance(given, dict) and isinstance(given.get("encoded"), str):
            return str(given["encoded"])
        if isinstance(given, str):
            return given
    if text[:1] == text[-1:] == "'":
        text = text[1:-1]
    scheme, _, rest = text.partition(" ")
    return rest.strip() if scheme.lower() == "apikey" else text


def parts_of_key(key: str) -> tuple[str, ...]:
    """Return what an encoded API key is made of: `id:key`, and the key alone."""
    try:
        whole = base64.b64decode(key + "=" * (-len(key) % 4), validate=True).decode()
    except ValueError:
        return ()
    return whole, whole.partition(":")[2]
