"""Kibana's Fleet API: the only module that knows a path or a query parameter.

Values go in and decoded JSON comes out; what to do with it is decided elsewhere.
"""

import contextlib
import logging
import threading
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from elastic_mirror_policy._fleet.answers import item_of, list_of, shape, total_of
from elastic_mirror_policy._fleet.bodies import update_body
from elastic_mirror_policy._fleet.versions import KibanaVersion
from elastic_mirror_policy._http.client import Decoder, HttpClient, Reply
from elastic_mirror_policy._json import (
    JsonValue,
    decode,
    decode_document,
    encode_for_wire,
    text_at,
)
from elastic_mirror_policy._text import visible
from elastic_mirror_policy._url import is_step
from elastic_mirror_policy.errors import (
    ConfigurationError,
    NotFoundError,
    PermissionDeniedError,
    TransportError,
    UnexpectedPolicyError,
    UnsupportedKibanaError,
)

logger = logging.getLogger("elastic_mirror_policy.fleet")

API_HEADERS: Final = {"kbn-xsrf": "elastic-mirror-policy", "elastic-api-version": "2023-10-31"}
"""Sent with every request. `kbn-version` never is: it breaks on an upgrade in the middle."""

DEFAULT_SPACE: Final = "default"
PER_PAGE: Final = 100
BULK: Final = 500
WINDOW: Final = 10_000
"""Elasticsearch's window: no page reaches further into a list."""

KUERY: Final = "ingest-package-policies.package.name:endpoint"
"""The one spelling valid in every version (Fleet rewrites the prefix itself since 8.16)."""


Reading = Callable[[int, int], None]
"""Called with how many policies of a long list have been read, and how many there are."""


def say_nothing(read: int, total: int) -> None:
    """Take no notice of how far a list has been read."""


