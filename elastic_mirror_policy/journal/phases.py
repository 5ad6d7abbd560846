"""How far one policy came, phase by phase, as a journal tells it (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import BeforeValidator, StrictInt, StrictStr

from elastic_mirror_policy._document import Described, Document, TextOrNull, Value, adapter, or_null
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.plan.change import Parents, PolicyChange
from elastic_mirror_policy.policies.residual import AlsoChanged

Phase: TypeAlias = Literal[
    "planned",
    "pre_image",
    "put_sent",
    "put_answered",
    "verified",
    "unknown",
    "failed",
    "skipped",
]
"""The last line that a journal has of a policy."""

_Known = Annotated[StrictStr, or_null(str), BeforeValidator(lambda told: told or "")]


@dataclass(frozen=True, slots=True)
class PreImage(Described):
    """What one policy had in its managed keys immediately before it was written.

    Attributes:
        version: Token of the document.
        revision: Its revision.
        values: Operating system, key (after `advanced.`), value or None for absence.
        parents: For each operating system, how many managed parents existed: 0 to 3.
    """

    version: StrictStr
    revision: StrictInt
    values: tuple[tuple[StrictStr, StrictStr, Value], ...]
    parents: Mapping[StrictStr, Parents]

    @classmethod
    def from_dict(cls, data: JsonValue, change: PolicyChange) -> "PreImage":
        """Return the pre-image of one journal line, for the keys that `change` writes.

        Raises:
            ValueError: It is of other keys, or something in it is of another kind.
        """
        image = adapter(cls).validate_python(data)
        if [(os, key) for os, key, _ in image.values] != _keys(change):
            raise ValueError("the pre-image is of other keys")
        if image.parents.keys() != {os for os, _ in _keys(change)}:
            raise ValueError("the pre-image has other parents")
        return image


@dataclass(frozen=True, slots=True)
class Replaced(Described):
    """Somebody else's writes that came between the last look at a policy and ours.

    Their changes may be gone: the policy was stored as it was at that look, with our edits.

    Attributes:
        first_revision: Revision of the first of them.
        last_revision: Revision of the last of them.
        by: Who saved it, or an empty string when that is not known.
        after: When the policy had last been saved as it was looked at, in Kibana's time.
        before: When it was saved by us, in Kibana's time.
    """

    first_revision: StrictInt
    last_revision: StrictInt
    by: _Known = ""
    after: _Known = ""
    before: _Known = ""

    def __str__(self) -> str:
        which = f"revision {self.first_revision}"
        if self.last_revision > self.first_revision:
            which = f"revisions {self.first_revision} to {self.last_revision}"
        who = f", saved by {self.by}" if self.by else ""
        span = (self.after, self.before)
        when = f" between {span[0]} and {span[1]}" if all(span) else ""
        return f"{which}{who}{when}"


def _keys(change: PolicyChange) -> list[tuple[str, str]]:
    return [(edit.os.value, edit.key) for edit in change.edits]


def whole_number(value: JsonValue) -> int:
    """Return a number of a journal.

    Raises:
        ValueError: It is not a whole number.
    """
    if type(value) is not int:
        raise ValueError("not a whole number")
    return value


def texts(value: JsonValue) -> tuple[str, ...]:
    """Return a list of texts of a journal.

    Raises:
        ValueError: It is not a list, or something in it is not text.
    """
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError("not a list of texts")
    return tuple(value)


@dataclass(frozen=True, slots=True)
class PolicyState(Document):
    """How far one policy of the plan came.

    Attributes:
        change: The planned change.
        phase: The last phase that was written.
        pre_image: What it had before, once that was read.
        sent: How many times a write was announced.
        refused: How many of these writes were certainly not carried out.
        unwritten: How many more reading showed not to have been carried out.
        confirmed: Whether its values, if it has them, are certainly from this journal.
        revision: The revision after the write, once it was answered.
        error: Why it failed, is unknown or was skipped.
        notes: What else was seen when that was found, one sentence each.
        also_changed: What differed beside what was asked for.
        replaced: Whose write it may have replaced, or None.
    """

    KEYS: ClassVar = (
        *("change.policy_id", "change.name", "change.space", "phase", "sent", "revision"),
        *("also_changed", "replaced", "error"),
    )

    change: PolicyChange
    phase: Phase = "planned"
    pre_image: PreImage | None = None
    sent: int = 0
    refused: int = 0
    unwritten: int = 0
    confirmed: bool = True
    revision: int | None = None
    error: TextOrNull = ""
    notes: tuple[str, ...] = ()
    also_changed: tuple[AlsoChanged, ...] = ()
    replaced: "Replaced | None" = None

    @property
    def may_be_written(self) -> bool:
        """Whether Kibana may have this policy's new values because of this journal."""
        return self.sent > self.refused + self.unwritten

    @property
    def may_turn_up(self) -> bool:
        """Whether its new values, if Kibana has them, may be from this journal all the same."""
        return self.sent > self.refused

    @property
    def is_written(self) -> bool:
        """Whether it was seen to have the wanted values: its work is done."""
        return self.phase == "verified"

    @property
    def is_unchanged(self) -> bool:
        """Whether it has the wanted values, and not from this journal."""
        return self.is_written and not self.may_be_written

    @property
    def remains(self) -> bool:
        """Whether it does not have the wanted values as far as the journal knows."""
        return not self.is_written and not self.in_doubt

    @property
    def in_doubt(self) -> bool:
        """Whether nobody has found out yet if the announced write was carried out."""
        return self.phase in {"put_sent", "put_answered", "unknown"}


