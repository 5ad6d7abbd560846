"""What goes for every script among the examples."""

from pathlib import Path

import pytest
from support.commands import environment_for
from support.example_runs import EXAMPLES, SCRIPTS, run_script, secrets_in

from elastic_mirror_policy.testing import FakeKibana

WITH_ARGUMENTS = [name for name in SCRIPTS if not name.startswith("test_")]
MOST_LINES = 60


def test_there_is_a_test_for_every_script() -> None:
    """An example that is never run is a promise that nobody keeps."""
    tested = {path.stem.removeprefix("test_example_") for path in Path(__file__).parent.iterdir()}

    assert {Path(name).stem for name in SCRIPTS} - tested == set()


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_has_fewer_than_60_lines(name: str) -> None:
    """A longer one would hide what it shows."""
    assert (EXAMPLES / name).read_text("utf-8").count("\n") < MOST_LINES


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_begins_with_how_to_run_it(name: str) -> None:
    """Its docstring has the command line."""
    text = (EXAMPLES / name).read_text("utf-8")

    assert text.startswith('"""')
    assert name in text.split('"""')[1]


@pytest.mark.parametrize("name", WITH_ARGUMENTS)
def test_a_script_without_arguments_says_what_it_needs(
    name: str, fake: FakeKibana, tmp_path: Path
) -> None:
    """One line on standard error, and nothing is asked or written."""
    ended = run_script(name, folder=tmp_path, environment=environment_for(fake))

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith(f"usage: {name} ")
    assert ended.stderr.count("\n") == 1
    assert fake.requests == ()


def test_a_credential_that_is_printed_is_noticed(fake: FakeKibana, tmp_path: Path) -> None:
    """The runs of the other tests look for it in all that is printed."""
    careless = tmp_path / "careless.py"
    careless.write_text("import os; print(os.environ['KIBANA_API_KEY'])\n")
    environment = environment_for(fake)

    assert secrets_in(environment) == ["KIBANA_API_KEY"]
    with pytest.raises(AssertionError):
        run_script(careless, folder=tmp_path, environment=environment)
