"""No upstream makes a check or a sync take more than 300 MiB, or run for ever."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from elastic_mirror_policy.mirror.manifest import MAX_ARTIFACTS, MAX_ENTRY, MAX_VALUES
from elastic_mirror_policy.testing._artifacts import faults
from elastic_mirror_policy.testing._artifacts.content import manifest_zip, zip_bomb
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

VERSIONS = [f"9.{minor}.0" for minor in range(20)]
MOST_KIB = 300 * 1024
# What a process used at most is read from /proc: the counters of wait() count its parent in.
CHILD = r"""
import json, re, sys
from elastic_mirror_policy.errors import MirrorPolicyError
from elastic_mirror_policy.mirror import check_mirror, sync_mirror
command, url, folder, *versions = sys.argv[1:]
try:
    if command == "check":
        result = check_mirror(url, endpoint_versions=versions, timeout=5).findings[0].code.value
    else:
        sync_mirror(folder, endpoint_versions=versions, upstream=url, timeout=5)
        result = "done"
except MirrorPolicyError as error:
    result = type(error).__name__
with open("/proc/self/status") as status:
    print(json.dumps([result, int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1])]))
"""


pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(
        not sys.platform.startswith("linux"), reason="peak memory is read from /proc"
    ),
]


@pytest.fixture(scope="module")
def upstream() -> Iterator[FakeArtifactServer]:
    """An upstream of twenty endpoint versions, which share one artifact."""
    with FakeArtifactServer.example(*VERSIONS) as server:
        yield server


@pytest.fixture
def hostile(upstream: FakeArtifactServer) -> Iterator[FakeArtifactServer]:
    """The same upstream, good again afterwards."""
    yield upstream
    upstream.heal()
    upstream.release()


def run(command: str, upstream: FakeArtifactServer, folder: Path) -> tuple[str, int]:
    """The result and the peak memory, in KiB, of a check or a sync in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, command, upstream.url, str(folder), *VERSIONS],
        capture_output=True,
        text=True,
        check=True,
    )
    result, peak = json.loads(done.stdout)
    return result, peak


def crowded() -> bytes:
    """The most values, and the longest text, that a manifest is allowed."""
    entries = {
        f"a{n}": {"relative_url": f"/downloads/endpoint/x/{n}", "x": [{}] * 15}
        for n in range(MAX_ARTIFACTS)
    }
    document = {"artifacts": entries, "y": [{}] * (MAX_VALUES - 37_000)}
    text = json.dumps(document)
    return manifest_zip(text.encode() + b" " * (MAX_ENTRY - len(text)))


def many_entries() -> bytes:
    """A zip file that is little else but its directory."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(8_000):
            archive.writestr(f"{number}", b"")
    return buffer.getvalue()


@pytest.mark.parametrize("command", ["check", "sync"])
@pytest.mark.parametrize(
    ("fault", "code", "error"),
    [
        (faults.huge(1 << 30), "manifest-unreadable", "LengthMismatchError"),
        (faults.endless(), "manifest-unreadable", "LengthMismatchError"),
        (faults.replaced(zip_bomb(1 << 30)), "manifest-unreadable", "ManifestError"),
        (faults.replaced(many_entries()), "manifest-unreadable", "ManifestError"),
        (faults.replaced(crowded()), "artifact-missing", "MissingArtifactError"),
    ],
)
def test_hostile_manifests_stay_small_in_memory(
    hostile: FakeArtifactServer,
    tmp_path: Path,
    command: str,
    fault: faults.ArtifactFault,
    code: str,
    error: str,
) -> None:
    """A gigabyte, a bomb, or twenty versions of the worst that is just allowed."""
    hostile.inject("/manifest/", fault)
    result, peak = run(command, hostile, tmp_path / "mirror")

    assert result == (code if command == "check" else error)
    assert peak < MOST_KIB


@pytest.mark.parametrize("command", ["check", "sync"])
@pytest.mark.parametrize("fault", [faults.endless(), faults.huge(1 << 40)])
def test_hostile_artifacts_stay_small_in_memory(
    hostile: FakeArtifactServer, tmp_path: Path, command: str, fault: faults.ArtifactFault
) -> None:
    """No artifact is read further than its manifest says, whatever comes."""
    hostile.inject("/downloads/endpoint/[!m]*", fault)  # all but the manifests
    result, peak = run(command, hostile, tmp_path / "mirror")

    assert result == ("artifact-length" if command == "check" else "LengthMismatchError")
    assert peak < MOST_KIB
