"""Find policies whose mirror got lost, and print what to write into Terraform to keep it.

    KIBANA_URL=... KIBANA_API_KEY=... python beside_terraform.py https://mirror.corp

The provider elastic/elasticstack (read at its state of August 2026) rebuilds `advanced` of every
operating system that `advanced_settings` names or named, and writes policies without `advanced`
where the attribute is absent. A policy that Terraform manages should therefore get its mirror from
Terraform. Policies made in Kibana are for this package.
"""

import json
import os
import sys

from elastic_mirror_policy import Kibana, MirrorPolicyError, MirrorSettings


def main(base_url: str) -> int:
    """Return 0 when no policy lost its mirror, 2 when some did."""
    with Kibana(os.environ["KIBANA_URL"], api_key=os.environ["KIBANA_API_KEY"]) as kibana:
        plan = kibana.plan(MirrorSettings.everywhere(base_url), check_mirror=False)
    for change in plan.changes:
        print(f"# {json.dumps(change.name)} ({change.policy_id}) has no, or another, mirror:")
        print("advanced_settings = {")
        for edit in change.edits:
            print(f'  "{edit.name}" = {json.dumps(edit.after)}')
        print("}")
    if plan.changes:
        print("# A policy made in Kibana: elastic-mirror-policy apply --id ID --base-url", base_url)
    return 2 if plan.changes else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: beside_terraform.py BASE_URL")
    try:
        sys.exit(main(sys.argv[1]))
    except MirrorPolicyError as exc:
        sys.exit(f"Error: {exc}")
    except KeyError as exc:
        sys.exit(f"Error: set {exc.args[0]} in the environment.")
