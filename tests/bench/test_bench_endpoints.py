"""Verdicts for whole fleets, beside what it costs to decode the answers they rest on."""

from pathlib import Path

import pytest
from support.measure import Table, client, served

VERDICTS = """
import os, pathlib, statistics
os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
from elastic_mirror_policy import Kibana
from elastic_mirror_policy._http.client import Reply
folder, read, bodies = pathlib.Path(facts["folder"]), Reply.json, []

def kept(reply, *more):
    bodies.append(folder / str(len(bodies)))
    bodies[-1].write_bytes(reply.body)
    return read(reply, *more)

def verdicts():
    with Kibana(facts["url"], api_key=facts["key"]) as k:
        k.version
        used = cpu()
        report = k.endpoints(
            elasticsearch_url=facts["search"],
            elasticsearch_api_key=facts["search_key"],
            window="3650d",
        )
        return cpu() - used, report

def decoding():
    taken = 0.0
    for body in bodies:
        data = body.read_bytes()
        used = cpu()
        json.loads(data)
        taken += cpu() - used
    return taken

Reply.json = kept
_, report = verdicts()
Reply.json = read
result |= {"endpoints": len(report.endpoints), "requests": report.requests, "peak": peak()}
del report
turns = [(verdicts()[0], decoding()) for _ in range(facts["rounds"])]
result |= {"cpu": statistics.median(own for own, _ in turns)}
result |= {"decoding": statistics.median(bare for _, bare in turns)}
"""

ROUNDS = 3
MEBIBYTES = 150
REQUESTS = 110


@pytest.mark.parametrize("agents", [10_000, 100_000])
def test_verdicts_of_a_fleet(table: Table, agents: int, tmp_path: Path) -> None:
    """100,000 endpoints: at most 110 requests, 150 MiB, 1.5 times the CPU of decoding alone."""
    with (
        served("artifacts", count=7, size=1000) as mirror,
        served("estate", policies=agents // 100, agents=agents, mirror=mirror["url"]) as estate,
    ):
        done = client(VERDICTS, **estate, folder=str(tmp_path), rounds=ROUNDS)
    ratio = done["cpu"] / done["decoding"]

    assert done["endpoints"] == agents
    table.add(
        f"verdicts of {agents} endpoints",
        f"{done['requests']} requests, {done['peak']:.0f} MiB",
        f"<= {REQUESTS} requests, <= {MEBIBYTES} MiB",
        holds=done["requests"] <= REQUESTS and done["peak"] <= MEBIBYTES,
    )
    table.add(
        f"CPU of verdicts of {agents} endpoints",
        f"{done['cpu']:.1f} s, {ratio:.2f} of `json.loads` over the same answers",
        "<= 1.5 of `json.loads` over the same answers",
        holds=ratio <= 1.5,
    )
