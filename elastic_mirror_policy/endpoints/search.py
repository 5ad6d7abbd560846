"""One Elasticsearch that is searched: from its address to an answer, or one of our errors.

A search is one `POST _search` with plain `application/json`, which servers 8.x and 9.x both take.
"""

import contextlib
import os
import time
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Final, Self

from elastic_mirror_policy._http.auth import HeaderAuth, NoAuth, encoded_key, parts_of_key
from elastic_mirror_policy._http.client import Decoder, HttpClient, Reply, Timeouts
from elastic_mirror_policy._http.connections import PUBLIC_CAS, Tls
from elastic_mirror_policy._http.download import usable_ca
from elastic_mirror_policy._http.failures import CA_HINT, TlsError
from elastic_mirror_policy._http.retry import RetryPolicy
from elastic_mirror_policy._json import JsonValue, decode_document, text_at, value_at
from elastic_mirror_policy._text import visible
from elastic_mirror_policy._url import check_server_url
from elastic_mirror_policy.errors import (
    ApiError,
    AuthenticationError,
    ConfigurationError,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
    TransportError,
)

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
    405: "Check Elasticsearch's URL.",
}
_CA_HINT: Final = (
    "If its certificate comes from your own authority, pass its PEM file "
    "(--elasticsearch-ca-cert, elasticsearch_ca_cert=)."
)
_URL_HINT: Final = "Give the URL of Elasticsearch, not Kibana's, with its port."
_BAD_KEY: Final = "Elasticsearch's API key contains characters that are not valid in an API key."
_LONGEST: Final = 300
_DEEPEST: Final = 16


class TooManyBucketsError(ApiError):
    """Elasticsearch would have to make more buckets than `search.max_buckets`; ask for fewer."""


class ShardsFailedError(ApiError):
    """Elasticsearch refused a search because shards failed; the others might answer."""


