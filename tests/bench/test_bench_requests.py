"""How many requests a rollout takes, in every version, beside what others need."""

import math

import pytest
from support.measure import Table, client, served

ROLLOUT = """
from elastic_mirror_policy import ALL_SPACES, Kibana, MirrorSettings
import tempfile
with Kibana(facts["url"], api_key=facts["key"], spaces=ALL_SPACES if facts["all"] else None) as k:
    plan = k.plan(MirrorSettings.everywhere("https://mirror.corp"), check_mirror=False)
    report = k.apply(plan, journal=tempfile.mkdtemp() + "/j")
    result |= {"ok": report.ok, "changed": len(plan), "requests": k.requests_sent}
"""


@pytest.mark.parametrize("version", ["8.5.0", "8.12.0", "8.18.0", "9.0.0", "9.1.0", "9.5.0"])
@pytest.mark.parametrize("policies", [1, 10, 200, 1000])
def test_requests_of_a_rollout(table: Table, version: str, policies: int) -> None:
    """A rollout of N policies takes at most 1.25 N + 2 ceil(N / 100) + 10 requests."""
    with served("kibana", policies=policies, version=version) as kibana:
        done = client(ROLLOUT, **kibana, all=False)
    count, changed = done["requests"], done["changed"]
    limit = 1.25 * changed + 2 * math.ceil(changed / 100) + 10

    assert done["ok"]
    table.add(
        f"requests, N={changed}, Kibana {version}",
        f"{count} (curl and jq {1 + 2 * changed}, Terraform {3 * changed} to {4 * changed})",
        f"<= {limit:.0f}",
        holds=count <= limit,
    )


@pytest.mark.parametrize("policies", [10, 1000])
def test_requests_of_a_rollout_in_all_spaces(table: Table, policies: int) -> None:
    """Spaces cost a list each, and nothing for every policy."""
    with served("kibana", policies=policies, version="9.4.2") as kibana:
        done = client(ROLLOUT, **kibana, all=True)
    count, changed = done["requests"], done["changed"]
    limit = 1.25 * changed + 2 * math.ceil(changed / 100) + 10

    assert done["ok"]
    table.add(
        f"requests, N={changed}, all spaces", str(count), f"<= {limit:.0f}", holds=count <= limit
    )


@pytest.mark.parametrize("policies", [10, 200])
def test_requests_below_8_5(table: Table, policies: int) -> None:
    """Without `_bulk_get` every policy is read and written once: 2 N and the lists."""
    with served("kibana", policies=policies, version="8.4.0") as kibana:
        done = client(ROLLOUT, **kibana, all=False)
    count, changed = done["requests"], done["changed"]
    limit = 2 * changed + 2 * math.ceil(changed / 100) + 10

    assert done["ok"]
    table.add(
        f"requests, N={changed}, Kibana 8.4 (no bulk read)",
        str(count),
        f"<= 2 N + ... = {limit}",
        holds=count <= limit,
    )
