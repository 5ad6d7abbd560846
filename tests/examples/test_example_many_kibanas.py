"""`many_kibanas.py`: several Kibanas at once, each with its own key and journal."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.commands import environment_for
from support.example_runs import Ended, run_script
from support.rollouts import writes

from elastic_mirror_policy.testing import FakeArtifactServer, FakeKibana


@pytest.fixture
def other() -> Iterator[FakeKibana]:
    """Give a second Kibana, of another version."""
    with FakeKibana.example("8.19.0", policies=3) as other:
        yield other


RollOut = Callable[..., Ended]


@pytest.fixture
def keys(fake: FakeKibana, other: FakeKibana) -> dict[str, str]:
    """Give the keys of both Kibanas as the script reads them."""
    return {"KIBANA_API_KEY_1": fake.api_key, "KIBANA_API_KEY_2": other.api_key}


@pytest.fixture
def roll_out(fake: FakeKibana, other: FakeKibana) -> Iterator[RollOut]:
    """Give what runs the script with two Kibanas, these keys, and a mirror for both."""
    with FakeArtifactServer.example("9.4.2", "8.19.0") as mirror:

        def run(folder: Path, **keys: str) -> Ended:
            environment = environment_for(fake, **keys)
            arguments = (folder, mirror.url, fake.url, other.url)
            return run_script("many_kibanas.py", *arguments, folder=folder, environment=environment)

        yield run


def test_both_are_done(
    fake: FakeKibana, other: FakeKibana, roll_out: RollOut, keys: dict[str, str], tmp_path: Path
) -> None:
    """One line each, in the order of the URLs, and a journal each."""
    ended = roll_out(tmp_path, **keys)

    first, second = ended.stdout.splitlines()
    assert ended.returncode == 0
    assert first.startswith(f"{fake.url}: done, 6 policies, ")
    assert second.startswith(f"{other.url}: done, 3 policies, ")
    assert (len(writes(fake)), len(writes(other))) == (6, 3)
    assert {path.name for path in tmp_path.iterdir()} == {"kibana-1.journal", "kibana-2.journal"}


def test_one_that_refuses_its_key_does_not_stop_the_other(
    fake: FakeKibana, other: FakeKibana, roll_out: RollOut, keys: dict[str, str], tmp_path: Path
) -> None:
    """Its line says FAILED, and so does the exit code."""
    ended = roll_out(tmp_path, **{**keys, "KIBANA_API_KEY_1": "d3Jvbmc6d3Jvbmc="})

    first, second = ended.stdout.splitlines()
    assert ended.returncode == 1
    assert first.startswith(f"{fake.url}: FAILED, ")
    assert second.startswith(f"{other.url}: done, ")
    assert (len(writes(fake)), len(writes(other))) == (0, 3)


def test_a_key_that_is_missing_is_named(
    other: FakeKibana, roll_out: RollOut, keys: dict[str, str], tmp_path: Path
) -> None:
    """The variable to set is in the line."""
    ended = roll_out(tmp_path, KIBANA_API_KEY_1=keys["KIBANA_API_KEY_1"])

    assert ended.returncode == 1
    assert f"{other.url}: FAILED, 'KIBANA_API_KEY_2'" in ended.stdout
    assert other.requests == ()


def test_a_second_run_has_nothing_to_do(
    fake: FakeKibana, other: FakeKibana, roll_out: RollOut, keys: dict[str, str], tmp_path: Path
) -> None:
    """With a new folder for its journals it ends with 0 and writes nothing."""
    roll_out(tmp_path, **keys)
    second = tmp_path / "second"
    second.mkdir()

    ended = roll_out(second, **keys)

    assert ended.returncode == 0
    assert (len(writes(fake)), len(writes(other))) == (6, 3)
