"""Reads one OpenAPI document and says what in a request or an answer is not as it describes."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from openapi_schema_validator import OAS30Validator, OAS31Validator

from elastic_mirror_policy._json import JsonValue

KIBANAS = {
    "8.13": "8.13.4",
    "8.18": "8.18.1",
    "9.1": "9.1.2",
    "9.3": "9.3.1",
    "9.5": "9.5.0",
}
"""Each document, and a release of its time."""


@dataclass(frozen=True)
class Description:
    """One document."""

    document: JsonValue

    def answer_problems(self, method: str, path: str, status: int, value: JsonValue) -> list[str]:
        """Return what is wrong with an answer; where its body is not described, nothing is."""
        answers = self.document["paths"][path][method.lower()]["responses"]
        return self._problems(answers[str(status)], value)

    def body_problems(self, method: str, path: str, value: JsonValue) -> list[str]:
        """Return what is wrong with the body of a request."""
        return self._problems(self.document["paths"][path][method.lower()]["requestBody"], value)

    def _problems(self, described: JsonValue, value: JsonValue) -> list[str]:
        content = self._resolved(described).get("content", {})
        return self._wrong(content.get("application/json", {}), value)

    def _wrong(self, described: JsonValue, value: JsonValue) -> list[str]:
        schema = described.get("schema", {})
        # Every reference points into `components`, so they go along with the schema.
        whole = {**schema, "components": self.document["components"]}
        newer = self.document["openapi"].startswith("3.1")
        found = (OAS31Validator if newer else OAS30Validator)(whole).iter_errors(value)
        return [f"{list(error.absolute_path)}: {error.message[:300]}" for error in found]

    def query_names(self, method: str, path: str) -> set[str]:
        """Return the names of the query parameters of an operation."""
        return set(self._query(method, path))

    def query_problems(self, method: str, path: str, query: Mapping[str, str]) -> list[str]:
        """Return what is wrong with a query: its names, what is missing, and each value."""
        known = self._query(method, path)
        problems = [f"query {name!r} is not described" for name in sorted(set(query) - set(known))]
        for name, parameter in known.items():
            if name in query:
                value = self._typed(parameter["schema"], query[name])
                problems += [f"query {name!r} {one}" for one in self._wrong(parameter, value)]
            elif parameter.get("required"):
                problems.append(f"query {name!r} is missing")
        return problems

    def _query(self, method: str, path: str) -> dict[str, JsonValue]:
        place = self.document["paths"][path]
        listed = [*place.get("parameters", []), *place[method.lower()].get("parameters", [])]
        return {one["name"]: one for one in map(self._resolved, listed) if one["in"] == "query"}

    def _typed(self, schema: JsonValue, text: str) -> JsonValue:
        """Return a value of a query as Kibana reads it: as what its schema asks for."""
        if self._resolved(schema).get("type") in {"number", "integer", "boolean"}:
            with contextlib.suppress(ValueError):
                return json.loads(text)
        return text

    def body_keys(self, method: str, path: str) -> set[str]:
        """Return the top-level keys of the typed form of a body."""
        body = self._resolved(self.document["paths"][path][method.lower()]["requestBody"])
        schema = self._resolved(body["content"]["application/json"]["schema"])
        typed = self._resolved(schema["anyOf"][0]) if "anyOf" in schema else schema
        return set(typed["properties"])

    def _resolved(self, value: JsonValue) -> JsonValue:
        while "$ref" in value:
            target = self.document
            for part in value["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            value = target
        return value


@cache
def description(folder: Path, version: str) -> Description:
    """Return the document of a version."""
    return Description(json.loads((folder / "openapi" / f"kibana-{version}.json").read_text()))
