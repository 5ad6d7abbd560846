"""The worst files of every kind, given to the commands that read them: one line each."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from support.commands import Shell, assert_one_line
from support.hostile_bundles import WORST_BUNDLES, members
from support.hostile_toml import WORST_RULES
from support.hostile_zips import WORST_MANIFESTS
from support.mutations import dumped, nested
from support.rollouts import MIRROR, commit_counts

from elastic_mirror_policy.mirror import pack_mirror
from elastic_mirror_policy.testing import FakeKibana
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

LONGEST = 1500
PLAIN = ("--base-url", MIRROR, "--no-check-mirror")
MANIFEST = "downloads/endpoint/manifest/artifacts-9.1.3.zip"

Document = dict[str, object]
DAMAGES: Mapping[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "blank": lambda _: b"\n",
    "zeros": lambda _: bytes(4096),
    "binary": lambda _: bytes(range(256)),
    "cut": lambda data: data[:100],
    "half of UTF-16": lambda data: data.decode().encode("utf-16")[:-1],
    "deep": lambda _: b"[" * 10**6,
    "deep to the edge": lambda _: dumped(nested(900)) + b"\n",
    "4301 digits": lambda _: b'{"schema_version": ' + b"9" * 4301 + b"}\n",
    "many values": lambda _: b"[" + b"[]," * 5_000_000 + b"0]\n",
    "not a number": lambda _: b'{"kind": NaN}\n',
    "null": lambda _: b"null\n",
    "another kind": lambda _: b'{"kind": "\\u001b[2J", "schema_version": 1}\n',
    "newer": lambda data: data.replace(b'"schema_version": 1', b'"schema_version": 99', 1).replace(
        b'"schema_version":1', b'"schema_version":99', 1
    ),
    "edited": lambda data: data.replace(MIRROR.encode(), b"http://evil.example"),
    "twice": lambda data: data + data,
}
"""What can become of a plan or a journal."""


def assert_short_line(shell: Shell, code: int, *words: str) -> None:
    """Check that a command line ends with one short line, which names no secret."""
    ended = shell.run(*words)

    assert_one_line(ended, code)
    assert len(ended.err) <= LONGEST
    assert "secret" not in ended.err
    assert ended.err.replace("\n", "").isprintable()


@pytest.mark.parametrize("name", WORST_RULES)
def test_the_worst_rules_are_64(shell: Shell, fake: FakeKibana, name: str) -> None:
    """They are a mistake that was made before anything was asked."""
    (shell.folder / "rules.toml").write_bytes(WORST_RULES[name])

    assert_short_line(shell, 64, "plan", "--rules", "rules.toml", "--no-check-mirror")
    assert commit_counts(fake) == {}
    assert shell.files == ["rules.toml"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_worst_plans_are_1(shell: Shell, fake: FakeKibana, damage: str) -> None:
    """Nothing is written, to Kibana or to the disk."""
    shell.run("plan", *PLAIN, "--out", "plan.json")
    path = shell.folder / "plan.json"
    path.write_bytes(DAMAGES[damage](path.read_bytes()))

    assert_short_line(shell, 1, "apply", "plan.json", "--yes", "--journal", "new.journal")
    assert commit_counts(fake) == {}
    assert shell.files == ["plan.json"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_worst_journals_are_1(shell: Shell, fake: FakeKibana, damage: str) -> None:
    """For every command that reads one."""
    shell.run("apply", *PLAIN, "--yes", "--journal", "a.journal")
    path = shell.folder / "a.journal"
    data = DAMAGES[damage](path.read_bytes())
    path.write_bytes(data)

    assert_short_line(shell, 1, "journal", "a.journal")
    assert_short_line(shell, 1, "apply", "--resume", "a.journal", "--yes")
    assert_short_line(shell, 1, "rollback", "a.journal", "--yes", "--journal", "new.journal")
    assert set(commit_counts(fake).values()) == {1}
    assert path.read_bytes() == data
    assert shell.files == ["a.journal"]


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A good bundle."""
    folder = tmp_path_factory.mktemp("packed")
    FakeArtifactServer.example().dump(folder / "mirror")
    pack_mirror(folder / "mirror", folder / "bundle.tar")
    return (folder / "bundle.tar").read_bytes()


@pytest.mark.parametrize("name", WORST_BUNDLES)
def test_the_worst_bundles_are_1(shell: Shell, packed: bytes, name: str) -> None:
    """Nothing is published, and nothing lies beside the folder."""
    (shell.folder / "bundle.tar").write_bytes(WORST_BUNDLES[name](members(packed)))

    assert_short_line(shell, 1, "mirror", "unpack", "bundle.tar", "inside/mirror")
    assert [path for path in (shell.folder / "inside").rglob("*.zip") if path.is_file()] == []
    assert set(shell.files) <= {"bundle.tar", "inside"}


@pytest.mark.parametrize("name", WORST_MANIFESTS)
def test_the_worst_manifests_are_told(shell: Shell, name: str) -> None:
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


def test_a_record_that_is_none_is_1(shell: Shell) -> None:
    """The record of a mirror's syncs can be damaged like any file."""
    FakeArtifactServer.example().dump(shell.folder / "mirror")
    record = Path(shell.folder / "mirror/.elastic-mirror-policy/sync.json")
    record.parent.mkdir(mode=0o700)
    for data in (b"", b"\xff", b"[" * 10**6, json.dumps({"versions": {"../x": 1}}).encode()):
        record.write_bytes(data)
        assert_short_line(shell, 1, "mirror", "status", "mirror")
