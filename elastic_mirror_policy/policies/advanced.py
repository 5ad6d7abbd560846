"""Every advanced setting of a policy by its full name, as other tools write them down (pure)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy._url import has_credentials
from elastic_mirror_policy.policies import document as _document
from elastic_mirror_policy.policies.document import POLICY_VALUE
from elastic_mirror_policy.settings import OperatingSystem


@dataclass(frozen=True, slots=True)
class AdvancedSettings:
    """The advanced settings of one policy, of all its operating systems.

    Attributes:
        values: Full name, such as `linux.advanced.agent.connection_delay`, and value as a text.
        left_out: What cannot be written as a name and a text, with the reason.
    """

    values: Mapping[str, str]
    left_out: Mapping[str, str]


def advanced_settings(document: JsonValue) -> AdvancedSettings:
    """Return every advanced setting of a policy document.

    Raises:
        UnexpectedPolicyError: Something on the way to them is not an object.
    """
    values: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for system in OperatingSystem:
        block = _document.get(document, (*POLICY_VALUE, system.value))
        advanced = block.get("advanced") if isinstance(block, dict) else None
        for name, value in _leaves(f"{system.value}.advanced", advanced or {}):
            reason = _why_not(value)
            if reason:
                left_out[name] = reason
            else:
                values[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return AdvancedSettings(values, left_out)


def _leaves(name: str, node: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    """Yield what stands at the ends of the tree, in the document's order."""
    for key, child in node.items():
        if "." in key:  # it is not the path that it looks like
            yield f"{name}.{key}", {key: child}
        elif isinstance(child, dict) and child:
            yield from _leaves(f"{name}.{key}", child)
        else:
            yield f"{name}.{key}", child


def _why_not(value: JsonValue) -> str:
    if isinstance(value, dict):
        return "Its key has dots in it." if value else "It is an empty object."
    if isinstance(value, list):
        return "It is a list."
    if value is None:
        return "It is null."
    return "It is a URL with credentials, which is not shown." if has_credentials(value) else ""
