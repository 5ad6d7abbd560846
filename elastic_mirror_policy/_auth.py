"""Credentials as objects that sign a request and never show themselves."""

import requests
from requests.auth import AuthBase


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
    """Sends one `Authorization` value and never shows it."""

    def __init__(self, scheme: str, secret: str) -> None:
        self.scheme = scheme
        self._secret = secret

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Set the header, over whatever was there."""
        request.headers["Authorization"] = f"{self.scheme} {self._secret}"
        return request

    def hide(self, content: bytes) -> bytes:
        """Return what a server sent, without the secret if it was echoed."""
        return content.replace(self._secret.encode(), b"<hidden>")

    def __repr__(self) -> str:
        return f"HeaderAuth({self.scheme!r}, <hidden>)"

    def __reduce__(self) -> tuple[object, ...]:
        """Refuse to be pickled: the secret would be in the pickle."""
        raise TypeError("credentials cannot be pickled")
