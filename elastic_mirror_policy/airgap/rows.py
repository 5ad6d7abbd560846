"""What was seen in a closed network, what it means, and what to set where (pure)."""

import enum
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import urlsplit

from elastic_mirror_policy._document import Document
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy._url import shown
from elastic_mirror_policy.airgap.facts import PolicyFacts
from elastic_mirror_policy.mirror import MirrorReport
from elastic_mirror_policy.policies.defend import LATEST

PUBLIC_DOWNLOADS: Final = ("artifacts.elastic.co", "artifacts.security.elastic.co")
"""Hosts of Elastic's that cannot be reached from a closed network."""

_POLICY: Final = "the Elastic Defend policy"
_MIRROR: Final = "the mirror"
_NAMES: Final = 3


class RowState(enum.StrEnum):
    """How one row stands."""

    OK = "ok"
    PROBLEM = "problem"
    NOT_SEEN = "not-seen"


@dataclass(frozen=True, slots=True)
class AirGapRow(Document):
    """One thing that must be right.

    Attributes:
        name: What was looked at.
        state: How it stands; what the credentials may not read was not seen.
        seen: What was seen, in one sentence.
        meaning: What follows from it.
        advice: What to set; empty when nothing is to be done.
        where: Where it is set.
    """

    KEYS: ClassVar = ("name as check", "state", "seen", "meaning", "advice", "where")

    name: str
    state: RowState
    seen: str
    meaning: str = ""
    advice: str = ""
    where: str = ""


def not_seen(name: str, why: str, meaning: str, where: str) -> AirGapRow:
    """Return the row for something that could not be looked at."""
    return AirGapRow(name, RowState.NOT_SEEN, why, meaning, where=where)


def download_row(sources: Iterable[JsonValue]) -> AirGapRow:
    """Return whether agents would fetch their own binaries from the internet (kibana#100413)."""
    hosts = [
        str(one.get("host", ""))
        for one in sources
        if isinstance(one, dict) and one.get("is_default") is True
    ]
    if not hosts:
        return unseen_downloads("Fleet lists no default source.")
    host = str(shown(hosts[0]))
    if _is_public(hosts[0]):
        return AirGapRow(
            _BINARIES,
            RowState.PROBLEM,
            f"The default source is {host}, on the internet.",
            _UPGRADES,
            "Add a source on a server inside, and make it the default.",
            _DOWNLOADS,
        )
    seen = f"The default source is {host}."
    return AirGapRow(_BINARIES, RowState.OK, seen, _UPGRADES, where=_DOWNLOADS)


def unseen_downloads(why: str) -> AirGapRow:
    """Return the row for sources of agent binaries that could not be looked at."""
    return not_seen(_BINARIES, why, _UPGRADES, _DOWNLOADS)


_BINARIES: Final = "agent binaries"
_UPGRADES: Final = "Agents fetch their upgrades from there."
_DOWNLOADS: Final = "Fleet > Settings > Agent binary download"


def policy_rows(policies: Sequence[PolicyFacts]) -> tuple[AirGapRow, ...]:
    """Return what the policies' own settings say."""
    readable = [policy for policy in policies if not policy.problem]
    return (
        _unreadable_row(policies),
        _without_mirror_row(readable),
        _calls_row(readable),
        _blocked_row(readable),
        _pins_row(readable),
        _contradictions_row(readable),
    )


def _unreadable_row(policies: Sequence[PolicyFacts]) -> AirGapRow:
    broken = [policy.name for policy in policies if policy.problem]
    name, count = "policies", f"{len(policies):,} Elastic Defend policies were read"
    if broken:
        seen = f"{count}; {len(broken):,} cannot be read{_named(broken)}."
        return AirGapRow(name, RowState.PROBLEM, seen, "Nothing is known of these.", where=_POLICY)
    if not policies:
        return not_seen(name, "No Elastic Defend policy was found.", "", _POLICY)
    return AirGapRow(name, RowState.OK, f"{count}.", where=_POLICY)


def _row(
    name: str, found: Sequence[str], total: int, *, good: str, bad: str, meaning: str, advice: str
) -> AirGapRow:
    if not total:
        return not_seen(name, "There is no policy that could be read.", meaning, _POLICY)
    if not found:
        return AirGapRow(name, RowState.OK, good, meaning, where=_POLICY)
    seen = f"{bad}: {len(found):,} of {total:,} policies{_named(found)}."
    return AirGapRow(name, RowState.PROBLEM, seen, meaning, advice, _POLICY)


