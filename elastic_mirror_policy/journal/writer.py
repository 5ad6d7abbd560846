"""Writing a journal: lines that are whole, on the disk before what they announce.

One process at a time: the file is locked while it is open. A line that could not be written
whole is cut off again, so that what stands in the file stays readable.
"""

import contextlib
import os
import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from elastic_mirror_policy._files import MAX_FILE, bounded, fsync_dir, lock, open_regular
from elastic_mirror_policy._given import path_text
from elastic_mirror_policy._json import SCHEMA_VERSION, JsonValue, encode
from elastic_mirror_policy.errors import JournalError
from elastic_mirror_policy.journal.journal import Journal, link, parse_journal
from elastic_mirror_policy.journal.phases import PreImage
from elastic_mirror_policy.plan.plan import Plan

MODE: Final = 0o600

LARGEST_PLAN: Final = MAX_FILE * 3 // 8
"""Bytes of a plan at most: with what is added on the way, its journal can still be read."""

LARGEST_ANNOUNCED: Final = MAX_FILE * 7 // 8
"""Size of a journal up to which writes are announced; the rest is for what becomes of them."""


class JournalWriter:
    """An open journal; safe to use from several threads."""

    def __init__(self, path: Path, descriptor: int, *, chain: str = "", end: int = 0) -> None:
        self.path = path
        self._descriptor = descriptor
        # Some file systems count no names at all.
        self._had_name = os.fstat(descriptor).st_nlink > 0
        self._chain = chain
        self._end = end
        self._spoilt: JournalError | None = None
        self._guard = threading.Lock()

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str],
        plan: Plan,
        *,
        allow: Iterable[str] = (),
        options: Mapping[str, JsonValue] | None = None,
    ) -> "JournalWriter":
        """Return a new journal with the whole plan in it, safely on the disk.

        Raises:
            JournalError: The path exists already or cannot be written; nothing is left behind.
        """
        file = Path(path_text(path, "journal"))
        try:
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, MODE)
        except FileExistsError as exc:
            raise JournalError(
                f"The journal {file} exists already; a journal is never overwritten.",
                hint="Give another path, or continue that rollout with --resume.",
            ) from exc
        except OSError as exc:
            raise _cannot(file, "created", exc) from exc
        writer = cls(file, descriptor)
        try:
            writer._begin(plan, sorted(allow), options or {})
        except BaseException:
            writer.close()
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)
            raise
        return writer

    @classmethod
    def resume(cls, path: str | os.PathLike[str]) -> tuple["JournalWriter", Journal]:
        """Return an existing journal, open for more lines, and what stands in it.

        A torn last line is cut off.

        Raises:
            JournalError: It cannot be read or written, another process has it, or its plan was
                never written down whole.
        """
        file = Path(path_text(path, "journal"))
        try:
            descriptor = open_regular(file, os.O_RDWR | os.O_APPEND)
        except OSError as exc:
            raise _cannot(file, "opened", exc) from exc
        try:
            _lock(file, descriptor)
            with open(descriptor, "rb", closefd=False) as stream:
                journal = parse_journal(bounded(stream), file)
            _check_complete(journal)
            os.ftruncate(descriptor, journal.end)
        except OSError as exc:
            os.close(descriptor)
            raise _cannot(file, "continued", exc) from exc
        except JournalError:
            os.close(descriptor)
            raise
        return cls(file, descriptor, chain=journal.chain, end=journal.end), journal

    def _begin(self, plan: Plan, allow: list[str], options: Mapping[str, JsonValue]) -> None:
        _lock(self.path, self._descriptor)
        summary = plan.to_dict()
        changes = summary.pop("changes")
        header = {
            "kind": "journal",
            "schema_version": SCHEMA_VERSION,
            "at": _now(),
            "digest": summary.pop("digest"),
            "allow": allow,
            "options": dict(options),
            "plan": summary,
        }
        planned = (
            {"phase": "planned", "policy_id": change["policy_id"], "change": change}
            for change in changes
        )
        self._append([header, *planned], largest=LARGEST_PLAN)
        self.sync()
        try:
            fsync_dir(self.path.parent)
        except OSError as exc:
            raise _cannot(self.path, "made durable", exc) from exc

    def announce(self, images: Mapping[str, PreImage]) -> None:
        """Write down, durably, that these policies are about to be written.

        Raises:
            JournalError: It cannot be written; then nothing may be sent.
        """
        now = _now()
        lines: list[dict[str, JsonValue]] = []
        for policy_id, image in images.items():
            base = {"policy_id": policy_id, "at": now}
            lines.append({"phase": "pre_image", **base, "pre_image": image.to_dict()})
            lines.append({"phase": "put_sent", **base})
        self._append(lines, largest=LARGEST_ANNOUNCED)
        self.sync()

    def record(self, phase: str, policy_id: str | None = None, **facts: JsonValue) -> None:
        """Write down one phase; it is durable at the latest after the next `sync`.

        Raises:
            JournalError: It cannot be written.
        """
        line: dict[str, JsonValue] = {"phase": phase, "at": _now(), **facts}
        if policy_id is not None:
            line["policy_id"] = policy_id
        self._append([line])

    def sync(self) -> None:
        """Make sure that everything written so far is on the disk, in a file that has a name.

        Raises:
            JournalError: The disk refused a write, or somebody deleted the file.
        """
        if self._spoilt is not None:
            raise self._spoilt
        try:
            os.fsync(self._descriptor)
            gone = self._had_name and os.fstat(self._descriptor).st_nlink == 0
        except OSError as exc:
            raise _cannot(self.path, "synced", exc) from exc
        if gone:
            raise JournalError(f"The journal {self.path} was deleted while it was being written.")

    def close(self) -> None:
        """Close the file and let go of its lock; nothing can be written any more."""
        with self._guard:
            self._spoilt = self._spoilt or JournalError(f"The journal {self.path} is closed.")
            with contextlib.suppress(OSError):  # nothing new: `sync` has told what is to be told
                os.close(self._descriptor)

    def _append(self, records: list[dict[str, JsonValue]], *, largest: int | None = None) -> None:
        with self._guard:
            if self._spoilt is not None:
                raise self._spoilt
            chain = self._chain
            data = bytearray()
            for record in records:
                chain = link(chain, record)
                data += encode({**record, "chain": chain}) + b"\n"
            if largest is not None and self._end + len(data) > largest:
                raise JournalError(
                    f"The journal {self.path} would become too large to be read again.",
                    hint="Select fewer policies at a time.",
                )
            try:
                _write_all(self._descriptor, memoryview(data))
            except OSError as exc:
                error = _cannot(self.path, "written", exc)
                self._cut_back(error)
                raise error from exc
            self._chain = chain
            self._end += len(data)

    def _cut_back(self, error: JournalError) -> None:
        """Remove half a line; when that fails, too, nothing may be written after it."""
        try:
            os.ftruncate(self._descriptor, self._end)
        except OSError:
            self._spoilt = error


def _check_complete(journal: Journal) -> None:
    if not journal.complete:
        raise JournalError(
            f"{journal.path} ends before its plan does; nothing was sent to Kibana.",
            hint="Delete it and start again with a new plan.",
        )


def _write_all(descriptor: int, data: memoryview) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _lock(path: Path, descriptor: int) -> None:
    try:
        with open(descriptor, "rb", closefd=False) as file:
            lock(file)
    except BlockingIOError as exc:
        raise JournalError(
            f"The journal {path} is in use by another process.",
            hint="Wait until it has ended.",
        ) from exc
    except OSError as exc:
        raise _cannot(path, "locked", exc) from exc


def _cannot(path: Path, what: str, exc: OSError) -> JournalError:
    return JournalError(
        f"The journal {path} cannot be {what}: {exc.strerror or exc}.",
        hint="Nothing is written to Kibana without a journal; choose a path with room and rights.",
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
