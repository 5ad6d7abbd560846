"""One request that passed the door: what a route gets to see."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.testing._api.access import Rights
from elastic_mirror_policy.testing._api.answers import KibanaError, bad_request, forbidden
from elastic_mirror_policy.testing._api.kuery import (
    ExpensiveQueryError,
    KuerySyntaxError,
    Predicate,
    parse_kuery,
)
from elastic_mirror_policy.testing._api.query import Query
from elastic_mirror_policy.testing._kibana.state import State
from elastic_mirror_policy.testing._kibana.versions import Version

WINDOW = 10_000
"""Elasticsearch gives no more than this many results by page number."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request with its route's ids taken out of the path, and the state it works on."""

    state: State
    rights: Rights
    space: str
    query: Query
    body: JsonValue = None
    ids: tuple[str, ...] = ()

    @property
    def version(self) -> Version:
        """The version of Kibana that answers."""
        return self.state.conditions.version

    def need(self, right: bool) -> None:  # noqa: FBT001 - it is one of `rights`
        """Go on with this right only.

        Raises:
            KibanaError: 403.
        """
        if not right:
            raise forbidden()

    def paging(self) -> tuple[int, int]:
        """The page, counted from 1, and its size."""
        return self.query.get("page", 1), self.query.get("perPage", 20)

    def predicate(
        self,
        normalise: Callable[[str], str],
        malformed: Callable[[str], KibanaError] = lambda why: bad_request(f"KQLSyntaxError: {why}"),
    ) -> Predicate | None:
        """The predicate of `kuery`, or None when there is none.

        Args:
            normalise: Turns a field as written into the name to look up.
            malformed: Makes the error of this route for what is not KQL.

        Raises:
            KibanaError: It is not KQL, names an unknown field, or has a wildcard where
                Elasticsearch does not allow expensive queries.
        """
        text = self.query.get("kuery", "")
        if not text:
            return None
        expensive = self.state.conditions.allow_expensive_queries
        try:
            return parse_kuery(text, normalise, expensive=expensive)
        except KuerySyntaxError as exc:
            raise malformed(str(exc)) from exc
        except ExpensiveQueryError as exc:
            raise bad_request(str(exc)) from exc


Handler: TypeAlias = Callable[[Call], JsonValue]


def check_window(page: int, per_page: int) -> None:
    """Check that a page lies within what Elasticsearch gives by page number.

    Raises:
        KibanaError: 400 with Elasticsearch's reason.
    """
    if page * per_page > WINDOW:
        raise bad_request(
            "all shards failed: search_phase_execution_exception: Result window is too large, "
            f"from + size must be less than or equal to: [{WINDOW}] but was [{page * per_page}]."
        )
