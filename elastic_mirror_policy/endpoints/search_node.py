"""How Elasticsearch's client talks to a node: what it answers reaches no log and no warning.

Nor does it reach memory without a bound.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import urllib3
from elastic_transport import (
    HttpHeaders,
    JsonSerializer,
    SerializationError,
    Serializer,
    Urllib3HttpNode,
)

from elastic_mirror_policy._http.quiet import quiet_headers
from elastic_mirror_policy._json import JsonValue, decode

MAX_BODY: Final = 64 * 1024 * 1024
"""Largest answer that is read into memory, in bytes; 2,500 endpoints have about 2 MB."""


class QuietNode(Urllib3HttpNode):
    """A node whose `Warning` headers are dropped: the client would print them as they are."""

    def __init__(self, config: Any) -> None:  # noqa: ANN401 - as in the client
        super().__init__(config)
        ask = self.pool.urlopen

        def ask_within_bounds(*args: Any, **kwargs: Any) -> urllib3.BaseHTTPResponse:  # noqa: ANN401 - as in urllib3
            # A redirect that cannot be read would be an exception that is not the client's.
            kwargs.update(preload_content=False, redirect=False)
            return _read(ask(*args, **kwargs))

        self.pool.urlopen = ask_within_bounds  # type: ignore[method-assign]  # it has no option

    def perform_request(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as in the client
        """Return the answer to one request."""
        with quiet_headers():
            meta, body = answer = super().perform_request(*args, **kwargs)
        kept = {name: text for name, text in meta.headers.items() if name.lower() != "warning"}
        return type(answer)(replace(meta, headers=HttpHeaders(kept)), body)


def _read(response: urllib3.BaseHTTPResponse) -> urllib3.BaseHTTPResponse:
    """Read an answer, which may inflate to much more than was sent."""
    with response:
        data = response.read(MAX_BODY + 1, decode_content=True)
        if len(data) > MAX_BODY:
            raise urllib3.exceptions.HTTPError(f"the answer has more than {MAX_BODY} bytes")
    return urllib3.HTTPResponse(data, headers=response.headers, status=response.status)


class StrictJson(JsonSerializer):
    """JSON as the rest of the product reads it."""

    mimetype = "application/json"

    def loads(self, data: bytes) -> JsonValue:
        """Return the decoded answer.

        Raises:
            SerializationError: It is not JSON, or too deep or too large for it.
        """
        try:
            return decode(data) if data else None
        except ValueError as exc:
            # Its text is not shown: cut short, half a secret in it could not be found.
            raise SerializationError("it is not JSON", errors=(exc,)) from exc


SERIALIZERS: Final[Mapping[str, Serializer]] = {
    f"application/{kind}": StrictJson()
    for kind in ("json", "x-ndjson", "vnd.elasticsearch+json", "vnd.elasticsearch+x-ndjson")
}
