"""Decides one request: the door (credentials, headers, spaces), then the route."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from urllib.parse import unquote

from elastic_mirror_policy._json import JsonValue, decode
from elastic_mirror_policy.testing._api.access import Credentials
from elastic_mirror_policy.testing._api.answers import KibanaError, bad_request, not_found
from elastic_mirror_policy.testing._api.call import Call
from elastic_mirror_policy.testing._api.platform import STATUS_PARAMS, status
from elastic_mirror_policy.testing._api.query import parse_query
from elastic_mirror_policy.testing._api.routes import ROUTES, Route
from elastic_mirror_policy.testing._kibana.state import DEFAULT_SPACE, State
from elastic_mirror_policy.testing._kibana.versions import API_VERSION

MAX_PAYLOAD = 1_048_576
_CHANGING = frozenset({"POST", "PUT", "DELETE"})


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived; header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Brain:
    """Answers requests from a state; whoever calls it holds the lock."""

    state: State
    credentials: Credentials
    base_path: str = ""

    def answer(self, request: Request) -> tuple[JsonValue, dict[str, str]]:
        """Return the value to answer with 200, and headers.

        Raises:
            KibanaError: Kibana refuses the request.
        """
        if request.method == "HEAD":  # whatever may be read is answered without its body
            request = replace(request, method="GET")
        space, path = self._place(request.path)
        rights = self.credentials.rights(request.headers.get("authorization", ""))
        if (request.method, path) == ("GET", "/api/status"):
            parse_query(request.query, STATUS_PARAMS, self.state.conditions.version)
            return status(self.state, rights), {}
        route, ids = self._route(request.method, path)
        if rights is None:
            raise _unauthenticated()
        self._check_headers(request, route)
        query = parse_query(request.query, route.params, self.state.conditions.version)
        body = _body(request) if request.method in _CHANGING else None
        return route.handler(Call(self.state, rights, space, query, body, ids)), (
            {"elastic-api-version": API_VERSION} if self._is_versioned(route) else {}
        )

    def _place(self, path: str) -> tuple[str, str]:
        if not path.startswith(f"{self.base_path}/"):
            raise not_found()
        path = path.removeprefix(self.base_path)
        if not path.startswith("/s/"):
            return DEFAULT_SPACE, path
        space, _, rest = path.removeprefix("/s/").partition("/")
        return unquote(space), f"/{rest}"

    def _route(self, method: str, path: str) -> tuple[Route, tuple[str, ...]]:
        segments = path.split("/")
        for route in ROUTES:
            if route.method == method and self.state.conditions.version.since(route.since):
                ids = route.match(segments)
                if ids is not None:
                    return route, ids
        raise not_found()

    def _is_versioned(self, route: Route) -> bool:
        return route.versioned and self.state.conditions.version.has_versioned_api

    def _check_headers(self, request: Request, route: Route) -> None:
        headers = request.headers
        if request.method in _CHANGING and not {"kbn-xsrf", "kbn-version"} & set(headers):
            raise bad_request("Request must contain a kbn-xsrf header.")
        expected, got = self.state.conditions.version.number, headers.get("kbn-version")
        if got is not None and got != expected:
            raise bad_request(
                "Browser client is out of date, please refresh the page "
                f'("kbn-version" header was "{got}" but should be "{expected}")',
                {"expected": expected, "got": got},
            )
        asked = headers.get("elastic-api-version", API_VERSION)
        if asked != API_VERSION and self._is_versioned(route):
            raise bad_request(
                f'No version "{asked}" available for [{route.method.lower()}] [{route.path}]. '
                f"Available versions are: [{API_VERSION}]"
            )


def _body(request: Request) -> JsonValue:
    if len(request.body) > MAX_PAYLOAD:
        raise KibanaError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"Payload content length greater than maximum allowed: {MAX_PAYLOAD}",
        )
    kind = request.headers.get("content-type", "application/json")
    if kind.partition(";")[0].strip().lower() != "application/json":
        raise KibanaError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type")
    if not request.body:
        return None
    try:
        return decode(request.body)
    except ValueError as exc:
        raise bad_request("Invalid request payload JSON format") from exc


def _unauthenticated() -> KibanaError:
    return KibanaError(
        HTTPStatus.UNAUTHORIZED,
        "[security_exception\n\tRoot causes:\n\t\tsecurity_exception: unable to authenticate with "
        "provided credentials and anonymous access is not allowed for this request]: unable to "
        "authenticate with provided credentials and anonymous access is not allowed for this "
        "request",
    )
