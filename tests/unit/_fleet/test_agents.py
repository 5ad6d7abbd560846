"""How every agent is reached although no list goes further than ten thousand."""

from collections.abc import Callable, Iterator
from urllib.parse import quote_plus

import pytest

from elastic_mirror_policy._fleet.agents import (
    LONGEST_KUERY,
    MOST_NAMED,
    PER_PAGE,
    AgentQuery,
    Page,
    agent_queries,
    every_page,
)
from elastic_mirror_policy.errors import TransportError
from elastic_mirror_policy.testing._api.kuery import parse_kuery

WINDOW = 10_000


def ids(count: int) -> tuple[str, ...]:
    """Return so many ids of agent policies."""
    return tuple(f"policy-{number}" for number in range(count))


class Listing:
    """A list of agents, each a pair of its policy and its id, that can be asked for pages.

    Attributes:
        asked: Every question: the query, the page and where it began.
    """

    def __init__(self, agents: list[tuple[str, str]], *, searches_after: bool) -> None:
        self.agents = agents
        self.searches_after = searches_after
        self.asked: list[tuple[AgentQuery, int, str]] = []

    def __call__(self, query: AgentQuery, number: int, after: str) -> Page:
        """Return one page."""
        self.asked.append((query, number, after))
        found = [one for one in self.agents if self.matches(query, *one)]
        start = int(after) if after else number * PER_PAGE
        assert after or start + PER_PAGE <= WINDOW, "beyond the window"
        shown = found[start : start + PER_PAGE]
        mark = str(start + len(shown)) if self.searches_after and shown else ""
        return Page([{"id": agent} for _, agent in shown], len(found), mark)

    def matches(self, query: AgentQuery, policy: str, agent: str) -> bool:
        """Whether a query asks for an agent."""
        named = query.everything or policy in query.agent_policies
        return named and agent.startswith(query.prefix)


def listed(pages: Iterator[Page]) -> list[str]:
    """Return the ids on all pages."""
    return [item["id"] for page in pages for item in page.items]


def agents_of(policy: str, count: int) -> list[tuple[str, str]]:
    """Return so many agents of a policy, whose ids begin with every digit."""
    return [(policy, f"{number * 7919 % 65536:04x}-{policy}-{number}") for number in range(count)]


