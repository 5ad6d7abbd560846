"""A real web server inside a closed network: what it lacks is carried in, by command."""

from pathlib import Path

import pytest
from support.mirrors import VERSION, Combination, Mirror, ServerName, StartMirror

from elastic_mirror_policy.__main__ import main


@pytest.fixture
def inside(server: ServerName, start_mirror: StartMirror) -> Mirror:
    """Return a mirror that serves files."""
    mirror = start_mirror(Combination(server, "static"))
    (mirror.home.root / ".elastic-mirror-policy/sync.json").unlink()
    return mirror


def run(*words: object) -> None:
    """Run a command line that has to end with 0."""
    assert main([str(word) for word in words]) == 0, words


def test_a_weeks_change_is_carried_in(
    inside: Mirror, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two commands on each side; the bundle holds the new artifacts and the manifest."""
    wanted, outside, bundle = (tmp_path / name for name in ("wanted.json", "outside", "new.tar"))
    old = {artifact.relative_url for artifact in inside.upstream.artifacts(VERSION)}
    inside.upstream.release()
    new = [a for a in inside.upstream.artifacts(VERSION) if a.relative_url not in old]

    run("mirror", "wanted", "--out", wanted, "--mirror", inside.base_url,
        "--endpoint-version", VERSION)  # fmt: skip
    with inside.upstream as upstream:
        run("mirror", "sync", outside, "--wanted", wanted, "--upstream", upstream.url)
    run("mirror", "pack", outside, bundle, "--wanted", wanted)
    run("mirror", "unpack", bundle, inside.home.root)
    capsys.readouterr()
    run("mirror", "check", inside.base_url, "--endpoint-version", VERSION)

    assert "1.0.261" in capsys.readouterr().out
    assert bundle.stat().st_size < sum(len(artifact.wire) for artifact in new) + 20_000
