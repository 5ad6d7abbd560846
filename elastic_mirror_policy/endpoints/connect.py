"""From an address and an API key to an Elasticsearch that can be asked, or a clear refusal."""

import contextlib
import os
import time
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Final

from elastic_mirror_policy._http.auth import encoded_key
from elastic_mirror_policy._http.retry import RetryPolicy
from elastic_mirror_policy._url import check_server_url
from elastic_mirror_policy.endpoints.from_elasticsearch import ElasticsearchResponses
from elastic_mirror_policy.errors import ConfigurationError

_BAD_KEY: Final = "Elasticsearch's API key holds characters that no API key has."


def connect_elasticsearch(
    url: str,
    *,
    api_key: str | None = None,
    ca_cert: str | None = None,
    timeout: float = 60.0,
    retry: RetryPolicy | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> ElasticsearchResponses:
    """Return the policy responses of an Elasticsearch; nothing is sent yet.

    Args:
        url: Its URL; without a port it is 443 or 80, as in any URL.
        api_key: The encoded API key, or `id:key`; None where security is off.
        ca_cert: PEM file of the authority that signed its certificate.
        timeout: Seconds to wait for one answer.
        retry: When to stop trying a failed search again.
        sleep: What waits between attempts.

    Raises:
        ConfigurationError: An argument cannot be used, or the client is not installed.
    """
    try:
        from elastic_mirror_policy.endpoints.search_client import SearchClient  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as exc:
        raise ConfigurationError(
            "Asking Elasticsearch needs its client, which is not installed.",
            hint='Install it with: pip install "elastic-mirror-policy[elasticsearch]"',
        ) from exc
    return ElasticsearchResponses(
        SearchClient(
            _with_port(url),
            api_key=encoded_key(api_key, refusal=_BAD_KEY) if api_key else None,
            ca_cert=ca_cert,
            timeout=timeout,
            retry=retry,
            sleep=sleep,
        )
    )


@contextlib.contextmanager
def optional_elasticsearch(
    url: str | None,
    api_key: str | None,
    ca_cert: str | os.PathLike[str] | None,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[ElasticsearchResponses | None]:
    """Give the policy responses of an Elasticsearch, or None when no URL is given.

    Raises:
        ConfigurationError: An argument cannot be used, or lacks the URL it belongs to.
    """
    if url:
        pem = os.fspath(ca_cert) if ca_cert else None
        with connect_elasticsearch(url, api_key=api_key, ca_cert=pem, sleep=sleep) as source:
            yield source
        return
    if api_key or ca_cert:
        raise ConfigurationError(
            "Credentials for Elasticsearch were given without its URL.",
            hint="Set ELASTICSEARCH_URL, or leave out the API key to ask Kibana alone.",
        )
    yield None


def _with_port(url: str) -> str:
    parts = urllib.parse.urlsplit(check_server_url(url, what="Elasticsearch's URL"))
    if parts.port is None:
        port = 443 if parts.scheme == "https" else 80
        parts = parts._replace(netloc=f"{parts.netloc.rstrip(':')}:{port}")
    return parts.geturl().rstrip("/")
