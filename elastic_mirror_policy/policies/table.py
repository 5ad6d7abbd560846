"""Policies with their present base URLs, as text (pure)."""

from collections.abc import Iterable

from elastic_mirror_policy.policies.policy import DefendPolicy
from elastic_mirror_policy.render import words as _words
from elastic_mirror_policy.render.table import table
from elastic_mirror_policy.settings import OperatingSystem

_FACTS = ("name", "space", "agents", "pin")


def policies_text(policies: Iterable[DefendPolicy]) -> str:
    """Return one line for each policy: name, space, agents, pin and base URLs.

    There is one column of base URLs when no policy has different ones for its operating systems,
    else one for each operating system. Policies that cannot be edited are explained below.
    """
    found = tuple(policies)
    urls = [_urls(policy) for policy in found]
    if all(len(set(row)) == 1 for row in urls):
        headers: tuple[str, ...] = (*_FACTS, "base URL")
        urls = [row[:1] for row in urls]
    else:
        headers = (*_FACTS, *(f"{system.value} base URL" for system in OperatingSystem))
    rows = [(*_facts(policy), *row) for policy, row in zip(found, urls, strict=True)]
    problems = [
        f"{_words.name(policy.name)} cannot be edited: {_words.sentence(policy.problem)}\n"
        for policy in found
        if policy.problem
    ]
    return table(rows, headers) + ("\n" + "".join(problems) if problems else "")


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
