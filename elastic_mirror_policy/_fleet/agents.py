"""Agents and endpoints in Kibana's API: paths, queries and pages, and how to reach all of them.

Together with `_fleet` the only module that knows a Kibana path.
"""

import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from elastic_mirror_policy._fleet.answers import total_of
from elastic_mirror_policy._fleet.api import WINDOW, Fleet, space_path
from elastic_mirror_policy._fleet.kuery import beginning, quoted
from elastic_mirror_policy._json import JsonValue, text_at
from elastic_mirror_policy.errors import ApiError, NotFoundError, TransportError

PER_PAGE: Final = 2_500
"""Agents in one answer. Each has several kilobytes, so this bounds memory as well as requests."""

LONGEST_KUERY: Final = 8_000
"""Characters of a query as part of a URL. Kibana takes 10,000 characters of KQL, and Node.js no
more than 16 KiB of URL and headers."""

MOST_NAMED: Final = 200
"""With more agent policies than this, all agents of the space are listed and sorted out here."""

MORE_PAGES: Final = 50
"""A list ends at the latest this many pages after twice as many as its total needs."""

LONGEST_PREFIX: Final = 3
_HEX: Final = "0123456789abcdef"


class WildcardsRefusedError(ApiError):
    """Elasticsearch does not allow expensive queries (`search.allow_expensive_queries: false`)."""


@dataclass(frozen=True, slots=True)
class AgentQuery:
    """Which agents are asked for at once.

    Attributes:
        agent_policies: The agent policies they run.
        everything: Whether all agents of the space are asked for instead.
        prefix: What their ids begin with.
    """

    agent_policies: tuple[str, ...]
    everything: bool = False
    prefix: str = ""

    def parts(self) -> "tuple[AgentQuery, ...]":
        """Return smaller queries for the same agents; none when there is nothing to cut.

        Agent ids are UUIDs, so one policy's agents can be told apart by how their ids begin.
        """
        ids = self.agent_policies
        if self.everything:
            return tuple(map(AgentQuery, _in_lengths(ids)))
        if len(ids) > 1:
            middle = len(ids) // 2
            return AgentQuery(ids[:middle]), AgentQuery(ids[middle:])
        if len(self.prefix) < LONGEST_PREFIX:
            return tuple(replace(self, prefix=self.prefix + digit) for digit in _HEX)
        return ()

    def kuery(self, policy_field: str, id_field: str, *, versioned: bool) -> str:
        """Return it in KQL.

        Args:
            policy_field: Where the id of the agent policy is.
            id_field: Where the id of the agent is.
            versioned: Whether agents may run `<id>#<version>` in place of `<id>` (9.4).
        """
        if self.everything:
            return ""
        names = [quoted(one) for one in self.agent_policies]
        if versioned:
            names += [f"{beginning(one + '#')}*" for one in self.agent_policies]
        clause = f"{policy_field}:({' or '.join(names)})"
        return f"{clause} and {id_field}:{self.prefix}*" if self.prefix else clause


def agent_queries(agent_policies: tuple[str, ...]) -> tuple[AgentQuery, ...]:
    """Return the queries that ask for the agents of these agent policies."""
    whole = AgentQuery(agent_policies, everything=True)
    return (whole,) if len(agent_policies) > MOST_NAMED else whole.parts()


