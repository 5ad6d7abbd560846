"""`set_everywhere.py`: shows the plan, and writes it with --yes."""

from pathlib import Path

from support.commands import environment_for
from support.example_runs import Ended, run_script
from support.rollouts import base_urls, commit_counts, documents, writes

from elastic_mirror_policy.testing import FakeArtifactServer, FakeKibana, Fault


def set_everywhere(fake: FakeKibana, folder: Path, *arguments: str, **more: str) -> Ended:
    """Run the script."""
    environment = environment_for(fake, **more)
    return run_script("set_everywhere.py", *arguments, folder=folder, environment=environment)


def test_the_plan_is_shown_and_nothing_is_written(
    fake: FakeKibana, mirror: FakeArtifactServer, tmp_path: Path
) -> None:
    """Without --yes it ends with 2: changes are pending."""
    ended = set_everywhere(fake, tmp_path, mirror.url)

    assert ended.returncode == 2
    assert mirror.url in ended.stdout
    assert "APAC 東京 workstations" in ended.stdout
    assert writes(fake) == []
    assert list(tmp_path.iterdir()) == []


def test_with_yes_every_policy_gets_the_mirror(
    fake: FakeKibana, mirror: FakeArtifactServer, tmp_path: Path
) -> None:
    """Each of the six is written once, and there is a journal."""
    ended = set_everywhere(fake, tmp_path, mirror.url, "--yes")

    written = [document for document in documents(fake).values() if mirror.url in str(document)]
    assert ended.returncode == 0
    assert "6 succeeded" in ended.stdout
    assert len(writes(fake)) == len(written) == 6
    assert {base_urls(document) for document in written} == {(mirror.url,) * 3}
    assert [path.suffix for path in tmp_path.iterdir()] == [".journal"]


def test_a_second_run_has_nothing_to_do(
    fake: FakeKibana, mirror: FakeArtifactServer, tmp_path: Path
) -> None:
    """It ends with 0 either way and writes nothing."""
    set_everywhere(fake, tmp_path, mirror.url, "--yes")
    before = commit_counts(fake)

    shown = set_everywhere(fake, tmp_path, mirror.url)
    again = set_everywhere(fake, tmp_path, mirror.url, "--yes")

    assert (shown.returncode, again.returncode) == (0, 0)
    assert commit_counts(fake) == before


def test_a_policy_that_is_refused_makes_it_fail(
    fake: FakeKibana, mirror: FakeArtifactServer, tmp_path: Path
) -> None:
    """The others are done, and the report names the one."""
    refused = fake.policy_ids[0]
    fake.inject(Fault(method="PUT", path=refused, times=None, status=400, text="refused"))

    ended = set_everywhere(fake, tmp_path, mirror.url, "--yes")

    assert ended.returncode == 1
    assert "5 succeeded" in ended.stdout
    assert "1 failed" in ended.stdout
    assert len(fake.commits(refused)) == 0


def test_a_wrong_key_is_one_line(
    fake: FakeKibana, mirror: FakeArtifactServer, tmp_path: Path
) -> None:
    """It says what happened, and the key is not in it."""
    ended = set_everywhere(fake, tmp_path, mirror.url, KIBANA_API_KEY="d3Jvbmc6d3Jvbmc=")

    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: ")
    assert ended.stderr.count("\n") == 1
    assert writes(fake) == []


def test_a_mirror_that_does_not_answer_stops_it(fake: FakeKibana, tmp_path: Path) -> None:
    """No policy is pointed at a server that has nothing."""
    with FakeArtifactServer({}) as empty:
        ended = set_everywhere(fake, tmp_path, empty.url, "--yes")

    assert ended.returncode == 1
    assert "unhealthy-mirror" in ended.stdout + ended.stderr
    assert writes(fake) == []
