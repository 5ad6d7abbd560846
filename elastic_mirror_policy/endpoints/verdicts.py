"""One verdict per endpoint: whether it runs what its mirror publishes (pure).

Nothing here raises: a document that cannot be read is a verdict of its own.
"""

import enum
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from elastic_mirror_policy._json import number
from elastic_mirror_policy.endpoints.policy_response import (
    AgentFacts,
    GlobalArtifacts,
    PolicyResponse,
)
from elastic_mirror_policy.mirror.version import version_numbers
from elastic_mirror_policy.policies.policy import DefendPolicy

DEFAULT_INTERVAL: Final = 3600
"""Seconds between an endpoint's looks at the mirror (advanced settings reference)."""


NOT_KNOWN_SINCE: Final = "when the mirror got that is not known"


class Verdict(enum.StrEnum):
    """What is known of one endpoint; the first that applies, in this order.

    - `no-document`: there is no policy response of it in the window.
    - `policy-not-applied`: it has not applied the present revision of its policy.
    - `no-artifacts`: it reports no protection artifacts, which is how it reports that it could
      load none (kibana#237493).
    - `stale-report`: its agent has another version by now; or it was behind when it reported,
      which was before it could have taken what the mirror publishes now. Policy responses are no
      heartbeat: it may be current.
    - `pinned`: it, or its policy, is frozen to a date, so it is not to be compared with `latest`.
    - `unknown`: it is not known: its policy names no mirror for its operating system, the
      mirror cannot be asked from here, or the report of this endpoint could not be read.
    - `no-manifest`: the mirror has no manifest for its version.
    - `current`: the artifacts it lists, or else their version, are those the mirror publishes.
    - `ahead`: its artifacts are newer than the mirror's: a staged release, or another server.
    - `behind`: its artifacts are older than the mirror's, or others under the same version.

    `offline` stands in place of `no-document`, `policy-not-applied`, `no-artifacts`,
    `stale-report`, `ahead` and `behind` when Fleet says that the agent is offline or inactive. The
    other verdicts hold whether or not it can be reached: what it has does not change meanwhile.
    """

    NO_DOCUMENT = "no-document"
    POLICY_NOT_APPLIED = "policy-not-applied"
    NO_ARTIFACTS = "no-artifacts"
    STALE_REPORT = "stale-report"
    PINNED = "pinned"
    UNKNOWN = "unknown"
    NO_MANIFEST = "no-manifest"
    CURRENT = "current"
    AHEAD = "ahead"
    BEHIND = "behind"
    OFFLINE = "offline"


_CHANGEABLE: Final = frozenset(
    {
        Verdict.NO_DOCUMENT,
        Verdict.POLICY_NOT_APPLIED,
        Verdict.NO_ARTIFACTS,
        Verdict.AHEAD,
        Verdict.STALE_REPORT,
        Verdict.BEHIND,
    }
)

_SURE: Final = frozenset({Verdict.CURRENT, Verdict.UNKNOWN})

Proof = Literal["artifacts", "version", ""]
"""What showed that an endpoint is current: every hash it lists, or only the version."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and why.

    Attributes:
        verdict: The verdict.
        detail: One clause: what was seen.
        proof: For `current`: what showed it.
        listed: How many hashes of artifacts it lists.
        compared: How many of them the mirror's manifest names too.
    """

    verdict: Verdict
    detail: str = ""
    proof: Proof = ""
    listed: int = 0
    compared: int = 0


@dataclass(frozen=True, slots=True)
class Assessment:
    """The verdict on all endpoints that say the same, whenever they said it.

    Attributes:
        judgement: The verdict.
        earlier: Another verdict on reports from before `since`, or None.
        since: A moment, in seconds since 1970.
    """

    judgement: Judgement
    earlier: Judgement | None = None
    since: float = 0.0

    def at(self, reported_at: float | None) -> Judgement:
        """Return the verdict on one that said so at this time; when it is not known, long ago."""
        if self.earlier is not None and (reported_at or 0.0) < self.since:
            return self.earlier
        return self.judgement

    def doubted(self, doubt: str) -> "Assessment":
        """Return the assessment where a newer report may be missing: only `current` is sure."""
        if not doubt or self.judgement.verdict in _SURE:
            return self
        return Assessment(_say(Verdict.UNKNOWN, doubt))


@dataclass(frozen=True, slots=True)
class Published:
    """What a mirror publishes for one endpoint version.

    Attributes:
        version: The `manifest_version`, or None when the manifest has none.
        hashes: The `decoded_sha256` of each artifact that has one, by name.
        since: When it was published there, in seconds since 1970; a moment before that where only
            the manifest's time of modification is known, or None.
        filled: Whether `since` is the time when the mirror got it.
        missing: Whether the mirror has no manifest for the version.
        problem: Why it could not be determined, or an empty string.
    """

    version: str | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)
    since: float | None = None
    filled: bool = False
    missing: bool = False
    problem: str = ""


def assess(
    agent: AgentFacts,
    response: PolicyResponse | None,
    policy: DefendPolicy,
    ask_mirror: Callable[[], Published],
) -> Assessment:
    """Return the verdict but for when the endpoint reported, which is not looked at here.

    Neither are the id of the agent and its host: endpoints that differ in nothing else have this
    in common.
    """
    seen = _seen(agent, response, policy, ask_mirror)
    if not agent.is_offline:
        return seen
    earlier = _offline(agent, seen.earlier) if seen.earlier else None
    return Assessment(_offline(agent, seen.judgement), earlier, seen.since)


