"""Reading a plan back from JSON: what must be there, and of which kind (pure)."""

from typing import TypeVar

from pydantic import ValidationError

from elastic_mirror_policy._document import adapter, first_problem
from elastic_mirror_policy._json import SCHEMA_VERSION, JsonValue
from elastic_mirror_policy.errors import PlanError

_T = TypeVar("_T")


def parsed(kind: type[_T], data: JsonValue, what: str) -> _T:
    """Return the value of a class that decoded JSON holds; what the class does not know is ignored.

    Raises:
        PlanError: Something in it is missing, or of another kind; the value is not repeated.
    """
    try:
        return adapter(kind).validate_python(data)
    except ValidationError as exc:
        raise PlanError(f"{what} is damaged: {first_problem(exc)}.") from exc


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
