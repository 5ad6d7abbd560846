"""Give each region its own mirror, one region after the other, and stop when one goes wrong.

    KIBANA_URL=... KIBANA_API_KEY=... python region_by_region.py JOURNAL_FOLDER

A region is a prefix of the policies' names. Every region has a journal of its own, so that one
region can be taken back without the others.
"""

import os
import sys
from pathlib import Path

from elastic_mirror_policy import Kibana, MirrorPolicyError, MirrorSettings, Selection

REGIONS = {
    "EMEA *": "https://mirror.emea.example",
    "AMER *": "https://mirror.amer.example",
    "APAC *": "https://mirror.apac.example",
}


def main(journals: Path) -> int:
    """Return 0 when every region was done, 1 when one stopped the rest."""
    with Kibana(os.environ["KIBANA_URL"], api_key=os.environ["KIBANA_API_KEY"]) as kibana:
        for names, base_url in REGIONS.items():
            plan = kibana.plan(MirrorSettings.everywhere(base_url), Selection(names=(names,)))
            journal = journals / f"{names.split()[0]}.journal"
            report = kibana.apply(plan, journal=journal, max_policies=50, max_failures=0)
            print(f"{names}: {len(report.outcomes)} policies, {len(report.failed)} not done")
            if not report.ok:
                print(report)
                print(f"Stopped. To undo: elastic-mirror-policy rollback {journal} --yes")
                return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: region_by_region.py JOURNAL_FOLDER")
    try:
        sys.exit(main(Path(sys.argv[1])))
    except MirrorPolicyError as exc:
        sys.exit(f"Error: {exc}")
    except KeyError as exc:
        sys.exit(f"Error: set {exc.args[0]} in the environment.")
