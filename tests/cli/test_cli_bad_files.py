"""Files and disks that cannot be used: one line, the right exit code, nothing written.

There is one case for each kind of error; what else can be wrong with a file is proven where it is
read, and by `tests/hostile`.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from support.commands import Shell, assert_one_line
from support.hostile_bundles import WORST_BUNDLES, members
from support.hostile_toml import WORST_RULES
from support.hostile_zips import WORST_MANIFESTS
from support.rollouts import MIRROR, commit_counts

from elastic_mirror_policy import Plan
from elastic_mirror_policy.mirror import pack_mirror
from elastic_mirror_policy.testing import FakeKibana
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

LONGEST = 1500
PLAIN = ("--base-url", MIRROR, "--no-check-mirror")
APPLY = ("apply", *PLAIN, "--yes", "--journal", "new.journal")
MANIFEST = "downloads/endpoint/manifest/artifacts-9.1.3.zip"

DAMAGES: Mapping[str, Callable[[bytes], bytes]] = {
    "binary": lambda _: b"\xff\xfe\x00",
    "deep": lambda _: b"[" * 10**6,
    "another kind": lambda _: b'{"kind": "\\u001b[2J", "schema_version": 1}\n',
    "edited": lambda data: data.replace(MIRROR.encode(), b"http://evil"),
}
"""What can become of a plan or a journal: not text, not JSON, something else, not what it was."""

TOLD = {
    "binary": "not readable JSON",
    "deep": "not readable JSON",
    "another kind": "not a plan",
    "edited": "edited or damaged",
}


def assert_short_line(shell: Shell, code: int, *words: str) -> None:
    """Check that a command line ends with one short line, which names no secret."""
    ended = shell.run(*words)

    assert_one_line(ended, code)
    assert len(ended.err) <= LONGEST
    assert "secret" not in ended.err
    assert ended.err.replace("\n", "").isprintable()


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_plan_that_cannot_be_used_is_1(shell: Shell, fake: FakeKibana, damage: str) -> None:
    """Nothing is written, to Kibana or to the disk."""
    shell.run("plan", *PLAIN, "--out", "plan.json")
    path = shell.folder / "plan.json"
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    words = ("apply", "plan.json", "--yes", "--journal", "new.journal")

    assert_short_line(shell, 1, *words)
    assert TOLD[damage] in shell.run(*words).err
    assert commit_counts(fake) == {}
    assert shell.files == ["plan.json"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_journal_that_cannot_be_used_is_1(shell: Shell, fake: FakeKibana, damage: str) -> None:
    """For every command that reads one, with and without `--yes`; it stays as it is."""
    shell.run("apply", *PLAIN, "--yes", "--journal", "a.journal")
    path = shell.folder / "a.journal"
    data = DAMAGES[damage](path.read_bytes())
    path.write_bytes(data)

    assert_short_line(shell, 1, "journal", "a.journal")
    assert_short_line(shell, 1, "apply", "--resume", "a.journal")
    assert_short_line(shell, 1, "apply", "--resume", "a.journal", "--yes")
    assert_short_line(shell, 1, "rollback", "a.journal")
    assert_short_line(shell, 1, "rollback", "a.journal", "--yes", "--journal", "new.journal")
    assert set(commit_counts(fake).values()) == {1}
    assert path.read_bytes() == data
    assert shell.files == ["a.journal"]


@pytest.mark.parametrize(
    "words",
    [
        ("apply", "missing", "--yes"),
        ("apply", "--resume", "missing", "--yes"),
        ("rollback", "missing", "--yes"),
        ("journal", "missing"),
    ],
)
def test_a_file_that_is_not_there_is_1(
    shell: Shell, fake: FakeKibana, words: tuple[str, ...]
) -> None:
    """With its name and the system's reason."""
    assert_one_line(shell.run(*words), 1, "missing", "No such file")
    assert commit_counts(fake) == {}
    assert shell.files == []


