"""What `journal --format json` prints, and what every error about a journal says."""

import contextlib
import errno
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from support.journals import chained, lines_of
from support.rollouts import MIRROR, connected, roll_on, roll_out, serving

from elastic_mirror_policy import Journal
from elastic_mirror_policy._json import canonical
from elastic_mirror_policy._time import moment
from elastic_mirror_policy.errors import JournalError, MirrorPolicyError, PlanError
from elastic_mirror_policy.journal.journal import link
from elastic_mirror_policy.journal.writer import JournalWriter
from elastic_mirror_policy.testing import FakeKibana, Fault

REFUSED: Final = "PUT /api/fleet/package_policies/gamma was refused (400): no."
NAMES: Final = ("alpha", "beta", "gamma")
COPY: Final = "Use an untouched copy of the journal."
ROOM: Final = "Nothing is written to Kibana without a journal; choose a path with room and rights."


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """Three policies, of which one will be unknown and one will be refused."""
    with serving(*NAMES) as served:
        served.inject(Fault(method="PUT", path="/beta", status=500, json={"message": "oh"}))
        served.inject(Fault(method="GET", path="/beta", times=None, status=403, text="x"))
        served.inject(Fault(method="PUT", path="/gamma", status=400, json={"message": "no"}))
        yield served


@pytest.fixture
def path(fake: FakeKibana, tmp_path: Path) -> Path:
    """The journal of a rollout over them."""
    roll_out(fake, tmp_path / "a.journal")
    return tmp_path / "a.journal"


def test_the_document_is_the_documented_one(fake: FakeKibana, path: Path) -> None:
    """Key by key."""
    journal = Journal.read(path)
    found = journal.to_dict()
    unknown = found["policies"][1].pop("error")

    assert moment(found.pop("started_at")) == int(journal.started_at or 0) > 0
    assert moment(found.pop("last_entry_at")) == int(journal.last_entry_at or 0) > 0
    assert unknown.startswith("It is not known whether it was written: ")
    assert found == {
        "schema_version": 1,
        "kind": "journal",
        "path": str(path),
        "digest": journal.plan.digest,
        "purpose": "apply",
        "waves": [],
        "kibana": {"url": fake.url, "version": "9.4.2", "spaces": ["default"]},
        "complete": True,
        "summary": {"total": 3, "written": 1, "unchanged": 0, "unknown": 1, "remaining": 1},
        "policies": [
            {
                "policy_id": "alpha",
                "name": "alpha",
                "space": "default",
                "phase": "verified",
                "sent": 1,
                "revision": 2,
                "also_changed": [],
                "replaced": None,
                "error": None,
            },
            {
                "policy_id": "beta",
                "name": "beta",
                "space": "default",
                "phase": "unknown",
                "sent": 1,
                "revision": None,
                "also_changed": [],
                "replaced": None,
            },
            {
                "policy_id": "gamma",
                "name": "gamma",
                "space": "default",
                "phase": "failed",
                "sent": 1,
                "revision": None,
                "also_changed": [],
                "replaced": None,
                "error": f"Not written: {REFUSED}",
            },
        ],
    }


def test_what_stood_there_before_is_read_back(path: Path) -> None:
    """Whole, for it is what a rollback puts back."""
    first = Journal.read(path).states[0]
    line = next(line for line in lines_of(path) if line.get("phase") == "pre_image")

    assert first.pre_image is not None
    assert first.pre_image.to_dict() == line["pre_image"]
    assert line["pre_image"] == {
        "version": first.change.version,
        "revision": 1,
        "values": [
            [system, "artifacts.global.base_url", None] for system in ("linux", "mac", "windows")
        ],
        "parents": {"linux": 1, "mac": 1, "windows": 0},
    }