class Fleet:
    """One Kibana's Fleet, over one HTTP client; safe to use from several threads."""

    def __init__(
        self,
        http: HttpClient,
        version: KibanaVersion | None = None,
        *,
        reading: Reading = say_nothing,
    ) -> None:
        self.http = http
        self._reading = reading
        self._version = version
        self._complaint = ""
        self._guard = threading.Lock()

    @property
    def version(self) -> KibanaVersion:
        """Which Kibana this is; asked once.

        Raises:
            UnsupportedKibanaError: It is too old or does not say.
            AuthenticationError: The credentials were not accepted.
        """
        with self._guard:
            if self._version is None:
                self._version = self._read_version()
            return self._version

    @property
    def complaint(self) -> str:
        """What is wrong by Kibana's own status page, in one sentence; empty when it is well.

        Raises:
            UnsupportedKibanaError: It is too old or does not say.
            AuthenticationError: The credentials were not accepted.
        """
        self.version  # noqa: B018 - reading it is what asks
        return self._complaint

    def _read_version(self) -> KibanaVersion:
        status = self.http.read("GET", "/api/status", usable=_names_version)
        found = status.get("version") if isinstance(status, dict) else None
        number = found.get("number") if isinstance(found, dict) else None
        if not isinstance(number, str):
            if isinstance(status, dict) and status.get("name") == "fleet-server":
                raise UnsupportedKibanaError(
                    "This is Fleet Server, not Kibana.",
                    hint="Give Kibana's URL, which usually has port 5601.",
                )
            # An unauthenticated caller gets a body without version: find out if that is why.
            self.probe_read()
            raise UnsupportedKibanaError(
                "Kibana does not say which version it is (GET /api/status).",
                hint="The credentials may lack the right to see it.",
            )
        if text_at(status, "status.overall.level") in _UNWELL:
            # Fleet may answer all the same; that it refuses this space is an answer, too.
            with contextlib.suppress(PermissionDeniedError):
                self.probe_read()
            self._complaint = _complaint(status)
            logger.warning("%s", self._complaint)
        flavor = found.get("build_flavor") if isinstance(found, dict) else None
        return KibanaVersion.parse(number, serverless=flavor == "serverless")

    def spaces(self) -> tuple[str, ...]:
        """Return the ids of all spaces the caller may see, sorted."""
        answer = self.http.read("GET", "/api/spaces/space")
        ids = sorted(space["id"] for space in list_of(answer, "spaces"))
        if not all(map(is_step, ids)):
            raise TransportError("Kibana names a space that cannot be part of an address.")
        return tuple(ids)

    def package_policies(self, space: str) -> Iterator[tuple[list[JsonValue], int]]:
        """Yield each page of a space's Elastic Defend policies, and how many Kibana has in all.

        They are in the order of creation: the default order follows `updated_at`, and every write
        reshuffles it. Several pages are read from the last to the first, so that a policy deleted
        meanwhile moves others into pages still to be read, never out of them; for this the first
        page, which says how many there are, is read twice. A page is empty once the next is asked
        for.

        Raises:
            UnsupportedKibanaError: There are more than a list can reach.
        """
        items, total = self._policy_page(space, 1)
        if total <= PER_PAGE:
            yield items, total
            return
        read = 0
        self._reading(read, total)
        for page in range(-(-total // PER_PAGE), 0, -1):
            items, total = self._policy_page(space, page)
            read += len(items)
            self._reading(read, total)
            yield items, total
            items.clear()  # or two pages would be in memory while the next one is read

    def _policy_page(self, space: str, page: int) -> tuple[list[JsonValue], int]:
        path = space_path(space, "/api/fleet/package_policies")
        params = _query(page, PER_PAGE, counted=self.version.counts_agents_in_list)
        answer = self.http.read("GET", path, params=params, decoder=decode_document)
        total = total_of(answer)
        if total > WINDOW:
            raise UnsupportedKibanaError(
                f"Space {space!r} has {total} Elastic Defend policies; Kibana lists {WINDOW}."
            )
        return list_of(answer, "items"), total

    def package_policies_by_id(
        self, ids: Iterable[str], space: str, *, decoder: Decoder = decode
    ) -> dict[str, JsonValue]:
        """Return those of the named policies that are still visible in this space, by id."""
        wanted = list(ids)
        if not self.version.has_bulk_get:
            found = {policy_id: self.package_policy(policy_id, space) for policy_id in wanted}
            return {policy_id: item for policy_id, item in found.items() if item is not None}
        path = space_path(space, "/api/fleet/package_policies/_bulk_get")
        body = {"ids": wanted, "ignoreMissing": True}
        items = list_of(self.http.read("POST", path, body=body, decoder=decoder), "items")
        found = {str(item["id"]): item for item in items}
        if not found.keys() <= set(wanted):
            raise TransportError("Kibana answered with a policy that was not asked for.")
        return found

    def package_policy(self, policy_id: str, space: str) -> JsonValue | None:
        """Return one package policy, or None when it is not visible in this space."""
        try:
            item = item_of(self.http.read("GET", _policy_path(policy_id, space)))
        except NotFoundError:
            return None
        if item.get("id") != policy_id:
            raise TransportError("Kibana answered with a policy that was not asked for.")
        return item

    def update_package_policy(self, document: JsonValue, space: str) -> JsonValue:
        """Write a package policy and return it as Kibana stored it.

        Raises:
            UnexpectedPolicyError: It cannot be sent.
            TransportError: No usable answer; it may have been written all the same.
            ApiError: Kibana refused it.
        """
        path = _policy_path(document["id"], space)
        try:
            body = encode_for_wire(update_body(document, self.version))
        except ValueError as exc:
            raise UnexpectedPolicyError(f"The policy cannot be sent: {exc}.") from exc
        item = item_of(self.http.write("PUT", path, body=body, decoder=decode_document))
        if item.get("id") != document["id"] or not isinstance(item.get("revision"), int):
            raise TransportError(
                f"PUT {path} was answered with something else: {shape(item)}.", answered=True
            )
        return item

    def counted_apart(self) -> "Fleet":
        """Return the same Kibana over the same connections, counting only its own requests."""
        return Fleet(self.http.counted_apart(), self._version)

    def ask_registry(self, space: str) -> None:
        """Let Kibana ask its package registry, as it does with every save, once.

        Args:
            space: One in which the caller may read.

        Raises:
            TransportError: No usable answer arrived.
            ApiError: It could not, or the caller may not.
        """
        path = space_path(space, "/api/fleet/epm/packages/endpoint")
        self.http.read("GET", path, again=False)

    def download_sources(self) -> list[JsonValue]:
        """Return where agents fetch their binaries from.

        Raises:
            TransportError: No usable answer arrived.
            ApiError: Kibana refused; it takes the right to read Fleet's settings.
        """
        return list_of(self.http.read("GET", "/api/fleet/agent_download_sources"), "items")

    def probe_read(self, space: str = DEFAULT_SPACE) -> None:
        """Check that the caller may list the Elastic Defend policies of a space.

        Raises:
            ApiError: The caller may not.
        """
        path = space_path(space, "/api/fleet/package_policies")
        self.http.read("GET", path, params=_query(1, 1))

    def probe_write(self, policy_id: str, space: str) -> None:
        """Ask Kibana to write nothing to a policy that does not exist.

        Raises:
            NotFoundError: The caller may write.
            PermissionDeniedError: The caller may not.
            ApiError: It could not be determined.
        """
        self.http.write("PUT", _policy_path(policy_id, space), body={})

    def agent_policies(self, ids: Iterable[str], space: str) -> dict[str, JsonValue]:
        """Return the named agent policies, by id; those that are not visible are left out."""
        wanted = sorted(set(ids))
        if not self.version.counts_agents_in_list:
            return {item["id"]: item for item in self._all_agent_policies(space)}
        path = space_path(space, "/api/fleet/agent_policies/_bulk_get")
        found: dict[str, JsonValue] = {}
        for start in range(0, len(wanted), BULK):
            body = {"ids": wanted[start : start + BULK], "ignoreMissing": True}
            for item in list_of(self.http.read("POST", path, body=body), "items"):
                found[item["id"]] = item
        return {one: found[one] for one in wanted if one in found}

    def _all_agent_policies(self, space: str) -> Iterator[JsonValue]:
        """Yield every agent policy; before 8.13 only this list has the number of agents."""
        path = space_path(space, "/api/fleet/agent_policies")
        page = 1
        while True:
            params = {"page": str(page), "perPage": str(PER_PAGE)}
            answer = self.http.read("GET", path, params=params)
            items = list_of(answer, "items")
            yield from items
            if not items or page * PER_PAGE >= min(total_of(answer), WINDOW):
                return
            page += 1

    def agents(self, kuery: str, space: str, *, per_page: int, **more: str) -> JsonValue:
        """Return one page of agents as Kibana answers it."""
        params = {"kuery": kuery, "perPage": str(per_page), **more}
        path = space_path(space, "/api/fleet/agents")
        asked = {name: value for name, value in params.items() if value}
        return self.http.read("GET", path, params=asked, decoder=decode_document)

    def count_agents(self, space: str) -> int:
        """Return how many agents the caller may see in a space."""
        return total_of(self.agents("", space, per_page=1))


_UNWELL: Final = frozenset({"critical", "unavailable"})
_SHOWN: Final = 200
"""Characters of a status page's summary that are shown."""


def _complaint(status: JsonValue) -> str:
    level, summary = (text_at(status, f"status.overall.{key}") for key in ("level", "summary"))
    why = f" ({visible(summary)[:_SHOWN].rstrip('.')})" if summary else ""
    return f"Kibana reports its own status as {level}{why}; Fleet answers all the same."


def _names_version(reply: Reply) -> bool:
    """Whether a status page of a Kibana that is not well says all the same which Kibana it is."""
    if reply.status != 503:  # noqa: PLR2004 - Service Unavailable
        return False
    with contextlib.suppress(TransportError):
        return bool(text_at(reply.json(), "version.number"))
    return False


def space_path(space: str, path: str) -> str:
    """Return the path as seen from a space; the default space has no prefix."""
    if space == DEFAULT_SPACE:
        return path
    return f"/s/{_step(space, 'the space')}{path}"


def _query(page: int, per_page: int, *, counted: bool = False) -> dict[str, str]:
    params = {
        "page": str(page),
        "perPage": str(per_page),
        "kuery": KUERY,
        "sortField": "created_at",
        "sortOrder": "asc",
    }
    return {**params, "withAgentCount": "true"} if counted else params


def _policy_path(policy_id: str, space: str) -> str:
    return space_path(space, f"/api/fleet/package_policies/{_step(policy_id, 'the policy')}")


def _step(text: str, what: str) -> str:
    if not is_step(text):
        raise ConfigurationError(f"The id {text[:40]!r} of {what} cannot be part of an address.")
    return urllib.parse.quote(text, safe="")
