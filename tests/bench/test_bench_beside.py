"""The same change made with other tools, to the same policies, while a colleague works too."""

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import pytest
from support.bench_page import Cells
from support.measure import Facts, started

RIVALS: Final = Path(__file__).with_name("rivals")
WATCHED: Final = RIVALS.parents[1] / "support" / "bench_watched.py"
MIRROR: Final = "https://mirror.corp"
POLICIES: Final = 200
WRITERS: Final = 4

RUNNER: Final = """
import json, resource, subprocess, sys, time
def usage():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
subprocess.run(["true"])
before, least = usage()
started = time.perf_counter()
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
seconds = time.perf_counter() - started
after, peak = usage()
result = {"seconds": seconds, "cpu": after - before, "peak": peak, "least": least}
print(json.dumps(result | {"code": done.returncode, "out": done.stdout, "err": done.stderr}))
"""
"""Small itself, because a child's peak is never less than what it was started from (`least`)."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One way to make the change.

    Attributes:
        name: What the table calls it; `{}` is the version of its package.
        command: What is run.
        programs: What has to be installed.
        package: The Python distribution that has to be installed.
    """

    name: str
    command: tuple[str, ...]
    programs: tuple[str, ...] = ()
    package: str = ""

    @property
    def missing(self) -> str:
        """What is not installed, or nothing."""
        absent = [one for one in self.programs if shutil.which(one) is None]
        if self.package and not list(importlib.metadata.distributions(name=self.package)):
            absent.append(self.package)
        return ", ".join(absent)

    @property
    def label(self) -> str:
        """Its name, with the version that is installed."""
        found = list(importlib.metadata.distributions(name=self.package)) if self.package else []
        return " ".join(self.name.format(found[0].version if found else "").split())


PRODUCT: Final = Tool(
    "elastic-mirror-policy apply",
    (
        *(sys.executable, "-m", "elastic_mirror_policy", "apply", "--base-url", MIRROR),
        *("--no-check-mirror", "--allow", "unchecked-mirror", "--yes", "-o", "json"),
    ),
)
CURL: Final = ("curl", "jq", "sh")
SCRIPT: Final = ("sh", str(RIVALS / "curl_jq.sh"))
TOOLS: Final = (
    PRODUCT,
    Tool(
        "`requests` {} in a loop: list, then PUT",
        (sys.executable, str(RIVALS / "requests_loop.py")),
        package="requests",
    ),
    Tool("curl and jq: list, then PUT", SCRIPT, CURL),
    Tool("curl and jq, the careful form: list, then GET and PUT", (*SCRIPT, "careful"), CURL),
    Tool(
        "kibana-py {}: list, then update",
        (sys.executable, str(RIVALS / "kibana_py.py")),
        package="kibana-py",
    ),
)
TERRAFORM: Final[Cells] = (
    "measured apart: Terraform 1.11.4, elastic/elasticstack provider of 2026-08-07",
    "600",
    "71 s",
    "96 s",
    "657 MiB",
    "not measured",
    "not measured",
)


Asked: TypeAlias = tuple[Facts, Callable[[str], Facts]]


@contextmanager
def watched() -> Iterator[Asked]:
    """Serve the policies anew; what is given asks the server a question."""
    options = {"policies": POLICIES, "size_bytes": 20_000, "latency": 0.05}
    with started(WATCHED, json.dumps(options)) as asked:
        yield asked


def run(tool: Tool, facts: Facts, folder: Path, name: str) -> Facts:
    """Run a tool in an environment of its own."""
    journal = ("--journal", str(folder / name)) if tool is PRODUCT else ()
    kibana = {"KIBANA_URL": facts["url"], "KIBANA_API_KEY": facts["key"], "MIRROR": MIRROR}
    home = {"HOME": str(folder), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", RUNNER, *tool.command, *journal],
        env=home | kibana,
        check=True,
        capture_output=True,
        text=True,
    )
    return dict(json.loads(done.stdout))


def peak(used: Facts) -> str:
    """Return the memory of the largest process."""
    least = used["peak"] <= used["least"]
    return f"<= {used['least']:.0f} MiB" if least else f"{used['peak']:.0f} MiB"


def said(used: Facts, tool: Tool) -> str:
    """Return what the tool itself said of what it wrote over."""
    if tool is not PRODUCT:
        return f"exit code {used['code']}"
    outcomes = json.loads(used["out"])["outcomes"]
    count = sum(bool(one["replaced"]) for one in outcomes)
    return f"exit code {used['code']}, the report names {count}"


def losses(seen: Facts, used: Facts, tool: Tool) -> str:
    """Return what is gone of what somebody else changed, and of everything else."""
    parts = [f"{where} of {count}" for where, count in sorted(seen["lost"].items())]
    unset = POLICIES - seen["set"]
    parts += [f"the mirror missing in {unset}"] if unset else []
    return f"{'; '.join(parts) or 'nothing'} ({said(used, tool)})"


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.label)
def test_beside_other_tools(beside: list[Cells], tmp_path: Path, tool: Tool) -> None:
    """Every way sets the mirror; this one loses least, and writes nothing when run again."""
    if tool.missing:
        beside.append((tool.label, f"{tool.missing} is not installed", *["-"] * 5))
        pytest.skip(f"{tool.missing} is not installed")
    with watched() as (facts, ask):
        ask("begin")
        used = run(tool, facts, tmp_path, "first")
        seen = ask("end")
        ask("begin-alone")
        again = run(tool, facts, tmp_path, "second")
        repeated = ask("end")
    cost = (f"{used['seconds']:.1f} s", f"{used['cpu']:.2f} s", peak(used))
    lost = losses(seen, used, tool)
    beside.append((tool.label, str(seen["requests"]), *cost, lost, str(repeated["writes"])))

    assert seen["set"] == POLICIES, used["err"]
    assert seen["changed"] == POLICIES // 2
    assert again["code"] == 0, again["err"]
    if tool is PRODUCT:
        assert max(seen["lost"].values(), default=0) <= WRITERS
        assert repeated["writes"] == 0


def test_beside_terraform(beside: list[Cells]) -> None:
    """What takes another language and its own servers is quoted."""
    beside.append(TERRAFORM)
