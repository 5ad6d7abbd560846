"""An error met while asking a mirror, turned into a finding about it."""

from typing import Final

from elastic_mirror_policy._http.download import RedirectedError
from elastic_mirror_policy._http.failures import ProxyRefusedError, TlsError
from elastic_mirror_policy.errors import (
    ApiError,
    LengthMismatchError,
    ManifestError,
    MirrorPolicyError,
    ServerError,
    TransportError,
)
from elastic_mirror_policy.mirror.codes import FindingCode
from elastic_mirror_policy.mirror.findings import Finding

_MISSING: Final = frozenset({404, 410})
"""Statuses that say a file is not there; any other refusal leaves that open."""

_UNKNOWN_AUTHORITY = ("self-signed certificate", "self signed certificate", "issuer certificate")


def explain(
    error: MirrorPolicyError, path: str, *, missing: FindingCode, wrong: FindingCode
) -> Finding:
    """Return the finding that an error stands for.

    Args:
        error: What was raised.
        path: What was asked for.
        missing: The code when the server refuses it for good.
        wrong: The code when something else came.
    """
    code = _code(error, missing, wrong)
    known = code is not FindingCode.TLS_UNTRUSTED  # whose own hint says what endpoints need
    own = isinstance(error, ManifestError | ProxyRefusedError | TlsError) and known
    hint = error.hint if own else ""
    return Finding.of(code, path, error.message, hint=hint)


def _code(error: MirrorPolicyError, missing: FindingCode, wrong: FindingCode) -> FindingCode:
    if isinstance(error, ManifestError | LengthMismatchError):
        return wrong
    if isinstance(error, RedirectedError):
        return FindingCode.REDIRECT
    if isinstance(error, TransportError):
        return _transport_code(error)
    if not isinstance(error, ApiError) or isinstance(error, ServerError):
        return FindingCode.SERVER_ERROR
    return missing if error.status in _MISSING else FindingCode.REFUSED


def _transport_code(error: TransportError) -> FindingCode:
    if not isinstance(error, TlsError):
        return FindingCode.UNREACHABLE
    if any(words in error.message for words in _UNKNOWN_AUTHORITY):
        return FindingCode.TLS_UNTRUSTED
    return FindingCode.TLS_FAILED
