"""Immediately before and after a write: is the world still the one that was planned for? (pure).

Three kinds of staleness are told apart: a managed key changed (refused), another field changed
(kept, and noted), only versions or the user artifact manifest moved (nothing to say).
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from elastic_mirror_policy._fleet.bodies import find_lost_key
from elastic_mirror_policy._fleet.versions import KibanaVersion
from elastic_mirror_policy._json import JsonValue, type_name
from elastic_mirror_policy._url import shown
from elastic_mirror_policy.errors import UnexpectedPolicyError
from elastic_mirror_policy.journal.phases import PreImage, Replaced
from elastic_mirror_policy.plan.change import Edit, PolicyChange
from elastic_mirror_policy.plan.planning import same
from elastic_mirror_policy.policies import document as _document
from elastic_mirror_policy.policies.defend import (
    LATEST,
    changed_parts,
    find_problem,
    fingerprint,
    is_defend,
    read_pin,
)
from elastic_mirror_policy.policies.document import (
    ABSENT,
    POLICY_VALUE,
    count_parents,
    managed_path,
)
from elastic_mirror_policy.policies.policy import read_outer
from elastic_mirror_policy.policies.residual import AlsoChanged, residual

GONE: Final = "It is no longer visible in this space: it was deleted, or moved to another space."

_INFINITE: Final = frozenset({math.inf, -math.inf})

MANIFEST_VERSION: Final = (
    *("inputs", 0, "config", "artifact_manifest", "value"),
    "manifest_version",
)


@dataclass(frozen=True, slots=True)
class Ready:
    """The policy may be written.

    Attributes:
        document: The document that was read, with the edits in it.
        revision: Its revision.
        image: What it had before in the managed keys.
        saved: When it was last saved, in Kibana's time, or an empty string.
        notes: What was noticed.
    """

    document: JsonValue
    revision: int
    image: PreImage
    saved: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """The policy already has every wanted value, in the document that was read."""

    revision: int
    document: JsonValue


@dataclass(frozen=True, slots=True)
class Refused:
    """The policy must not be written, and why; at which revision that was seen, if it is there."""

    reason: str
    revision: int | None = None


def recheck(
    document: JsonValue | None,
    change: PolicyChange,
    kibana: KibanaVersion,
    *,
    allow: frozenset[str],
) -> Ready | Done | Refused:
    """Return whether the document just read may be written, and as what.

    Args:
        document: The package policy as Kibana has it now, or None when it cannot be seen.
        change: What was planned for it.
        kibana: Whom it would be written to.
        allow: Accepted risks; one that the policy took on since the plan is refused.
    """
    if document is None:
        return Refused(GONE)
    try:
        found = _recheck(document, change, allow)
        lost = find_lost_key(document, kibana) if isinstance(found, Ready) else ""
    except UnexpectedPolicyError as exc:
        return Refused(exc.message)
    return Refused(lost) if lost else found


def _recheck(
    document: JsonValue, change: PolicyChange, allow: frozenset[str]
) -> Ready | Done | Refused:
    problem = "" if is_defend(document) else "It is no longer an Elastic Defend policy."
    problem = problem or find_problem(document)
    if problem:
        return Refused(problem)
    revision = read_outer(document).revision
    found = [(edit, current(document, edit)) for edit in change.edits]
    foreign = [(e, v) for e, v in found if not same(v, e.before) and not same(v, e.after)]
    if foreign:
        return Refused(_describe_foreign(document, *foreign[0]), revision)
    open_edits = [edit for edit, value in found if not same(value, edit.after)]
    if not open_edits:
        return Done(revision, document)
    reason = _missing_system(document, open_edits) or _new_risk(document, change, allow)
    if reason:
        return Refused(reason, revision)
    return Ready(
        merge(document, open_edits),
        revision,
        pre_image(document, change),
        str(document.get("updated_at") or ""),
        _notes(document, change),
    )


def current(document: JsonValue, edit: Edit) -> JsonValue:
    """Return what the document has for the key of `edit`, or None when it is not set.

    Raises:
        UnexpectedPolicyError: Something on the way, or the value itself, is not of its kind.
    """
    value = _document.get(document, managed_path(edit.os.value, edit.setting))
    if value is ABSENT:
        return None
    if value is None or isinstance(value, dict | list):
        raise UnexpectedPolicyError(f"{edit.name} is {type_name(value)}, not a text.")
    if value in _INFINITE:
        raise UnexpectedPolicyError(f"{edit.name} is a number that cannot be kept.")
    return value


def merge(document: JsonValue, edits: Iterable[Edit]) -> JsonValue:
    """Return the document with `edits` carried out and nothing else touched."""
    for edit in edits:
        path = managed_path(edit.os.value, edit.setting)
        if edit.after is None:
            keep = len(POLICY_VALUE) + 1 + edit.parents[1]
            document = _document.unset(document, path, keep=keep)
        else:
            document = _document.set_value(document, path, edit.after)
    return document


def pre_image(document: JsonValue, change: PolicyChange) -> PreImage:
    """Return what `document` has in the keys that `change` writes, and which parents exist."""
    return PreImage(
        version=str(document.get("version") or ""),
        revision=read_outer(document).revision,
        values=tuple((e.os.value, e.key, current(document, e)) for e in change.edits),
        parents={e.os.value: count_parents(document, e.os.value) for e in change.edits},
    )


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a document says of the write that is behind it.

    Attributes:
        revision: The revision that was made, as far as it is known.
        error: Why it is not as intended, or an empty string.
        also_changed: What else differs.
        replaced: Whose writes came in between, or None.
    """

    revision: int
    error: str = ""
    also_changed: tuple[AlsoChanged, ...] = ()
    replaced: Replaced | None = None