def pre_image(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the first pre-image of a journal."""
    found: dict[str, Any] = next(one["pre_image"] for one in lines if "pre_image" in one)
    return found


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image["parents"].pop("mac"),
        lambda image: image["parents"].update(solaris=1),
        lambda image: image["parents"].update(mac=4),
        lambda image: image["parents"].update(mac=-1),
        lambda image: image["values"].pop(),
        lambda image: image["values"][0].__setitem__(1, "artifacts.user.base_url"),
        lambda image: image["values"][0].__setitem__(2, {}),
        lambda image: image.update(revision="1"),
    ],
)
def test_a_pre_image_that_cannot_be_put_back_is_refused(
    path: Path, change: Callable[[Any], object]
) -> None:
    """Whoever forges one, even with the right hashes."""
    forged(lambda lines: change(pre_image(lines)))(path)

    with pytest.raises(JournalError, match="is damaged"):
        Journal.read(path)


def test_a_crash_is_seen_at_the_phase_it_came_in(path: Path) -> None:
    """What was only read is not in doubt, what was announced is."""
    lines = lines_of(path)
    again = [one for one in lines if one.get("policy_id") == "gamma"]
    read, announced = (
        next(one for one in again if one["phase"] == phase) for phase in ("pre_image", "put_sent")
    )
    path.write_bytes(chained([*lines, read]))
    before = Journal.read(path).states[2]
    path.write_bytes(chained([*lines, read, announced]))
    after = Journal.read(path).states[2]

    assert (before.phase, before.in_doubt, before.sent) == ("pre_image", False, 1)
    assert before.error.startswith("Not written: PUT /api/fleet/package_policies/gamma was refused")
    assert (after.phase, after.in_doubt, after.sent) == ("put_sent", True, 2)
    assert (after.error, after.notes) == ("", ())


def test_a_write_that_was_refused_takes_no_credit_for_what_others_set(path: Path) -> None:
    """After it somebody set the wanted value: that is what a rollback leaves."""
    lines = lines_of(path)
    image = json.loads(
        json.dumps(next(o for o in lines if o.get("policy_id") == "gamma" and "pre_image" in o))
    )
    image["pre_image"]["revision"] += 4
    for value in image["pre_image"]["values"]:
        value[2] = MIRROR
    path.write_bytes(chained([*lines, image]))

    state = Journal.read(path).states[2]

    assert state.pre_image is not None
    assert [value for *_, value in state.pre_image.values] == [MIRROR] * 3


def test_a_phase_of_a_later_release_changes_nothing(path: Path) -> None:
    """Only the major version says what must be understood."""
    before = Journal.read(path).states
    forged(lambda lines: lines.append({"policy_id": "alpha", "phase": "dreamt of"}))(path)

    assert Journal.read(path).states == before


def test_a_journal_in_few_words_counts_its_policies(path: Path) -> None:
    """With the start of its plan's digest."""
    journal = Journal.read(path)

    assert repr(journal) == (
        f"<Journal: 1 written, 1 unknown, 1 remaining; {journal.plan.digest[:8]}>"
    )


def test_a_journal_shows_itself(path: Path) -> None:
    """As the command prints it."""
    shown = str(Journal.read(path))

    assert shown.startswith(f"Journal: file {path}, Kibana http://127.0.0.1:")
    assert "3 policies: 1 written, 1 unknown, 1 remaining" in shown


@dataclass(frozen=True, slots=True)
class Said:
    """What an error says: with the journal's path as `{}`."""

    message: str
    hint: str = ""
    kind: type[MirrorPolicyError] = JournalError


def forged(change: Callable[[list[dict[str, Any]]], object]) -> Callable[[Path], object]:
    """Return a forger who knows how lines are linked."""

    def forge(path: Path) -> None:
        lines = lines_of(path)
        change(lines)
        path.write_bytes(chained(lines))

    return forge


def replaced(old: bytes, new: bytes) -> Callable[[Path], object]:
    """Return somebody with an editor."""
    return lambda path: path.write_bytes(path.read_bytes().replace(old, new, 1))


def without_its_end(path: Path) -> None:
    """Leave the header and one planned change, as a crash does."""
    path.write_bytes(b"\n".join(path.read_bytes().split(b"\n")[:2]) + b"\n")


READ: Final[dict[str, tuple[Callable[[Path], object], Said]]] = {
    "missing": (
        lambda path: path.unlink(),
        Said("The journal {} cannot be read: No such file or directory."),
    ),
    "empty": (
        lambda path: path.write_bytes(b""),
        Said(
            "{} contains no complete line; nothing was sent to Kibana.",
            "Delete it and start again.",
        ),
    ),
    "no json": (
        replaced(b'{"phase":"planned"', b'{"phase":planned"'),
        Said(
            "{} is damaged: line 2 is not readable JSON.",
            "Only the last line may be incomplete; restore the file from a copy.",
        ),
    ),
    "no object": (
        replaced(b'{"kind"', b'[]\n{"kind"'),
        Said("{} is not a journal: line 1 is not an object."),
    ),
    "edited": (
        replaced(b'"policy_id":"beta"', b'"policy_id":"zeta"'),
        Said("{} was edited or damaged: line 3 does not follow from the line before it.", COPY),
    ),
    "newer": (
        forged(lambda lines: lines[0].update(schema_version=2)),
        Said(
            "{}: The journal has schema version 2; this release reads up to 1.",
            "Use the release that wrote it, or a newer one.",
        ),
    ),
    "another digest": (
        forged(lambda lines: lines[0].update(digest="0" * 64)),
        Said("{} is damaged: its plan does not match the digest it names."),
    ),
    "another purpose": (
        forged(lambda lines: lines[0]["plan"].update(purpose="guess")),
        Said(
            "{}: The plan is damaged: purpose: Input should be 'apply' or 'rollback'.",
        ),
    ),
    "planned under another id": (
        forged(lambda lines: lines[2].update(policy_id="zeta")),
        Said("{} is damaged: ValueError while reading it."),
    ),
    "planned twice": (
        forged(lambda lines: lines.insert(2, lines[1])),
        Said("{} is damaged: ValueError while reading it."),
    ),
    "another kind of pre-image": (
        forged(lambda lines: pre_image(lines).update(revision="secret")),
        Said("{} is damaged: revision: Input should be a valid integer."),
    ),
    "another kind of difference": (
        forged(lambda lines: lines[-1].update(phase="failed", also_changed=["secret"])),
        Said(
            "{} is damaged: the document: Input should be a dictionary or an instance of "
            "AlsoChanged."
        ),
    ),
    "another kind of allow": (
        forged(lambda lines: lines[0].update(allow="pinned")),
        Said("{} is damaged: ValueError while reading it."),
    ),
}


@pytest.mark.parametrize("name", READ)
def test_a_journal_that_cannot_be_read_says_why_and_what_to_do(path: Path, name: str) -> None:
    """In these words."""
    damage, said = READ[name]
    damage(path)

    with pytest.raises(said.kind) as caught:
        Journal.read(path)

    assert caught.value.message == said.message.format(path)
    assert caught.value.hint == said.hint


def resume(fake: FakeKibana, path: Path) -> None:
    """Go on with a journal."""
    roll_on(fake, path)


def begin(fake: FakeKibana, path: Path) -> None:
    """Begin a rollout with this journal."""
    roll_out(fake, path)


def take_back(fake: FakeKibana, path: Path) -> None:
    """Plan a rollback."""
    with connected(fake) as kibana:
        kibana.plan_rollback(path)


USED: Final[dict[str, tuple[Callable[[Path], object], Callable[..., None], Said]]] = {
    "there already": (
        lambda _: None,
        begin,
        Said(
            "The journal {} exists already; a journal is never overwritten.",
            "Give another path, or continue that rollout with --resume.",
        ),
    ),
    "no folder": (
        lambda path: path.parent.rename(path.parent.with_name("moved")),
        begin,
        Said("The journal {} cannot be created: No such file or directory.", ROOM),
    ),
    "gone": (
        lambda path: path.unlink(),
        resume,
        Said("The journal {} cannot be opened: No such file or directory.", ROOM),
    ),
    "not whole": (
        without_its_end,
        resume,
        Said(
            "{} ends before its plan does; nothing was sent to Kibana.",
            "Delete it and start again with a new plan.",
        ),
    ),
    "nothing to take back": (
        forged(lambda lines: lines.__delitem__(slice(4, None))),
        take_back,
        Said("The journal {} wrote nothing; there is nothing to undo.", kind=PlanError),
    ),
}


@pytest.mark.parametrize("name", USED)
def test_a_journal_that_cannot_be_used_says_why_and_what_to_do(
    fake: FakeKibana, path: Path, name: str
) -> None:
    """In these words."""
    damage, use, said = USED[name]
    damage(path)

    with pytest.raises(said.kind) as caught:
        use(fake, path)

    assert caught.value.message == said.message.format(path)
    assert caught.value.hint == said.hint


def test_a_journal_in_use_says_so(fake: FakeKibana, path: Path) -> None:
    """To who wants to go on with it, and to who wants to take it back."""
    writer, _ = JournalWriter.resume(path)
    with contextlib.closing(writer):
        with pytest.raises(JournalError) as resumed:
            resume(fake, path)
        with pytest.raises(JournalError) as taken_back:
            take_back(fake, path)

    assert resumed.value.message == f"The journal {path} is in use by another process."
    assert resumed.value.hint == "Wait until it has ended."
    assert taken_back.value.message == f"The rollout of {path} is still under way."
    assert taken_back.value.hint == (
        "End it first: one Ctrl-C there finishes the write at hand and stops."
    )


def test_a_disk_that_says_no_to_a_resume_is_named(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the journal is let go."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with monkeypatch.context() as patched:
        patched.setattr(os, "ftruncate", refuse)
        with pytest.raises(JournalError) as caught:
            JournalWriter.resume(path)
    writer, _ = JournalWriter.resume(path)
    writer.close()

    assert caught.value.message == f"The journal {path} cannot be continued: Read-only file system."
    assert caught.value.hint == ROOM


def test_a_line_that_does_not_fit_after_a_resume_is_cut_off_alone(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What earlier runs wrote stays."""
    before = path.read_bytes()
    writer, _ = JournalWriter.resume(path)
    really_write = os.write

    def half(descriptor: int, data: bytes) -> int:
        really_write(descriptor, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with contextlib.closing(writer):
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", half)
            with pytest.raises(JournalError) as caught:
                writer.record("wave", number=1)
        after = path.read_bytes()
        writer.record("wave", number=2)

    assert caught.value.message == f"The journal {path} cannot be written: No space left on device."
    assert after == before
    assert Journal.read(path).events[-1]["number"] == 2


def test_a_line_that_cannot_be_cut_off_is_the_last_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one after it would make the journal unreadable."""
    writer, _ = JournalWriter.resume(path)

    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with contextlib.closing(writer):
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", refuse)
            patched.setattr(os, "ftruncate", refuse)
            with pytest.raises(JournalError) as first:
                writer.record("wave", number=1)
        with pytest.raises(JournalError) as second:
            writer.record("wave", number=2)
        with pytest.raises(JournalError) as synced:
            writer.sync()

    assert first.value.message == f"The journal {path} cannot be written: Input/output error."
    assert second.value is synced.value is first.value


def test_a_journal_that_is_closed_takes_no_line(path: Path) -> None:
    """A late thread is told, and nothing is written."""
    writer, _ = JournalWriter.resume(path)
    before = path.read_bytes()
    writer.close()

    with pytest.raises(JournalError) as recorded:
        writer.record("wave", number=1)
    with pytest.raises(JournalError) as synced:
        writer.sync()

    assert recorded.value.message == synced.value.message == f"The journal {path} is closed."
    assert path.read_bytes() == before


def test_a_hash_is_over_the_line_before_and_the_line(path: Path) -> None:
    """So that neither can be changed, and both releases agree."""
    first, second, *_ = lines_of(path)
    chain = second.pop("chain")

    assert link(first["chain"], second) == chain
    assert link("", second) != chain
    assert len(chain) == 32
    assert (
        canonical(second)
        == json.dumps(second, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    )