def _offline(agent: AgentFacts, seen: Judgement) -> Judgement:
    if seen.verdict not in _CHANGEABLE:
        return seen
    return _say(Verdict.OFFLINE, f"Fleet says {agent.status}; last known: {seen.verdict}")


def _seen(
    agent: AgentFacts,
    response: PolicyResponse | None,
    policy: DefendPolicy,
    ask_mirror: Callable[[], Published],
) -> Assessment:
    if response is None:
        return Assessment(_say(Verdict.NO_DOCUMENT, "no policy response in the window"))
    unapplied = _unapplied(response, policy)
    if unapplied:
        return Assessment(_say(Verdict.POLICY_NOT_APPLIED, unapplied))
    artifacts = response.artifacts
    if artifacts is None or not artifacts.version or not artifacts.identifiers:
        return Assessment(_say(Verdict.NO_ARTIFACTS, "it reports no protection artifacts"))
    incomparable = _incomparable(agent, response, artifacts, policy)
    if incomparable:
        return Assessment(incomparable)
    return _against(ask_mirror(), artifacts, _interval(response.system or agent.system, policy))


def _unapplied(response: PolicyResponse, policy: DefendPolicy) -> str:
    """Why the present policy is not applied, or an empty string.

    A revision above the one that was read is fine: the policy has been saved again since.
    """
    if response.policy_id != policy.id:
        return "it applied another policy" if response.policy_id else "its report names no policy"
    if response.revision is None:
        return "its report names no policy revision"
    if response.revision < policy.revision:
        return f"it applied revision {response.revision} of {policy.revision}"
    return ""


def _incomparable(
    agent: AgentFacts, response: PolicyResponse, artifacts: GlobalArtifacts, policy: DefendPolicy
) -> Judgement | None:
    """Why its artifacts are not to be compared with the newest of the mirror, if so."""
    before, now = _release(response.version), _release(agent.version)
    if before and now and before != now:
        return _say(Verdict.STALE_REPORT, f"its report is of {before}, the agent is {now}")
    pinned = _pinned(artifacts, policy)
    return _say(Verdict.PINNED, pinned) if pinned else None


def _release(version: str) -> str:
    """Return a version without `-SNAPSHOT` or `+build`, which not every source has."""
    return version.partition("+")[0].partition("-")[0]


def _pinned(artifacts: GlobalArtifacts, policy: DefendPolicy) -> str:
    applied = artifacts.snapshot if artifacts.snapshot != "latest" else ""
    if policy.is_pinned and applied != policy.pin:
        return f"its policy says {policy.pin}, it applied {artifacts.snapshot or 'no date'}"
    if applied and not policy.is_pinned:
        return f"it applied {applied}, its policy says latest"
    return f"to {policy.pin}, as its policy says" if policy.is_pinned else ""


def _interval(system: str, policy: DefendPolicy) -> int:
    """Seconds until an endpoint looks at the mirror again."""
    settings = policy.settings.get(system)
    set_to = number(settings.get("interval")) if settings else None
    return set_to or DEFAULT_INTERVAL


def _against(published: Published, artifacts: GlobalArtifacts, interval: int) -> Assessment:
    if published.problem:
        return Assessment(_say(Verdict.UNKNOWN, published.problem))
    if published.missing:
        return Assessment(_say(Verdict.NO_MANIFEST, "the mirror has no manifest for its version"))
    listed = [(n, sha256) for n, sha256 in artifacts.identifiers if n in published.hashes]
    wrong = sum(published.hashes[name] != sha256 for name, sha256 in listed)
    order = _order(artifacts.version, published.version)
    complete = len(listed) == len(artifacts.identifiers)
    if not wrong and (order == 0 or (listed and complete)):
        return Assessment(_current(len(listed), len(artifacts.identifiers)))
    if order == 0:
        differing = f"{wrong} of {len(listed)} artifacts are not the mirror's"
        return Assessment(_say(Verdict.BEHIND, differing))
    return _out_of_step(order, artifacts, published, interval)


def _out_of_step(
    order: int | None, artifacts: GlobalArtifacts, published: Published, interval: int
) -> Assessment:
    if order is None:
        return Assessment(_say(Verdict.UNKNOWN, "the versions cannot be compared"))
    versions = f"{artifacts.version}, the mirror has {published.version}"
    if order > 0:
        return Assessment(_say(Verdict.AHEAD, versions))
    behind = _say(
        Verdict.BEHIND, versions if published.filled else f"{versions}; {NOT_KNOWN_SINCE}"
    )
    if published.since is None:
        return Assessment(behind)
    return Assessment(behind, _say(Verdict.STALE_REPORT, versions), published.since + interval)


def _order(running: str, published: str | None) -> int | None:
    """Below 0 for an older version, above for a newer one; None when they cannot be compared."""
    ours, theirs = version_numbers(running), version_numbers(published)
    if ours is None or theirs is None:
        return 0 if running == published else None
    return (ours > theirs) - (ours < theirs)


def _current(compared: int, listed: int) -> Judgement:
    detail = sys.intern(f"{compared} of {listed} listed hashes were compared")
    return Judgement(
        Verdict.CURRENT,
        detail,
        proof="artifacts" if compared else "version",
        listed=listed,
        compared=compared,
    )


def _say(verdict: Verdict, detail: str) -> Judgement:
    """A judgement whose detail is kept once, however many endpoints share it."""
    return Judgement(verdict, sys.intern(detail))
