"""Verdicts for whole fleets."""

import pytest
from support.measure import Table, client, served

VERDICTS = """
from elastic_mirror_policy import Kibana
with Kibana(facts["url"], api_key=facts["key"]) as k:
    used, started = cpu(), time.perf_counter()
    report = k.endpoints(
        elasticsearch_url=facts["search"], elasticsearch_api_key=facts["search_key"], window="3650d"
    )
    result |= {"endpoints": len(report.endpoints), "requests": report.requests, "peak": peak()}
    result |= {"cpu": cpu() - used, "seconds": time.perf_counter() - started}
"""

LIMITS = {10_000: (110, 300), 100_000: (110, 300)}


@pytest.mark.parametrize("agents", LIMITS)
def test_verdicts_of_a_fleet(table: Table, agents: int) -> None:
    """100,000 endpoints take at most 110 requests to Elasticsearch, and 300 MiB."""
    with (
        served("artifacts", count=7, size=1000) as mirror,
        served("estate", policies=agents // 100, agents=agents, mirror=mirror["url"]) as estate,
    ):
        done = client(VERDICTS, **estate)
    requests, mebibytes = LIMITS[agents]

    assert done["endpoints"] == agents
    table.add(
        f"verdicts of {agents} endpoints",
        f"{done['requests']} requests, {done['peak']:.0f} MiB, {done['cpu']:.1f} s of CPU",
        f"<= {requests} requests to Elasticsearch, <= {mebibytes} MiB",
        holds=done["requests"] <= requests and done["peak"] <= mebibytes,
    )
