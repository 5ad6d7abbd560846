"""Rules as code: a TOML file that says what each policy should have; the first match wins.

::

    [[rule]]
    policies = ["EMEA *"]
    base_url = "https://mirror.emea.corp"
    channel = "stable"

    [[rule]]
    policies = ["Lab *"]
    frozen = true

    [[rule]]
    [rule.linux]
    base_url = "https://mirror.corp"

A policy that no rule matches is left alone and listed. Unknown keys are refused.
"""

import difflib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from elastic_mirror_policy._files import read_bounded, read_toml
from elastic_mirror_policy._given import texts_of
from elastic_mirror_policy._json import JsonValue, Scalar
from elastic_mirror_policy._text import brief, visible
from elastic_mirror_policy.errors import ConfigurationError, PlanError
from elastic_mirror_policy.plan.planning import LeftAlone, as_text
from elastic_mirror_policy.policies.policy import DefendPolicy
from elastic_mirror_policy.policies.selection import Selection, any_match
from elastic_mirror_policy.settings import (
    CLEAR,
    MANAGED_KEYS,
    MAX_TEXT,
    MirrorSettings,
    OperatingSystem,
    artifact_settings,
)

SYSTEMS: Final = tuple(system.value for system in OperatingSystem)
MATCHERS: Final = ("policies", "exclude", "ids", "spaces", "agent_policies")
FILES: Final = ("ca_cert_file", "public_key_file")
SETTING_KEYS: Final = (*MANAGED_KEYS, *FILES, "clear")
RULE_KEYS: Final = (*MATCHERS, *SETTING_KEYS, *SYSTEMS, "frozen", "name")

MAX_NAME: Final = 200
"""Longest name of a rule, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: which policies it is about, and what they should have.

    Attributes:
        name: What plans call it.
        selection: Which policies it matches.
        spaces: Globs, one of which must match a space that the policy lives in; None for all.
        settings: What the policies should have; None together with `frozen` says nothing.
        frozen: Whether the policies are shown and never written.
    """

    name: str
    selection: Selection = field(default_factory=Selection)
    spaces: Sequence[str] | None = None
    settings: MirrorSettings | None = None
    frozen: bool = False

    def matches(self, policy: DefendPolicy) -> bool:
        """Whether the rule is about `policy`."""
        return self._in_space(policy) and self.selection.matches(policy)

    def _in_space(self, policy: DefendPolicy) -> bool:
        lives_in = (policy.space, *policy.spaces)
        return self.spaces is None or "*" in lives_in or any_match(self.spaces, lives_in)

    def __post_init__(self) -> None:
        if self.spaces is None:
            return
        spaces = texts_of(self.spaces, "Rule.spaces")
        if not spaces:
            raise ConfigurationError("Rule.spaces is an empty list, which matches nothing.")
        object.__setattr__(self, "spaces", spaces)

    def review(self, policies: Sequence[DefendPolicy]) -> tuple[str, ...]:
        """Return one sentence for each pattern of the rule that matches nothing.

        Raises:
            PlanError: It names a policy, an id or an agent policy that does not exist.
        """
        reached = [policy for policy in policies if self._in_space(policy)]
        try:
            notes = self.selection.unmatched(reached) if reached else ()
        except PlanError as exc:
            raise PlanError(f"{self.name}: {exc.message}", hint=exc.hint) from exc
        if not any(self.matches(policy) for policy in reached):
            notes = (*notes, "It matches no policy.")
        return tuple(f"{self.name}: {note}" for note in notes)