def _without_mirror_row(policies: Sequence[PolicyFacts]) -> AirGapRow:
    found = [
        policy.name
        for policy in policies
        if any(url is None or _is_public(url) for url in policy.base_urls.values())
    ]
    return _row(
        "base URL",
        found,
        len(policies),
        good="Every policy names a mirror for each of its operating systems.",
        bad="No mirror is named for some operating system",
        meaning="Endpoints ask Elastic's own server then, which is out of reach.",
        advice="elastic-mirror-policy apply --base-url URL",
    )


def _calls_row(policies: Sequence[PolicyFacts]) -> AirGapRow:
    counted = Counter(call for policy in policies for call in policy.calls)
    which = ", ".join(f"{call} ({number:,})" for call, number in sorted(counted.items()))
    return _row(
        "calls to Elastic's cloud",
        [policy.name for policy in policies if policy.calls],
        len(policies),
        good="No policy has a setting by which endpoints call Elastic's cloud.",
        bad=f"On are {which}",
        meaning="Endpoints try to reach cloud.security.elastic.co, which a mirror does not serve.",
        advice="Set the advanced settings to false, and turn the reputation service off.",
    )


def _blocked_row(policies: Sequence[PolicyFacts]) -> AirGapRow:
    return _row(
        "allow_cloud_features",
        [policy.name for policy in policies if policy.blocks_updates],
        len(policies),
        good="No policy leaves artifacts-update out.",
        bad="artifacts-update is left out",
        meaning="No artifact is updated then; whether a mirror is an exception is not documented.",
        advice="Add artifacts-update to advanced.allow_cloud_features.",
    )


def _pins_row(policies: Sequence[PolicyFacts]) -> AirGapRow:
    return _row(
        "protection updates",
        [policy.name for policy in policies if policy.pin != LATEST],
        len(policies),
        good="No policy is frozen to a date.",
        bad="Frozen to a date",
        meaning="Endpoints ask for that day's manifest, which a plain mirror does not have.",
        advice="Let the policy take the latest protection updates.",
    )


def _contradictions_row(policies: Sequence[PolicyFacts]) -> AirGapRow:
    found = [policy for policy in policies if policy.contradictions]
    what = sorted({one for policy in found for one in policy.contradictions})
    return _row(
        "CA and proxy",
        [policy.name for policy in found],
        len(policies),
        good="No setting contradicts another.",
        bad="; ".join(what),
        meaning="One of the settings has no effect.",
        advice="Remove the one that is not meant.",
    )


def mirror_row(url: str, report: MirrorReport) -> AirGapRow:
    """Return how a mirror that policies name answered, asked for the versions that are needed."""
    name = f"mirror {shown(url)}"
    meaning = "Endpoints whose policy names it update from there, or not at all."
    if report.healthy:
        good = ", ".join(version.endpoint_version for version in report.versions)
        plain = " It is plain http." if url.startswith("http:") else ""
        seen = f"It serves {good} with an ETag that endpoints accept.{plain}"
        return AirGapRow(name, RowState.OK, seen, meaning, where=_MIRROR)
    worst = report.findings[0].message if report.findings else "It could not be determined."
    if report.healthy is None:
        return not_seen(name, worst, meaning, _MIRROR)
    advice = report.findings[0].hint if report.findings else ""
    return AirGapRow(name, RowState.PROBLEM, worst, meaning, advice, _MIRROR)


def versions_row(reports: Iterable[MirrorReport], kibana: str) -> AirGapRow:
    """Return whether every mirror has a manifest for Kibana's own version, the next upgrade.

    The order of an upgrade is documented without it: the artifacts of the new version must be
    there before agents are upgraded.
    """
    name, where = "next upgrade", _MIRROR
    meaning = f"Agents that are upgraded to {kibana} ask for that version's manifest."
    found = [
        version.healthy
        for report in reports
        for version in report.versions
        if version.endpoint_version == kibana
    ]
    if not found or None in found:
        why = f"No mirror could be asked for the manifest of {kibana}."
        return not_seen(name, why, meaning, where)
    if all(found):
        return AirGapRow(
            name, RowState.OK, f"Every mirror has the manifest of {kibana}.", meaning, where=where
        )
    return AirGapRow(
        name,
        RowState.PROBLEM,
        f"Not every mirror serves the manifest of {kibana}, Kibana's own version.",
        meaning,
        f"elastic-mirror-policy mirror sync DIR --endpoint-version {kibana}",
        where,
    )


def _is_public(url: str) -> bool:
    return (urlsplit(url).hostname or "") in PUBLIC_DOWNLOADS


def _named(names: Sequence[str]) -> str:
    """Return the first names in brackets."""
    more = f", and {len(names) - _NAMES:,} more" if len(names) > _NAMES else ""
    return f" ({', '.join(names[:_NAMES])}{more})"
