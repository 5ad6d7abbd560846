"""What one Elastic Defend policy says about a closed network (pure).

Calls to Elastic's cloud are documented for `advanced.alerts.cloud_lookup` (on unless it is
`false`), `advanced.alerts.sample_collection`, `behavior_protection.reputation_service` and
`advanced.allow_cloud_features` (docs-content, defend-advanced-settings; security-docs#2541).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import UnexpectedPolicyError
from elastic_mirror_policy.policies import document as _document
from elastic_mirror_policy.policies.defend import LATEST, SystemSettings, read_pin, read_settings
from elastic_mirror_policy.policies.document import ABSENT, POLICY_VALUE
from elastic_mirror_policy.settings import OperatingSystem

UPDATE: Final = "artifacts-update"
_OFF: Final = frozenset({"false", "off", "0", "no"})


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """One policy.

    Attributes:
        name: Its name: data, never markup.
        problem: Why it cannot be read, or an empty string.
        pin: `latest`, or the date its artifacts are frozen to.
        settings: The artifact settings of each operating system that it has.
        calls: The settings by which its endpoints call Elastic's cloud, each once.
    """

    name: str
    problem: str = ""
    pin: str = LATEST
    settings: dict[str, SystemSettings] = field(default_factory=dict)
    calls: tuple[str, ...] = ()

    @property
    def base_urls(self) -> dict[str, str | None]:
        """The base URL of each operating system that the policy has."""
        found = {os: settings.get("base_url") for os, settings in self.settings.items()}
        return {os: None if url is None else str(url) for os, url in found.items()}

    @property
    def blocks_updates(self) -> bool:
        """Whether `allow_cloud_features` leaves `artifacts-update` out on some system.

        Whether that stops updates from a mirror too is not documented.
        """
        return any(
            settings.cloud_features
            and UPDATE not in {one.strip() for one in settings.cloud_features.split(",")}
            for settings in self.settings.values()
        )

    @property
    def contradictions(self) -> tuple[str, ...]:
        """Settings of one operating system that do not go together, each in a few words."""
        return tuple(dict.fromkeys(_contradictions(self.settings.values())))


def read_facts(document: JsonValue) -> PolicyFacts:
    """Return what a policy says; one that cannot be read says only why."""
    name = str(document.get("name", "")) if isinstance(document, dict) else ""
    try:
        settings = {s.value: read_settings(document, s) for s in OperatingSystem}
        return PolicyFacts(
            name,
            pin=read_pin(document),
            settings={os: one for os, one in settings.items() if one.present},
            calls=tuple(dict.fromkeys(_calls(document))),
        )
    except UnexpectedPolicyError as exc:
        return PolicyFacts(name, problem=exc.message)


def _calls(document: JsonValue) -> Iterator[str]:
    for system in OperatingSystem:
        block = _document.get(document, (*POLICY_VALUE, system.value))
        if block is ABSENT or not isinstance(block, dict):
            continue
        advanced = block.get("advanced")
        alerts = advanced.get("alerts") if isinstance(advanced, dict) else None
        alerts = alerts if isinstance(alerts, dict) else {}
        if _is_on(alerts.get("cloud_lookup"), otherwise=True):
            yield "advanced.alerts.cloud_lookup"
        if _is_on(alerts.get("sample_collection"), otherwise=True):
            yield "advanced.alerts.sample_collection"
        behavior = block.get("behavior_protection")
        behavior = behavior if isinstance(behavior, dict) else {}
        if _is_on(behavior.get("reputation_service"), otherwise=False):
            yield "behavior_protection.reputation_service"


def _is_on(value: JsonValue, *, otherwise: bool) -> bool:
    if value is None:
        return otherwise
    return str(value).strip().lower() not in _OFF


def _contradictions(found: Iterable[SystemSettings]) -> Iterator[str]:
    for settings in found:
        url = str(settings.get("base_url") or "")
        disabled = _is_on(settings.get("proxy_disable"), otherwise=False)
        if disabled and settings.get("proxy_url") is not None:
            yield "proxy_url is set, and proxy_disable ignores it"
        if settings.get("ca_cert") is not None and url.startswith("http:"):
            yield "ca_cert has no effect on a base_url of plain http"
        if not url and any(settings.get(key) is not None for key in ("ca_cert", "public_key")):
            yield "ca_cert or public_key is set without a base_url"
