"""What the command line tells beside its results."""

import io
import logging
import sys
from collections.abc import Iterator

import pytest

from elastic_mirror_policy._cli.session import set_up_logging


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """Return our logger, which is put back as it was."""
    found = logging.getLogger("elastic_mirror_policy")
    handlers, level = found.handlers, found.level
    yield found
    found.handlers = handlers
    found.setLevel(level)


def test_the_log_goes_to_standard_error_as_it_is_now(
    logger: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it was when logging began may be closed by then."""
    before, now = io.TextIOWrapper(io.BytesIO()), io.StringIO()
    monkeypatch.setattr(sys, "stderr", before)
    set_up_logging(1)
    before.close()
    monkeypatch.setattr(sys, "stderr", now)

    logger.info("wave %d of %d", 1, 3)

    assert now.getvalue().endswith("Z INFO elastic_mirror_policy: wave 1 of 3\n")
