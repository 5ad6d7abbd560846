"""Imports point one way, and what claims to be pure is."""

import ast
from collections.abc import Iterator

from support.sources import (
    PACKAGE,
    modules,
    named_anywhere,
    reached,
    reached_anyhow,
)

LAYERS = (
    "__main__",
    "_cli",
    "kibana",
    "metrics",
    "reader",
    "diagnosis",
    "airgap",
    "rollout",
    "journal",
    "endpoints",
    "plan",
    "policies",
    "_fleet",
    "mirror",
    "render",
    "settings",
    "risks",
    "_http",
    "_files",
    "_url",
    "_collector",
    "_given",
    "_text",
    "_document",
    "_json",
    "_time",
    "errors",
    "_version",
)
"""From the top: a folder may import those below it, and nothing in or above its own row.

`testing` stands beside them: it has rules of its own.
"""

ROW = {name: row for row, name in enumerate(LAYERS)}
ROOT = ""
"""The package itself, which alone loads its names when they are used."""

SIDE_EFFECTS = frozenset(
    {
        "asyncio",
        "os",
        "pathlib",
        "random",
        "requests",
        "shutil",
        "socket",
        "subprocess",
        "tempfile",
        "threading",
        "time",
        "urllib3",
    }
)
OS_TYPES = frozenset({"PathLike", "fspath"})
"""Of `os`, what is about types and touches nothing."""

CLOCK = frozenset({"now", "today", "utcnow"})
NAMES_ONLY = {
    "_http.failures": {"requests", "urllib3"},  # the exceptions it turns into ours
}
"""What a pure module imports for its names alone."""

PURE_THROUGHOUT = (
    "mirror.codes",
    "mirror.layout",
    "mirror.manifest",
    "plan.change",
    "plan.diff",
    "plan.guards",
    "plan.plan",
    "plan.planning",
    "plan.stored",
    "plan.view",
    "policies.defend",
    "policies.document",
    "policies.policy",
    "render",
    "rollout.report",
    "settings",
)


def family(name: str) -> set[str]:
    """Return a module and all that is below it."""
    return {other for other in modules() if other == name or other.startswith(f"{name}.")}


def claims_to_be_pure() -> list[str]:
    """Return the modules whose summary says so."""
    return [name for name, module in modules().items() if "(pure)" in module.summary]


def pure_throughout() -> list[str]:
    """Return the modules that may not even bring along anything with side effects."""
    return sorted(set().union(*map(family, PURE_THROUGHOUT)))


def outside(name: str) -> set[str]:
    """Return the top names of what a module imports from outside the package."""
    tops = {full.split(".")[0] for full in modules()[name].imports()}
    harmless = {"os"} if used_of(name, "os") <= OS_TYPES else set()
    return tops - {PACKAGE} - NAMES_ONLY.get(name, set()) - harmless


def used_of(name: str, library: str) -> set[str]:
    """Return which names of a library a module uses."""
    return {
        node.attr
        for node in ast.walk(modules()[name].tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == library
    }


def folder(name: str) -> str:
    """Return the folder, or the file beside the folders, that a module is part of."""
    return name.split(".", maxsplit=1)[0]


def arrows() -> Iterator[tuple[str, str]]:
    """Yield each import of one folder by another, wherever in a module it is written."""
    for name in modules():
        for other in sorted(named_anywhere(name)):
            if folder(name) != folder(other):
                yield name, other


def asks_the_clock(name: str) -> bool:
    """Whether a module calls `now`, `today` or `utcnow` of anything."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCK
        for node in ast.walk(modules()[name].tree)
    )


def test_every_folder_has_a_row() -> None:
    """A folder without one would be held by no rule."""
    folders = {folder(name) for name in modules()} - {ROOT, "testing"}

    assert folders == set(ROW)


def test_no_folder_imports_one_above_its_own_row() -> None:
    """What is below can be used, tested and understood without what is above."""
    upward = [
        f"{name} -> {other}"
        for name, other in arrows()
        if {folder(name), folder(other)} <= set(ROW) and ROW[folder(other)] < ROW[folder(name)]
    ]

    assert upward == []


def test_no_module_is_imported_by_what_it_imports() -> None:
    """There is an order in which the modules can be read, imports in functions included."""
    assert [name for name in modules() if name in reached_anyhow(name)] == []


def test_only_the_root_loads_names_when_they_are_used() -> None:
    """A lazy name is an import that no tool sees."""
    lazy = [
        name
        for name, module in modules().items()
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef) and node.name == "__getattr__"
    ]

    assert lazy == [ROOT]


def test_no_product_module_imports_the_root() -> None:
    """Its names come from below; who needs one imports it where it is written."""
    assert [name for name in modules() if name != ROOT and ROOT in named_anywhere(name)] == []


def test_a_module_that_claims_to_be_pure_imports_no_side_effect() -> None:
    """Neither network nor clock nor disk, so that it can be tested with values alone."""
    assert claims_to_be_pure()
    assert [name for name in claims_to_be_pure() if outside(name) & SIDE_EFFECTS] == []


def test_a_module_that_claims_to_be_pure_does_not_ask_the_clock() -> None:
    """What time it is, it is told."""
    assert [name for name in claims_to_be_pure() if asks_the_clock(name)] == []


def test_the_core_brings_along_no_side_effect() -> None:
    """Plans, documents and their rendering are pure, and so is all that they import."""
    tainted = [
        f"{name} -> {other}"
        for name in pure_throughout()
        for other in sorted({name, *reached(name)})
        if outside(other) & SIDE_EFFECTS
    ]

    assert set(PURE_THROUGHOUT) <= set(modules())
    assert tainted == []


def test_only_the_demo_imports_the_fakes() -> None:
    """They are no part of the product."""
    users = {name for name, other in arrows() if folder(other) == "testing"}

    assert users == {"_cli.tour"}


def test_the_fakes_do_not_use_the_client() -> None:
    """A fake that shared the client's idea of Kibana could not contradict it."""
    allowed = {"_json", "errors", "mirror.layout"}
    used = [
        f"{name} -> {other}"
        for name, other in arrows()
        if folder(name) == "testing" and other not in allowed
    ]

    assert used == []