def _in_lengths(ids: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the ids in groups whose query stays below the longest there may be."""
    group: list[str] = []
    length = 0
    for one in ids:
        names = f"{quoted(one)} or {beginning(one + '#')}* or "
        cost = len(urllib.parse.quote_plus(names))
        if group and length + cost > LONGEST_KUERY:
            yield tuple(group)
            group, length = [], 0
        group.append(one)
        length += cost
    if group:
        yield tuple(group)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list.

    Attributes:
        items: What is on it.
        total: How many there are in all.
        after: Where the next page begins, where Kibana says so (9.1); else pages are numbered.
    """

    items: list[JsonValue]
    total: int
    after: str = ""


Ask = Callable[[AgentQuery, int, str], Page]
"""Takes a query, the number of a page from 0, and where it begins; returns the page."""


def every_page(query: AgentQuery, ask: Ask) -> Iterator[Page]:
    """Yield the pages of a query; cut it up where a numbered page would lie beyond the window.

    The first page has the total of the whole query. What cannot be cut any more ends at the
    window, so that fewer are listed than that.
    """
    page = ask(query, 0, "")
    parts = query.parts() if page.total > WINDOW and not page.after else ()
    if parts:
        yield Page([], page.total)
        yield from _in_parts(parts, ask, page.total)
        return
    yield page
    number, seen, most = 1, len(page.items), MORE_PAGES + 2 * page.total // PER_PAGE
    while page.items and seen < page.total and number < most:
        if not page.after and (number + 1) * PER_PAGE > WINDOW:
            return
        page = ask(query, number, page.after)
        yield page
        number, seen = number + 1, seen + len(page.items)


def _in_parts(parts: Iterable[AgentQuery], ask: Ask, total: int) -> Iterator[Page]:
    """Yield the pages of each part, as long as the parts are not more than the whole."""
    counted = 0
    for part in parts:
        pages = every_page(part, ask)
        first = next(pages)
        counted += first.total
        if counted > 2 * total:
            raise TransportError("Kibana's totals contradict each other: parts exceed the whole.")
        yield first
        yield from pages


def agent_pages(fleet: Fleet, query: AgentQuery, space: str) -> Iterator[Page]:
    """Yield pages of agents, inactive ones too, in the order of their ids.

    Only ids are unique: by any other key, agents that are equal in it may be left out or doubled
    where a page ends.

    Raises:
        WildcardsRefusedError: Agents of version-specific policies cannot be asked for by name.
    """
    versioned = fleet.version.at_least(9, 4)

    def ask(query: AgentQuery, number: int, after: str) -> Page:
        more = {"searchAfter": after} if after else {"page": str(number + 1) if number else ""}
        kuery = query.kuery("fleet-agents.policy_id", "fleet-agents.agent.id", versioned=versioned)
        answer = _told_of_wildcards(
            lambda: fleet.agents(
                kuery,
                space,
                per_page=PER_PAGE,
                showInactive="true",
                sortField="agent.id",
                sortOrder="asc",
                **more,
            )
        )
        return _page(answer, "items", "agents")

    return every_page(query, ask)


def metadata_pages(fleet: Fleet, query: AgentQuery, space: str) -> Iterator[Page]:
    """Yield pages of endpoint metadata; pages are counted from 0 there.

    Agents of version-specific policies are not asked for: Kibana looks for the plain ids only
    (kibana#276295).
    """
    path = space_path(space, "/api/endpoint/metadata")

    def ask(query: AgentQuery, number: int, _: str) -> Page:
        params = {"page": str(number), "pageSize": str(PER_PAGE)}
        kuery = query.kuery("united.agent.policy_id", "united.agent.agent.id", versioned=False)
        asked = params | ({"kuery": kuery} if kuery else {})
        answer = _told_of_wildcards(lambda: fleet.http.read("GET", path, params=asked))
        return _page(answer, "data", "endpoints")

    return every_page(query, ask)


def _told_of_wildcards(ask: Callable[[], JsonValue]) -> JsonValue:
    try:
        return ask()
    except ApiError as exc:
        if "search.allow_expensive_queries" not in exc.reason:
            raise
        raise WildcardsRefusedError(
            f"{exc.method} {exc.path} was refused ({exc.status}): Elasticsearch takes no wildcards "
            "(search.allow_expensive_queries is false).",
            status=exc.status,
            method=exc.method,
            path=exc.path,
            reason=exc.reason,
        ) from exc


def policy_response(fleet: Fleet, agent_id: str, space: str) -> JsonValue | None:
    """Return the newest policy response of one agent, or None when there is none.

    Raises:
        TransportError: No usable answer arrived, or one about another endpoint.
    """
    path = space_path(space, "/api/endpoint/policy_response")
    try:
        answer = fleet.http.read("GET", path, params={"agentId": agent_id})
    except NotFoundError:
        return None
    document = answer.get("policy_response") if isinstance(answer, dict) else None
    if document is not None and text_at(document, "agent.id") != agent_id:
        raise TransportError("Kibana answered with the policy response of another endpoint.")
    return document


def _page(answer: JsonValue, key: str, what: str) -> Page:
    items = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(items, list):
        raise TransportError(f"Kibana's answer is not a list of {what}.")
    after = answer.get("nextSearchAfter")
    return Page(items, total_of(answer), after if isinstance(after, str) else "")
