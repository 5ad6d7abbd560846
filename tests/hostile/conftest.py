"""How many cases were generated, printed at the end of the run."""

import pytest
from support.cases import TRIED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the count of each module, and their sum."""
    if not TRIED:
        return
    terminalreporter.section("generated hostile cases")
    for module, count in sorted(TRIED.items()):
        terminalreporter.write_line(f"{module.removeprefix('test_')}: {count}")
    terminalreporter.write_line(f"in all: {TRIED.total()}")
