"""Kibana's refusals in our words: which error, and what to do next (pure).

The texts matched here are Kibana's own; where they were read is said beside each. Text that is
not recognised is passed on as it is, at most 500 characters of it.
"""

import re
from typing import Final
from urllib.parse import unquote

from elastic_mirror_policy._fleet.foreign import explain_foreign, is_kibanas, nested_reason
from elastic_mirror_policy._http.client import Reply
from elastic_mirror_policy._json import JsonValue, decode, text_at
from elastic_mirror_policy.errors import (
    ApiError,
    AuthenticationError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
)

PROTECTED: Final = re.compile(
    r"Modifying the following Elastic Defend policy settings requires superuser[^:]*: *(.+)"
)
"""The gate on trust and transport settings (kibana#287027, reverted by kibana#287674)."""

LICENSE: Final = re.compile(r"(\w+) license does not support this action")
"""A policy is checked against the license as a whole on every write."""

AGENT_POLICY: Final = re.compile(r"(?:-agent-policies/([^\]]+)\]|Agent policy) not found")
"""A write of a policy whose agent policy is gone (kibana#281170); a missing policy says the same
with its own id."""

PRIVILEGES: Final = (
    ("/agent_policies", "the right to read agent policies (Fleet: Agent policies Read)"),
    ("/fleet/agents", "the right to read agents (Fleet: Agents Read)"),
    ("/fleet/agent_status", "the right to read agents (Fleet: Agents Read)"),
    ("/endpoint/", "the right to read endpoints (Security: Endpoint List Read)"),
    ("/spaces/", "the right to see spaces"),
)
"""Which privilege a path needs besides the two that package policies need."""


HINTS: Final = {
    401: (
        "Check the API key, or user name and password; a key may have expired or belong to another "
        "cluster."
    ),
    409: "Another integration policy may have this name already; rename one in Kibana.",
    413: "The policy is larger than this Kibana, or a proxy in front of it, accepts.",
    429: "Kibana is busy; try again later, with fewer parallel writes.",
    502: "A proxy, or Kibana's package registry, could not be reached; try again later.",
    503: "Kibana is starting, busy or out of reach of Elasticsearch; try again later.",
    504: "Kibana or a proxy in front of it took too long; try again later.",
}
"""What to do next, by status, where the text makes no difference."""


REGISTRY_HINT: Final = (
    "If Kibana cannot reach its package registry, set xpack.fleet.isAirGapped: true in "
    "kibana.yml, or xpack.fleet.registryUrl to one that it can reach."
)
"""Kibana asks the registry with every save (`update`, `getPackageInfo`)."""


def names_registry(reason: str) -> bool:
    """Whether a refusal is about the package registry: 502, and in newer versions 500.

    `fetchUrl` of Fleet says "package registry" in every error (kibana#231711), and `getPackageInfo`
    says "found in registry" of a package that neither it nor Kibana has.
    """
    said = reason.lower()
    return "package registry" in said or "found in registry" in said


def explain(reply: Reply) -> ApiError:
    """Return the error for an answer with a status of 400 or more."""
    body = _body(reply)
    if not is_kibanas(reply, body):
        return explain_foreign(reply, body)
    reason = reason_of(reply)
    message = (
        f"{reply.method} {reply.path} {_verb(reply.status)} ({reply.status}): {_shown(reason)}"
    )
    return reply.refused(_kind(reply, reason), message, reason=reason, hint=_hint(reply, reason))


def reason_of(reply: Reply) -> str:
    """Return the server's own message on one line, or what it sent instead."""
    body = _body(reply)
    level = text_at(body, "status.overall.level")  # the status page, to who may see no more of it
    return reply.one_line(
        nested_reason(body)
        or (f"Kibana reports its own status as {level}" if level else reply.described())
    )


def _body(reply: Reply) -> JsonValue:
    try:
        return decode(reply.body)
    except ValueError:
        return None


def is_version_conflict(status: int, reason: str) -> bool:
    """Whether a refusal means that the document changed since it was read.

    Old versions answered 500 with Elasticsearch's own word (kibana#97114, kibana#100031).
    """
    conflict = "version_conflict" in reason or "version conflict" in reason
    if status == 409:  # noqa: PLR2004 - Conflict
        return conflict or reason.endswith(" conflict") or not reason
    return status == 500 and conflict  # noqa: PLR2004 - Internal Server Error


def _kind(reply: Reply, reason: str) -> type[ApiError]:
    if is_version_conflict(reply.status, reason):
        return ConflictError
    if reply.status == 429 or reply.status >= 500:  # noqa: PLR2004 - what retries are for
        return ServerError
    known = {401: AuthenticationError, 403: PermissionDeniedError, 404: NotFoundError}
    return known.get(reply.status, ApiError)


