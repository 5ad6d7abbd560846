"""How long a policy stays unwatched between the look at it and the end of its write."""

from support.measure import Table, client, served

LATENCY = 0.05
WRITERS = 4

WATCHED = """
from elastic_mirror_policy import Kibana, MirrorSettings
from elastic_mirror_policy._fleet.api import Fleet
import statistics, tempfile
looked, windows, between, sent = {}, [], [], []
read, write = Fleet.package_policies_by_id, Fleet.update_package_policy
def watched_read(self, ids, space):
    found = read(self, ids, space)
    for one in found:
        looked[one] = (time.perf_counter(), len(sent))
    return found
def watched_write(self, document, space):
    sent.append(document["id"])
    answer = write(self, document, space)
    moment, before = looked[document["id"]]
    windows.append(time.perf_counter() - moment)
    between.append(len(sent) - before)
    return answer
Fleet.package_policies_by_id, Fleet.update_package_policy = watched_read, watched_write
with Kibana(facts["url"], api_key=facts["key"]) as k:
    plan = k.plan(MirrorSettings.everywhere("https://mirror.corp"), check_mirror=False)
    report = k.apply(plan, journal=tempfile.mkdtemp() + "/j")
result |= {"ok": report.ok, "median": statistics.median(windows), "longest": max(windows)}
result |= {"requests": max(between)}
"""


def test_the_window_between_look_and_write(table: Table) -> None:
    """No more than two batches of writes are under way between the look and the end of a write."""
    with served("kibana", policies=200, latency=LATENCY) as kibana:
        done = client(WATCHED, **kibana)

    assert done["ok"]
    table.add(
        "from the look at a policy to the end of its write, 50 ms, 4 writers",
        f"median {1000 * done['median']:.0f} ms, longest {1000 * done['longest']:.0f} ms, "
        f"at most {done['requests']} writes",
        "<= 2 batches of writes",
        holds=done["requests"] <= 2 * WRITERS,
    )
