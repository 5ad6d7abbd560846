"""Point the policies of several Kibanas at one mirror, some Kibanas at a time.

    python many_kibanas.py JOURNAL_FOLDER BASE_URL KIBANA_URL_1 KIBANA_URL_2 ...

The keys are in KIBANA_API_KEY_1, KIBANA_API_KEY_2 and so on, in the order of the URLs. Each Kibana
has its own journal; one that fails does not stop the others.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from elastic_mirror_policy import Kibana, MirrorPolicyError, MirrorSettings


def roll_out(number: int, url: str, base_url: str, journals: Path) -> str:
    """Return one line that says how it went for one Kibana."""
    try:
        with Kibana(url, api_key=os.environ[f"KIBANA_API_KEY_{number}"]) as kibana:
            plan = kibana.plan(MirrorSettings.everywhere(base_url))
            report = kibana.apply(plan, journal=journals / f"kibana-{number}.journal")
    except (MirrorPolicyError, KeyError) as exc:
        return f"{url}: FAILED, {exc}"
    state = "done" if report.ok else f"FAILED for {len(report.failed)}"
    return f"{url}: {state}, {len(report.outcomes)} policies, {report.requests} requests"


def main(journals: Path, base_url: str, urls: list[str]) -> int:
    """Return 0 when every Kibana was done, else 1."""
    with ThreadPoolExecutor(4) as threads:
        jobs = [
            threads.submit(roll_out, number, url, base_url, journals)
            for number, url in enumerate(urls, 1)
        ]
        lines = [job.result() for job in jobs]
    print("\n".join(lines))
    return 1 if any("FAILED" in line for line in lines) else 0


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit("usage: many_kibanas.py JOURNAL_FOLDER BASE_URL KIBANA_URL [KIBANA_URL ...]")
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
