"""One table for the whole run: printed at its end, and written where BENCH_TABLE says."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.measure import Table

TABLE = Table()
BEGIN, END = "<!-- table:begin -->", "<!-- table:end -->"


@pytest.fixture
def table() -> Table:
    """Give the table of this run."""
    return TABLE


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table, and put it between its marks in the file that BENCH_TABLE names."""
    if not TABLE.rows:
        return
    text = f"{machine()}\n\n{TABLE}"
    terminalreporter.write_line(f"\n{text}")
    name = os.environ.get("BENCH_TABLE")
    if name:
        page = Path(name)
        before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def machine() -> str:
    """Return what this was measured on, in one line."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} with Python {platform.python_version()} on "
        f"{os.cpu_count()} cores of {model}; medians of five runs taken in turns."
    )
