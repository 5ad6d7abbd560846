"""Policies are not pointed at a mirror that was asked and found broken."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.ansible_collection import checked, module_util

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.testing import FakeKibana
from elastic_mirror_policy.testing.artifact_server import ETagStyle, FakeArtifactServer

pytestmark = pytest.mark.usefixtures("ansible")


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """Give a Kibana whose agents have the version that the mirror serves."""
    with FakeKibana.example("9.2.0") as served:
        yield served


@pytest.fixture
def mirror() -> Iterator[FakeArtifactServer]:
    """Give a mirror of that version."""
    with FakeArtifactServer.example("9.2.0") as served:
        yield served


def set_mirror(fake: FakeKibana, url: str, folder: Path, **options: JsonValue) -> JsonValue:
    """Return how a task ends that points every policy at a mirror."""
    task = {
        "kibana_url": fake.url,
        "api_key": fake.api_key,
        "base_url": url,
        "journal": str(folder / "journal"),
        **options,
    }
    ending = module_util("rollout").carry_out(checked(task), check_mode=False)
    return ending.values | {"failed": ending.failed, "warnings": ending.warnings}


def test_a_healthy_mirror_is_asked_and_set(
    fake: FakeKibana, mirror: FakeArtifactServer, tmp_path: Path
) -> None:
    """The check is on by default and needs no version: the agents have it."""
    ending = set_mirror(fake, mirror.url, tmp_path)

    assert ending["failed"] is False
    assert any("artifacts-9.2.0.zip" in request.path for request in mirror.requests)
    assert not [warning for warning in ending["warnings"] if "checked" in warning]


def test_a_broken_mirror_is_refused(
    fake: FakeKibana, mirror: FakeArtifactServer, tmp_path: Path
) -> None:
    """Endpoints never update from a mirror without ETags, so nothing is written."""
    mirror.etag_style = ETagStyle.ABSENT
    ending = set_mirror(fake, mirror.url, tmp_path)

    assert ending["failed"] is True
    assert "6 of 6 changes carry the risk 'unhealthy-mirror'" in ending["msg"]
    assert ending["msg"].endswith("In this task: allow: [unhealthy-mirror].")
    assert not (tmp_path / "journal").exists()


def test_a_broken_mirror_can_be_allowed(
    fake: FakeKibana, mirror: FakeArtifactServer, tmp_path: Path
) -> None:
    """The risk is accepted by name, and the warning stays."""
    mirror.etag_style = ETagStyle.ABSENT
    ending = set_mirror(fake, mirror.url, tmp_path, allow=["unhealthy-mirror"])

    assert ending["failed"] is False
    assert any("is unhealthy: " in warning for warning in ending["warnings"])


def test_a_mirror_out_of_reach_has_to_be_allowed(fake: FakeKibana, tmp_path: Path) -> None:
    """The endpoints may reach what the controller does not; or its name has a typing mistake."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    refused = set_mirror(fake, url, tmp_path)
    written = set_mirror(fake, url, tmp_path, allow=["unchecked-mirror"])

    assert refused["failed"] is True
    assert "unchecked-mirror" in refused["msg"]
    assert written["failed"] is False
    assert any(f"The mirror {url} was not checked: " in text for text in written["warnings"])


def test_a_second_run_does_not_ask_the_mirror(
    fake: FakeKibana, mirror: FakeArtifactServer, tmp_path: Path
) -> None:
    """Where no policy is to be pointed at it, there is nothing to find out."""
    set_mirror(fake, mirror.url, tmp_path)
    before = len(mirror.requests)
    ending = set_mirror(fake, mirror.url, tmp_path)

    assert ending["changed"] is False
    assert len(mirror.requests) == before
