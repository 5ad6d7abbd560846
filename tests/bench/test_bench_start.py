"""What it costs to start."""

import subprocess
import sys
import time

from support.measure import Table, medians


def start(*arguments: str) -> float:
    """Return the seconds that a new Python takes for this."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - started


def test_importing(table: Table) -> None:
    """Importing the package, and everything in it, costs little beside its dependencies."""
    taken = medians(
        nothing=lambda: start("-c", ""),
        package=lambda: start("-c", "import elastic_mirror_policy"),
        everything=lambda: start("-c", "from elastic_mirror_policy import *"),
        needs=lambda: start("-c", "import requests, pydantic"),
    )
    lazy = (taken["package"] - taken["nothing"]) / (taken["needs"] - taken["nothing"])
    whole = (taken["everything"] - taken["nothing"]) / (taken["needs"] - taken["nothing"])

    table.add(
        "import elastic_mirror_policy",
        f"{lazy:.2f} of its dependencies (every name of it loaded: {whole:.2f})",
        "<= 1.3 of `import requests, pydantic`",
        holds=lazy <= 1.3,
    )


def test_help(table: Table) -> None:
    """The help of the command is there at once."""
    taken = medians(
        nothing=lambda: start("-c", ""),
        help=lambda: start("-m", "elastic_mirror_policy", "--help"),
        plan=lambda: start("-m", "elastic_mirror_policy", "plan", "--help"),
    )

    table.note(
        "--help, and plan --help, beside an empty Python",
        f"{1000 * taken['help']:.0f} ms, {1000 * taken['plan']:.0f} ms, "
        f"{1000 * taken['nothing']:.0f} ms",
    )