@dataclass(frozen=True, slots=True)
class MirrorRules:
    """Several rules, the first match of which decides.

    Args:
        rules: The rules in their order.

    Raises:
        ConfigurationError: There is no rule.
    """

    rules: tuple[Rule, ...]

    def __post_init__(self) -> None:
        if not self.rules:
            raise ConfigurationError("There is no [[rule]] in the rules.")

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str]) -> "MirrorRules":
        """Return the rules in a TOML file; files they name are found beside it.

        Raises:
            ConfigurationError: The file cannot be read, or says something unknown or wrong.
        """
        file = Path(path)
        try:
            data = read_toml(file)
        except OSError as exc:
            raise ConfigurationError(f"{file} cannot be read: {exc.strerror}.") from exc
        except ValueError as exc:
            raise ConfigurationError(f"{file} is not readable TOML: {exc}.") from exc
        return cls.from_mapping(data, folder=file.parent)

    @classmethod
    def from_mapping(cls, data: Mapping[str, JsonValue], *, folder: Path) -> "MirrorRules":
        """Return the rules in decoded TOML.

        Args:
            data: What the file says.
            folder: Where files are found that the rules name.

        Raises:
            ConfigurationError: It says something unknown or wrong.
        """
        refuse_unknown(data, ("rule",), "the rules")
        tables = data.get("rule", [])
        if not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
            raise ConfigurationError("Rules are written as [[rule]] tables.")
        return cls(tuple(_rule(table, n, folder) for n, table in enumerate(tables, 1)))

    def review(self, policies: Sequence[DefendPolicy]) -> tuple[str, ...]:
        """Return what is worth knowing about the rules before they decide, a sentence each.

        Args:
            policies: Every policy that was read, those that are not selected too.

        Raises:
            PlanError: A rule names a policy or agent policy that does not exist, no rule matches
                any policy, or a rule needs the name of an agent policy that may not be read.
        """
        notes = tuple(note for rule in self.rules for note in rule.review(policies))
        deciding = {self._first(policy) for policy in policies} - {None}
        if not deciding:
            raise PlanError(f"No rule matches any of the {len(policies)} Elastic Defend policies.")
        idle = [
            f"{rule.name}: An earlier rule matches every policy that it matches."
            for number, rule in enumerate(self.rules)
            if number not in deciding and any(map(rule.matches, policies))
        ]
        return (*notes, *idle)

    def _first(self, policy: DefendPolicy) -> int | None:
        """Return the number of the first rule that matches `policy`: it decides."""
        return next((n for n, rule in enumerate(self.rules) if rule.matches(policy)), None)

    def settings_for(self, policy: DefendPolicy) -> MirrorSettings | LeftAlone:
        """Return what `policy` should have, or why it is left alone."""
        number = self._first(policy)
        if number is None:
            return LeftAlone("No rule matches it.")
        rule = self.rules[number]
        if rule.frozen or rule.settings is None:
            return LeftAlone(f"{rule.name} freezes it.", rule.settings)
        return rule.settings


def refuse_unknown(data: Mapping[str, JsonValue], known: tuple[str, ...], where: str) -> None:
    """Check that every key of `data` is known.

    Raises:
        ConfigurationError: One is not; the nearest known one is named.
    """
    for key in data:
        if key not in known:
            near = difflib.get_close_matches(key[:MAX_NAME], known, 1)
            hint = f"Did you mean {near[0]!r}?" if near else "Known are " + ", ".join(known) + "."
            raise ConfigurationError(f"Unknown key {brief(key)} in {where}.", hint=hint)


def _rule(table: Mapping[str, JsonValue], number: int, folder: Path) -> Rule:
    name = table.get("name") or f"Rule {number}"
    if not isinstance(name, str) or len(name) > MAX_NAME:
        raise ConfigurationError(
            f"Rule {number}: name must be a text of at most {MAX_NAME} characters."
        )
    refuse_unknown(table, RULE_KEYS, name)
    frozen = table.get("frozen", False)
    if not isinstance(frozen, bool):
        raise ConfigurationError(f"{name}: frozen must be true or false.")
    try:
        settings = _settings(table, folder)
    except ConfigurationError as exc:
        raise ConfigurationError(f"{name}: {exc.message}", hint=exc.hint) from exc
    if settings is None and not frozen:
        raise ConfigurationError(
            f"{name} sets nothing.", hint="Give base_url or another setting, or frozen = true."
        )
    return Rule(
        name=name,
        selection=Selection(
            names=_texts(table, "policies", name),
            exclude=_texts(table, "exclude", name),
            ids=_texts(table, "ids", name),
            agent_policies=_texts(table, "agent_policies", name),
        ),
        spaces=_texts(table, "spaces", name),
        settings=settings,
        frozen=frozen,
    )


