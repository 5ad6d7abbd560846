"""Exceptions of the HTTP stack, turned into ours: one sentence, with what to do next (pure)."""

import re
import ssl
from collections.abc import Callable
from http.client import BadStatusLine, RemoteDisconnected
from typing import Final

import requests
import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
)

from elastic_mirror_policy.errors import RequestTimeoutError, TransportError

FAILURES: Final = (OSError, urllib3.exceptions.HTTPError, ValueError, TypeError)
"""What sending and reading may raise; a proxy's address without a host is a `TypeError`."""

CA_HINT: Final = (
    "If the server's certificate comes from your own authority, pass its PEM file as the CA "
    "certificate (--ca-cert, ca_cert=)."
)
NAME_HINT: Final = (
    "The certificate is for another name: use a name that it contains in the address; another "
    "--ca-cert does not help."
)
EXPIRED_HINT: Final = "Have the certificate renewed, or set the clock of this machine."
PLAIN_HINT: Final = (
    "The server does not seem to speak TLS on this port: check the port, or use http:// if it "
    "really serves plain HTTP."
)
TLS_HINT: Final = "The server may expect TLS on this port: try https://."
NO_SUCH_NAME_HINT: Final = "Check how the host is spelled, and that this machine can look it up."
CLOSED_HINT: Final = "Check host and port, and that the server runs."
FILTERED_HINT: Final = "Check host and port, and whether a firewall is in the way."
SLOW_HINT: Final = "If it is only slow, give a longer timeout (--timeout, timeout=)."
CLIENT_HINT: Final = "The server may ask for a client certificate (--client-cert, client_cert=)."
PROXY_HINT: Final = (
    "The proxy comes from the environment (HTTPS_PROXY, HTTP_PROXY); name the host in NO_PROXY if "
    "it can be reached directly."
)
PROXY_LOGIN_HINT: Final = (
    "The proxy asks for a login: put user and password into its address in the environment "
    "(HTTPS_PROXY, HTTP_PROXY), or name the host in NO_PROXY if it can be reached directly."
)

_UNUSABLE: Final = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    urllib3.exceptions.LocationValueError,
)
# X509_V_ERR_* of OpenSSL.
_CERTIFICATE_HINTS: Final = {9: EXPIRED_HINT, 10: EXPIRED_HINT, 62: NAME_HINT, 64: NAME_HINT}
_NOT_TLS: Final = re.compile("WRONG_VERSION_NUMBER|HTTP_REQUEST|PACKET_LENGTH|RECORD_LAYER_FAIL")
_WANTS_CLIENT: Final = re.compile("CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE")
_TUNNEL: Final = re.compile(r"Tunnel connection failed: (\d{3})")
_TLS_ALERT: Final = re.compile(r"['\"]?(?:\\x15|\x15)(?:\\x03|\x03)")


class FinalTransportError(TransportError):
    """A transport error that trying again cannot cure."""


class TlsError(FinalTransportError):
    """No secure connection: an authority, a name or a server without TLS."""


class ProxyRefusedError(FinalTransportError):
    """The proxy that the environment names does not lead to the server."""


def transport_error(
    exc: BaseException,
    what: str,
    where: str,
    *,
    proxy: str = "",
    hide: Callable[[str], str] = str,
) -> TransportError:
    """Turn an exception of the HTTP stack into ours: one sentence, with what to do next.

    Args:
        exc: The exception.
        what: The request.
        where: The server.
        proxy: The proxy that the environment names, without its password; empty for none.
        hide: Takes away reflected secrets; a malformed status line is in the exception.
    """
    if isinstance(exc, _UNUSABLE):
        return _unusable(exc, where, proxy)
    if not isinstance(exc, urllib3.exceptions.HTTPError) or isinstance(exc, ValueError):
        # Before connecting, such as a certificate file that is not there.
        reason = root_cause(exc, hide)
        return FinalTransportError(f"{what} to {where} could not be sent: {reason}.", sent=False)
    if isinstance(exc, ProxyError):
        return _proxy_error(what, where, proxy, root_cause(exc, hide))
    return _line_error(exc, what, where, root_cause(exc, hide))


def timed_out(what: str, where: str) -> RequestTimeoutError:
    """The error for an exchange that was ended because it took too long as a whole."""
    return RequestTimeoutError(
        f"{where} did not finish answering {what} in time.",
        hint="It sends, but too slowly; give a longer timeout if the line is that slow.",
    )


