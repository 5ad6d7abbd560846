"""`test_my_rollout.py`: tests for a script of one's own, which fail when the script is wrong."""

import os
from pathlib import Path

import pytest
from support.example_runs import EXAMPLES, Ended, run_python

SCRIPT = EXAMPLES / "test_my_rollout.py"
ROLLOUT = "    return kibana.apply(plan, journal=journal).ok\n"


def run_tests(text: str, folder: Path) -> Ended:
    """Run the tests from a copy in an empty folder."""
    (folder / SCRIPT.name).write_text(text, "utf-8")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    arguments = ("-m", "pytest", "-q", "-p", "no:cacheprovider", SCRIPT.name)
    return run_python(*arguments, folder=folder, environment=environment)


def test_the_tests_pass(tmp_path: Path) -> None:
    """All three of them, without Elastic Stack and network."""
    ended = run_tests(SCRIPT.read_text("utf-8"), tmp_path)

    assert ended.returncode == 0, ended
    assert "3 passed" in ended.stdout


@pytest.mark.parametrize(
    ("rollout", "expected"),
    [
        ("    return bool(plan)\n", "test_every_policy_gets_the_mirror"),
        ("    kibana.apply(plan, journal=journal)\n    return False\n", "assert False"),
    ],
    ids=["writes nothing", "says that it failed"],
)
def test_a_rollout_that_is_wrong_fails_its_tests(
    tmp_path: Path, rollout: str, expected: str
) -> None:
    """A reader who puts a script of their own there learns when it does not work."""
    text = SCRIPT.read_text("utf-8")
    assert text.count(ROLLOUT) == 1

    ended = run_tests(text.replace(ROLLOUT, rollout), tmp_path)

    assert ended.returncode == 1
    assert expected in ended.stdout
