"""The journal: what a rollout announced, did and does not know, readable after any crash.

NDJSON, append-only, mode 0600. The first line names the Kibana and the plan's digest, then every
planned change is written down, then one line per phase of each policy::

    planned -> pre_image -> put_sent -> put_answered -> verified | unknown | failed | skipped

A write is announced, and the announcement is on the disk, before its request is sent: a crash
leaves "unknown", never "not written". Every line carries a hash over itself and the line before,
so that an edited journal is refused; a torn last line, as a crash leaves it, is tolerated. Only
managed keys, names and ids are stored; never a credential, never a whole policy.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import ValidationError

from elastic_mirror_policy._document import MOMENT, Document, first_problem
from elastic_mirror_policy._files import bounded, in_use, open_regular
from elastic_mirror_policy._given import path_text
from elastic_mirror_policy._json import JsonValue, canonical, decode
from elastic_mirror_policy._time import moment
from elastic_mirror_policy.errors import JournalError, PlanError
from elastic_mirror_policy.journal.phases import PolicyState, advance, texts
from elastic_mirror_policy.journal.view import counted, journal_view
from elastic_mirror_policy.journal.waves import WaveOutcome, told_waves
from elastic_mirror_policy.plan.change import PolicyChange
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.plan.stored import check_schema, parsed
from elastic_mirror_policy.render.view import View
from elastic_mirror_policy.render.viewable import Viewable

_BEGINNING = b'{"kind":"journal",'
"""How the first line begins, and so how a file begins that was torn in it."""


@dataclass(frozen=True, slots=True)
class JournalSummary:
    """A journal in numbers."""

    total: int
    written: int
    unchanged: int
    unknown: int
    remaining: int


@dataclass(frozen=True, repr=False)
class Journal(Viewable, Document):
    """A journal as it was read: the plan, and how far each policy came.

    Attributes:
        path: Where it was read.
        plan: The plan it carries out; for a crash while it was being written, as far as it goes.
        states: One for each planned change, in the plan's order.
        allow: Names of the risks that were accepted.
        options: Other options of the run, such as its waves.
        events: Lines that belong to no policy, such as waves and gates.
        complete: Whether the whole plan was written down; if not, nothing was sent.
        end: How many bytes of the file are whole lines.
        chain: Hash of the last whole line.
        started_at: When it was begun, in seconds since 1970.
        last_entry_at: When its last line with a time was written.
    """

    kind: ClassVar[Literal["journal"]] = "journal"
    KEYS: ClassVar = (
        *(
            "file as path",
            "plan.digest",
            "plan.purpose",
            "plan.kibana",
            "started_at",
            "last_entry_at",
            "complete",
            "summary",
            "waves",
        ),
        "states as policies",
    )

    path: Path
    plan: Plan
    states: tuple[PolicyState, ...]
    allow: frozenset[str] = frozenset()
    options: Mapping[str, JsonValue] = field(default_factory=dict)
    events: tuple[Mapping[str, JsonValue], ...] = ()
    complete: bool = True
    end: int = 0
    chain: str = ""
    started_at: Annotated[float, MOMENT] | None = None
    last_entry_at: Annotated[float, MOMENT] | None = None

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> "Journal":
        """Return the journal in the file `path`.

        Raises:
            JournalError: It is missing, unreadable, edited, of a newer major version, or not a
                journal.
        """
        file = Path(path_text(path, "journal"))
        try:
            with os.fdopen(open_regular(file, os.O_RDONLY), "rb") as stream:
                data = bounded(stream)
        except OSError as exc:
            raise JournalError(f"The journal {file} cannot be read: {exc.strerror}.") from exc
        return parse_journal(data, file)

    @property
    def written(self) -> tuple[PolicyState, ...]:
        """Policies whose write was answered and judged right."""
        return tuple(s for s in self.states if s.is_written and not s.is_unchanged)

    @property
    def unchanged(self) -> tuple[PolicyState, ...]:
        """Policies that were found to have the wanted values, and not from this journal."""
        return tuple(state for state in self.states if state.is_unchanged)

    @property
    def unknown(self) -> tuple[PolicyState, ...]:
        """Policies of which nobody knows yet whether they were written."""
        return tuple(state for state in self.states if state.in_doubt)

    @property
    def remaining(self) -> tuple[PolicyState, ...]:
        """Policies that do not have the wanted values as far as the journal knows."""
        return tuple(state for state in self.states if state.remains)

    def check_ended(self) -> None:
        """Check that no process is writing this journal's file.

        Raises:
            JournalError: Its rollout is still under way.
        """
        if in_use(self.path):
            raise JournalError(
                f"The rollout of {self.path} is still under way.",
                hint="End it first: one Ctrl-C there finishes the write at hand and stops.",
            )

    @property
    def gist(self) -> str:
        """What it comes to, in a few words."""
        return (
            f"{counted(len(self.written), len(self.unchanged))}, {len(self.unknown):,} unknown, "
            f"{len(self.remaining):,} remaining; {self.plan.digest[:8]}"
        )

    def views(self) -> tuple[View, ...]:
        """Return what there is to say: what is unknown, what remains, what was done."""
        view = journal_view(
            str(self.path),
            self.plan,
            self.states,
            complete=self.complete,
            waves=self.waves,
            gated=bool(self.options.get("gate")),
            times=(self.started_at, self.last_entry_at),
        )
        return (view,)

    @property
    def waves(self) -> tuple[WaveOutcome, ...]:
        """The waves that were begun, with what their gates said."""
        return told_waves(self.events)

    @property
    def file(self) -> str:
        """Where it was read."""
        return str(self.path)

    @property
    def summary(self) -> JournalSummary:
        """How far it came, in numbers."""
        return JournalSummary(
            len(self.states),
            len(self.written),
            len(self.unchanged),
            len(self.unknown),
            len(self.remaining),
        )


def link(previous: str, record: Mapping[str, JsonValue]) -> str:
    """Return the hash that a line carries: over the line before and over itself."""
    return hashlib.sha256(previous.encode() + canonical(record)).hexdigest()[:32]


def parse_journal(data: bytes, path: Path) -> Journal:
    """Return the journal in `data`.

    Raises:
        JournalError: It is edited, of a newer major version, or not a journal.
    """
    records, end, chain = _read_lines(data, path)
    if not records:
        if not data.startswith(_BEGINNING[: len(data)]):
            raise JournalError(f"{path} is not a journal: it does not begin like one.")
        raise JournalError(
            f"{path} contains no complete line; nothing was sent to Kibana.",
            hint="Delete it and start again.",
        )
    header, *rest = records
    try:
        return _assemble(path, header, rest, end, chain)
    except PlanError as exc:
        raise JournalError(f"{path}: {exc.message}", hint=exc.hint) from exc
    except ValidationError as exc:
        raise JournalError(f"{path} is damaged: {first_problem(exc)}.") from exc
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise JournalError(f"{path} is damaged: {type(exc).__name__} while reading it.") from exc


def _read_lines(data: bytes, path: Path) -> tuple[list[dict[str, JsonValue]], int, str]:
    records: list[dict[str, JsonValue]] = []
    chain = ""
    for number, line in enumerate(_whole_lines(data), 1):
        try:
            record = decode(line)
            found = record.pop("chain", None) if isinstance(record, dict) else None
            chain = link(chain, record)
        except ValueError as exc:
            raise JournalError(
                f"{path} {'is' if records else 'is not a journal, or is'} damaged: "
                f"line {number} is not readable JSON.",
                hint="Only the last line may be incomplete; restore the file from a copy.",
            ) from exc
        if not isinstance(record, dict):
            raise JournalError(f"{path} is not a journal: line {number} is not an object.")
        if number == 1:
            _check_header(record, path)
        if found != chain:
            raise JournalError(
                f"{path} was edited or damaged: line {number} does not follow from the line "
                "before it.",
                hint="Use an untouched copy of the journal.",
            )
        records.append(record)
    return records, data.rfind(b"\n") + 1, chain


def _whole_lines(data: bytes) -> Iterator[bytes]:
    """Yield one line after the other: many may follow the first that is refused."""
    start = 0
    while (end := data.find(b"\n", start)) >= 0:
        yield data[start:end]
        start = end + 1


def _check_header(record: Mapping[str, JsonValue], path: Path) -> None:
    try:
        check_schema(record, "journal")
    except PlanError as exc:
        raise JournalError(f"{path}: {exc.message}", hint=exc.hint) from exc


def _assemble(
    path: Path,
    header: Mapping[str, JsonValue],
    records: Sequence[Mapping[str, JsonValue]],
    end: int,
    chain: str,
) -> Journal:
    states: dict[str, PolicyState] = {}
    events = []
    for record in records:
        policy_id = record.get("policy_id")
        if policy_id is None:
            events.append(record)
        elif record["phase"] == "planned":
            states[policy_id] = _planned(policy_id, record["change"], states)
        else:
            states[policy_id] = advance(states[policy_id], record)
    plan = replace(
        Plan.from_dict({**header["plan"], "changes": []}),
        changes=tuple(state.change for state in states.values()),
    )
    complete = plan.digest == header["digest"]
    if not complete and any(state.phase != "planned" for state in states.values()):
        raise JournalError(f"{path} is damaged: its plan does not match the digest it names.")
    return Journal(
        path=path,
        plan=plan,
        states=tuple(states.values()),
        allow=frozenset(texts(header.get("allow", []))),
        options=dict(header.get("options", {})),
        events=tuple(events),
        complete=complete,
        end=end,
        chain=chain,
        started_at=moment(header.get("at")),
        last_entry_at=moment(next((one["at"] for one in reversed(records) if "at" in one), None)),
    )


def _planned(
    policy_id: JsonValue, data: JsonValue, states: Mapping[str, PolicyState]
) -> PolicyState:
    change = parsed(PolicyChange, data, "A change")
    if change.policy_id != policy_id or policy_id in states:
        raise ValueError("a policy is planned twice, or under another id")
    return PolicyState(change)
