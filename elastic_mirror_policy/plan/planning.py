"""From policies and intent to a plan: what differs, what is risky, what is worth knowing (pure)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, Protocol, runtime_checkable

from elastic_mirror_policy._json import Scalar
from elastic_mirror_policy._url import DEFAULT_ARTIFACTS_HOST, has_credentials, host_of, shown
from elastic_mirror_policy.plan.change import (
    Edit,
    KibanaInfo,
    PolicyChange,
    Setting,
    Skipped,
    Unchanged,
)
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.policies.defend import SystemSettings
from elastic_mirror_policy.policies.policy import DefendPolicy
from elastic_mirror_policy.risks import Risk
from elastic_mirror_policy.settings import CLEAR, KEY_PREFIX, MirrorSettings, OperatingSystem

UPDATE_WORD: Final = "artifacts-update"
"""Without this word `advanced.allow_cloud_features` stops artifact updates (since 8.18)."""


NOT_CHECKED: Final = " was not checked: "
"""What stands between a mirror and the reason why nobody knows if it serves."""


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """The answer of rules that want a policy not to be written, and why."""

    reason: str
    would_be: MirrorSettings | None = None


class Rules(Protocol):
    """Maps a policy to the settings it should have."""

    def settings_for(self, policy: DefendPolicy) -> MirrorSettings | LeftAlone:
        """Return what `policy` should have, or why it is left alone."""
        ...


@runtime_checkable
class Reviewed(Protocol):
    """Rules that can tell what is wrong with them, given every policy there is."""

    def review(self, policies: Sequence[DefendPolicy]) -> tuple[str, ...]:
        """Return what is worth knowing about the rules, a sentence each; raise what is wrong."""
        ...


@dataclass(frozen=True, slots=True)
class MirrorChecks:
    """What is known about the mirrors that a plan points at, by base URL.

    Attributes:
        unhealthy: Mirrors that a check found broken, with one sentence each.
        unchecked: Mirrors that were not checked, with the reason.
        partly: Mirrors found healthy for the known versions, with what that leaves out.
        unreached: Mirrors that should have been checked and could not be reached.
    """

    unhealthy: Mapping[str, str] = field(default_factory=dict)
    unchecked: Mapping[str, str] = field(default_factory=dict)
    partly: Mapping[str, str] = field(default_factory=dict)
    unreached: Mapping[str, str] = field(default_factory=dict)


def make_plan(
    policies: Iterable[DefendPolicy],
    intent: MirrorSettings | Rules,
    kibana: KibanaInfo,
    *,
    notes: Iterable[str] = (),
    look: Callable[[Sequence[PolicyChange]], MirrorChecks] | None = None,
) -> Plan:
    """Return the plan that gives every policy what `intent` says; its order is always the same.

    `look` is asked what is known about the mirrors that the changes point at, if there are any.
    """
    known = _Differences()
    results = [_plan_one(policy, intent, known) for policy in sorted(policies, key=order)]
    changes = [r for r in results if isinstance(r, PolicyChange)]
    return Plan(
        kibana=kibana,
        changes=with_checks(changes, look(changes)) if look and changes else tuple(changes),
        unchanged=tuple(r for r in results if isinstance(r, Unchanged)),
        skipped=tuple(r for r in results if isinstance(r, Skipped)),
        notes=tuple(notes),
    )


def with_checks(changes: Sequence[PolicyChange], checks: MirrorChecks) -> tuple[PolicyChange, ...]:
    """Return the changes with what is known about the mirrors they point at."""
    said: dict[tuple[int, ...], tuple[tuple[str, ...], tuple[str, ...]]] = {}
    found = []
    for change in changes:
        key = (id(change.edits), id(change.risks), id(change.warnings))  # alike ones share them
        if key not in said:
            said[key] = _with_checks(change, checks)
        risks, warnings = said[key]
        told = warnings is not change.warnings
        found.append(replace(change, risks=risks, warnings=warnings) if told else change)
    return tuple(found)


def _with_checks(
    change: PolicyChange, checks: MirrorChecks
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the risks and the warnings of a change, with what is known about its mirrors."""
    urls = sorted({str(e.after) for e in change.edits if e.setting == "base_url" and e.after})
    warnings = [warning for url in urls for warning in _warnings_of(url, checks)]
    if not warnings:
        return change.risks, change.warnings
    found = {
        Risk.UNCHECKED_MIRROR: any(url in checks.unreached for url in urls),
        Risk.UNHEALTHY_MIRROR: any(url in checks.unhealthy for url in urls),
    }
    risks = (risk.value for risk, holds in found.items() if holds)
    return tuple(sorted((*change.risks, *risks))), (*warnings, *change.warnings)


