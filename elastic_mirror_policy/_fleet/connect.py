"""From addresses and credentials to a client, or a clear refusal before any request."""

import base64
import contextlib
import os
import re
import ssl
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from elastic_mirror_policy._fleet.api import API_HEADERS
from elastic_mirror_policy._fleet.refusals import explain
from elastic_mirror_policy._http.auth import HeaderAuth, encoded_key, parts_of_key
from elastic_mirror_policy._http.client import HttpClient, Timeouts
from elastic_mirror_policy._http.connections import Tls
from elastic_mirror_policy._http.download import usable_ca
from elastic_mirror_policy._http.reflected import in_base64
from elastic_mirror_policy._http.retry import RetryPolicy
from elastic_mirror_policy._url import check_server_url
from elastic_mirror_policy.errors import ConfigurationError

_BAD_KEY: Final = "The API key contains characters that are not valid in an API key."


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
        key = encoded_key(
            self.api_key,
            refusal=_BAD_KEY,
        )
        return HeaderAuth("ApiKey", key, also=parts_of_key(key))

    def _basic(self, whole: str) -> HeaderAuth:
        encoded = in_base64(whole)
        if not encoded:
            raise ConfigurationError(
                "The user name or the password contains bytes that are not UTF-8 text.",
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
        raise ConfigurationError(
            "No Kibana URL was given.", hint="Set KIBANA_URL, or give --kibana-url or --kibana."
        )
    _check_cloud_id(url)
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


def _check_cloud_id(url: str) -> None:
    """Refuse a Cloud ID (`name:base64 of host$elasticsearch$kibana`), and say what it stands for.

    Raises:
        ConfigurationError: It is one.
    """
    found = re.fullmatch(r"[^:/@]*:([A-Za-z0-9+/]{20,}={0,2})", url)
    if not found:
        return
    with contextlib.suppress(ValueError):
        host, _, rest = base64.b64decode(found[1]).decode("ascii").partition("$")
        kibana = rest.partition("$")[2]
        name, _, port = host.partition(":")
        meant = f"https://{kibana}.{name}:{port or 443}"
        hint = f"The URL that it stands for is {meant} ." if kibana else ""
        raise ConfigurationError(
            "Kibana's URL was given a Cloud ID.",
            hint=hint or "Copy Kibana's URL from the page of the deployment.",
        )


def check_readable(tls: Tls) -> None:
    """Check that the PEM files can be read and are what they should be.

    Raises:
        ConfigurationError: One of them is not; TLS would say so later, and less clearly.
    """
    ours = (tls.client_cert,) if isinstance(tls.client_cert, str) else tls.client_cert or ()
    for path in (*tls.ca_certs, *ours):
        if not os.access(path, os.R_OK):
            raise ConfigurationError(f"The PEM file {path!r} is not there, or may not be read.")
    for path in tls.ca_certs:
        usable_ca(path)
    if ours:
        _check_client(*ours)


def _check_client(cert: str, key: str | None = None) -> None:
    """Load a client certificate and its key, as TLS will; a password is never asked for."""
    try:
        ssl.create_default_context().load_cert_chain(cert, key, password="")
    except (OSError, ValueError) as exc:
        raise ConfigurationError(
            f"The client certificate {cert!r} cannot be used: {exc}.",
            hint="Give a PEM certificate with its key, unencrypted, in the same file or in one of "
            "its own (--client-key); from DER or PKCS#12, convert it with openssl.",
        ) from exc
