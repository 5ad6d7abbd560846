"""Policies as they were found: a table, flat rows, and how many have which base URL (pure)."""

from collections import Counter
from collections.abc import Iterable
from typing import ClassVar, Literal

from elastic_mirror_policy._document import Document
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy._url import shown
from elastic_mirror_policy.policies.policy import DefendPolicy
from elastic_mirror_policy.render import words as _words
from elastic_mirror_policy.render.records import Recorded, flat
from elastic_mirror_policy.render.view import Named, Point, Section, Table, View, sections
from elastic_mirror_policy.settings import MANAGED_KEYS, OperatingSystem

_FACTS = ("name", "space", "agents", "pin")
_RECORD_FACTS = (
    *("policy_id", "name", "space", "version", "revision", "agent_policies", "agents", "pin"),
    *("is_managed", "problem"),
)
_SETTINGS = tuple((system.value, key) for system in OperatingSystem for key in MANAGED_KEYS)
_MIXED = "different for each operating system"
_UNREADABLE = "cannot be edited"


class Policies(Recorded, Document, tuple[DefendPolicy, ...]):
    """Policies, sorted by space and name; a tuple that can be printed, and shown in a notebook."""

    __slots__ = ()

    kind: ClassVar[Literal["policies"]] = "policies"
    KEYS: ClassVar = ("policies",)
    COLUMNS: ClassVar = (*_RECORD_FACTS, *(f"{system}.{key}" for system, key in _SETTINGS))

    @property
    def gist(self) -> str:
        """What it comes to: how many have which base URL."""
        return _totals(self)

    @property
    def policies(self) -> tuple[DefendPolicy, ...]:
        """The policies."""
        return tuple(self)

    def to_records(self) -> list[dict[str, JsonValue]]:
        """Return one flat dict for each policy; a setting that is not there is None."""
        return [_record(policy) for policy in self]

    def views(self) -> tuple[View, ...]:
        """Return what there is to say: totals, one row for each policy, what cannot be edited.

        There is one column of base URLs when no policy has different ones for its operating
        systems, else one for each operating system.
        """
        urls = [_urls(policy) for policy in self]
        if all(len(set(row)) == 1 for row in urls):
            headers: tuple[str, ...] = (*_FACTS, "base URL")
            urls = [row[:1] for row in urls]
        else:
            headers = (*_FACTS, *(f"{system.value} base URL" for system in OperatingSystem))
        rows = tuple((*_facts(policy), *row) for policy, row in zip(self, urls, strict=True))
        problems = tuple(
            Point(_words.sentence(policy.problem), 1, (Named(_words.name(policy.name)),))
            for policy in self
            if policy.problem
        )
        view = View(
            title="Policies",
            banner=(),
            lead=_totals(self),
            summary="",
            sections=sections(
                Section("", table=Table(headers, rows)),
                Section("Cannot be edited", problems, tone="bad"),
            ),
        )
        return (view,)


def _totals(policies: Iterable[DefendPolicy]) -> str:
    """Return how many policies have which base URL, the most frequent first."""
    counts = Counter(_whole(policy) for policy in policies)
    found = ", ".join(f"{number:,} {url}" for url, number in counts.most_common())
    return f"{_words.policies(counts.total())}: {found}" if found else _words.policies(0)


def _whole(policy: DefendPolicy) -> str:
    urls = set(_urls(policy))
    if policy.problem:
        return _UNREADABLE
    if len(urls) > 1:
        return _MIXED
    url = urls.pop()
    return url[1:-1] if url.startswith("(") else url


def _record(policy: DefendPolicy) -> dict[str, JsonValue]:
    facts = policy.to_dict()
    settings = {
        f"{system}.{key}": shown(policy.settings[system].get(key))
        if system in policy.settings
        else None
        for system, key in _SETTINGS
    }
    return {**{name: flat(facts[name]) for name in _RECORD_FACTS}, **settings}


def _facts(policy: DefendPolicy) -> tuple[str, str, str, str]:
    agents = "unknown" if policy.agents is None else f"{policy.agents:,}"
    return _words.name(policy.name), policy.space, agents, policy.pin


def _urls(policy: DefendPolicy) -> tuple[str, ...]:
    return tuple(_url(policy, system) for system in OperatingSystem)


def _url(policy: DefendPolicy, system: OperatingSystem) -> str:
    settings = policy.settings.get(system.value)
    if settings is None:
        return "?"
    url = settings.get("base_url")
    return _words.NOT_SET if url is None else _words.value(url)
