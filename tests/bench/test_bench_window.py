"""A rollout as Elastic describes a busy Kibana: its wall time, and how long a look is trusted."""

import math
from typing import Final

from support.measure import Table, client, served

POLICIES: Final = 200
WRITERS: Final = 4
READ: Final = 0.05
WRITE: Final = 3.0
"""Seconds that Kibana takes for a read and for a write."""

WATCHED = """
import os, statistics, tempfile
from elastic_mirror_policy import Kibana, MirrorSettings
from elastic_mirror_policy._fleet.api import Fleet
looked, starts, between, happened = {}, [], [], []
read, write, sync = Fleet.package_policies_by_id, Fleet.update_package_policy, os.fsync
def watched_read(self, ids, space, **more):
    found = read(self, ids, space, **more)
    happened.append("look")
    for one in found:
        looked[one] = time.perf_counter(), len(happened)
    return found
def watched_sync(file):
    sync(file)
    happened.append("fsync")
def watched_write(self, document, space):
    moment, before = looked[document["id"]]
    starts.append(time.perf_counter() - moment)
    between.append(happened[before:])
    happened.append("write")
    return write(self, document, space)
with Kibana(facts["url"], api_key=facts["key"]) as k:
    plan = k.plan(MirrorSettings.everywhere("https://mirror.corp"), check_mirror=False)
    Fleet.package_policies_by_id, Fleet.update_package_policy = watched_read, watched_write
    os.fsync = watched_sync
    begun = time.perf_counter()
    report = k.apply(plan, journal=tempfile.mkdtemp() + "/j")
    result["seconds"] = time.perf_counter() - begun
result |= {"ok": report.ok, "written": len(starts), "start": max(starts)}
result |= {"median": statistics.median(starts)}
result |= {what: max(one.count(what) for one in between) for what in ("look", "fsync", "write")}
"""


def test_a_rollout_over_a_busy_kibana(table: Table) -> None:
    """The wall time is Kibana's own, and each write starts right after the look at its policy."""
    with served(
        "kibana", policies=POLICIES, latency=READ, put_latency=WRITE - READ, size_bytes=20_000
    ) as kibana:
        done = client(WATCHED, **kibana)
    bound = math.ceil(POLICIES / WRITERS) * (READ + WRITE)

    assert done["ok"]
    assert done["written"] == POLICIES
    table.add(
        f"wall time of writing {POLICIES} policies with {WRITERS} writers",
        f"{done['seconds']:.1f} s, {done['seconds'] / bound:.3f} of the least",
        f"<= 1.05 of the least, ceil(N / {WRITERS}) x {READ + WRITE:.2f} s",
        holds=done["seconds"] <= 1.05 * bound,
        how=f"reads take {1000 * READ:.0f} ms and writes {WRITE:.0f} s; one run",
    )
    table.add(
        "between the look at a policy and its write",
        f"{done['look']} reads, {done['fsync']} fsync, {done['write']} writes of the same batch; "
        f"{1000 * done['median']:.1f} ms, at most {1000 * done['start']:.0f} ms",
        f"no other read, one fsync, the {WRITERS - 1} other writes of its batch",
        holds=done["look"] == 0 and done["fsync"] <= 1 and done["write"] < WRITERS,
        how="the same run; from the answer to the bulk read to the start of the PUT",
    )
