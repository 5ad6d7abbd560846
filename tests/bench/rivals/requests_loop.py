"""The bare loop: list every policy, then write each as it was listed, with the mirror in it."""

import os
from typing import Any

import requests

URL = os.environ["KIBANA_URL"] + "/api/fleet/package_policies"
DEFEND = "ingest-package-policies.package.name:endpoint"
REFUSED = (
    "id",
    "revision",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "secret_references",
    "spaceIds",
)

session = requests.Session()
session.headers.update(
    {
        "Authorization": f"ApiKey {os.environ['KIBANA_API_KEY']}",
        "kbn-xsrf": "x",
        "elastic-api-version": "2023-10-31",
    }
)
listed: list[dict[str, Any]] = []
page = total = 1
while len(listed) < total:
    query: dict[str, str | int] = {"page": page, "perPage": 100, "kuery": DEFEND}
    answer = session.get(URL, params=query, timeout=60)
    answer.raise_for_status()
    listed += answer.json()["items"]
    page, total = page + 1, answer.json()["total"]
for policy in listed:
    value = policy["inputs"][0]["config"]["policy"]["value"]
    for system in ("linux", "mac", "windows"):
        artifacts = value[system].setdefault("advanced", {}).setdefault("artifacts", {})
        artifacts.setdefault("global", {})["base_url"] = os.environ["MIRROR"]
    body = {key: part for key, part in policy.items() if key not in REFUSED}
    session.put(f"{URL}/{policy['id']}", json=body, timeout=60).raise_for_status()
