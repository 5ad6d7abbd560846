"""Refusals that are not Kibana's: Elasticsearch's, a cloud's, a firewall's, a gateway's (pure).

Kibana's own have `statusCode`, `error` and `message`, or the header `kbn-name`, or are its status
page. For any other it
is not known what the caller may do: such an error never speaks of privileges, never stands for a
policy that is gone, and never for credentials that are wrong.
"""

from typing import Final

from elastic_mirror_policy._http.client import Reply
from elastic_mirror_policy._json import JsonValue, text_at
from elastic_mirror_policy.errors import ApiError, ServerError

PLAIN_TO_TLS: Final = "plain HTTP request was sent to HTTPS port"
"""What nginx says to a request without TLS on a port that has it."""

ELASTICSEARCHS: Final = (
    "no handler found for uri",
    "Incorrect HTTP method for uri",
    "security_exception: ",
)
"""What Elasticsearch says; its 401 and 403 have no `X-elastic-product`."""

_DEPTH: Final = 6
"""Causes of causes that are read."""

_ELASTICSEARCH: Final = (
    "This is Elasticsearch: give Kibana's URL, which usually has port 5601 or a host of its own."
)
_TRAFFIC_FILTER: Final = (
    "A traffic filter of the deployment keeps this machine out: add its address to the filter, or "
    "ask from a network that is allowed."
)
_NO_DEPLOYMENT: Final = (
    "The address leads to the cloud's proxy, which knows no deployment under it: copy Kibana's URL "
    "from the deployment's page."
)
_ASK: Final = (
    "Something between here and Kibana answered; ask whoever runs that firewall, gateway or proxy, "
    "and name what it said."
)
_BY_STATUS: Final = {
    401: "A gateway in front of Kibana asks for a login of its own; the API key is for Kibana "
    "alone. Ask for an address that leads to Kibana directly, or for an exception for /api/.",
    413: "A proxy in front of Kibana accepts only smaller requests: in nginx, raise "
    "client_max_body_size (Kibana itself accepts 1 MB, server.maxPayload).",
    429: "A gateway in front of Kibana limits the rate of requests; try again later, with fewer "
    "parallel writes (--parallel 1).",
    502: "The proxy in front of Kibana could not reach it; try again later.",
    503: "The proxy in front of Kibana, or a Kibana that is starting, has no answer; try again "
    "later.",
    504: "The proxy in front of Kibana waited too long for it; try again later, or raise its "
    "timeout.",
}


def is_kibanas(reply: Reply, body: JsonValue) -> bool:
    """Whether Kibana itself made an answer with the status of an error."""
    if "kbn-name" in reply.headers or text_at(body, "status.overall.level"):
        return True
    return isinstance(body, dict) and isinstance(body.get("statusCode"), int) and "message" in body


def explain_foreign(reply: Reply, body: JsonValue) -> ApiError:
    """Return the error for a refusal that is not Kibana's."""
    reason = reply.one_line(nested_reason(body) or reply.described()).rstrip(".")
    kind = ServerError if reply.status == 429 or reply.status >= 500 else ApiError  # noqa: PLR2004 - what retries are for
    message = (
        f"{reply.method} {reply.path} was refused ({reply.status}), but not by Kibana: {reason}."
    )
    return reply.refused(kind, message, reason=reason, hint=_hint(reply, reason))


def nested_reason(body: JsonValue) -> str:
    """Return the reason in an answer, however deep Kibana or Elasticsearch put it."""
    message = text_at(body, "message") or text_at(body, "reason")
    error = body.get("error") if isinstance(body, dict) else None
    if not message and isinstance(error, str):
        message = error
    return message or ": ".join(_causes(error))


def _causes(error: JsonValue) -> list[str]:
    """Return kind and reason of an error of Elasticsearch, and of what caused it."""
    found: list[str] = []
    for _ in range(_DEPTH):
        if not isinstance(error, dict):
            break
        words = [text_at(error, "type"), text_at(error, "reason")]
        found += [word for word in words if word and word not in found]
        roots = error.get("root_cause")
        root = roots[0] if isinstance(roots, list) and roots else None
        error = error.get("caused_by") or root
    return found


def _hint(reply: Reply, reason: str) -> str:
    if "x-elastic-product" in reply.headers or any(said in reason for said in ELASTICSEARCHS):
        return _ELASTICSEARCH
    if "traffic filter" in reason:
        return _TRAFFIC_FILTER
    if "resource.unknown" in reply.header("x-cloud-error-codes"):
        return _NO_DEPLOYMENT
    if PLAIN_TO_TLS in reason:
        return "The server expects TLS on this port: use https://."
    return _BY_STATUS.get(reply.status, _ASK)
