"""Exceptions of the HTTP stack, turned into ours: one sentence, with a hint (pure)."""

import re
import ssl
from collections.abc import Callable
from typing import Final

import requests
import urllib3

from elastic_mirror_policy.errors import RequestTimeoutError, TransportError

_OF_THE_LINE: Final = (
    ConnectionError,
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
)
"""Exceptions that a request may end in once it has begun."""


FAILURES: Final = (OSError, urllib3.exceptions.HTTPError, ValueError, TypeError)
"""What sending and reading may raise; a proxy's address without a host is a `TypeError`."""


class FinalTransportError(TransportError):
    """A transport error that trying again cannot cure."""


class TlsError(FinalTransportError):
    """No secure connection: an authority, a name or a server without TLS."""


def transport_error(
    exc: BaseException, what: str, where: str, *, hide: Callable[[str], str] = str
) -> TransportError:
    """Turn an exception of the HTTP stack into ours: one sentence, with a hint for TLS.

    Args:
        exc: The exception.
        what: The request.
        where: The server.
        hide: Takes away an echo of secrets; a status line that is none is in the exception.
    """
    if isinstance(exc, requests.exceptions.ConnectTimeout):
        return RequestTimeoutError(
            f"{where} did not accept a connection in time ({what}).", sent=False
        )
    if isinstance(exc, requests.exceptions.Timeout | urllib3.exceptions.ReadTimeoutError):
        return RequestTimeoutError(f"{where} did not answer {what} in time.")
    reason = root_cause(exc, hide)
    if isinstance(exc, requests.exceptions.SSLError):
        return TlsError(
            f"The TLS connection to {where} failed: {reason}.",
            hint="If the server's certificate comes from your own authority, pass its PEM file "
            "as the CA certificate (--ca-cert, ca_cert=).",
            # Other failures of TLS can also come after the request.
            sent=not isinstance(_innermost(exc), ssl.SSLCertVerificationError),
        )
    if isinstance(exc, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return FinalTransportError(f"{where} is not an address that can be asked.", sent=False)
    if not isinstance(exc, _OF_THE_LINE):
        # Before connecting, such as a certificate file that is not there.
        return FinalTransportError(f"{what} to {where} could not be sent: {reason}.", sent=False)
    return TransportError(f"{what} to {where} got no answer: {reason}.", sent=not _unsent(exc))


def root_cause(exc: BaseException, hide: Callable[[str], str] = str) -> str:
    """The innermost reason of an exception, on one line, without addresses of objects."""
    seen = _innermost(exc)
    text = re.sub(r"^<?\w*Connection\([^)]*\): ", "", hide(str(seen)))
    return " ".join(text.split())[:200].rstrip(".") or type(seen).__name__


def _innermost(exc: BaseException) -> BaseException:
    seen = exc
    for _ in range(8):
        inner = getattr(seen, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((a for a in seen.args if isinstance(a, BaseException)), None)
        if inner is None:
            break
        seen = inner
    return seen


def _unsent(exc: BaseException) -> bool:
    cause = exc.args[0] if exc.args else None
    reason = getattr(cause, "reason", cause)
    return isinstance(reason, urllib3.exceptions.NewConnectionError)
