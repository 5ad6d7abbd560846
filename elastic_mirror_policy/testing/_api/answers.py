"""What the fake Kibana answers, and its errors in Kibana's own shapes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from elastic_mirror_policy._json import JsonValue, encode

JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class FakeAnswer:
    """One HTTP answer.

    Attributes:
        status: The HTTP status; 0 when the connection is closed without an answer.
        headers: Header names in lower case.
        body: The bytes that are sent.
        declared_length: The `Content-Length` to send; more than `body` when it is cut short.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    declared_length: int | None = None

    @property
    def dropped(self) -> bool:
        """Whether the connection is closed instead of answering."""
        return self.status == 0

    @property
    def length(self) -> int:
        """What `Content-Length` says."""
        return len(self.body) if self.declared_length is None else self.declared_length

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it is sent."""
        yield self.body


OWN_HEADERS: Final = {"content-type": JSON, "kbn-name": "kibana-synthetic"}
"""What Kibana sends with every answer of its own; a proxy's page has no `kbn-name`."""


class KibanaError(Exception):
    """A request that Kibana refuses: becomes an answer with this status and message."""

    def __init__(
        self, status: HTTPStatus, message: str, attributes: Mapping[str, JsonValue] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.attributes = attributes

    def body(self) -> JsonValue:
        """The body Kibana sends with it."""
        body: dict[str, JsonValue] = {
            "statusCode": int(self.status),
            "error": self.status.phrase,
            "message": self.message,
        }
        if self.attributes is not None:
            body["attributes"] = dict(self.attributes)
        return body


def json_answer(
    value: JsonValue, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> FakeAnswer:
    """Return an answer that carries `value` as JSON."""
    return FakeAnswer(int(status), {**OWN_HEADERS, **(headers or {})}, encode(value))


def bad_request(message: str, attributes: Mapping[str, JsonValue] | None = None) -> KibanaError:
    """The error for a request that is not valid."""
    return KibanaError(HTTPStatus.BAD_REQUEST, message, attributes)


def forbidden(message: str = "Forbidden") -> KibanaError:
    """The error for missing rights; Fleet's own routes give no reason."""
    return KibanaError(HTTPStatus.FORBIDDEN, message)


def not_found(message: str = "Not Found") -> KibanaError:
    """The error for something that is not there, or not in this space."""
    return KibanaError(HTTPStatus.NOT_FOUND, message)


def conflict(message: str) -> KibanaError:
    """The error for a stale version or a name that is taken."""
    return KibanaError(HTTPStatus.CONFLICT, message)


def internal(message: str) -> KibanaError:
    """The error for an exception inside Kibana."""
    return KibanaError(HTTPStatus.INTERNAL_SERVER_ERROR, message)
