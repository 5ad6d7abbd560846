"""Point every Elastic Defend policy at one mirror.

    KIBANA_URL=... KIBANA_API_KEY=... python set_everywhere.py https://mirror.corp [--yes]

Without --yes the plan is shown and nothing is written.
"""

import os
import sys
from datetime import UTC, datetime

from elastic_mirror_policy import Kibana, MirrorPolicyError, MirrorSettings


def main(base_url: str, *, write: bool) -> int:
    """Return 0 when every policy has the mirror, 2 when changes are pending, 1 on failure."""
    with Kibana(os.environ["KIBANA_URL"], api_key=os.environ["KIBANA_API_KEY"]) as kibana:
        plan = kibana.plan(MirrorSettings.everywhere(base_url))
        print(plan)
        if not write:
            return 2 if plan else 0
        journal = f"mirror-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.journal"
        report = kibana.apply(plan, journal=journal)
    print(report)
    return 0 if report.ok else 1


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: set_everywhere.py BASE_URL [--yes]")
    try:
        sys.exit(main(sys.argv[1], write="--yes" in sys.argv[2:]))
    except MirrorPolicyError as exc:
        sys.exit(f"Error: {exc}")
    except KeyError as exc:
        sys.exit(f"Error: set {exc.args[0]} in the environment.")