def root_cause(exc: BaseException, hide: Callable[[str], str] = str) -> str:
    """The innermost reason of an exception, on one line, without addresses of objects."""
    seen = _innermost(exc)
    text = re.sub(r"^(?:<[^>]*>|<?\w*Connection\([^)]*\)): ", "", hide(str(seen)))
    return " ".join(text.split())[:200].rstrip(".") or type(seen).__name__


def _line_error(exc: BaseException, what: str, where: str, reason: str) -> TransportError:
    if isinstance(exc, ConnectTimeoutError) and not isinstance(exc, NewConnectionError):
        return RequestTimeoutError(
            f"{where} did not accept a connection in time ({what}).",
            hint=FILTERED_HINT,
            sent=False,
        )
    if isinstance(exc, ReadTimeoutError):
        return RequestTimeoutError(f"{where} did not answer {what} in time.", hint=SLOW_HINT)
    if isinstance(exc, urllib3.exceptions.SSLError):
        return _tls_error(exc, where, reason)
    if _TLS_ALERT.match(reason):
        return FinalTransportError(
            f"{what} to {where} got a TLS alert in place of an answer.", hint=TLS_HINT
        )
    return TransportError(
        f"{what} to {where} got no answer: {reason}.",
        hint=_no_answer_hint(exc, where),
        sent=not isinstance(exc, NewConnectionError),
    )


def _no_answer_hint(exc: BaseException, where: str) -> str:
    if isinstance(exc, NewConnectionError):
        return NO_SUCH_NAME_HINT if isinstance(exc, NameResolutionError) else CLOSED_HINT
    dropped = isinstance(_innermost(exc), RemoteDisconnected | BadStatusLine | ConnectionError)
    return TLS_HINT if dropped and where.startswith("http:") else ""


def _tls_error(exc: BaseException, where: str, reason: str) -> TlsError:
    cause = _innermost(exc)
    if isinstance(cause, ssl.SSLCertVerificationError):
        hint = _CERTIFICATE_HINTS.get(getattr(cause, "verify_code", 0), CA_HINT)
    elif _NOT_TLS.search(reason):
        hint = PLAIN_HINT
    else:
        hint = CLIENT_HINT if _WANTS_CLIENT.search(reason) else CA_HINT
    return TlsError(
        f"The TLS connection to {where} failed: {reason}.",
        hint=hint,
        # Other failures of TLS can also come after the request.
        sent=not isinstance(cause, ssl.SSLCertVerificationError),
    )


def _proxy_error(what: str, where: str, proxy: str, reason: str) -> TransportError:
    """A proxy that was not reached, or opened no tunnel: the server has seen nothing."""
    refused = _TUNNEL.search(reason)
    if refused is None:
        return TransportError(
            f"{what} to {where} got no answer: the proxy {proxy} was not reached: {reason}.",
            hint=PROXY_HINT,
            sent=False,
        )
    return proxy_refused(what, where, proxy, int(refused[1]), sent=False)


def proxy_refused(what: str, where: str, proxy: str, status: int, *, sent: bool) -> TransportError:
    """The error for an answer that the proxy of the environment made; 5xx may pass."""
    kind = TransportError if status >= 500 else ProxyRefusedError  # noqa: PLR2004 - the class of server errors
    return kind(
        f"{what} did not reach {where}: the proxy {proxy} answered {status}.",
        hint=PROXY_LOGIN_HINT if status == 407 else PROXY_HINT,  # noqa: PLR2004 - Proxy Authentication Required
        sent=sent,
    )


def _unusable(exc: BaseException, where: str, proxy: str) -> TransportError:
    about_proxy = isinstance(exc, requests.exceptions.InvalidProxyURL) or "SOCKS" in str(exc)
    return FinalTransportError(
        f"{where} is not an address that can be asked"
        + (" through the proxy of the environment." if about_proxy or proxy else "."),
        hint=PROXY_HINT if about_proxy or proxy else "",
        sent=False,
    )


def _innermost(exc: BaseException) -> BaseException:
    seen = exc
    for _ in range(8):
        inner = getattr(seen, "original_error", None) or getattr(seen, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((a for a in seen.args if isinstance(a, BaseException)), None)
        if inner is None:
            break
        seen = inner
    return seen