def _verb(status: int) -> str:
    if status >= 500:  # noqa: PLR2004 - the server's own fault
        return "could not be answered"
    return "was refused"


def _shown(reason: str) -> str:
    if not reason:
        return "the server gave no reason."
    return reason if reason.endswith((".", "!", "?")) else f"{reason}."


def _hint(reply: Reply, reason: str) -> str:
    if reply.status in {400, 404, 500, 502} and names_registry(reason):
        return REGISTRY_HINT
    if reply.status == 400:  # noqa: PLR2004 - Bad Request
        return _hint_400(reason)
    if reply.status == 403:  # noqa: PLR2004 - Forbidden
        return _hint_403(reply, reason)
    if reply.status == 404:  # noqa: PLR2004 - Not Found
        return _hint_404(reply, reason)
    if "circuit_breaking_exception" in reason or "Data too large" in reason:
        return (
            "Kibana or Elasticsearch has too little memory for this now: try again later, with "
            "fewer parallel writes (--parallel 1)."
        )
    return HINTS.get(reply.status, "")


_HINTS_400: Final = {
    "manifest version is too far in the past": "This policy is pinned to artifacts older than 18 "
    "months and can no longer be saved; set its protection updates to 'latest' or a later date in "
    "Kibana first.",
    "additional properties": "This Kibana does not know a field that was sent; please report its "
    "version.",
    "key is missing": "This Kibana does not know a field that was sent; please report its version.",
    "managed by an external orchestration": "Change it with the tool that manages it.",
    "reusable integration policies are only available": "The policy is attached to none or several "
    "agent policies, which needs the license.",
    "output per integration": "The policy has an output of its own, which needs the license: take "
    "it away in Kibana first, or leave the policy out (--exclude).",
    "supported namespace prefixes": "The policy's namespace is not one that its space allows: "
    "change either of them in Kibana first, or leave the policy out (--exclude).",
    "at least one agent policy id": "This Kibana saves no policy that is attached to no agent "
    "policy: attach it to one in Kibana first, or leave it out (--exclude).",
    "reusable integration policies are not supported": "This Kibana saves no policy that several "
    "agent policies share: attach it to one of them only, or leave it out (--exclude).",
    "package policy is invalid": "The policy lacks something that its package asks for: open it in "
    "Kibana, which shows the field, and save it there first.",
}
"""What to do next, by words of a 400 in lower case."""


def _hint_400(reason: str) -> str:
    said = reason.lower()
    return next((hint for words, hint in _HINTS_400.items() if words in said), "")


def _hint_403(reply: Reply, reason: str) -> str:
    protected = PROTECTED.search(reason)
    if protected:
        return (
            f"This Kibana lets only a superuser change {protected[1].rstrip('.')}; use a "
            "superuser's credentials."
        )
    licensed = LICENSE.search(reason)
    if licensed:
        return (
            f"Something in the policy needs more than a {licensed[1]} license; Kibana then refuses "
            "every change of it. Put the policy right in Kibana first."
        )
    if "superuser role" in reason:
        return (
            "Fleet of this Kibana is for superusers only: use the credentials of a user who has "
            "the role superuser."
        )
    if "you must add" in reason:
        return "The project's product tier does not include what the policy already uses."
    if "security must be enabled" in reason:
        return "Fleet needs Kibana with security enabled."
    return f"The credentials need {_privilege(reply)}."


def _privilege(reply: Reply) -> str:
    for part, privilege in PRIVILEGES:
        if part in reply.path:
            return privilege
    if reply.method == "PUT":
        return (
            "Integrations: All, or the Security sub-feature Elastic Defend Policy Management: All, "
            "in this space; if they have it in another space, name it (--space, spaces=)"
        )
    return (
        "Integrations: Read, or the Security sub-feature Elastic Defend Policy Management: Read, "
        "in this space; if they have it in another space, name it (--space, spaces=)"
    )


def _hint_404(reply: Reply, reason: str) -> str:
    named = AGENT_POLICY.search(reason)
    own = named and named[1] and unquote(reply.path).endswith(f"/{named[1]}")
    if reply.method == "PUT" and named and not own:
        return (
            "The policy names an agent policy that is not there any more, and cannot be saved like "
            "that; remove it from that agent policy in Kibana first."
        )
    if "/package_policies/" in reply.path:
        return "It may have been deleted, or live in another space (--space, --all-spaces)."
    if reply.path.startswith("/s/"):
        return "Check the name of the space, and the base path in Kibana's URL."
    return "Check Kibana's URL and its base path."
