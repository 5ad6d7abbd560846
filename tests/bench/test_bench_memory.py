"""Peak memory and CPU of a plan over many policies, and how the memory grows."""

import statistics

from support.measure import Table, client, served

PLAN = """
from elastic_mirror_policy import Kibana, MirrorSettings
with Kibana(facts["url"], api_key=facts["key"]) as k:
    used = cpu()
    plan = k.plan(MirrorSettings.everywhere("https://mirror.corp"), check_mirror=False)
    result |= {"changed": len(plan), "peak": peak(), "cpu": cpu() - used}
    result["json"] = len(plan.to_json()) / 2**20
"""

DOCUMENTS = """
import requests
decoding = 0.0
session = requests.Session()
session.headers.update({"Authorization": "ApiKey " + facts["key"]})
base, kept = facts["url"] + "/api/fleet/package_policies", []
for page in range(1, 1 + -(-facts["policies"] // 100)):
    query = {"page": page, "perPage": 100, "kuery": "ingest-package-policies.package.name:endpoint"}
    data = session.get(base, params=query).content
    used = cpu()
    items = json.loads(data)["items"]
    decoding += cpu() - used
    kept += items
result |= {"kept": len(kept), "peak": peak(), "decoding": decoding}
"""

MIB_OF_A_PLAN = 100
CPU_OF_A_PLAN = 1.5
ROUNDS = 3


def test_memory_of_a_plan(table: Table) -> None:
    """A plan over 10,000 policies of 40 kB: 100 MiB, 1.5 times the CPU of decoding alone."""
    peaks = {}
    for policies in (1000, 10_000):
        with served("kibana", policies=policies, size_bytes=40_000) as kibana:
            turns = [
                (client(PLAN, **kibana), client(DOCUMENTS, **kibana, policies=policies))
                for _ in range(ROUNDS)
            ]
        done, listed = turns[0]
        peaks[policies] = done["peak"]

        assert done["changed"] == listed["kept"] == policies
    taken = statistics.median(own["cpu"] for own, _ in turns)
    ratio = taken / statistics.median(bare["decoding"] for _, bare in turns)
    grown = (peaks[10_000] - peaks[1000]) * 1024 / 9000
    table.add(
        "peak memory, plan over 10,000 policies of 40 kB",
        f"{peaks[10_000]:.0f} MiB (a list of all documents: {listed['peak']:.0f} MiB)",
        f"<= {MIB_OF_A_PLAN} MiB",
        holds=peaks[10_000] <= MIB_OF_A_PLAN,
    )
    table.add(
        "growth of a plan from 1,000 to 10,000 policies",
        f"{grown:.1f} KiB a policy",
        "<= 8 KiB, the size of its records",
        holds=grown <= 8,
    )
    table.add(
        "CPU of a plan over 10,000 policies of 40 kB",
        f"{taken:.1f} s, {ratio:.2f} of `json.loads` over the same answers",
        f"<= {CPU_OF_A_PLAN} of `json.loads` over the same answers",
        holds=ratio <= CPU_OF_A_PLAN,
    )
