"""A FakeKibana that keeps every request, and what a description of Kibana says about them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from support.openapi import Description

from elastic_mirror_policy._json import JsonValue, decode
from elastic_mirror_policy.testing import FakeAnswer, FakeKibana


@dataclass(frozen=True)
class Sent:
    """One request as it arrived.

    Attributes:
        path: The path without its query and without the prefix of its space.
        query: Names and values.
        headers: Names in lower case.
        body: The decoded body, or None.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: JsonValue

    def __str__(self) -> str:
        names = "&".join(sorted(self.query))
        return f"{self.method} {self.path}?{names}"


class RecordingKibana(FakeKibana):
    """Keeps what it was sent."""

    def handle(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> FakeAnswer:
        """Keep a request, and answer it."""
        plain, _, query = path.partition("?")
        one = Sent(
            method,
            re.sub(r"^/s/[^/]+", "", plain),
            dict(parse_qsl(query, keep_blank_values=True)),
            {name.lower(): value for name, value in headers.items()},
            decode(body) if body else None,
        )
        self.__dict__.setdefault("sent", []).append(one)
        return super().handle(method, path, headers, body)

    @property
    def kept(self) -> tuple[Sent, ...]:
        """Every request, oldest first."""
        return tuple(self.__dict__.get("sent", ()))


def template_of(described: Description, sent: Sent) -> str | None:
    """Return the path of a description that a request is about, or None."""
    for template, operations in described.document["paths"].items():
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", template)
        literal = template == unquote(sent.path)
        if sent.method.lower() in operations and (literal or re.fullmatch(pattern, sent.path)):
            return str(template)
    return None


def request_problems(described: Description, sent: Sent) -> list[str]:
    """Return what in a request is not as a description says."""
    template = template_of(described, sent)
    if template is None:
        return [f"{sent.method} {sent.path} is not described"]
    problems = described.query_problems(sent.method, template, sent.query)
    if sent.body is not None:
        problems += described.body_problems(sent.method, template, sent.body)
    return [f"{sent.method} {template}: {one}" for one in problems]
