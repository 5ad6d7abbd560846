"""From addresses and credentials to a client, or a clear refusal before any request."""

import os
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field

from elastic_mirror_policy._fleet.api import API_HEADERS
from elastic_mirror_policy._fleet.refusals import explain
from elastic_mirror_policy._http.auth import HeaderAuth, encoded_key, parts_of_key
from elastic_mirror_policy._http.client import HttpClient, Timeouts
from elastic_mirror_policy._http.connections import Tls
from elastic_mirror_policy._http.reflected import in_base64
from elastic_mirror_policy._http.retry import RetryPolicy
from elastic_mirror_policy._url import check_server_url
from elastic_mirror_policy.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """An API key, or a user name and password; never shown.

    Raises:
        ConfigurationError: None of them, both kinds, or only half of one was given.
    """

    api_key: str | None = field(default=None, repr=False)
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        basic = self.username or self.password
        if self.api_key and basic:
            raise ConfigurationError(
                "Both an API key and a user name or password were given.",
                hint="Give one kind of credentials; unset the environment variables of the other.",
            )
        if not self.api_key and not basic:
            raise ConfigurationError(
                "No credentials were given.",
                hint="Set KIBANA_API_KEY, or KIBANA_USERNAME and KIBANA_PASSWORD.",
            )
        if basic and not (self.username and self.password):
            missing = "password" if self.username else "user name"
            raise ConfigurationError(f"The {missing} is missing.", hint="Give both.")

    def auth(self) -> HeaderAuth:
        """Return what signs a request.

        Raises:
            ConfigurationError: The secret cannot be put into a header.
        """
        if not self.api_key:
            return self._basic(f"{self.username}:{self.password}")
        key = encoded_key(self.api_key, refusal="The API key holds characters that no API key has.")
        return HeaderAuth("ApiKey", key, also=parts_of_key(key))

    def _basic(self, whole: str) -> HeaderAuth:
        encoded = in_base64(whole)
        if not encoded:
            raise ConfigurationError(
                "The user name or the password holds bytes that are no text in UTF-8.",
                hint="Set the variable in a terminal that uses UTF-8, or use --password-file.",
            )
        return HeaderAuth("Basic", encoded, also=(whole, self.password or ""))

    def __reduce__(self) -> tuple[object, ...]:
        """Refuse to be pickled: the secret would be in the pickle."""
        raise TypeError("credentials cannot be pickled")


def check_kibana_url(url: str) -> str:
    """Return Kibana's URL, with its base path and without trailing slashes.

    Raises:
        ConfigurationError: It is not an address of Kibana; the offending part is named.
    """
    if not url:
        raise ConfigurationError("No Kibana URL was given.", hint="Set KIBANA_URL.")
    clean = check_server_url(url, what="Kibana's URL").rstrip("/")
    steps = urllib.parse.urlsplit(clean).path.split("/")
    for step, hint in (
        ("s", "Name the space apart from the URL (--space, spaces=)."),
        ("api", "Leave out /api and what follows."),
        ("app", "Leave out /app and what follows."),
    ):
        if step in steps:
            raise ConfigurationError(f"Kibana's URL {clean!r} has /{step} in its path.", hint=hint)
    return clean


def connect(
    url: str,
    credentials: Credentials,
    *,
    tls: Tls,
    timeout: float | None,
    pool: int,
    sleep: Callable[[float], None],
    retry: RetryPolicy | None = None,
) -> HttpClient:
    """Return a client for Kibana; nothing is sent yet.

    Args:
        url: Kibana's URL.
        credentials: Who we are.
        tls: Whom to trust.
        timeout: Seconds to wait for the answer to one request, or None for 30 to a read and 120
            to a write, during which Kibana bumps every attached agent policy.
        pool: Connections kept open at most.
        sleep: What waits between attempts.
        retry: When to stop trying again.

    Raises:
        ConfigurationError: The URL, the credentials, a PEM file or the timeout cannot be used.
    """
    check_readable(tls)
    default = Timeouts()
    if timeout is not None and not 0 < timeout <= 86400:  # noqa: PLR2004 - a day
        raise ConfigurationError(
            f"The timeout must be above 0 seconds and at most a day, not {timeout}."
        )
    read = default.read if timeout is None else timeout
    write = default.write if timeout is None else timeout
    return HttpClient(
        check_kibana_url(url),
        explain=explain,
        auth=credentials.auth(),
        headers=API_HEADERS,
        tls=tls,
        timeouts=Timeouts(default.connect, read, write),
        retry=retry,
        pool=pool,
        sleep=sleep,
    )


def check_readable(tls: Tls) -> None:
    """Return when the PEM files can be read.

    Raises:
        ConfigurationError: One of them cannot; TLS would say so later, and less clearly.
    """
    ours = (tls.client_cert,) if isinstance(tls.client_cert, str) else tls.client_cert or ()
    for path in filter(None, (tls.ca_cert, *ours)):
        if not os.access(path, os.R_OK):
            raise ConfigurationError(f"The PEM file {path!r} is not there, or may not be read.")
