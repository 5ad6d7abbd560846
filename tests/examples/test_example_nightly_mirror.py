"""`nightly_mirror.py`: fills a folder and checks the server that serves it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.commands import environment_for
from support.example_runs import Ended, run_script

from elastic_mirror_policy.testing import FakeArtifactServer, FakeKibana
from elastic_mirror_policy.testing._artifacts.faults import status
from elastic_mirror_policy.testing.artifact_server import ETagStyle


@pytest.fixture
def served(tmp_path: Path) -> Iterator[FakeArtifactServer]:
    """Give the web server of the folder that the script fills."""
    with FakeArtifactServer.of_folder(tmp_path / "mirror") as served:
        yield served


def nightly(
    fake: FakeKibana, upstream: FakeArtifactServer, served: FakeArtifactServer, folder: Path
) -> Ended:
    """Run the script as its timer does, for the version of the agents."""
    arguments = (folder / "mirror", served.url, fake.version)
    environment = environment_for(fake, ARTIFACTS_UPSTREAM=upstream.url)
    return run_script("nightly_mirror.py", *arguments, folder=folder, environment=environment)


def artifacts(server: FakeArtifactServer) -> list[str]:
    """Return the paths of the artifacts that were fetched from a server."""
    return [r.path for r in server.requests if r.method == "GET" and "manifest" not in r.path]


def test_the_mirror_is_filled_and_healthy(
    fake: FakeKibana, mirror: FakeArtifactServer, served: FakeArtifactServer, tmp_path: Path
) -> None:
    """One line says so, with the manifest's version and what was new."""
    ended = nightly(fake, mirror, served, tmp_path)

    fetched = len(artifacts(mirror))
    assert ended.returncode == 0
    assert fetched > 0
    assert ended.stdout == (
        f"{served.url} is healthy (9.4.2: 1.0.260); {fetched} artifacts were new\n"
    )
    assert ended.stderr == ""


def test_the_next_night_fetches_nothing(
    fake: FakeKibana, mirror: FakeArtifactServer, served: FakeArtifactServer, tmp_path: Path
) -> None:
    """What has not changed is not fetched again."""
    nightly(fake, mirror, served, tmp_path)
    mirror.forget_requests()

    ended = nightly(fake, mirror, served, tmp_path)

    assert ended.returncode == 0
    assert ended.stdout.endswith("; 0 artifacts were new\n")
    assert artifacts(mirror) == []


def test_a_mirror_that_is_filled_but_badly_served_is_reported(
    fake: FakeKibana, mirror: FakeArtifactServer, served: FakeArtifactServer, tmp_path: Path
) -> None:
    """It ends with 1 and prints what is wrong, and what to do."""
    served.etag_style = ETagStyle.DASHED

    ended = nightly(fake, mirror, served, tmp_path)

    assert ended.returncode == 1
    assert ended.stdout.startswith("error: ")
    assert "ETag" in ended.stdout
    assert f"info: {served.url}: The mirror is used without TLS." in ended.stdout
    assert "healthy" not in ended.stdout


def test_an_upstream_that_refuses_is_one_line(
    fake: FakeKibana, mirror: FakeArtifactServer, served: FakeArtifactServer, tmp_path: Path
) -> None:
    """It ends with 1, and the mirror is not even asked."""
    mirror.inject("/downloads/", status(403))

    ended = nightly(fake, mirror, served, tmp_path)

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("Error: ")
    assert ended.stderr.count("\n") == 1
    assert served.requests == ()
