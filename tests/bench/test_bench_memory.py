"""Peak memory of a plan, and how it grows."""

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
session = requests.Session()
session.headers.update({"Authorization": "ApiKey " + facts["key"]})
base, kept = facts["url"] + "/api/fleet/package_policies", []
for page in range(1, 1 + -(-facts["policies"] // 100)):
    query = {"page": page, "perPage": 100, "kuery": "ingest-package-policies.package.name:endpoint"}
    kept += session.get(base, params=query).json()["items"]
result |= {"kept": len(kept), "peak": peak()}
"""

MIB_OF_A_PLAN = 200


def test_memory_of_a_plan(table: Table) -> None:
    """A plan over 10,000 policies of 40 kB stays within 200 MiB and grows by its own records."""
    peaks = {}
    for policies in (1000, 10_000):
        with served("kibana", policies=policies, size_bytes=40_000) as kibana:
            done = client(PLAN, **kibana)
            listed = client(DOCUMENTS, **kibana, policies=policies)
        peaks[policies] = done["peak"]

        assert done["changed"] == listed["kept"] == policies
        table.note(f"CPU of a plan over {policies} policies of 40 kB", f"{done['cpu']:.1f} s")
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
