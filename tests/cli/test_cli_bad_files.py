"""Plans, journals and disks that cannot be used: one line, exit code 1, nothing written."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.commands import Shell, assert_one_line
from support.rollouts import MIRROR, commit_counts

from elastic_mirror_policy import Plan
from elastic_mirror_policy.testing import FakeKibana

PLAIN = ("--base-url", MIRROR, "--no-check-mirror")
APPLY = ("apply", *PLAIN, "--yes", "--journal", "new.journal")


FILES: dict[str, tuple[Callable[[str], str | bytes | None], str]] = {
    "missing": (lambda _: None, "No such file"),
    "torn": (lambda text: text[: len(text) // 2], "not readable JSON"),
    "binary": (lambda _: b"\xff\xfe\x00", "not readable JSON"),
    "edited": (lambda text: text.replace(MIRROR, "http://evil"), "edited or damaged"),
    "of a newer schema": (
        lambda text: text.replace('"schema_version": 1', '"schema_version": 2'),
        "schema version 2",
    ),
    "something else": (lambda _: json.dumps({"kind": "report"}), "not a plan"),
    "for another Kibana": (lambda text: text, "http://127.0.0.1:1"),
}


@pytest.mark.parametrize("damage", FILES)
def test_a_plan_file_that_cannot_be_used_is_1(shell: Shell, fake: FakeKibana, damage: str) -> None:
    """Nothing is written."""
    shell.run("plan", *PLAIN, "--out", "plan.json")
    change, said = FILES[damage]
    path = shell.folder / "plan.json"
    content = change(path.read_text())
    path.unlink()
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    if damage == "for another Kibana":
        retarget(path)

    ended = shell.run("apply", "plan.json", "--yes", "--journal", "new.journal")

    assert_one_line(ended, 1, said)
    assert commit_counts(fake) == {}
    assert "new.journal" not in shell.files


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize("kind", ["pipe", "link to a pipe", "folder"])
def test_a_plan_is_never_saved_over_what_is_no_file(shell: Shell, kind: str) -> None:
    """Whoever may write to /dev would lose a device to `--out /dev/stdout`."""
    path = shell.folder / "there"
    if kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    name = "there"
    if kind == "link to a pipe":
        (shell.folder / "link").symlink_to(path)
        name = "link"
    before = path.stat().st_mode

    ended = shell.run("plan", *PLAIN, "--out", name)

    assert_one_line(ended, 1, "not a regular file")
    assert path.stat().st_mode == before
    assert (shell.folder / name).is_symlink() == (name == "link")


def test_a_plan_is_saved_where_a_link_leads(shell: Shell, fake: FakeKibana) -> None:
    """The link stays."""
    (shell.folder / "store").mkdir()
    (shell.folder / "plan.json").symlink_to("store/today.json")
    shell.run("plan", *PLAIN, "--out", "plan.json")
    ended = shell.run("apply", "plan.json", "--yes", "--journal", "a.journal")

    assert ended.code == 0
    assert (shell.folder / "plan.json").is_symlink()
    assert len(commit_counts(fake)) == 6


def retarget(path: Path) -> None:
    """Make a plan out of another, for a Kibana that is somewhere else."""
    plan = Plan.from_json(path.read_text())
    path.write_text(replace(plan, kibana=replace(plan.kibana, url="http://127.0.0.1:1")).to_json())


@pytest.mark.parametrize("damage", ["missing", "torn", "binary", "edited", "something else"])
@pytest.mark.parametrize("words", [("rollback", "a.journal"), ("apply", "--resume", "a.journal")])
def test_a_journal_that_cannot_be_used_is_1(
    shell: Shell, fake: FakeKibana, damage: str, words: tuple[str, ...]
) -> None:
    """For rollback and resume alike; nothing is written."""
    shell.run("apply", *PLAIN, "--yes", "--journal", "a.journal")
    path = shell.folder / "a.journal"
    data = path.read_bytes()
    contents = {
        "torn": data[:50],
        "binary": b"\xff\xfe\n",
        "edited": data.replace(MIRROR.encode(), b"http://evil"),
        "something else": b'{"kind":"plan","schema_version":1}\n',
    }
    path.unlink() if damage == "missing" else path.write_bytes(contents[damage])

    for more in ((), ("--yes",)):
        assert_one_line(shell.run(*words, *more), 1, "a.journal")
    assert set(commit_counts(fake).values()) == {1}


def test_a_journal_for_another_space_is_1(shell: Shell, fake: FakeKibana) -> None:
    """Both spaces are named."""
    shell.run("apply", *PLAIN, "--yes", "--journal", "a.journal")
    before = commit_counts(fake)

    ended = shell.run("rollback", "a.journal", "--space", "emea", "--yes")

    assert_one_line(ended, 1, "'default'", "'emea'")
    assert commit_counts(fake) == before


def test_a_journal_path_that_exists_is_1(shell: Shell, fake: FakeKibana) -> None:
    """It is never overwritten."""
    (shell.folder / "new.journal").write_text("precious")
    ended = shell.run(*APPLY, "--format", "json")

    assert ended.code == 1
    assert "exists already" in ended.err.splitlines()[-1]
    assert ended.out == ""
    assert (shell.folder / "new.journal").read_text() == "precious"
    assert commit_counts(fake) == {}


@pytest.mark.parametrize("path", ["missing/a", "file/a", "/sys/a"])
@pytest.mark.parametrize("option", ["--journal", "--out"])
def test_a_disk_that_cannot_be_written_is_1(
    shell: Shell, fake: FakeKibana, option: str, path: str
) -> None:
    """For a journal as for a saved plan."""
    (shell.folder / "file").touch()
    words = ("apply", *PLAIN, "--yes") if option == "--journal" else ("plan", *PLAIN)
    ended = shell.run(*words, option, path, "--format", "json")

    assert ended.code == 1
    assert ended.err.splitlines()[-1].startswith("Error: ")
    assert ended.out == ""
    assert commit_counts(fake) == {}
    assert shell.files == ["file"]
