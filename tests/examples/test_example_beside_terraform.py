"""`beside_terraform.py`: finds policies without the mirror, and writes nothing itself."""

import re
from pathlib import Path

from support.commands import environment_for
from support.example_runs import Ended, run_script
from support.rollouts import MIRROR, roll_out, writes

from elastic_mirror_policy.testing import FakeKibana

SYSTEMS = ("linux", "mac", "windows")
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


def test_the_whole_map_is_printed_although_one_setting_got_lost(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """The provider drops what the map does not have: other systems, and keys of others."""
    roll_out(fake, tmp_path / "rollout.journal")
    lost = fake.policy_ids[0]
    fake.edit(lost, LOST, "https://artifacts.security.elastic.co", by="terraform")
    fake.edit(lost, "linux.advanced.agent.connection_delay", "60")
    fake.edit(lost, "mac.advanced.kernel.connect", value=True)
    fake.edit(lost, "windows.advanced.note", "${path} %{if}")

    ended = look(fake, tmp_path)

    settings = {line for line in ended.stdout.splitlines() if line.startswith("  ")}
    there = '  "linux.advanced.capture_env_vars" = "LD_PRELOAD,LD_LIBRARY_PATH"'
    assert ended.returncode == 2
    assert settings >= {
        there,
        *(f'  "{system}{LOST.removeprefix("linux")}" = "{MIRROR}"' for system in SYSTEMS),
        '  "linux.advanced.agent.connection_delay" = "60"',
        '  "mac.advanced.kernel.connect" = "true"',
        '  "windows.advanced.note" = "$${path} %%{if}"',
    }
    assert f"({lost})" in ended.stdout


def test_what_the_map_cannot_hold_is_said(fake: FakeKibana, tmp_path: Path) -> None:
    """With the reason; a credential is not shown."""
    lost = fake.policy_ids[0]
    fake.edit(lost, "linux.advanced.proxy", "http://me:secret@proxy")
    fake.edit(lost, "mac.advanced.list", [1])
    fake.edit(lost, "mac.advanced.empty", {})
    fake.edit(lost, "windows.advanced", {"nothing": None, "a.b": "c"})

    out = look(fake, tmp_path).stdout

    assert out.count("# Not in the map, and lost with an apply: ") == 5
    assert "secret" not in out


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
