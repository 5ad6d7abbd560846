"""Findings about a mirror, and the health they add up to (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import ClassVar

from elastic_mirror_policy._document import Document
from elastic_mirror_policy.mirror.codes import FindingCode, Severity


@dataclass(frozen=True, slots=True)
class Finding(Document):
    """One thing that was found out.

    Attributes:
        severity: What it means for the endpoints.
        code: Its stable name.
        path: What it is about, as a path below the base URL; empty for the mirror as a whole.
        message: What was seen: data where it quotes the server, never markup.
        hint: How to fix it, or an empty string.
        versions: The endpoint versions it concerns; empty for all of them.
    """

    KEYS: ClassVar = ("severity", "code", "path", "message", "hint")

    severity: Severity
    code: FindingCode
    path: str
    message: str
    hint: str = ""
    versions: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, code: FindingCode, path: str, message: str = "", *, hint: str = "") -> "Finding":
        """Return a finding with the severity and, unless given, the words of its code."""
        return cls(code.severity, code, path, message or code.meaning, hint or code.hint)

    def concerning(self, *versions: str) -> "Finding":
        """Return the finding, noted as one about these endpoint versions."""
        return replace(self, versions=versions)


def health_of(findings: Iterable[Finding]) -> bool | None:
    """Return whether these findings leave a mirror healthy; None when that is not known."""
    severities = {finding.severity for finding in findings}
    if Severity.ERROR in severities:
        return False
    return None if Severity.UNKNOWN in severities else True


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings by severity, then by code and path, each once."""
    order = [Severity.ERROR, Severity.UNKNOWN, Severity.WARNING, Severity.INFO]
    unique = dict.fromkeys(findings)
    return tuple(sorted(unique, key=lambda f: (order.index(f.severity), f.code, f.path, f.message)))