@pytest.mark.parametrize("searches_after", [True, False])
@pytest.mark.parametrize("count", [0, 1, PER_PAGE, PER_PAGE + 1, WINDOW, WINDOW + 1, 30_000])
def test_every_agent_is_listed_once(count: int, *, searches_after: bool) -> None:
    """With one policy or several, before and after Kibana 9.1."""
    agents = agents_of("policy-0", count // 2) + agents_of("policy-1", count - count // 2)
    listing = Listing(agents, searches_after=searches_after)
    found = listed(every_page(AgentQuery(ids(2)), listing))

    assert sorted(found) == sorted(agent for _, agent in agents)


@pytest.mark.parametrize("searches_after", [True, False])
def test_one_policy_with_more_agents_than_the_window_is_listed(*, searches_after: bool) -> None:
    """Before 9.1 its agents are told apart by how their ids begin."""
    agents = agents_of("policy-0", 25_000)
    listing = Listing(agents, searches_after=searches_after)
    pages = list(every_page(AgentQuery(ids(1)), listing))

    assert pages[0].total == 25_000
    assert sorted(listed(iter(pages))) == sorted(agent for _, agent in agents)


def test_what_cannot_be_told_apart_ends_at_the_window() -> None:
    """Then fewer are listed than counted, which is said."""
    agents = [("policy-0", f"aaaa-{number}") for number in range(12_000)]
    pages = list(every_page(AgentQuery(ids(1)), Listing(agents, searches_after=False)))

    assert pages[0].total == 12_000
    assert len(listed(iter(pages))) == WINDOW


def test_a_list_that_gives_nothing_ends() -> None:
    """A total that is never reached is no reason to ask for ever."""
    pages = list(every_page(AgentQuery(ids(1)), lambda *_: Page([], 500)))

    assert listed(iter(pages)) == []


def test_searching_after_takes_no_page_more_than_there_are() -> None:
    """Each question costs Kibana and us."""
    listing = Listing(agents_of("policy-0", 2 * PER_PAGE), searches_after=True)
    listed(every_page(AgentQuery(ids(1)), listing))

    assert len(listing.asked) == 2


@pytest.mark.parametrize("character", ["x", "#", '"', "ü"])
def test_few_policies_are_named_in_the_query(character: str) -> None:
    """In queries that Kibana and Node.js take, however long the ids are."""
    named = tuple(f"{number:03}{character * 90}" for number in range(MOST_NAMED))
    queries = agent_queries(named)
    texts = [one.kuery("fleet-agents.policy_id", "id", versioned=True) for one in queries]

    assert [one for query in queries for one in query.agent_policies] == list(named)
    assert max(len(quote_plus(text)) for text in texts) < LONGEST_KUERY + 100
    assert len(queries) < MOST_NAMED / 4


def test_an_id_that_is_too_long_by_itself_is_asked_for_alone() -> None:
    """Kibana says what it thinks of it."""
    queries = agent_queries(("a", "b" * LONGEST_KUERY, "c"))

    assert [len(query.agent_policies) for query in queries] == [1, 1, 1]


def test_no_policy_is_no_query() -> None:
    """There is nothing to ask for."""
    assert agent_queries(()) == ()


def test_many_policies_are_one_query_for_everything() -> None:
    """A thousand policies would otherwise cost more requests than their agents."""
    (query,) = agent_queries(ids(MOST_NAMED + 1))
    parts = query.parts()

    assert query.kuery("policy_id", "id", versioned=True) == ""
    assert [one for part in parts for one in part.agent_policies] == list(ids(MOST_NAMED + 1))


ODD = [
    'with "quotes"',
    "back\\slash",
    "col:on(*)",
    "a#b",
    "this or that",
    "not me",
    "\\not",
    "r\\n",
]
PRINTABLE = [f"a{chr(code)}z" for code in range(0x20, 0x180) if chr(code).isprintable()]


def always(value: str) -> Callable[[str], tuple[str, ...]]:
    """Return a document that has this value in every field."""
    return lambda _: (value,)


def found_by(policy: str, *, versioned: bool) -> tuple[bool, ...]:
    """Whether a query for a policy finds it, its variant for a version, and two others."""
    text = AgentQuery((policy, "second")).kuery("policy_id", "id", versioned=versioned)
    matches = parse_kuery(text, str)
    ids = (policy, f"{policy}#9.4", f"{policy}x", "other")
    return tuple(bool(matches(always(one))) for one in ids)


@pytest.mark.parametrize("versioned", [True, False])
def test_a_query_finds_its_policies_and_no_other(*, versioned: bool) -> None:
    """An id is data, whatever characters it has."""
    ids = ("plain", *ODD, *PRINTABLE, *(one[:2] for one in PRINTABLE))
    expected = (True, versioned, False, False)

    assert [one for one in ids if found_by(one, versioned=versioned) != expected] == []


def test_policies_made_for_an_agent_version_are_found() -> None:
    """From 9.4 agents may run `<id>#9.4` (kibana#276294)."""
    matches = parse_kuery(AgentQuery(("a", "b")).kuery("policy_id", "id", versioned=True), str)

    assert matches(lambda _: ("a#9.4",))
    assert matches(lambda _: ("b",))
    assert not matches(lambda _: ("ab#9.4",))


def test_a_prefix_is_a_part_of_the_query() -> None:
    """It narrows the agents, not the policies."""
    text = AgentQuery(("a",), prefix="0f").kuery("policy_id", "id", versioned=False)

    assert text == 'policy_id:("a") and id:0f*'


def test_parts_that_exceed_the_whole_are_an_error() -> None:
    """A server that contradicts itself is not asked for ever smaller parts."""

    def ask(_: AgentQuery, number: int, after: str) -> Page:
        assert (number, after) == (0, "")
        return Page([], WINDOW + 1)

    with pytest.raises(TransportError, match="contradict each other"):
        list(every_page(AgentQuery(("policy",)), ask))
