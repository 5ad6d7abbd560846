"""Filling and checking a mirror, beside the documented script line and aria2."""

import math
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from support.measure import Table, client, medians, served
from support.needs import need_binary

FILES, SIZE, LATENCY = 200, 20_000, 0.05
PARALLEL = 8
"""What `mirror sync` fetches at once when nothing else is said."""

GIGABYTES = 1.0

SYNC = """
from elastic_mirror_policy import sync_mirror
started, used = time.perf_counter(), cpu()
report = sync_mirror(facts["folder"], endpoint_versions=["9.4.2"], upstream=facts["url"])
result |= {"seconds": time.perf_counter() - started, "cpu": cpu() - used, "peak": peak()}
result |= {"fetched": report.fetched, "bytes": report.fetched_bytes, "requests": report.requests}
"""

CHECK = """
from elastic_mirror_policy import check_mirror
started, used = time.perf_counter(), cpu()
report = check_mirror(facts["url"], endpoint_versions=["9.4.2"], parallel=facts["parallel"])
result |= {"seconds": time.perf_counter() - started, "cpu": cpu() - used, "peak": peak()}
result["healthy"] = report.healthy
"""

DOCUMENTED = """
cd "$1" &&
wget -q -P downloads/endpoint/manifest "$2/downloads/endpoint/manifest/artifacts-9.4.2.zip" &&
zcat -q downloads/endpoint/manifest/artifacts-9.4.2.zip 2>/dev/null |
jq -r '.artifacts | to_entries[] | .value.relative_url' |
xargs -I@ curl -s "$2@" --create-dirs -o ".@"
"""

ARIA = """
cd "$1" && curl -s -o m.zip "$2/downloads/endpoint/manifest/artifacts-9.4.2.zip" &&
unzip -p m.zip manifest.json | jq -r '.artifacts | to_entries[] | .value.relative_url' |
awk -v base="$2" '{ print base $0; print "  out=." $0 }' > list &&
aria2c -q -j8 -i list
"""


def folders(tmp_path: Path) -> Callable[[], Path]:
    """Return what makes a new empty folder each time."""
    numbers = count()

    def make() -> Path:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        return folder

    return make


def shell(script: str, folder: Path, url: str) -> float:
    """Return the seconds a script takes to fill a folder with every file."""
    started = time.perf_counter()
    subprocess.run(["bash", "-c", script, "bash", str(folder), url], check=True)
    taken = time.perf_counter() - started

    assert len([path for path in folder.rglob("artifact-*") if path.is_dir()]) == FILES
    return taken


def test_filling_a_mirror(table: Table, tmp_path: Path) -> None:
    """Two hundred files over 50 ms: near the bound of the round trips, no slower than aria2."""
    for name in ("wget", "curl", "jq", "zcat", "unzip", "aria2c"):
        need_binary(name)
    new = folders(tmp_path)
    with served("artifacts", count=FILES, size=SIZE, latency=LATENCY) as upstream:
        url = upstream["url"]
        script = shell(DOCUMENTED, new(), url)
        taken = medians(
            sync=lambda: float(client(SYNC, folder=str(new()), url=url)["seconds"]),
            aria=lambda: shell(ARIA, new(), url),
        )
        folder = str(new())
        client(SYNC, folder=folder, url=url)
        again = client(SYNC, folder=folder, url=url)

    bound = (1 + math.ceil(FILES / PARALLEL)) * LATENCY
    table.add(
        f"mirror sync, {FILES} files, 50 ms, {PARALLEL} at a time",
        f"{taken['sync']:.2f} s, {taken['sync'] / bound:.2f} of the bound; "
        f"{script / taken['sync']:.1f} times faster than the script line",
        "<= 1.15 of (the manifest + ceil(files / parallel)) x 50 ms",
        holds=taken["sync"] <= 1.15 * bound,
    )
    table.add(
        f"mirror sync beside aria2c -j8, {FILES} files, 50 ms",
        f"{taken['sync'] / taken['aria']:.2f} of {taken['aria']:.2f} s",
        "<= 1.0, it hashes and syncs as well",
        holds=taken["sync"] <= taken["aria"],
    )
    table.add(
        "second sync, nothing new",
        f"{again['requests']} request, {again['bytes']} artifact bytes",
        "1 request per version, 0 bytes",
        holds=again["requests"] == 1 and again["bytes"] == 0,
    )


def test_checking_a_mirror(table: Table) -> None:
    """A check is bounded by what the connection carries, not by round trips."""
    with served("artifacts", count=FILES, size=SIZE, latency=LATENCY) as mirror:
        url = mirror["url"]
        few = client(CHECK, url=url, parallel=4)
        many = client(CHECK, url=url, parallel=32)

    assert few["healthy"]
    assert many["healthy"]
    table.add(
        f"mirror check, {FILES} files, 50 ms, 4 and 32 at a time",
        f"{few['seconds']:.2f} s and {many['seconds']:.2f} s",
        "<= 1.5 of ceil(files / parallel) round trips",
        holds=few["seconds"] <= 1.5 * (FILES / 4 + 2) * LATENCY,
    )


def hashing(folder: Path, shell: str) -> float:
    """Return the seconds of CPU of a shell command over all files of a folder."""
    before = os.times()
    subprocess.run(
        ["bash", "-c", f"find . -type f -path '*artifact-*' -print0 | xargs -0 {shell}"],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    after = os.times()
    return after.children_user + after.children_system - before[2] - before[3]


def test_bandwidth(table: Table, tmp_path: Path) -> None:
    """CPU of a gigabyte filled and checked, beside what `sha256sum` takes for the same files."""
    new = folders(tmp_path)
    with served("artifacts", count=20, size=int(GIGABYTES * 1e9 / 20)) as upstream:
        folder = new()
        filled = client(SYNC, folder=str(folder), url=upstream["url"])
        checked = client(CHECK, url=upstream["url"], parallel=4)
        coreutils = hashing(folder, "sha256sum")
        openssl = hashing(folder, "openssl dgst -sha256")
        shutil.rmtree(folder)
        os.sync()
    dearer = max(filled["cpu"], checked["cpu"])

    table.add(
        f"CPU of {GIGABYTES:g} GB over the loopback: mirror sync, mirror check",
        f"{filled['cpu']:.1f} s and {checked['cpu']:.1f} s, {dearer / coreutils:.2f} of "
        f"`sha256sum` ({coreutils:.1f} s; `openssl dgst -sha256` {openssl:.1f} s)",
        "<= 1.3 of `sha256sum` over the same files",
        holds=dearer <= 1.3 * coreutils,
    )
    table.add(
        "peak memory of sync and check, files of 50 MB",
        f"{filled['peak']:.0f} MiB and {checked['peak']:.0f} MiB",
        "<= 300 MiB",
        holds=max(filled["peak"], checked["peak"]) <= 300,
    )
