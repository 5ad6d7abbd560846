"""What several workflows start from: a source of artifacts, quick retries, a journal."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.trees import QUICK

from elastic_mirror_policy._http import download
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Downloads are tried again without waiting."""
    monkeypatch.setattr(download, "RETRY", QUICK)


@pytest.fixture
def upstream() -> Iterator[FakeArtifactServer]:
    """An upstream of three endpoint versions."""
    with FakeArtifactServer.example() as server:
        yield server


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Where the journal of a rollout is to be."""
    return tmp_path / "a.journal"
