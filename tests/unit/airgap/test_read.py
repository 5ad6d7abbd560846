"""What one policy says about a closed network."""

from typing import Any

import pytest
from support.documents import defend_policy, policy_value

from elastic_mirror_policy.airgap import PolicyFacts, read_facts

MIRROR = "https://mirror.corp"
CALLS = (
    "advanced.alerts.cloud_lookup",
    "advanced.alerts.sample_collection",
    "behavior_protection.reputation_service",
)


def facts(systems: dict[str, Any]) -> PolicyFacts:
    """Return the facts of a policy that has these blocks of its operating systems."""
    document = defend_policy()
    value = policy_value(document)
    for system in ("linux", "mac", "windows"):
        value.pop(system, None)
    value.update(systems)
    return read_facts(document)


def test_calls_are_on_where_nothing_is_said() -> None:
    """Looking alerts up and collecting samples are on unless they are switched off."""
    assert facts({"linux": {}}).calls == CALLS[:2]


@pytest.mark.parametrize("off", ["false", False, "False", " false "])
def test_calls_that_are_switched_off_are_not_counted(off: Any) -> None:  # noqa: ANN401
    """As a text, which Kibana stores, or as JSON's own word."""
    alerts = {"cloud_lookup": off, "sample_collection": off}
    block = {"advanced": {"alerts": alerts}, "behavior_protection": {"reputation_service": False}}

    assert facts({"linux": block}).calls == ()


def test_the_reputation_service_is_a_call() -> None:
    """On one operating system is enough."""
    on = {"behavior_protection": {"reputation_service": True}}

    assert facts({"linux": {}, "windows": on}).calls == CALLS


@pytest.mark.parametrize("alerts", ["text", None, [1]])
def test_odd_values_are_no_reason_to_stop(alerts: Any) -> None:  # noqa: ANN401
    """Advanced settings are free-form."""
    block = {"advanced": {"alerts": alerts}, "behavior_protection": alerts}

    assert facts({"linux": block}).calls == CALLS[:2]


@pytest.mark.parametrize(
    ("features", "blocks"),
    [(None, False), ("artifacts-update", False), ("x, artifacts-update", False), ("none", True)],
)
def test_features_that_leave_updates_out_are_seen(features: str | None, *, blocks: bool) -> None:
    """A list switches off what it does not name."""
    advanced = {} if features is None else {"allow_cloud_features": features}

    assert facts({"mac": {"advanced": advanced}}).blocks_updates is blocks


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"base_url": MIRROR, "proxy_url": "http://p:1", "proxy_disable": "true"}, "proxy_url"),
        ({"base_url": "http://mirror.corp", "ca_cert": "/etc/ca.pem"}, "plain http"),
        ({"ca_cert": "/etc/ca.pem"}, "without a base_url"),
    ],
)
def test_settings_that_do_not_go_together_are_named(settings: dict[str, str], words: str) -> None:
    """One of them has no effect."""
    found = facts({"linux": {"advanced": {"artifacts": {"global": settings}}}})

    assert len(found.contradictions) == 1
    assert words in found.contradictions[0]


def test_settings_that_go_together_are_not() -> None:
    """A CA for https, and a proxy that is used."""
    settings = {"base_url": MIRROR, "ca_cert": "/etc/ca.pem", "proxy_url": "http://p:1"}
    found = facts({"linux": {"advanced": {"artifacts": {"global": settings}}}})

    assert found.contradictions == ()
    assert found.base_urls == {"linux": MIRROR}


def test_a_policy_that_cannot_be_read_says_why() -> None:
    """It is named, and nothing is said of it."""
    document = defend_policy("Odd")
    policy_value(document)["linux"] = "text"

    found = read_facts(document)

    assert (found.name, bool(found.problem), found.calls) == ("Odd", True, ())
