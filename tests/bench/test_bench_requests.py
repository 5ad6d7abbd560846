"""How many requests a rollout takes, in every version."""

import math
from typing import Final

import pytest
from support.measure import Facts, Table, client, served

VERSIONS: Final = ("8.5.0", "8.12.0", "8.18.0", "9.0.0", "9.1.0", "9.5.0")

ROLLOUT = """
from elastic_mirror_policy import ALL_SPACES, Kibana, MirrorSettings
import tempfile
with Kibana(facts["url"], api_key=facts["key"], spaces=ALL_SPACES if facts["all"] else None) as k:
    plan = k.plan(MirrorSettings.everywhere("https://mirror.corp"), check_mirror=False)
    report = k.apply(plan, journal=tempfile.mkdtemp() + "/j")
    result |= {"ok": report.ok, "changed": len(plan), "requests": k.requests_sent}
"""


def rollout(policies: int, version: str, *, spaces: bool = False) -> Facts:
    """Return what a rollout over all policies took."""
    with served("kibana", policies=policies, version=version) as kibana:
        done = client(ROLLOUT, **kibana, all=spaces)

    assert done["ok"]
    return done


def most(changed: int, each: float = 1.25) -> float:
    """Return the most requests that a rollout may take."""
    return each * changed + 2 * math.ceil(changed / 100) + 10


@pytest.mark.parametrize("policies", [1, 200])
def test_requests_of_a_rollout(table: Table, policies: int) -> None:
    """A rollout of N policies takes at most 1.25 N + 2 ceil(N / 100) + 10 requests."""
    counts = [rollout(policies, version)["requests"] for version in VERSIONS]

    table.add(
        f"requests to change {policies} {'policy' if policies == 1 else 'policies'}",
        f"{max(counts)}",
        f"<= 1.25 N + 2 ceil(N / 100) + 10 = {most(policies):.0f}",
        holds=max(counts) <= most(policies),
        how="plan and rollout; the most of Kibana 8.5 to 9.5",
    )


def test_requests_of_a_rollout_in_all_spaces(table: Table) -> None:
    """Spaces cost a list each, and nothing for every policy."""
    done = rollout(200, "9.4.2", spaces=True)

    table.add(
        f"requests to change {done['changed']} policies of all spaces",
        str(done["requests"]),
        f"<= 1.25 N + 2 ceil(N / 100) + 10 = {most(done['changed']):.0f}",
        holds=done["requests"] <= most(done["changed"]),
        how="two spaces of Kibana 9.4",
    )


def test_requests_below_8_5(table: Table) -> None:
    """Without `_bulk_get` every policy is read and written once: 2 N and the lists."""
    done = rollout(200, "8.4.0")

    table.add(
        "requests to change 200 policies, Kibana 8.4",
        str(done["requests"]),
        f"<= 2 N + 2 ceil(N / 100) + 10 = {most(200, 2):.0f}",
        holds=done["requests"] <= most(200, 2),
        how="it has no bulk read, so a safe write needs a read of its own",
    )
