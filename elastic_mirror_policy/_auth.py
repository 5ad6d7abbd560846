"""Credentials as objects that sign a request and never show themselves."""

import requests
from requests.auth import AuthBase


class NoAuth(AuthBase):
    """Sends no credential, and keeps `~/.netrc` from adding one."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Leave the request as it is."""
        return request


class HeaderAuth(AuthBase):
    """Sends one `Authorization` value and never shows it."""

    def __init__(self, scheme: str, secret: str) -> None:
        self.scheme = scheme
        self._secret = secret

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Set the header, over whatever was there."""
        request.headers["Authorization"] = f"{self.scheme} {self._secret}"
        return request

    def __repr__(self) -> str:
        return f"HeaderAuth({self.scheme!r}, <hidden>)"

    def __reduce__(self) -> tuple[object, ...]:
        """Refuse to be pickled: the secret would be in the pickle."""
        raise TypeError("credentials cannot be pickled")
