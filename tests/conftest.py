"""What every test starts from: an empty home, no settings of the machine, one profile."""

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings
from support.cases import TRIED

_PREFIXES = ("KIBANA_", "ELASTICSEARCH_", "ELASTIC_", "XDG_")
_NAMES = {
    "ALL_PROXY",
    "CURL_CA_BUNDLE",
    "FTP_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NETRC",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
}

settings.register_profile("quick", derandomize=True, max_examples=20, deadline=None, database=None)
settings.register_profile("nightly", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

FIGURE = "figure"
COUNT = "count"


@pytest.fixture(autouse=True, scope="session")
def _clean_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hide the machine: nothing in its home or its environment may decide a test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.upper() in _NAMES or name.upper().startswith(_PREFIXES):
                patch.delenv(name)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(autouse=True, scope="session")
def _ctrl_c() -> None:
    """Take Ctrl-C as a terminal gives it, also to what is started here.

    The shell of a script lets its background jobs ignore it, and whatever they start inherits that.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def show_figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Return what takes a line to be printed at the end of the run, by whichever worker."""
    return lambda line: record_property(FIGURE, line)


@pytest.fixture
def add_figure(record_property: Callable[[str, object], None]) -> Callable[[str, int], None]:
    """Return what adds a number to a sum that is printed at the end of the run."""
    return lambda label, number: record_property(COUNT, (label, number))


@pytest.fixture(autouse=True)
def _count_cases(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> Iterator[None]:
    """Remember how many cases a property generated."""
    before = TRIED.total()
    yield
    if TRIED.total() > before:
        label = f"{request.node.path.stem}: generated cases"
        record_property(COUNT, (label, TRIED.total() - before))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures, and the sums, of all workers."""
    found = [
        pair
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "teardown"
        for pair in report.user_properties
    ]
    sums: Counter[str] = Counter()
    for label, number in (value for name, value in found if name == COUNT):
        sums[label] += number
    lines = [str(value) for name, value in found if name == FIGURE]
    lines += [f"{label}: {number}" for label, number in sorted(sums.items())]
    if lines:
        terminalreporter.section("figures")
        terminalreporter.write_line("\n".join(lines))