def _warnings_of(url: str, checks: MirrorChecks) -> Iterator[str]:
    if url in checks.unhealthy:
        yield f"The mirror {url} is unhealthy: {checks.unhealthy[url]}"
    reason = checks.unchecked.get(url) or checks.unreached.get(url)
    if reason:
        yield f"The mirror {url}{NOT_CHECKED}{reason}"
    if url in checks.partly:
        yield f"The mirror {url} was checked for known versions only: {checks.partly[url]}"


def unchecked_mirrors(plan: Plan) -> tuple[str, ...]:
    """Return what the plan says of mirrors that were not checked, each sentence once."""
    said = (w for change in plan.changes for w in change.warnings if NOT_CHECKED in w)
    return tuple(dict.fromkeys(said))


def order(policy: DefendPolicy) -> tuple[str, str, str]:
    """Return the sort key of plans: space, name, id."""
    return policy.space, policy.name, policy.id


@dataclass(frozen=True, slots=True)
class _Difference:
    """What policies with the same settings have in common: why they are skipped, or a change."""

    reason: str = ""
    edits: tuple[Edit, ...] = ()
    risks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class _Differences:
    """Works out once what differs in policies whose settings are the very same objects."""

    def __init__(self) -> None:
        # What a key names by its identity is kept with it, so that nothing else can have it.
        self._known: dict[tuple[object, ...], tuple[_Difference, object]] = {}

    def find(self, policy: DefendPolicy, wanted: MirrorSettings) -> _Difference:
        """Return what differs between `policy` and these settings."""
        found = policy.settings
        key = (id(wanted), policy.is_pinned, policy.is_managed, *found, *map(id, found.values()))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = (_difference(policy, wanted), (wanted, *found.values()))
        return known[0]


def _difference(policy: DefendPolicy, wanted: MirrorSettings) -> _Difference:
    reason = why_not(policy, wanted)
    if reason:
        return _Difference(reason)
    edits = find_edits(policy, wanted)
    return _Difference("", edits, find_risks(policy, edits), find_warnings(policy, edits))


def _plan_one(
    policy: DefendPolicy, intent: MirrorSettings | Rules, known: _Differences
) -> PolicyChange | Unchanged | Skipped:
    wanted = intent if isinstance(intent, MirrorSettings) else intent.settings_for(policy)
    if isinstance(wanted, LeftAlone):
        return _left_alone(policy, wanted)
    if policy.problem:
        return skip(policy, policy.problem)
    found = known.find(policy, wanted)
    if found.reason:
        return skip(policy, found.reason)
    if not found.edits:
        return Unchanged(policy.id, policy.name, policy.space, wanted_values(wanted))
    return make_change(policy, found.edits, risks=found.risks, warnings=found.warnings)


def make_change(
    policy: DefendPolicy,
    edits: tuple[Edit, ...],
    *,
    risks: tuple[str, ...] = (),
    warnings: tuple[str, ...] = (),
) -> PolicyChange:
    """Return the change of `policy` by `edits`."""
    return PolicyChange(
        policy_id=policy.id,
        name=policy.name,
        space=policy.space,
        version=policy.version,
        revision=policy.revision,
        edits=edits,
        agent_policies=policy.agent_policies,
        agents=policy.agents,
        warnings=warnings,
        risks=risks,
        fingerprint=policy.fingerprint,
    )


def skip(policy: DefendPolicy, reason: str, *, intended: bool = False) -> Skipped:
    """Return `policy` as one that is not written."""
    return Skipped(policy.id, policy.name, reason, policy.space, intended=intended)


def _left_alone(policy: DefendPolicy, answer: LeftAlone) -> Skipped:
    reason = answer.reason
    if policy.problem:
        reason += f" {policy.problem}"
    elif answer.would_be is not None:
        edits = find_edits(policy, answer.would_be)
        words = {0: "nothing differs", 1: "1 key differs"}
        reason += f" ({words.get(len(edits), f'{len(edits)} keys differ')})"
    return skip(policy, reason, intended=True)


def why_not(policy: DefendPolicy, wanted: MirrorSettings) -> str:
    """Return why `policy` cannot be given these settings, or an empty string."""
    for one in wanted_values(wanted):
        found = policy.settings[one.os]
        if not found.present:
            return f"It has no settings for {one.os.value} at all."
        if has_credentials(found.get(one.key.removeprefix(KEY_PREFIX))):
            return (
                f"{one.os.value}.advanced.{one.key} holds credentials, which are never "
                "stored in a plan; change this key by hand."
            )
    return ""