def judge(answer: JsonValue, sent: Ready, change: PolicyChange) -> Judgement:
    """Return whether Kibana stored what was sent, and nothing else, as its answer shows.

    `version` is always sent, but no Kibana known today looks at it from 8.8 on (kibana#291902):
    a revision that moved by more than one has replaced somebody else's write.
    """
    revision = answer.get("revision")
    if not isinstance(revision, int) or answer.get("id") != change.policy_id:
        return Judgement(sent.revision, "Kibana answered with something that is not this policy.")
    replaced = find_replaced(answer, sent, revision)
    also_changed = residual(sent.document, answer)
    return Judgement(revision, _not_as_sent(answer, sent, change), also_changed, replaced)


def _not_as_sent(answer: JsonValue, sent: Ready, change: PolicyChange) -> str:
    try:
        stored = [(edit, current(answer, edit)) for edit in change.edits]
    except UnexpectedPolicyError as exc:
        return f"Kibana stored something else: {exc.message}"
    for edit, value in stored:
        if not same(value, edit.after):
            return f"Kibana stored {_quoted(value)} as {edit.name}."
    before, after = manifest_number(sent.document), manifest_number(answer)
    if before and after and after < before:
        return (
            "The policy was written, but its user artifact manifest went back to an older one; "
            "Kibana brings it forward again within about a minute."
        )
    return ""


def find_replaced(
    document: JsonValue, sent: Ready, revision: int, *, by: str = ""
) -> Replaced | None:
    """Return whose writes came between the look before a write and `revision`, if any did.

    Args:
        document: The policy as it is after the write.
        sent: The policy as it was looked at and sent.
        revision: The revision it has now.
        by: Who saved it last, where that may be somebody else.
    """
    if revision <= sent.revision + 1:
        return None
    before = str(document.get("updated_at") or "")
    return Replaced(sent.revision + 1, revision - 1, by, sent.saved, before)


def manifest_number(document: JsonValue) -> tuple[int, ...]:
    """Return the user artifact manifest's version as numbers; empty when it has none."""
    try:
        text = _document.get(document, MANIFEST_VERSION)
    except UnexpectedPolicyError:
        return ()
    if not isinstance(text, str) or not re.fullmatch(r"\d{1,9}(\.\d{1,9})*", text, re.ASCII):
        return ()
    return tuple(int(part) for part in text.split("."))


def _describe_foreign(document: JsonValue, edit: Edit, value: JsonValue) -> str:
    who = document.get("updated_by") or "somebody"
    return (
        f"{edit.name} is now {_quoted(value)}, but the plan was made for {_quoted(edit.before)}; "
        f"the policy was last saved by {who} (revision {document.get('revision')})."
    )


def _quoted(value: JsonValue) -> str:
    return "not set" if value is None else repr(shown(value))


def _missing_system(document: JsonValue, edits: Iterable[Edit]) -> str:
    for edit in edits:
        block = _document.get(document, (*POLICY_VALUE, edit.os.value))
        if edit.after is not None and block is ABSENT:
            return f"It has no settings for {edit.os.value} any more."
    return ""


def _new_risk(document: JsonValue, change: PolicyChange, allow: frozenset[str]) -> str:
    accepted = allow | set(change.risks)
    if "pinned" not in accepted and read_pin(document) != LATEST:
        return f"It was pinned to {read_pin(document)} after the plan was made."
    if "managed" not in accepted and document.get("is_managed"):
        return "It has been put under external management since the plan was made."
    return ""


def _notes(document: JsonValue, change: PolicyChange) -> tuple[str, ...]:
    if document.get("version") == change.version or not change.fingerprint:
        return ()
    parts = changed_parts(change.fingerprint, fingerprint(document))
    if not parts:
        return ()
    return (f"Changed by others since the plan was made, and kept: {', '.join(parts)}.",)
