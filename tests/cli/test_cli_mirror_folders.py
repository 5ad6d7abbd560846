"""A mirror's folder from the command line: its state, and its way over an air gap."""

from collections.abc import Iterator

import pytest
from support.commands import Shell, assert_one_line

from elastic_mirror_policy.testing import FakeArtifactServer, FakeKibana

VERSION = "9.1.3"


@pytest.fixture
def upstream(shell: Shell) -> Iterator[FakeArtifactServer]:
    """A server that the folder `mirror` was filled from."""
    with FakeArtifactServer.example(VERSION) as server:
        filled = shell.run(
            *("mirror", "sync", "mirror", "--endpoint-version", VERSION, "--upstream", server.url)
        )
        assert filled.code == 0
        yield server


@pytest.mark.usefixtures("upstream")
def test_the_status_of_a_whole_folder_ends_with_0(shell: Shell) -> None:
    """In both formats."""
    text = shell.run("mirror", "status", "mirror")
    status = shell.run("mirror", "status", "mirror", "--format", "json").json

    assert text.code == 0
    assert VERSION in text.out
    assert [(one["endpoint_version"], one["missing"]) for one in status["versions"]] == [
        (VERSION, 0)
    ]


def test_the_status_of_a_folder_that_lacks_an_artifact_ends_with_2(
    shell: Shell, upstream: FakeArtifactServer
) -> None:
    """Endpoints would fail to update from it."""
    path = upstream.artifacts(VERSION)[0].relative_url
    (shell.folder / "mirror" / path.lstrip("/")).unlink()

    assert shell.run("mirror", "status", "mirror").code == 2


def test_the_status_of_something_that_is_no_folder_ends_with_64(shell: Shell) -> None:
    """It is a slip in the command line."""
    (shell.folder / "mirror").touch()

    assert_one_line(shell.run("mirror", "status", "mirror"), 64, "There is no folder 'mirror'")


@pytest.mark.parametrize(("limit", "code"), [("30d", 0), ("soon", 64)])
@pytest.mark.usefixtures("upstream")
def test_a_status_can_be_held_against_a_limit(shell: Shell, limit: str, code: int) -> None:
    """The time since the last sync counts."""
    ended = shell.run("mirror", "status", "mirror", "--max-age", limit)

    assert ended.code == code


def test_a_mirror_that_is_too_old_ends_with_2(shell: Shell, upstream: FakeArtifactServer) -> None:
    """Its manifests are of the first days of 2026."""
    words = ("mirror", "check", upstream.url, "--endpoint-version", VERSION, "--fast")
    ended = shell.run(*words, "--max-age", "1d")

    assert ended.code == 2
    assert "too-old" in ended.out
    assert shell.run(*words, "--max-age", "9y").code == 64


@pytest.mark.usefixtures("upstream")
def test_a_mirror_is_carried_in_one_file(shell: Shell) -> None:
    """What is unpacked is as complete as what was packed."""
    packed = shell.run("mirror", "pack", "mirror", "mirror.tar")
    unpacked = shell.run("mirror", "unpack", "mirror.tar", "inside", "--format", "json")
    status = shell.run("mirror", "status", "inside")

    assert (packed.code, unpacked.code, status.code) == (0, 0, 0)
    assert VERSION in packed.out
    assert unpacked.json["schema_version"] == 1
    assert shell.files == ["inside", "mirror", "mirror.tar"]


@pytest.mark.usefixtures("upstream")
def test_a_second_bundle_leaves_out_what_the_first_brought(shell: Shell) -> None:
    """`--since`."""
    shell.run("mirror", "pack", "mirror", "first.tar")
    shell.run("mirror", "pack", "mirror", "second.tar", "--since", "first.tar")
    shell.run("mirror", "unpack", "first.tar", "inside")
    ended = shell.run("mirror", "unpack", "second.tar", "inside")
    sizes = [(shell.folder / name).stat().st_size for name in ("first.tar", "second.tar")]

    assert ended.code == 0
    assert sizes[1] < sizes[0]