def find_edits(policy: DefendPolicy, wanted: MirrorSettings) -> tuple[Edit, ...]:
    """Return what differs between `policy` and these settings."""
    edits = []
    for one in wanted_values(wanted):
        found = policy.settings[one.os]
        before = found.get(one.key.removeprefix(KEY_PREFIX))
        if not same(before, one.value):
            parents = 0 if one.value is None else 3
            edits.append(Edit(one.os, one.key, before, one.value, (found.parents, parents)))
    return tuple(edits)


@lru_cache(maxsize=64)
def wanted_values(wanted: MirrorSettings) -> tuple[Setting, ...]:
    """Return what is wanted."""
    return tuple(
        Setting(system, KEY_PREFIX + key, None if value is CLEAR else value)
        for system, key, value in wanted.items()
    )


def same(found: Scalar | None, wanted: Scalar | None) -> bool:
    """Whether two values mean the same; Kibana keeps texts, but numbers and booleans occur."""
    return as_text(found) == as_text(wanted)


def as_text(value: Scalar | None) -> str | None:
    """Return a value the way Kibana's own form stores it."""
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def find_risks(policy: DefendPolicy, edits: tuple[Edit, ...]) -> tuple[str, ...]:
    """Return the named risks of a change, sorted; each must be allowed by name."""
    urls = [edit for edit in edits if edit.setting == "base_url"]
    risks = {
        Risk.CLEAR: any(edit.after is None for edit in urls),
        Risk.ELASTIC_CDN: any(is_elastic(edit.after) for edit in urls),
        Risk.PINNED: policy.is_pinned,
        Risk.MANAGED: policy.is_managed,
    }
    return tuple(sorted(risk.value for risk, holds in risks.items() if holds))


def is_elastic(url: Scalar | None) -> bool:
    """Whether a base URL names Elastic's own server."""
    return isinstance(url, str) and _host_of(url) == DEFAULT_ARTIFACTS_HOST


_host_of = lru_cache(maxsize=256)(host_of)


def find_warnings(policy: DefendPolicy, edits: tuple[Edit, ...]) -> tuple[str, ...]:
    """Return what is worth knowing about a change, in a fixed order; nothing here blocks."""
    after = _state_after(policy, edits)
    warnings = [*_plain_http(edits), *_different_urls(after)]
    for system in sorted({edit.os for edit in edits}):
        warnings += _system_warnings(system, policy.settings[system], after[system])
    return tuple(warnings)


def _plain_http(edits: tuple[Edit, ...]) -> Iterator[str]:
    for url in sorted({str(e.after) for e in edits if e.setting == "base_url" and e.after}):
        if url.lower().startswith("http:"):
            yield f"{url} uses plain HTTP: downloads can be read and changed in transit."


def _system_warnings(
    system: OperatingSystem, found: SystemSettings, after: Mapping[str, Scalar | None]
) -> Iterator[str]:
    if _blocks_updates(found):
        yield (
            f"{system.value} has allow_cloud_features {found.cloud_features!r} without "
            f"{UPDATE_WORD!r}: its endpoints may not update artifacts from any server."
        )
    if after.get("manifest_relative_url"):
        yield (
            f"{system.value} has a literal manifest_relative_url: every endpoint version will ask "
            "for the same manifest."
        )
    if found.dotted:
        yield (
            f"{system.value} has {', '.join(found.dotted)} written with dots under advanced, which "
            "no endpoint reads."
        )


def _state_after(
    policy: DefendPolicy, edits: tuple[Edit, ...]
) -> dict[OperatingSystem, dict[str, Scalar | None]]:
    state: dict[OperatingSystem, dict[str, Scalar | None]] = {
        system: dict(policy.settings[system].values) for system in OperatingSystem
    }
    for edit in edits:
        state[edit.os][edit.setting] = edit.after
    return state


def _different_urls(
    after: Mapping[OperatingSystem, Mapping[str, Scalar | None]],
) -> tuple[str, ...]:
    urls = {system.value: after[system].get("base_url") for system in OperatingSystem}
    if len(set(urls.values())) == 1:
        return ()
    listed = ", ".join(f"{name} {shown(url) or 'none'}" for name, url in urls.items())
    return (f"The operating systems will have different base URLs: {listed}.",)


def _blocks_updates(settings: SystemSettings) -> bool:
    words = {word.strip() for word in settings.cloud_features.split(",")}
    return bool(settings.cloud_features.strip()) and UPDATE_WORD not in words
