"""Three tables for the whole run: printed at its end, and with --write put into their page."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from support.bench_page import Cells, Results, Table, filled
from support.needs import REPOSITORY

RESULTS: Final = Results()
PAGE: Final = REPOSITORY / "docs" / "performance.md"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the tables be kept."""
    parser.addoption("--write", action="store_true", help="put the tables into docs/performance.md")


@pytest.fixture
def table() -> Table:
    """Give the numbers to hold."""
    return RESULTS.holds


@pytest.fixture
def growth() -> list[Cells]:
    """Give the rows about growth."""
    return RESULTS.growth


@pytest.fixture
def beside() -> list[Cells]:
    """Give the rows about other tools."""
    return RESULTS.beside


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was found, and keep it when that was asked for."""
    parts = {"measured": machine(), **RESULTS.parts()}
    for text in (*parts.values(), "\n".join(RESULTS.holds.notes)):
        terminalreporter.write_line(f"\n{text}")
    if terminalreporter.config.getoption("--write"):
        PAGE.write_text(filled(PAGE.read_text("utf-8"), parts), "utf-8")
        terminalreporter.write_line(f"\nWritten to {PAGE}")


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
        f"{os.cpu_count()} cores of {model}."
    )
