"""How long a policy stays unwatched between the look at it and its write."""

import pytest
from support.measure import Table, client, served

WRITERS = 4

WATCHED = """
from elastic_mirror_policy import Kibana, MirrorSettings
from elastic_mirror_policy._fleet.api import Fleet
import statistics, tempfile
asked, looked, reads, starts, ends, between, sent = {}, {}, [], [], [], [], []
read, write = Fleet.package_policies_by_id, Fleet.update_package_policy
def watched_read(self, ids, space):
    started = time.perf_counter()
    found = read(self, ids, space)
    reads.append(time.perf_counter() - started)
    for one in found:
        asked[one], looked[one] = started, (time.perf_counter(), len(sent))
    return found
def watched_write(self, document, space):
    moment, before = looked[document["id"]]
    starts.append(time.perf_counter() - moment)
    sent.append(document["id"])
    answer = write(self, document, space)
    ends.append(time.perf_counter() - asked[document["id"]])
    between.append(len(sent) - before)
    return answer
Fleet.package_policies_by_id, Fleet.update_package_policy = watched_read, watched_write
with Kibana(facts["url"], api_key=facts["key"]) as k:
    plan = k.plan(MirrorSettings.everywhere("https://mirror.corp"), check_mirror=False)
    report = k.apply(plan, journal=tempfile.mkdtemp() + "/j")
result |= {"ok": report.ok, "median": statistics.median(ends), "longest": max(ends)}
result |= {"start": max(starts), "read": max(reads), "writes": max(between)}
"""


@pytest.mark.parametrize(
    ("said", "policies", "latency", "put_latency"),
    [("50 ms", 200, 0.05, 0.0), ("3 s", 12, 0.05, 2.95)],
)
def test_the_window_between_look_and_write(
    table: Table, said: str, policies: int, latency: float, put_latency: float
) -> None:
    """Nothing is read ahead: the look is as old as one bulk read and one fsync."""
    with served("kibana", policies=policies, latency=latency, put_latency=put_latency) as kibana:
        done = client(WATCHED, **kibana)

    assert done["ok"]
    table.add(
        f"from the look at a policy to the end of its write, PUTs of {said}, 4 writers",
        f"median {1000 * done['median']:.0f} ms, longest {1000 * done['longest']:.0f} ms; "
        f"the write began at most {1000 * done['start']:.0f} ms after the answer to the look",
        f"<= {WRITERS} writes in between",
        holds=done["writes"] <= WRITERS,
    )
