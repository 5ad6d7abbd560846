"""Reads query strings as Kibana does: unknown names and wrong types are refused (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import parse_qsl

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.testing._api.answers import KibanaError, bad_request
from elastic_mirror_policy.testing._api.schema import unknown_key
from elastic_mirror_policy.testing._kibana.versions import Version

Query: TypeAlias = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Param:
    """One query parameter: its type, the first release that knows it, its bounds."""

    kind: Literal["string", "number", "boolean", "strings"] = "string"
    since: tuple[int, int] = (0, 0)
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()
    required: bool = False
    longest: int | None = None


PAGE = Param("number", least=1)
PER_PAGE = Param("number", least=0)
ORDER = Param(choices=("asc", "desc"))
FLAG = Param("boolean")


def parse_query(text: str, params: Mapping[str, Param], version: Version) -> Query:
    """Return the typed parameters of a query string.

    Raises:
        KibanaError: 400: a name that this version does not know, a value of the wrong type, or a
            required parameter that is missing.
    """
    known = {name: param for name, param in params.items() if version.since(param.since)}
    given: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        given.setdefault(name, []).append(value)
    for name in given:
        if name not in known:
            raise bad_request(f"[request query.{name}]: {unknown_key(name, version)}")
    for name, param in known.items():
        if param.required and name not in given:
            raise _wrong(name, f"expected value of type [{param.kind}] but got [undefined]")
    return {name: _typed(name, values, known[name]) for name, values in given.items()}


def _typed(name: str, values: list[str], param: Param) -> JsonValue:
    if param.kind == "strings":
        for value in values:
            _check_choice(name, value, param)
        return values
    if len(values) > 1:
        raise _wrong(name, f"expected value of type [{param.kind}] but got [Array]")
    if param.kind == "number":
        return _number(name, values[0], param)
    if param.kind == "boolean":
        if values[0] not in {"true", "false"}:
            raise _wrong(name, "expected value of type [boolean] but got [string]")
        return values[0] == "true"
    _check_choice(name, values[0], param)
    if param.longest is not None and len(values[0]) > param.longest:
        raise _wrong(
            name,
            f"value has length [{len(values[0])}] but it must have a maximum length of "
            f"[{param.longest}].",
        )
    return values[0]


def _number(name: str, text: str, param: Param) -> int:
    if not (text.isascii() and text.removeprefix("-").isdigit() and len(text) < 16):  # noqa: PLR2004 - Number.MAX_SAFE_INTEGER
        raise _wrong(name, "expected value of type [number] but got [string]")
    number = int(text)
    if param.least is not None and number < param.least:
        raise _wrong(name, f"Value must be equal to or greater than [{param.least}].")
    if param.most is not None and number > param.most:
        raise _wrong(name, f"Value must be equal to or lower than [{param.most}].")
    return number


def _check_choice(name: str, value: str, param: Param) -> None:
    if param.choices and value not in param.choices:
        lines = "\n".join(
            f"- [request query.{name}.{at}]: expected value to equal [{choice}]"
            for at, choice in enumerate(param.choices)
        )
        raise _wrong(name, f"types that failed validation:\n{lines}")


def _wrong(name: str, what: str) -> KibanaError:
    return bad_request(f"[request query.{name}]: {what}")
