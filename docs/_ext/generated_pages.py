"""Parts of pages that are made from the code: a mark in a page is replaced when it is read.

The mark is `<!-- generated: NAME -->`; the names are the keys of `PARTS`.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from command_pages import commands
from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from elastic_mirror_policy.mirror.codes import FindingCode
from elastic_mirror_policy.risks import Risk
from elastic_mirror_policy.settings import MANAGED_KEYS, ArtifactSettings

MARK: Final = re.compile(r"^<!-- generated: ([a-z-]+) -->$", re.MULTILINE)
ARGUMENT: Final = re.compile(r"^ {4,}(\w+): (.+)$", re.MULTILINE)
PACKAGE: Final = "elastic_mirror_policy."
FAKES: Final = "elastic_mirror_policy.testing."


def finding_codes() -> str:
    """Return a table of what a check of a mirror can find."""
    rows = (
        (f"`{code.value}`", code.severity.value, code.meaning, code.hint or "-")
        for code in sorted(FindingCode)
    )
    return table(("code", "severity", "what it means", "how to fix it"), rows)


def risks() -> str:
    """Return a table of the risks that have to be allowed by name."""
    rows = ((f"`{risk}`", risk.meaning) for risk in Risk)
    return table(("risk", "the plan carries it when"), rows)


def settings() -> str:
    """Return a table of the settings, from the docstring of `ArtifactSettings`."""
    documented = dict(ARGUMENT.findall(ArtifactSettings.__doc__ or ""))
    rows = ((f"`{key}`", documented[key]) for key in MANAGED_KEYS)
    return table(("key", "meaning"), rows)


def table(titles: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [titles, tuple("---" for _ in titles), *rows]
    return "\n".join("| " + " | ".join(c.replace("|", "\\|") for c in row) + " |" for row in lines)


PARTS: Final[dict[str, Callable[[], str]]] = {
    "commands": commands,
    "finding-codes": finding_codes,
    "risks": risks,
    "settings": settings,
}


def replace_marks(text: str) -> str:
    """Return a page with every mark replaced by what it names."""
    return MARK.sub(lambda match: PARTS[match[1]](), text)


def _on_source_read(_app: Sphinx, _document: str, content: list[str]) -> None:
    content[0] = replace_marks(content[0])


def _on_missing_reference(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, contnode: nodes.TextElement
) -> nodes.Element | None:
    """Find what is documented under its public name and named here by its module.

    The fakes have names of their own. What is not documented of them, and what is private, is shown
    without a link.
    """
    target = str(node.get("reftarget", ""))
    if node.get("refdomain") != "py" or not target.startswith(PACKAGE):
        return None
    python = env.domains.python_domain
    matches = [name for name in python.objects if is_meant(name, target)]
    if not matches:
        return contnode if target.startswith(FAKES) or "._" in target else None
    document = str(node.get("refdoc", ""))
    best = min(matches, key=len)
    return python.resolve_xref(env, document, app.builder, "obj", best, node, contnode)


def is_meant(documented: str, target: str) -> bool:
    """Whether two names can stand for one thing."""
    same_side = documented.startswith(FAKES) == target.startswith(FAKES)
    return same_side and documented.rpartition(".")[2] == target.rpartition(".")[2]


def setup(app: Sphinx) -> dict[str, Any]:
    """Let Sphinx call us."""
    app.connect("source-read", _on_source_read)
    app.connect("missing-reference", _on_missing_reference)
    return {"parallel_read_safe": True}
