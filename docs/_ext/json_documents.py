"""The JSON documents that the program prints; run it to write their schemas.

The schemas are made from the values that are printed, and the descriptions from their docstrings.
Tests hold real documents against the schemas.
"""

import json
import re
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from elastic_mirror_policy._document import Document, adapter, type_of
from elastic_mirror_policy.diagnosis import Diagnosis
from elastic_mirror_policy.endpoints.report import EndpointReport
from elastic_mirror_policy.journal.journal import Journal
from elastic_mirror_policy.mirror.bundles.wanted import Wanted
from elastic_mirror_policy.mirror.logs.report import AccessLogReport
from elastic_mirror_policy.mirror.report import (
    BundleReport,
    MirrorReport,
    MirrorStatus,
    SyncReport,
)
from elastic_mirror_policy.policies.table import Policies
from elastic_mirror_policy.rollout.report import Report
from elastic_mirror_policy.rollout.staging import StagedPlan

FOLDER: Final = Path(__file__).parents[1] / "reference" / "schemas"
ATTRIBUTE: Final = re.compile(r"^ {8}(\w+): (.+(?:\n {12}.+)*)", re.MULTILINE)

DOCUMENTS: Final[dict[str, type]] = {
    "bundle-report": BundleReport,
    "doctor": Diagnosis,
    "endpoint-report": EndpointReport,
    "journal": Journal,
    "mirror-log-report": AccessLogReport,
    "mirror-report": MirrorReport,
    "mirror-status": MirrorStatus,
    "mirror-wanted": Wanted,
    "plan": StagedPlan,
    "policies": Policies,
    "report": Report,
    "sync-report": SyncReport,
}


class Published(GenerateJsonSchema):
    """Every key that is written is required, and is described in the words of the code."""

    def field_is_required(self, field: Any, total: bool) -> bool:  # noqa: ANN401, ARG002, FBT001 - pydantic's
        """Whether a key is always there: it is, unless the code leaves it out where it is empty."""
        return bool(field.get("required", True))

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 - pydantic's
        """Whether a key is given a title: its name says the same."""
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Return the schema of a value that may be left out in the code, never in the JSON."""
        return self.generate_inner(schema["schema"])

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        """Return the schema of a value that is written field by field."""
        return described(schema["cls"], super().dataclass_schema(schema))

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonSchemaValue:
        """Return the schema of a value whose keys are chosen."""
        return described(schema["metadata"]["cls"], super().typed_dict_schema(schema))


def described(source: type, made: JsonSchemaValue) -> JsonSchemaValue:
    """Add the words of a class and of its attributes to a schema."""
    paths = source.attributes() if issubclass(source, Document) else {}
    for key, value in made["properties"].items():
        words = words_of(source, paths.get(key, key))
        if words:
            value["description"] = in_json(words)
    return {**made, "description": (source.__doc__ or "").split("\n\n")[0]}


def words_of(source: type, path: str) -> str:
    """Return what is said of an attribute, in the docstring of its class or in its own."""
    *before, name = path.split(".")
    for step in before:
        source = type_of(source, step)
    told = getattr(source, name, None)
    if isinstance(told, property | cached_property):
        return " ".join((told.__doc__ or "").split())
    lines: dict[str, str] = {}
    for one in reversed(source.__mro__):
        lines |= ATTRIBUTE.findall(one.__doc__ or "")
    return " ".join(lines.get(name, "").split())


def in_json(words: str) -> str:
    """Return what is said of a value in Python as it is said of its JSON."""
    return re.sub(r"\bNone\b", "null", words).replace("in seconds since 1970", "as ISO 8601")


def schema(kind: str) -> dict[str, Any]:
    """Return the JSON schema of one kind of document."""
    made = adapter(DOCUMENTS[kind]).json_schema(mode="serialization", schema_generator=Published)
    tidy(made, clean)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": kind, **made}


def clean(node: dict[str, Any]) -> None:
    """Take out titles, which repeat names, and point to the schema where it holds itself."""
    if isinstance(node.get("title"), str):
        del node["title"]
    if "$dynamicRef" in node:
        node["$ref"] = node.pop("$dynamicRef")


def tidy(node: Any, change: Callable[[dict[str, Any]], object]) -> None:  # noqa: ANN401 - JSON
    """Change every object of a schema in place."""
    if isinstance(node, dict):
        change(node)
    for child in node.values() if isinstance(node, dict) else node:
        if isinstance(child, dict | list):
            tidy(child, change)


def text(kind: str) -> str:
    """Return the file of one schema."""
    return json.dumps(schema(kind), indent=2) + "\n"


def stale() -> list[str]:
    """Return the kinds whose file is not what the code says, or should not be there."""
    files = {path.stem: path.read_text("utf-8") for path in FOLDER.glob("*.json")}
    wanted = {kind: text(kind) for kind in DOCUMENTS}
    return sorted(kind for kind in {*files, *wanted} if files.get(kind) != wanted.get(kind))


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(f"run {sys.argv[0]} again for {', '.join(stale())}" if stale() else 0)
    for name in DOCUMENTS:
        (FOLDER / f"{name}.json").write_text(text(name), encoding="utf-8")
