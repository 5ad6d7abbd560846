"""A Kibana and a mirror for its agents, each on a port of this machine."""

from collections.abc import Iterator

import pytest

from elastic_mirror_policy.testing import FakeArtifactServer, FakeKibana


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """Give a Kibana with six policies in its default space."""
    with FakeKibana.example() as fake:
        yield fake


@pytest.fixture
def mirror(fake: FakeKibana) -> Iterator[FakeArtifactServer]:
    """Give a mirror that has what the agents need."""
    with FakeArtifactServer.example(fake.version) as mirror:
        yield mirror
