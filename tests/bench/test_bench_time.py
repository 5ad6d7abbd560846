"""Wall time against the bound that the server sets, and the client's CPU against a bare loop."""

import math

import pytest
from support.measure import Table, client, medians, served

LATENCY = 0.05
WRITERS = 4

APPLY = """
from elastic_mirror_policy import Kibana, MirrorSettings
import tempfile
with Kibana(facts["url"], api_key=facts["key"]) as k:
    url = "https://" + facts["host"]
    plan = k.plan(MirrorSettings.everywhere(url), check_mirror=False)
    pages = k.requests_sent
    journal = tempfile.mkdtemp() + "/j"
    started, used = time.perf_counter(), cpu()
    report = k.apply(plan, journal=journal)
    result |= {"seconds": time.perf_counter() - started, "cpu": cpu() - used, "ok": report.ok}
    result |= {"changed": len(plan), "requests": report.requests}
"""

BARE = """
import requests
session = requests.Session()
session.headers.update({"Authorization": "ApiKey " + facts["key"], "kbn-xsrf": "x"})
session.headers.update({"elastic-api-version": "2023-10-31"})
base = facts["url"] + "/api/fleet/package_policies"
ids = []
for page in range(1, 1 + -(-facts["policies"] // 100)):
    query = {"page": page, "perPage": 100, "kuery": "ingest-package-policies.package.name:endpoint"}
    ids += [item["id"] for item in session.get(base, params=query).json()["items"]]
started, used = time.perf_counter(), cpu()
for start in range(0, len(ids), 4):
    body = {"ids": ids[start:start + 4], "ignoreMissing": True}
    for item in session.post(base + "/_bulk_get", json=body).json()["items"]:
        keys = ("version", "name", "namespace", "enabled", "policy_ids", "policy_id")
        put = {key: item[key] for key in keys if key in item}
        put["package"] = {key: item["package"][key] for key in ("name", "title", "version")}
        (first,) = item["inputs"]
        put["inputs"] = [{key: first[key] for key in ("type", "enabled", "streams", "config")}]
        for system in ("linux", "mac", "windows"):
            block = first["config"]["policy"]["value"][system].setdefault("advanced", {})
            block.setdefault("artifacts", {})["global"] = {"base_url": "https://" + facts["host"]}
        answer = session.put(base + "/" + item["id"], json=put)
        answer.raise_for_status()
        answer.json()
result |= {"cpu": cpu() - used, "seconds": time.perf_counter() - started}
"""


@pytest.mark.parametrize("policies", [200, 2000])
def test_wall_time_of_writing(table: Table, policies: int) -> None:
    """Four writers over a server of 50 ms stay within 1.15 of the bound."""
    number = iter(range(100))
    with served("kibana", policies=policies, size_bytes=40_000, latency=LATENCY) as kibana:

        def apply() -> float:
            done = client(APPLY, **kibana, host=f"mirror{next(number)}.corp")
            assert done["ok"]
            return float(done["seconds"])

        taken = medians(apply=apply)["apply"] if policies < 1000 else apply()
    batches = math.ceil(policies / WRITERS)
    bound = (batches + batches) * LATENCY

    table.add(
        f"wall time of writing, N={policies}, 50 ms, 4 writers",
        f"{taken:.2f} s, {taken / bound:.2f} of the bound",
        "<= 1.15 of (batches + ceil(N/4) writes) x 50 ms",
        holds=taken <= 1.15 * bound,
    )


@pytest.mark.parametrize("policies", [200, 2000])
def test_cpu_of_writing(table: Table, policies: int) -> None:
    """A changed policy costs at most 1.5 of what a bare loop over `requests` costs."""
    number = iter(range(100))
    with served("kibana", policies=policies, size_bytes=40_000) as kibana:

        def cost(code: str) -> float:
            host = f"mirror{next(number)}.corp"
            return float(client(code, **kibana, host=host, policies=policies)["cpu"])

        taken = medians(ours=lambda: cost(APPLY), bare=lambda: cost(BARE))
    ratio = taken["ours"] / taken["bare"]

    table.add(
        f"client CPU of a changed policy, N={policies}",
        f"{1000 * taken['ours'] / policies:.2f} ms, {ratio:.2f} of the bare loop",
        "<= 1.5 of a bare requests loop",
        holds=ratio <= 1.5,
    )
