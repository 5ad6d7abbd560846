"""What stands in the journal of a rollout, and which journals are refused."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.journals import chained, lines_of
from support.rollouts import (
    MIRROR,
    OTHER_MIRROR,
    commit_counts,
    connected,
    kinds,
    roll_out,
)

from elastic_mirror_policy import Journal, JournalError
from elastic_mirror_policy.errors import StalePlanError
from elastic_mirror_policy.testing import FakeKibana, Fault

NAMES = ("alpha", "beta")


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """Two policies; one has an older mirror."""
    with FakeKibana() as served:
        served.add_policy("alpha", id="alpha", mirror=OTHER_MIRROR)
        served.add_policy("beta", id="beta")
        yield served


@pytest.fixture
def journal(fake: FakeKibana, tmp_path: Path) -> Path:
    """The journal of a rollout that succeeded."""
    path = tmp_path / "a.journal"
    roll_out(fake, path)
    return path


def test_every_policy_goes_through_its_phases_in_order(journal: Path) -> None:
    """Announced with what stood there, sent, answered, verified."""
    records = lines_of(journal)
    phases = {
        name: [record["phase"] for record in records if record.get("policy_id") == name]
        for name in NAMES
    }

    assert records[0]["kind"] == "journal"
    assert set(map(tuple, phases.values())) == {
        ("planned", "pre_image", "put_sent", "put_answered", "verified")
    }


def test_an_announcement_is_on_the_disk_before_its_request(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """Seen from the server: when the write arrives, the line is there."""
    path = tmp_path / "a.journal"
    seen: list[list[str]] = []
    fake.before(
        "PUT",
        "/beta",
        1,
        lambda: seen.append(
            [one["phase"] for one in lines_of(path) if one.get("policy_id") == "beta"]
        ),
    )

    roll_out(fake, path)

    assert seen == [["planned", "pre_image", "put_sent"]]


def test_a_write_that_is_sent_again_is_announced_again(tmp_path: Path) -> None:
    """Each with the policy as it was then."""
    with FakeKibana(checks_version=True) as fake:
        fake.add_policy("beta", id="beta")
        fake.before("PUT", "/beta", 1, lambda: fake.run_packager(["beta"]))
        roll_out(fake, tmp_path / "a.journal")
    sent = [
        one["pre_image"]["revision"]
        for one in lines_of(tmp_path / "a.journal")
        if one.get("phase") == "pre_image" and one["policy_id"] == "beta"
    ]

    assert sent == [1, 2]


def test_a_journal_holds_managed_keys_and_ids_only(fake: FakeKibana, tmp_path: Path) -> None:
    """Neither a whole policy nor a credential."""
    fake.edit("alpha", "linux.advanced.unmanaged", "do-not-keep-me")
    fake.edit("alpha", "description", "do-not-keep-me")

    roll_out(fake, tmp_path / "a.journal")
    text = (tmp_path / "a.journal").read_text()

    assert OTHER_MIRROR in text
    assert MIRROR in text
    for word in ("do-not-keep-me", fake.api_key, "artifact_manifest", "malware", "kbn-xsrf"):
        assert word not in text


def test_a_journal_tells_what_was_planned_written_and_left(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """Read back by the same code that made the plan."""
    fake.inject(Fault(method="PUT", path="/beta", status=403, json={"message": "Forbidden"}))

    report = roll_out(fake, tmp_path / "a.journal")
    read = Journal.read(tmp_path / "a.journal")

    assert kinds(report) == ["succeeded", "failed"]
    assert [state.change.policy_id for state in read.written] == ["alpha"]
    assert [state.change.policy_id for state in read.remaining] == ["beta"]
    assert "Integrations: All" in read.remaining[0].error
    assert read.unknown == ()
    assert read.plan.digest == lines_of(tmp_path / "a.journal")[0]["digest"]


@pytest.mark.parametrize("line", range(9))
def test_an_edited_line_is_refused_naming_it(journal: Path, line: int) -> None:
    """Whichever it is, and however small the edit."""
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[line] = (
        lines[line].replace(b'"at":"2', b'"at":"3', 1).replace(b'"revision":', b'"revision":1', 1)
    )
    journal.write_bytes(b"".join(lines))

    with pytest.raises(JournalError, match=f"line {line + 1} does not follow"):
        Journal.read(journal)


def _without_a_line(data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    return b"".join(lines[:4] + lines[5:])


def _with_schema(data: bytes, version: object) -> bytes:
    records = [json.loads(line) for line in data.splitlines()]
    records[0]["schema_version"] = version
    return chained(records)


def _swapped(data: bytes) -> bytes:
    first, second, third, *rest = data.splitlines(keepends=True)
    return b"".join([first, third, second, *rest])


REFUSED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "no complete line"),
    "one torn line": (lambda d: d[:40], "no complete line"),
    "one letter": (lambda d: d[:1], "no complete line"),
    "zeros": (lambda d: bytes(len(d)), "not a journal"),
    "a line of something else": (lambda _: b"root:x:0:0", "not a journal"),
    "a line left out": (_without_a_line, "does not follow"),
    "two lines swapped": (_swapped, "does not follow"),
    "a line twice": (lambda d: d + d.splitlines(keepends=True)[-1], "does not follow"),
    "binary": (lambda _: bytes(range(256)) * 4 + b"\n", "not readable JSON"),
    "garbage in the middle": (lambda d: d.replace(b"\n", b"\nzzz\n", 1), "not readable JSON"),
    "not an object": (lambda d: b"[1]\n" + d, "not an object"),
    "a plan": (lambda _: b'{"kind":"plan","schema_version":1}\n', "not a journal"),
    "a newer schema": (lambda d: _with_schema(d, 2), "schema version 2"),
    "no schema": (lambda d: _with_schema(d, None), "no usable schema_version"),
    "a schema of words": (lambda d: _with_schema(d, "1"), "no usable schema_version"),
}


@pytest.mark.parametrize("use", ["read", "resume", "rollback"])
@pytest.mark.parametrize("damage", REFUSED)
def test_a_damaged_journal_is_refused_whatever_it_is_for(
    fake: FakeKibana, journal: Path, damage: str, use: str
) -> None:
    """Nothing is written to Kibana, and the file stays as it is."""
    change, words = REFUSED[damage]
    journal.write_bytes(change(journal.read_bytes()))
    before = journal.read_bytes(), commit_counts(fake)
    with connected(fake) as kibana:
        uses: dict[str, Callable[[Path], object]] = {
            "read": Journal.read,
            "resume": kibana.resume,
            "rollback": kibana.plan_rollback,
        }

        with pytest.raises(JournalError, match=words):
            uses[use](journal)

    assert (journal.read_bytes(), commit_counts(fake)) == before


@pytest.mark.parametrize("use", ["resume", "plan_rollback"])
def test_a_journal_of_another_kibana_is_refused_naming_both(
    fake: FakeKibana, journal: Path, use: str
) -> None:
    """The URL tells them apart."""
    with FakeKibana.example() as other, connected(other) as kibana:
        with pytest.raises(StalePlanError) as caught:
            getattr(kibana, use)(journal)
        asked = other.requests

    assert fake.url in str(caught.value)
    assert kibana.url in str(caught.value)
    assert asked == ()


@pytest.mark.parametrize("use", ["resume", "plan_rollback"])
def test_a_journal_of_other_spaces_is_refused_naming_both(
    fake: FakeKibana, journal: Path, use: str
) -> None:
    """When the client was given spaces."""
    words = "space 'default', not for space 'emea'"
    with connected(fake, spaces=["emea"]) as kibana, pytest.raises(StalePlanError, match=words):
        getattr(kibana, use)(journal)
