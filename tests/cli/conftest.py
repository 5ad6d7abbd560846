"""A shell for the command line, and Kibanas to talk to."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.commands import Shell

from elastic_mirror_policy.testing import FakeKibana


@pytest.fixture
def shell(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[Shell]:
    """A shell in an empty folder; its log goes when it ends."""
    logger = logging.getLogger("elastic_mirror_policy")
    handlers, level = list(logger.handlers), logger.level
    folder = tmp_path / "folder"
    folder.mkdir()
    yield Shell(monkeypatch, capsys, folder)
    logger.handlers, logger.level = handlers, level


@pytest.fixture
def fake(shell: Shell) -> Iterator[FakeKibana]:
    """The example estate; the shell's environment leads to it."""
    with FakeKibana.example() as served:
        shell.talk_to(served)
        yield served
