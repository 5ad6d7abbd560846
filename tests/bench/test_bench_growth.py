"""What a rollout costs as the number of policies grows."""

import math

import pytest
from support.bench_page import Cells
from support.measure import client, served

ROLLOUT = """
from elastic_mirror_policy import Kibana, MirrorSettings
import tempfile
with Kibana(facts["url"], api_key=facts["key"]) as k:
    plan = k.plan(MirrorSettings.everywhere("https://mirror.corp"), check_mirror=False)
    report = k.apply(plan, journal=tempfile.mkdtemp() + "/j")
    result |= {"ok": report.ok, "changed": len(plan), "requests": k.requests_sent}
result |= {"cpu": cpu(), "peak": peak()}
"""


@pytest.mark.parametrize("policies", [100, 1000, 10_000])
def test_growth(growth: list[Cells], policies: int) -> None:
    """Requests grow as 1.25 N; plan, rollout and journal keep a small part of each policy."""
    with served("kibana", policies=policies, size_bytes=20_000) as kibana:
        done = client(ROLLOUT, **kibana)
    changed, requests, cpu = done["changed"], done["requests"], done["cpu"]
    growth.append(
        (
            f"{changed:,}",
            f"{requests:,}",
            f"{cpu:.1f} s ({1000 * cpu / changed:.1f} ms each)",
            f"{done['peak']:.0f} MiB",
        )
    )

    assert done["ok"]
    assert changed == policies
    assert requests <= 1.25 * changed + 2 * math.ceil(changed / 100) + 10
    assert done["peak"] <= 160
