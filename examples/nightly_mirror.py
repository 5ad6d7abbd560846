"""A nightly job for a mirror host: fill the mirror, check what it serves, say how it went.

    python nightly_mirror.py FOLDER MIRROR_URL VERSION [VERSION ...]

Run it from cron or a systemd timer: it prints one line when all is well, and what is wrong
otherwise. ARTIFACTS_UPSTREAM names another server than Elastic's to fill the mirror from.
"""

import os
import sys

from elastic_mirror_policy import MirrorPolicyError, check_mirror, sync_mirror

UPSTREAM = os.environ.get("ARTIFACTS_UPSTREAM", "https://artifacts.security.elastic.co")


def main(folder: str, mirror_url: str, versions: list[str]) -> int:
    """Return 0 for a mirror that is filled and healthy, 1 for one that is not."""
    synced = sync_mirror(folder, endpoint_versions=versions, upstream=UPSTREAM)
    report = check_mirror(mirror_url, endpoint_versions=versions, fast=True)
    if report.healthy:
        manifests = ", ".join(
            f"{v.endpoint_version}: {v.manifest_version}" for v in report.versions
        )
        print(f"{mirror_url} is healthy ({manifests}); {synced.fetched} artifacts were new")
        return 0
    for finding in report.findings:
        where = finding.path or mirror_url
        print(f"{finding.severity}: {where}: {finding.message} {finding.hint}")
    return 1


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit("usage: nightly_mirror.py FOLDER MIRROR_URL VERSION [VERSION ...]")
    try:
        sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
    except MirrorPolicyError as exc:
        sys.exit(f"Error: {exc}")
