"""Find policies whose mirror got lost, and print what Terraform has to know to keep it.

    KIBANA_URL=... KIBANA_API_KEY=... python beside_terraform.py https://mirror.corp

The provider elastic/elasticstack (read at its state of August 2026) writes `advanced` of every
operating system anew from `advanced_settings`: what is not in that map is gone after its next
apply. So the whole map is printed: every advanced setting of every operating system that the policy
has now, with the mirror in it.
"""

import json
import os
import sys
from collections.abc import Iterator

from elastic_mirror_policy import Kibana, MirrorPolicyError, MirrorSettings
from elastic_mirror_policy.policies import AdvancedSettings


def main(base_url: str) -> int:
    """Return 0 when no policy lost its mirror, 2 when some did."""
    with Kibana(os.environ["KIBANA_URL"], api_key=os.environ["KIBANA_API_KEY"]) as kibana:
        plan = kibana.plan(MirrorSettings.everywhere(base_url), check_mirror=False)
        settings = kibana.advanced_settings(plan)
    for change in plan.changes:
        print(f"# {json.dumps(change.name)} ({change.policy_id}) has no, or another, mirror:")
        if change.policy_id in settings:
            print("\n".join(in_terraform(settings[change.policy_id])))
    if plan.changes:
        print("# A policy made in Kibana: elastic-mirror-policy apply --id ID --base-url", base_url)
    return 2 if plan.changes else 0


def in_terraform(settings: AdvancedSettings) -> Iterator[str]:
    """Yield the lines of one `advanced_settings` map, with comments for what it cannot hold."""
    for name, reason in settings.left_out.items():
        yield f"# Not in the map, and lost with an apply: {json.dumps(name)}. {reason}"
    yield "advanced_settings = {"
    for name, value in settings.values.items():
        yield f"  {quoted(name)} = {quoted(value)}"
    yield "}"


def quoted(text: str) -> str:
    """Return a text as Terraform reads it: like JSON, and with nothing to be replaced in it."""
    return json.dumps(text).replace("${", "$${").replace("%{", "%%{")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: beside_terraform.py BASE_URL")
    try:
        sys.exit(main(sys.argv[1]))
    except MirrorPolicyError as exc:
        sys.exit(f"Error: {exc}")
    except KeyError as exc:
        sys.exit(f"Error: set {exc.args[0]} in the environment.")
