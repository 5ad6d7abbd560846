"""kibana-py (PyPI: kibana-py): list every policy, then update each as it was listed."""

import inspect
import os
from typing import Any

from kibana import Kibana

DEFEND = "ingest-package-policies.package.name:endpoint"

with Kibana(os.environ["KIBANA_URL"], api_key=os.environ["KIBANA_API_KEY"]) as client:
    fleet = client.fleet_policies
    taken = set(inspect.signature(fleet.update_package_policy).parameters) - {"id"}
    listed: list[dict[str, Any]] = []
    page = total = 1
    while len(listed) < total:
        answer = fleet.get_package_policies(page=page, per_page=100, kuery=DEFEND).body
        listed += answer["items"]
        page, total = page + 1, answer["total"]
    for policy in listed:
        value = policy["inputs"][0]["config"]["policy"]["value"]
        for system in ("linux", "mac", "windows"):
            artifacts = value[system].setdefault("advanced", {}).setdefault("artifacts", {})
            artifacts.setdefault("global", {})["base_url"] = os.environ["MIRROR"]
        body = {key: part for key, part in policy.items() if key in taken}
        fleet.update_package_policy(package_policy_id=policy["id"], **body)