def test_a_plan_for_another_kibana_is_1(shell: Shell, fake: FakeKibana) -> None:
    """Its address is named, and nothing is written."""
    shell.run("plan", *PLAIN, "--out", "plan.json")
    path = shell.folder / "plan.json"
    plan = Plan.from_json(path.read_text())
    path.write_text(replace(plan, kibana=replace(plan.kibana, url="http://127.0.0.1:1")).to_json())

    ended = shell.run("apply", "plan.json", "--yes", "--journal", "new.journal")

    assert_one_line(ended, 1, "http://127.0.0.1:1")
    assert commit_counts(fake) == {}
    assert shell.files == ["plan.json"]


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


@pytest.mark.parametrize(
    "words",
    [
        ("apply", *PLAIN, "--yes", "--journal", "missing/a"),
        ("plan", *PLAIN, "--out", "missing/a"),
        ("plan", *PLAIN, "--out", "/sys/a"),
    ],
)
def test_a_disk_that_cannot_be_written_is_1(
    shell: Shell, fake: FakeKibana, words: tuple[str, ...]
) -> None:
    """For a journal as for a saved plan; no report is printed."""
    ended = shell.run(*words, "--format", "json")

    assert ended.code == 1
    assert ended.err.splitlines()[-1].startswith("Error: ")
    assert ended.out == ""
    assert commit_counts(fake) == {}
    assert shell.files == []


@pytest.mark.parametrize(
    "name", ["surrogate", "escape in a name", "long name", "deep", "too large", "credentials"]
)
def test_rules_that_cannot_be_used_are_64(shell: Shell, fake: FakeKibana, name: str) -> None:
    """They are a mistake that was made before anything was asked."""
    (shell.folder / "rules.toml").write_bytes(WORST_RULES[name])

    assert_short_line(shell, 64, "plan", "--rules", "rules.toml", "--no-check-mirror")
    assert fake.requests == ()
    assert shell.files == ["rules.toml"]


@pytest.mark.parametrize("name", ["cut", "index is deep", "climbs", "surrogate"])
def test_a_bundle_that_cannot_be_used_is_1(shell: Shell, name: str) -> None:
    """Nothing is published, and nothing lies beside the folder."""
    FakeArtifactServer.example().dump(shell.folder / "mirror")
    pack_mirror(shell.folder / "mirror", shell.folder / "bundle.tar")
    bundle = shell.folder / "bundle.tar"
    bundle.write_bytes(WORST_BUNDLES[name](members(bundle.read_bytes())))

    assert_short_line(shell, 1, "mirror", "unpack", "bundle.tar", "inside/mirror")
    assert [path for path in (shell.folder / "inside").rglob("*.zip") if path.is_file()] == []
    assert set(shell.files) <= {"bundle.tar", "inside", "mirror"}


@pytest.mark.parametrize("name", ["cut", "bomb", "long version", "escape"])
def test_a_manifest_that_cannot_be_used_is_told(shell: Shell, name: str) -> None:
    """A folder that has one is described all the same, and cannot be packed."""
    FakeArtifactServer.example().dump(shell.folder / "mirror")
    (shell.folder / "mirror" / MANIFEST).write_bytes(WORST_MANIFESTS[name])
    told = shell.run("mirror", "status", "mirror", "--format", "json")
    text = shell.run("mirror", "status", "mirror")

    assert (told.code, text.code) == (2, 2)
    assert "" not in [one["problem"] for one in told.json["versions"] if not one["artifacts"]]
    assert "9.1.3: It cannot be used" in text.out
    assert len(text.out) <= LONGEST
    assert text.out.replace("\n", "").isprintable()
    assert_short_line(shell, 1, "mirror", "pack", "mirror", "bundle.tar")
    assert shell.files == ["mirror"]


@pytest.mark.parametrize("data", [b"\xff", b'{"versions": {"../x": 1}}'])
def test_a_record_that_cannot_be_used_is_1(shell: Shell, data: bytes) -> None:
    """The record of a mirror's syncs can be damaged like any file."""
    FakeArtifactServer.example().dump(shell.folder / "mirror")
    record = Path(shell.folder / "mirror/.elastic-mirror-policy/sync.json")
    record.parent.mkdir(mode=0o700)
    record.write_bytes(data)

    assert_short_line(shell, 1, "mirror", "status", "mirror")
