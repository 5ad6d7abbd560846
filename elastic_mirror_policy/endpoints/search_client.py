"""One Elasticsearch, over its official client: a search becomes a value or one of our errors.

With `_elasticsearch_node` the only module that imports the client, which is the extra
`elasticsearch`; exceptions of the client do not leave it.
"""

import ssl
import time
import urllib.parse
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import elasticsearch

from elastic_mirror_policy._http.auth import parts_of_key
from elastic_mirror_policy._http.failures import FinalTransportError
from elastic_mirror_policy._http.reflected import ReflectedSecrets
from elastic_mirror_policy._http.retry import (
    Retrying,
    RetryPolicy,
    is_retryable_read,
    parse_retry_after,
)
from elastic_mirror_policy._json import JsonValue, text_at, value_at
from elastic_mirror_policy._text import visible
from elastic_mirror_policy.endpoints.search_node import SERIALIZERS, QuietNode
from elastic_mirror_policy.errors import (
    ApiError,
    AuthenticationError,
    ConfigurationError,
    MirrorPolicyError,
    NotFoundError,
    PermissionDeniedError,
    RequestTimeoutError,
    ServerError,
    TransportError,
)

_CLIENT_ERRORS: Final = (elasticsearch.ApiError, elasticsearch.TransportError, RecursionError)
"""What the client raises; the last is for text that it takes for something else than JSON."""

_KINDS: Final[dict[int, type[ApiError]]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    429: ServerError,
}
_HINTS: Final = {
    401: "Check ELASTICSEARCH_API_KEY; it belongs to one cluster and may have expired.",
    403: "The API key needs the index privilege 'read' on metrics-endpoint.policy-*.",
    404: "Check Elasticsearch's URL.",
}
_LONGEST: Final = 300


class SearchClient:
    """An Elasticsearch that can be searched; close it.

    Args:
        url: Its URL, with a port.
        api_key: The encoded API key, or None where none is asked for.
        ca_cert: PEM file of the authority that signed its certificate.
        timeout: Seconds to wait for one answer.
        retry: When to stop trying a failed search again.
        sleep: What waits between attempts.

    Raises:
        ConfigurationError: The URL or the certificate cannot be used.
    """

    def __init__(
        self,
        url: str,
        *,
        api_key: str | None = None,
        ca_cert: str | None = None,
        timeout: float = 60.0,
        retry: RetryPolicy | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url
        self.requests_sent = 0
        self._retrying = Retrying(retry or RetryPolicy(), is_retryable_read, sleep)
        self._reflected = ReflectedSecrets(*(api_key, *parts_of_key(api_key)) if api_key else ())
        trust: JsonValue = {"ssl_context": _trusting(ca_cert)} if ca_cert else {}
        try:
            self._client = elasticsearch.Elasticsearch(
                [url],
                api_key=api_key,
                request_timeout=timeout,
                max_retries=0,
                node_class=QuietNode,
                serializers=SERIALIZERS,
                **trust,
            )
        except ValueError as exc:
            raise ConfigurationError(
                f"Elasticsearch at {url} cannot be asked like this: {visible(str(exc))[:_LONGEST]}."
            ) from exc

    def __repr__(self) -> str:
        return f"SearchClient({self.url!r})"

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def search(self, index: str, *, query: JsonValue, aggs: JsonValue) -> JsonValue:
        """Return the answer to a search for aggregations only, trying again if need be.

        Raises:
            TransportError: No usable answer arrived.
            ApiError: Elasticsearch said no.
        """
        return self._retrying(self._once, index, query, aggs)

    def _once(self, index: str, query: JsonValue, aggs: JsonValue) -> JsonValue:
        found = self._ask(index, query, aggs)
        if isinstance(found, MirrorPolicyError):
            raise found
        return found

    def _ask(self, index: str, query: JsonValue, aggs: JsonValue) -> JsonValue | MirrorPolicyError:
        """Search; return an error, which would carry the answer and our headers if raised here."""
        self.requests_sent += 1
        try:
            answer = self._client.search(
                index=index,
                query=query,
                aggs=aggs,
                size=0,
                track_total_hits=False,
                ignore_unavailable=True,
                allow_no_indices=True,
            )
        except _CLIENT_ERRORS as exc:
            path = f"/{urllib.parse.quote(index, safe='*:,')}/_search"
            return _ours(exc, self.url, path, self._reflected.hide)
        return answer.body


def _trusting(ca_cert: str) -> ssl.SSLContext:
    """Read the certificate now: the client would do so at the first request, and say less."""
    try:
        return ssl.create_default_context(cafile=ca_cert)
    except OSError as exc:
        raise ConfigurationError(f"The CA certificate {ca_cert!r} cannot be read: {exc}.") from exc


def _ours(exc: Exception, url: str, path: str, hide: Callable[[str], str]) -> MirrorPolicyError:
    """Turn an error of the client into one of ours."""
    if isinstance(exc, elasticsearch.UnsupportedProductError):
        return FinalTransportError(
            f"What answers at {url} is not Elasticsearch.",
            hint="Give the URL of Elasticsearch, not Kibana's, with its port.",
        )
    if isinstance(exc, elasticsearch.ApiError):
        return _refusal(exc, path, hide)
    if isinstance(exc, elasticsearch.SerializationError):
        return TransportError(  # its own words would be the answer, escaped twice
            f"Elasticsearch at {url} gave an answer that cannot be decoded.",
            hint="A proxy or a login page may stand between here and the server.",
        )
    reason = visible(" ".join(hide(str(exc)).split()))[:_LONGEST]
    if isinstance(exc, elasticsearch.ConnectionTimeout):
        return RequestTimeoutError(f"Elasticsearch at {url} did not answer in time.")
    if isinstance(exc, elasticsearch.SSLError):
        return FinalTransportError(
            f"The TLS connection to Elasticsearch at {url} failed: {reason}.",
            hint="If its certificate comes from your own authority, pass its PEM file "
            "(elasticsearch_ca_cert=).",
            sent=False,
        )
    return TransportError(f"Elasticsearch at {url} gave no usable answer: {reason}.")


def _refusal(exc: elasticsearch.ApiError, path: str, hide: Callable[[str], str]) -> ApiError:
    status = exc.meta.status
    reason = _reason(exc.body, hide)
    kind = ServerError if status >= 500 else _KINDS.get(status, ApiError)  # noqa: PLR2004 - the class of server errors
    hint = _HINTS.get(status, "")
    if "media_type_header_exception" in reason or "compatible-with" in reason:
        hint = 'The client is newer than this Elasticsearch: pip install "elasticsearch<9"'
    return kind(
        f"Elasticsearch refused POST {path} ({status}): {reason or 'it gave no reason'}.",
        status=status,
        method="POST",
        path=path,
        reason=reason,
        hint=hint,
        retry_after=_retry_after(exc),
    )


def _reason(body: JsonValue, hide: Callable[[str], str]) -> str:
    """Return kind and reason of an error, on one line and without the API key."""
    error = value_at(body, "error")
    causes = value_at(error, "root_cause")
    first = causes[0] if isinstance(causes, list) and causes else error
    words = (text_at(first, "type"), text_at(first, "reason"))
    text = ": ".join(word for word in words if word) or (error if isinstance(error, str) else "")
    return visible(" ".join(hide(text).split()))[:_LONGEST].rstrip(".")


def _retry_after(exc: elasticsearch.ApiError) -> float | None:
    value = exc.meta.headers.get("retry-after") or ""
    return parse_retry_after(value, datetime.now(UTC))
