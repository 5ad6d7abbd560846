"""The largest things that can be handed over are refused in little memory.

Each is read by a process of its own, which may not have more than `MOST` of address space: one that
asks for more is told so by the system, and ends in a `MemoryError` that is none of our errors.
"""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from support.hostile_bundles import WORST_BUNDLES
from support.wire import answer, wire

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(
        not sys.platform.startswith("linux"), reason="address space is limited by Linux"
    ),
    pytest.mark.timeout(120),
]

MOST = 1300 << 20
"""Bytes of address space; an interpreter with all that is imported has about 300 MB of it."""

HARNESS = """
import json, resource, sys
from pathlib import Path

from elastic_mirror_policy import Kibana, MirrorPolicyError
from elastic_mirror_policy.endpoints.search import SearchClient
from elastic_mirror_policy._http.retry import RetryPolicy
from elastic_mirror_policy.journal.journal import Journal
from elastic_mirror_policy.mirror import unpack_mirror
from elastic_mirror_policy._cli.output import load_plan
from elastic_mirror_policy.plan.rules import MirrorRules

most, what, name = int(sys.argv[1]), sys.argv[2], sys.argv[3]
resource.setrlimit(resource.RLIMIT_AS, (most, most))
once = RetryPolicy(attempts=1)

def search(url):
    with SearchClient(url, retry=once) as client:
        return client.search("metrics-*", query={}, aggs={})

actions = {
    "plan": lambda: load_plan(Path(name)),
    "journal": lambda: Journal.read(name),
    "rules": lambda: MirrorRules.from_toml(name),
    "bundle": lambda: unpack_mirror(name, name + ".mirror"),
    "kibana": lambda: Kibana(name, api_key="x", sleep=lambda _: None).version,
    "search": lambda: search(name),
}
try:
    actions[what]()
    said = ""
except MirrorPolicyError as exc:
    said = str(exc)
print(json.dumps([said, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
"""


def error_of(what: str, name: Path | str) -> str:
    """Return what our error says of something that a process of its own was given."""
    run = subprocess.run(
        [sys.executable, "-c", HARNESS, str(MOST), what, str(name)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MALLOC_ARENA_MAX": "2"},
    )

    assert run.returncode == 0, run.stderr[-2000:]
    said, _ = json.loads(run.stdout)
    return str(said)


PLAN = (
    b'{"kind": "plan", "schema_version": 1, "kibana": {"url": "", "version": "", "spaces": []}, '
    b'"changes": ['
)
FILES: Mapping[str, tuple[str, Callable[[], bytes]]] = {
    "plan of lists": ("plan", lambda: PLAN + b"[]," * (30 << 20) + b"0]}"),
    "plan of wrong changes": ("plan", lambda: PLAN + b"{}," * 1_900_000 + b"{}]}"),
    "plan of numbers": ("plan", lambda: PLAN + b"0," * 3_900_000 + b"0]}"),
    "plan that is deep": ("plan", lambda: b"[" * (1 << 20)),
    "plan of one text": ("plan", lambda: b'"' + b"x" * (100 << 20) + b'"'),
    "journal of empty lines": ("journal", lambda: b"\n" * (100 << 20)),
    "journal of objects": ("journal", lambda: b"{}\n" * (30 << 20)),
    "journal of one line": ("journal", lambda: b'{"kind": [' + b"[]," * (30 << 20) + b"0]}\n"),
    "rules of tables": ("rules", lambda: b"rule = [" + b"{}," * 700_000 + b"{}]"),
    "rules of parts": ("rules", lambda: b"a." * (2 << 20) + b"b = 1"),
    "rules of a comment": ("rules", lambda: b"#" * (100 << 20)),
    "bundle of zeros": ("bundle", lambda: bundle("index of zeros")),
    "bundle of objects": ("bundle", lambda: bundle("index of objects")),
    "bundle with a long name": ("bundle", lambda: bundle("long name of 8 GB")),
}
"""Files that cost much more memory than they have bytes, or that have too many."""


def bundle(name: str) -> bytes:
    """Return one of the worst bundles."""
    return WORST_BUNDLES[name]([(bytes(512), b"{}")])


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_refused_in_little_memory(tmp_path: Path, name: str) -> None:
    """Whatever its length."""
    what, content = FILES[name]
    path = tmp_path / "file"
    path.write_bytes(content())
    error = error_of(what, path)

    assert 0 < len(error) < 1500


@pytest.mark.parametrize("what", ["plan", "journal", "rules"])
def test_a_file_without_an_end_is_refused_in_little_memory(what: str) -> None:
    """As large as a disk, or larger."""
    assert "File too large" in error_of(what, "/dev/zero")


BLOCK = 4 << 20
BODIES: Mapping[str, bytes] = {
    "blanks": gzip.compress(b" " * BLOCK, 6) * 256,
    "one text": gzip.compress(b'["') + gzip.compress(b"x" * BLOCK, 6) * 256 + gzip.compress(b'"]'),
    "lists": gzip.compress(b"[" + b"[]," * BLOCK + b"0]"),
    "objects": gzip.compress(b"[" + b"{}," * BLOCK + b"0]"),
    "deep": gzip.compress(b"[" * BLOCK),
}
"""Answers of a megabyte at most, which inflate to as much as a gigabyte."""


@pytest.mark.parametrize(
    ("status", "name"),
    [*(("200 OK", name) for name in BODIES), ("400 Bad Request", "one text")],
)
@pytest.mark.parametrize("what", ["kibana", "search"])
def test_an_answer_is_refused_in_little_memory(what: str, status: str, name: str) -> None:
    """Its length says nothing about what it inflates to."""
    headers = (
        *("Content-Type: application/json", "Content-Encoding: gzip"),
        "X-Elastic-Product: Elasticsearch",
    )
    with wire(*[answer(BODIES[name], status, *headers)] * 9) as served:
        error = error_of(what, served.url)

    assert 0 < len(error) < 1500
