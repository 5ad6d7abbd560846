"""`beside_terraform.py`: finds policies without the mirror, and writes nothing itself."""

import re
from pathlib import Path

from support.commands import environment_for
from support.example_runs import Ended, run_script
from support.rollouts import MIRROR, roll_out, writes

from elastic_mirror_policy.testing import FakeKibana

LOST = "linux.advanced.artifacts.global.base_url"


def look(fake: FakeKibana, folder: Path, **more: str) -> Ended:
    """Run the script."""
    environment = environment_for(fake, **more)
    return run_script("beside_terraform.py", MIRROR, folder=folder, environment=environment)


def test_policies_without_the_mirror_are_printed_for_terraform(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """Each with its id and three settings; it ends with 2 and writes nothing."""
    ended = look(fake, tmp_path)

    found = re.findall(
        r'^  "(\w+)\.advanced\.artifacts\.global\.base_url" = "(.*)"$', ended.stdout, re.MULTILINE
    )
    assert ended.returncode == 2
    assert sorted(found) == sorted([(os, MIRROR) for os in ("linux", "mac", "windows")] * 6)
    assert ended.stdout.count("advanced_settings = {") == 6
    assert fake.policy_ids[0] in ended.stdout
    assert writes(fake) == []


def test_policies_that_have_the_mirror_are_nothing_to_do(fake: FakeKibana, tmp_path: Path) -> None:
    """It ends with 0 and prints nothing."""
    roll_out(fake, tmp_path / "rollout.journal")
    written = writes(fake)

    ended = look(fake, tmp_path)

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert writes(fake) == written


def test_one_setting_that_got_lost_is_the_only_one_printed(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """What is still there needs no line."""
    roll_out(fake, tmp_path / "rollout.journal")
    lost = fake.policy_ids[0]
    fake.edit(lost, LOST, "https://artifacts.security.elastic.co", by="terraform")

    ended = look(fake, tmp_path)

    settings = [line for line in ended.stdout.splitlines() if line.startswith("  ")]
    assert ended.returncode == 2
    assert settings == [f'  "{LOST}" = "{MIRROR}"']
    assert f"({lost})" in ended.stdout


def test_a_name_cannot_add_lines_to_what_is_printed(fake: FakeKibana, tmp_path: Path) -> None:
    """Text from a server stays inside its comment."""
    fake.rename(fake.policy_ids[0], 'x\n}\nresource "evil" {')

    ended = look(fake, tmp_path)

    assert ended.returncode == 2
    assert not [line for line in ended.stdout.splitlines() if line.startswith("resource")]


def test_a_wrong_key_is_one_line(fake: FakeKibana, tmp_path: Path) -> None:
    """It ends with 1, which is neither of the two answers."""
    ended = look(fake, tmp_path, KIBANA_API_KEY="d3Jvbmc6d3Jvbmc=")

    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: ")
    assert ended.stderr.count("\n") == 1