def _texts(table: Mapping[str, JsonValue], key: str, name: str) -> tuple[str, ...] | None:
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
        raise ConfigurationError(f'{name}: {key} must be a list of texts, such as ["EMEA *"].')
    if not value and key != "exclude":
        raise ConfigurationError(
            f"{name}: {key} is an empty list, which matches nothing.", hint=f"Leave {key} out."
        )
    return tuple(value)


def _settings(table: Mapping[str, JsonValue], folder: Path) -> MirrorSettings | None:
    common = _values({k: v for k, v in table.items() if k in SETTING_KEYS}, folder)
    by_system = {}
    for system in SYSTEMS:
        own = table.get(system, {})
        if not isinstance(own, dict):
            raise ConfigurationError(f"{system} must be a table.", hint=f"Write [rule.{system}].")
        refuse_unknown(own, SETTING_KEYS, f"the settings of {system}")
        values = {**common, **_values(own, folder)}
        if values:
            by_system[system] = artifact_settings(values)
    return MirrorSettings(**by_system) if by_system else None


def _values(table: Mapping[str, JsonValue], folder: Path) -> dict[str, object]:
    values: dict[str, object] = {k: v for k, v in table.items() if k in MANAGED_KEYS}
    for key in FILES:
        if key in table:
            values[key.removesuffix("_file")] = _read(folder, table[key], key)
    cleared = table.get("clear", [])
    if not isinstance(cleared, list) or not all(isinstance(key, str) for key in cleared):
        raise ConfigurationError("clear must be a list of settings.")
    both = next((key for key in cleared if key in values), None)
    if both is not None:
        raise ConfigurationError(f"{both} is both set and in clear.")
    return {**values, **dict.fromkeys(cleared, CLEAR)}


def _read(folder: Path, name: JsonValue, key: str) -> str:
    if not isinstance(name, str):
        raise ConfigurationError(f"{key} must be the name of a file, not {brief(name)}.")
    try:
        return read_bounded(folder / name, 4 * MAX_TEXT).decode()
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not text"
        raise ConfigurationError(f"{key} {brief(name)} cannot be read: {reason}.") from exc


def rules_for(policies: Iterable[DefendPolicy]) -> str:
    """Return TOML rules that describe what these policies have now, policies alike in one rule.

    Policies are named by id, because a name can be shared, and every rule begins with a comment
    of the names. A policy that cannot be edited is frozen, and so is one with a value that a rule
    may not set, such as a URL with credentials or with a slash at its end.
    """
    groups: dict[str, list[DefendPolicy]] = {}
    for policy in policies:
        groups.setdefault(_body(policy), []).append(policy)
    return "\n".join(_rule_text(body, members) for body, members in groups.items())


def _rule_text(body: str, members: list[DefendPolicy]) -> str:
    names = "".join(f"# {visible(policy.name)}\n" for policy in members)
    ids = ",\n".join(f"  {_toml(policy.id)}" for policy in members)
    return f"{names}[[rule]]\nids = [\n{ids},\n]\n{body}"


def _body(policy: DefendPolicy) -> str:
    present = {s: policy.settings[s].values for s in SYSTEMS if s in policy.settings}
    if policy.problem or not any(present.values()) or not all(map(_can_be_said, present.values())):
        return "frozen = true\n"
    return "".join(
        f"[rule.{system}]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in values)
        for system, values in present.items()
        if values
    )


def _can_be_said(values: Iterable[tuple[str, Scalar]]) -> bool:
    """Whether rules may set these values, and setting them would change nothing."""
    found = dict(values)
    try:
        wanted = dict(artifact_settings(found).items())
    except ConfigurationError:
        return False
    return {key: as_text(value) for key, value in found.items()} == wanted


def _toml(value: object) -> str:
    """Return a value as TOML; its basic strings escape as JSON does, but for DEL."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else str(value)
