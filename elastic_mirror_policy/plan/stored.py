"""Reading a plan back from JSON: what must be there, and of which kind (pure)."""

from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    FailFast,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
)

from elastic_mirror_policy._json import MOST, SCHEMA_VERSION, JsonValue
from elastic_mirror_policy.errors import PlanError
from elastic_mirror_policy.plan.change import Edit, KibanaInfo, PolicyChange, Skipped, Unchanged
from elastic_mirror_policy.plan.contents import PlanContents
from elastic_mirror_policy.settings import KEY_PREFIX, MANAGED_KEYS, OperatingSystem

_Value = StrictStr | StrictBool | StrictInt | StrictFloat | None
_Parents = Annotated[StrictInt, Field(ge=0, le=3)]
_Count = Annotated[StrictInt, Field(ge=0, le=MOST)] | None
_Texts = Annotated[tuple[StrictStr, ...], FailFast()]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Setting(_Model):
    os: OperatingSystem
    key: Literal[tuple(KEY_PREFIX + key for key in MANAGED_KEYS)]  # type: ignore[valid-type]


class _Edit(_Setting):
    before: _Value
    after: _Value
    parents: tuple[_Parents, _Parents] = (3, 3)

    def value(self) -> Edit:
        return Edit(self.os, self.key, self.before, self.after, *self.parents)


class _Change(_Model):
    policy_id: StrictStr
    name: StrictStr
    space: StrictStr
    version: StrictStr
    revision: StrictInt
    agent_policies: _Texts = ()
    agents: _Count = None
    edits: Annotated[tuple[_Edit, ...], FailFast()] = Field(min_length=1)
    warnings: _Texts = ()
    risks: _Texts = ()
    fingerprint: StrictStr = ""

    def value(self) -> PolicyChange:
        facts = {name: getattr(self, name) for name in type(self).model_fields if name != "edits"}
        return PolicyChange(**facts, edits=tuple(edit.value() for edit in self.edits))


class _Has(_Setting):
    value: _Value


class _Unchanged(_Model):
    policy_id: StrictStr
    name: StrictStr
    space: StrictStr
    settings: Annotated[tuple[_Has, ...], FailFast()] = ()

    def value(self) -> Unchanged:
        settings = tuple((one.os, one.key, one.value) for one in self.settings)
        return Unchanged(self.policy_id, self.name, self.space, settings)


class _Skipped(_Model):
    policy_id: StrictStr
    name: StrictStr
    reason: StrictStr
    space: StrictStr = "default"
    intended: StrictBool = False


class _Kibana(_Model):
    url: StrictStr
    version: StrictStr
    spaces: _Texts


class _Plan(_Model):
    kibana: _Kibana
    changes: Annotated[tuple[_Change, ...], FailFast()]
    unchanged: Annotated[tuple[_Unchanged, ...], FailFast()] = ()
    skipped: Annotated[tuple[_Skipped, ...], FailFast()] = ()
    purpose: Literal["apply", "rollback"] = "apply"
    notes: _Texts = ()


def parse_contents(data: JsonValue) -> PlanContents:
    """Return what the plan in decoded JSON holds, without looking at its digest.

    Raises:
        PlanError: It is not a plan, or one of a newer major version.
    """
    check_schema(data, "plan")
    try:
        model = _Plan.model_validate(data)
    except ValidationError as exc:
        raise PlanError(f"The plan is damaged: {first_problem(exc)}.") from exc
    return PlanContents(
        kibana=KibanaInfo(model.kibana.url, model.kibana.version, model.kibana.spaces),
        changes=tuple(change.value() for change in model.changes),
        unchanged=tuple(policy.value() for policy in model.unchanged),
        skipped=tuple(Skipped(**policy.model_dump()) for policy in model.skipped),
        purpose=model.purpose,
        notes=model.notes,
    )


def parse_change(data: JsonValue) -> PolicyChange:
    """Return one change in decoded JSON.

    Raises:
        PlanError: It is not a change of a plan.
    """
    try:
        return _Change.model_validate(data).value()
    except ValidationError as exc:
        raise PlanError(f"A change is damaged: {first_problem(exc)}.") from exc


def check_schema(data: JsonValue, kind: str) -> None:
    """Check that `data` says that it is of this kind and of a version that can be read.

    Raises:
        PlanError: It is something else, or newer.
    """
    if not isinstance(data, dict) or data.get("kind") != kind:
        raise PlanError(f'This is not a {kind}: it does not say "kind": "{kind}".')
    version = data.get("schema_version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise PlanError(f"The {kind} has no usable schema_version.")
    if version > SCHEMA_VERSION:
        raise PlanError(
            f"The {kind} has schema version {version}; this release reads up to {SCHEMA_VERSION}.",
            hint="Use the release that wrote it, or a newer one.",
        )


def first_problem(exc: ValidationError) -> str:
    """Return where the first problem is and what it is, without the value."""
    error = exc.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(step) for step in error["loc"]) or "the document"
    return f"{place}: {error['msg']}"
