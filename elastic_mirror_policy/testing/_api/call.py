"""One request that passed the door: what a route gets to see."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.testing._api.access import Rights
from elastic_mirror_policy.testing._api.answers import bad_request
from elastic_mirror_policy.testing._api.kuery import KuerySyntaxError, Predicate, parse_kuery
from elastic_mirror_policy.testing._api.query import Query
from elastic_mirror_policy.testing._kibana.state import State
from elastic_mirror_policy.testing._kibana.versions import Era

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
    def era(self) -> Era:
        """The version of Kibana that answers."""
        return self.state.conditions.era

    def paging(self, default: int = 20) -> tuple[int, int]:
        """The page, counted from 1, and its size."""
        return self.query.get("page", 1), self.query.get("perPage", default)

    def predicate(self, normalise: Callable[[str], str]) -> Predicate | None:
        """The predicate of `kuery`, or None when there is none.

        Raises:
            KibanaError: 400 when it is not KQL or names an unknown field.
        """
        text = self.query.get("kuery", "")
        if not text:
            return None
        try:
            return parse_kuery(text, normalise)
        except KuerySyntaxError as exc:
            raise bad_request(f"KQLSyntaxError: {exc}") from exc


Handler: TypeAlias = Callable[[Call], JsonValue]


def check_window(page: int, per_page: int) -> None:
    """Return when a page lies within what Elasticsearch gives by page number.

    Raises:
        KibanaError: 400 with Elasticsearch's reason.
    """
    if page * per_page > WINDOW:
        raise bad_request(
            "all shards failed: search_phase_execution_exception: Result window is too large, "
            f"from + size must be less than or equal to: [{WINDOW}] but was [{page * per_page}]."
        )