@pytest.mark.usefixtures("upstream")
def test_what_is_wanted_is_written_inside_and_read_outside(
    shell: Shell, upstream: FakeArtifactServer
) -> None:
    """Two commands on each side."""
    shell.run("mirror", "pack", "mirror", "first.tar")
    shell.run("mirror", "unpack", "first.tar", "inside")
    wanted = shell.run("mirror", "wanted", "--out", "w.json", "--dir", "inside", "--format", "json")
    upstream.release()
    words = ("--wanted", "w.json", "--upstream", upstream.url)
    codes = [
        shell.run("mirror", "sync", "mirror", *words).code,
        shell.run("mirror", "pack", "mirror", "next.tar", "--wanted", "w.json").code,
        shell.run("mirror", "unpack", "next.tar", "inside").code,
    ]
    sizes = [(shell.folder / name).stat().st_size for name in ("first.tar", "next.tar")]

    assert (wanted.code, codes) == (0, [0, 0, 0])
    assert wanted.json["versions"] == [VERSION]
    assert sizes[1] < sizes[0]
    assert "1.0.261" in shell.run("mirror", "status", "inside").out


def test_the_fleets_versions_can_be_synced_and_wanted(shell: Shell) -> None:
    """Those of the agents; for an upgrade Kibana's own is wanted too."""
    fake = FakeKibana("9.4.2")
    fake.add_policy("Servers", agents=2)
    fake.set_agents(fake.agent_ids, version=VERSION)
    with fake, FakeArtifactServer.example(VERSION) as upstream:
        shell.talk_to(fake)
        synced = shell.run("mirror", "sync", "m", "--fleet", "--upstream", upstream.url)
        wanted = shell.run("mirror", "wanted", "--out", "w.json", "--fleet", "--format", "json")

    assert (synced.code, wanted.code) == (0, 0)
    assert wanted.json["versions"] == [VERSION, "9.4.2"]


@pytest.mark.parametrize(
    "words",
    [
        ("sync", "mirror"),
        ("check", "https://mirror.corp"),
        ("wanted", "--out", "w.json"),
        ("sync", "mirror", "--wanted", "none.json"),
        ("pack", "mirror", "b.tar", "--wanted", "none.json"),
        ("pack", "mirror", "b.tar", "--wanted", "none.json", "--since", "a.tar"),
        ("wanted", "--out", "w.json", "--dir", "none"),
    ],
)
@pytest.mark.usefixtures("upstream")
def test_a_slip_about_what_is_wanted_ends_with_64(shell: Shell, words: tuple[str, ...]) -> None:
    """And nothing is written."""
    ended = shell.run("mirror", *words)

    assert ended.code == 64
    assert shell.files == ["mirror"]


def test_a_wanted_file_that_was_edited_ends_with_1(shell: Shell) -> None:
    """In one sentence."""
    shell.run("mirror", "wanted", "--out", "w.json", "--endpoint-version", VERSION)
    file = shell.folder / "w.json"
    file.write_text(file.read_text().replace(VERSION, "9.1.4"))

    assert_one_line(shell.run("mirror", "sync", "m", "--wanted", "w.json"), 1, "edited or damaged")


def test_a_bundle_that_is_none_ends_with_1_and_makes_no_folder(shell: Shell) -> None:
    """As does one that was cut short on its way."""
    (shell.folder / "mirror.tar").write_bytes(b"not a bundle")

    assert_one_line(shell.run("mirror", "unpack", "mirror.tar", "inside"), 1, "mirror.tar")


def test_a_folder_that_is_not_there_is_not_packed(shell: Shell) -> None:
    """And no file is left."""
    assert_one_line(shell.run("mirror", "pack", "nothing", "mirror.tar"), 64, "nothing")
    assert shell.files == []


def test_the_fleets_versions_cannot_be_taken_from_a_fleet_without_agents(
    shell: Shell, upstream: FakeArtifactServer
) -> None:
    """Nothing was checked, so nothing is healthy."""
    upstream.forget_requests()
    with FakeKibana() as empty:
        shell.talk_to(empty)

        assert_one_line(shell.run("mirror", "check", upstream.url, "--fleet"), 1, "no agent")
    assert upstream.requests == ()