class SearchClient:
    """An Elasticsearch that can be searched; close it.

    Args:
        url: Its URL; without a port it is 443 or 80, as in any URL.
        api_key: The encoded API key, or `id:key`; None where security is off.
        ca_cert: PEM file of the authority that signed its certificate.
        timeout: Seconds to wait for one answer.
        retry: When to stop trying a failed search again.
        sleep: What waits between attempts.

    Raises:
        ConfigurationError: An argument cannot be used; nothing was sent.
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
        self.url = check_server_url(url, what="Elasticsearch's URL").rstrip("/")
        if ca_cert:
            _check_certificate(ca_cert, self.url)
        self._auth = _auth(api_key)
        self._http = HttpClient(
            self.url,
            explain=_refusal,
            auth=self._auth,
            tls=Tls((PUBLIC_CAS, ca_cert) if ca_cert else ()),
            timeouts=Timeouts(read=timeout),
            retry=retry,
            sleep=sleep,
        )

    def __repr__(self) -> str:
        return f"SearchClient({self.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def requests_sent(self) -> int:
        """How many requests have been sent, retries included."""
        return self._http.requests_sent

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def search(
        self,
        index: str,
        *,
        query: JsonValue,
        aggs: JsonValue,
        partial: bool = False,
        decoder: Decoder = decode_document,
    ) -> JsonValue:
        """Return the answer to a search for aggregations only, trying again if need be.

        Args:
            index: What to search.
            query: The query.
            aggs: The aggregations.
            partial: Whether an answer may leave out shards that failed.
            decoder: How the answer is decoded.

        Raises:
            TransportError: No usable answer arrived.
            TooManyBucketsError: It would make more buckets than are allowed there.
            ShardsFailedError: Shards failed, and it may not leave them out.
            ApiError: Elasticsearch refused it.
        """
        try:
            answer = self._http.read(
                "POST",
                _path(index),
                params={
                    "ignore_unavailable": "true",
                    "allow_no_indices": "true",
                    "allow_partial_search_results": "true" if partial else "false",
                },
                body={"size": 0, "track_total_hits": False, "query": query, "aggs": aggs},
                decoder=decoder,
            )
        except TlsError as exc:
            exc.hint = _CA_HINT if exc.hint == CA_HINT else exc.hint
            raise
        if not isinstance(value_at(answer, "_shards.total"), int):
            raise TransportError(
                f"What {self.url} answered is not the result of a search.", hint=_URL_HINT
            )
        return answer

    def failures(self, answer: JsonValue) -> tuple[str, ...]:
        """Return what a partial answer says of the shards it leaves out, each reason once."""
        found = value_at(answer, "_shards.failures")
        reasons = dict.fromkeys(
            self._shown(f"{text_at(one, 'index')}: {_reason(value_at(one, 'reason'))}")
            for one in (found if isinstance(found, list) else ())
        )
        timed_out = ("the search timed out",) if value_at(answer, "timed_out") else ()
        return (*timed_out, *reasons)

    def _shown(self, text: str) -> str:
        return _clean(self._auth.reflected.hide(text))


@contextlib.contextmanager
def optional_search(
    url: str | None,
    api_key: str | None,
    ca_cert: str | os.PathLike[str] | None,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[SearchClient | None]:
    """Give an Elasticsearch, or None when no URL is given; nothing is sent yet.

    Raises:
        ConfigurationError: An argument cannot be used, or lacks the URL it belongs to.
    """
    if url:
        pem = os.fspath(ca_cert) if ca_cert else None
        with SearchClient(url, api_key=api_key, ca_cert=pem, sleep=sleep) as client:
            yield client
        return
    if api_key or ca_cert:
        raise ConfigurationError(
            "Credentials for Elasticsearch were given without its URL.",
            hint="Set ELASTICSEARCH_URL, or leave out the API key to ask Kibana alone.",
        )
    yield None


def _path(index: str) -> str:
    return f"/{urllib.parse.quote(index, safe='*:,')}/_search"


def _auth(api_key: str | None) -> NoAuth:
    if not api_key:
        return NoAuth()
    key = encoded_key(api_key, refusal=_BAD_KEY)
    return HeaderAuth("ApiKey", key, also=parts_of_key(key))


def _check_certificate(ca_cert: str, url: str) -> None:
    """Refuse a file of certificates that cannot be used, before anything is sent."""
    if url.startswith("http:"):
        raise ConfigurationError(
            f"A CA certificate was given for {url}, which is plain HTTP.",
            hint="Use https:// in Elasticsearch's URL, or leave out the certificate.",
        )
    usable_ca(ca_cert)


def _refusal(reply: Reply) -> ApiError:
    """Turn an answer of 400 or more into the error to raise."""
    body = None
    with contextlib.suppress(TransportError):
        body = reply.json()
    error = value_at(body, "error")
    reason = _clean(reply.hide(_reason(error)))
    why = reason or "it gave no reason"
    return reply.refused(
        _kind(reply.status, error),
        f"Elasticsearch refused POST {reply.path} ({reply.status}): {why}.",
        reason=reason,
        hint=_HINTS.get(reply.status, ""),
    )


def _kind(status: int, error: JsonValue) -> type[ApiError]:
    kinds = {text_at(cause, "type") for cause in _causes(error)}
    if "too_many_buckets_exception" in kinds:
        return TooManyBucketsError
    if status >= 500:  # noqa: PLR2004 - the class of server errors
        return ServerError
    if status == 400 and "search_phase_execution_exception" in kinds:  # noqa: PLR2004 - Bad Request
        return ShardsFailedError
    return _KINDS.get(status, ApiError)


def _reason(error: JsonValue) -> str:
    """Return kind and reason of an error: of the first cause that has one."""
    if isinstance(error, str):
        return error
    causes = list(_causes(error))
    first = next((one for one in causes if text_at(one, "reason")), causes[0] if causes else None)
    return ": ".join(word for word in (text_at(first, "type"), text_at(first, "reason")) if word)


def _causes(error: JsonValue) -> Iterator[JsonValue]:
    """Yield the causes of an error, the most telling first.

    `root_cause` may be empty, and the reason of the error itself too; then `caused_by` has it.
    """
    for name in ("root_cause", "failed_shards"):
        found = value_at(error, name)
        for cause in found if isinstance(found, list) else ():
            yield from _chain(value_at(cause, "reason") if name == "failed_shards" else cause)
    yield from _chain(error)


def _chain(error: JsonValue) -> list[JsonValue]:
    """Return an error and what caused it, the innermost cause first."""
    found: list[JsonValue] = []
    while isinstance(error, dict) and len(found) < _DEEPEST:
        found.insert(0, error)
        error = error.get("caused_by")
    return found


def _clean(text: str) -> str:
    return visible(" ".join(text.split()))[:_LONGEST].rstrip(".")