def advance(state: PolicyState, record: Mapping[str, JsonValue]) -> PolicyState:
    """Return the state of a policy after one more line; unknown phases change nothing.

    Raises:
        ValueError: Something in it is of another kind than a journal has.
    """
    phase = record["phase"]
    revision = record.get("revision")
    match phase:
        case "pre_image":
            image = _first_seen(state, PreImage.from_dict(record["pre_image"], state.change))
            return replace(state, phase=phase, pre_image=image)
        case "put_sent":
            return replace(
                state, phase=phase, sent=state.sent + 1, confirmed=True, error="", notes=()
            )
        case "put_answered":
            return replace(state, phase=phase, revision=whole_number(revision))
        case "verified" | "unknown" | "failed" | "skipped":
            return replace(
                state,
                phase=phase,
                refused=state.refused + whole_number(record.get("refused", 0)),
                unwritten=state.unwritten + whole_number(record.get("unwritten", 0)),
                confirmed=bool(record.get("confirmed", state.confirmed)),
                revision=state.revision if revision is None else whole_number(revision),
                error=str(record.get("error") or ""),
                notes=texts(record.get("notes", [])),
                also_changed=tuple(
                    map(adapter(AlsoChanged).validate_python, record.get("also_changed", []))
                ),
                replaced=_replaced(record.get("replaced")),
            )
        case _:
            return state


def _replaced(data: JsonValue) -> Replaced | None:
    return None if data is None else adapter(Replaced).validate_python(data)


def _first_seen(state: PolicyState, image: PreImage) -> PreImage:
    """Return what stood there before this journal's first write that may have been carried out.

    An earlier announced write may have been carried out and partly undone since, when there have
    been two revisions: then a key that has its wanted value now has it from us, and what it had
    before stands in the earlier image.
    """
    earlier = state.pre_image
    if earlier is None or not state.may_be_written or image.revision < earlier.revision + 2:
        return image
    wanted = {(edit.os.value, edit.key): edit.after for edit in state.change.edits}
    before = {(os, key): value for os, key, value in earlier.values}
    ours = {(os, key) for os, key, value in image.values if value == wanted.get((os, key))}
    return replace(
        image,
        values=tuple(
            (os, key, before.get((os, key)) if (os, key) in ours else value)
            for os, key, value in image.values
        ),
        parents=earlier.parents if ours else image.parents,
    )
