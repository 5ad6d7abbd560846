"""Figures that the tests of reliability have found, printed at the end of the run."""

from collections.abc import Callable

import pytest

Figures = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def show_figure(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Return what takes a line to be printed at the end of the run."""
    return pytestconfig.stash.setdefault(Figures, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures."""
    lines = terminalreporter.config.stash.get(Figures, [])
    if lines:
        terminalreporter.section("figures of reliability")
        for line in lines:
            terminalreporter.write_line(line)
